"""Writes the tables of the documentation from the result files in `loadtests/results/`.

    python -m loadtests.performance_page

A page holds a table between `<!-- measured: NAME -->` and `<!-- end -->`; `TABLES` has the names.
A test holds every page equal to what this program writes, so a new result needs a run of it.
"""

import re
from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

from loadtests import quality_tables
from loadtests.quality_tables import kept_result, table
from loadtests.results import KEPT
from loadtests.tables import ms

ROOT = Path(__file__).resolve().parent.parent
_LEVELS = {
    "peers": ("1 users", "8 users", "32 users"),
    "peers_kokoro": ("1 users", "4 users", "16 users"),
}
"""Of each comparison with peers, those that the page shows."""
_BLOCK = re.compile(r"(<!-- measured: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """The pages that may hold tables."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def rewritten(page: str) -> str:
    """A page with its tables as the result files have them.

    Raises:
        KeyError: it names a table that does not exist.
    """
    return _BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}\n{block[3]}", page)


def _percentiles(summary: Any) -> str:
    return " / ".join(ms(summary[name]) for name in ("p50", "p95", "p99"))


def _workloads(name: str = "loadtest") -> dict[str, Any]:
    return {run["workload"]: run for run in kept_result(name)["workloads"]}


def _held() -> dict[str, Any]:
    return {run["workload"]: run["found"] for run in kept_result("goodput")["results"]}


def _number(value: float) -> str:
    """At most three figures, unless there are more before the point."""
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:.3g}"


def _summary() -> str:
    runs, held, soak, overload = _workloads(), _held(), kept_result("soak"), kept_result("overload")
    assistant, unique, reader = (runs[name] for name in ("assistant", "unique", "reader"))
    wav = next(item for item in kept_result("bench")["overhead"] if item["format"] == "wav")
    rate, hits = assistant["load"].split()[0], f"{100 * assistant['hit_rate']:.0f} %"
    rows = [
        (f"complete replies, {rate}, {hits} cached: P95", f"{ms(assistant['latency']['p95'])} ms"),
        (
            f"complete replies, {unique['load'].split()[0]}, none cached: P95",
            f"{ms(unique['latency']['p95'])} ms",
        ),
        (
            "first audio of up to 4,000 characters: P95",
            f"{ms(reader['streaming']['first_audio']['p95'])} ms",
        ),
        ("a reply from the gateway's cache, one client: P50", f"{ms(wav['hot_hit_ms'])} ms"),
        (
            f"highest rate with P95 below 150 ms, {hits} cached; none",
            f"{ms(held['assistant']['held'])}; {ms(held['unique']['held'])} requests/s",
        ),
        (
            "the same, WAV only, `compact` (the best other server with the same voice)",
            f"{_beside(0)}; {_beside(1)} requests/s",
        ),
        (
            f"admitted replies at {ms(overload['rate'])} requests/s, too many: P95",
            f"{ms(overload['admitted']['p95'])} ms",
        ),
        (
            f"failures in {soak['minutes']} minutes",
            f"{soak['measured']['failures']} of {soak['measured']['requests']:,}",
        ),
    ]
    return table(("", "measured"), rows)


def _beside(workload: int) -> str:
    """Chorale's goodput, and in brackets that of the best peer."""
    found = {
        server: fmean(turn["goodput"][workload]["found"]["held"] for turn in turns)
        for server, turns in kept_result("peers")["turns"].items()
    }
    return f"{ms(found.pop('chorale'))} ({ms(max(found.values()))})"


def _splits(run: Any) -> dict[str, Any]:
    """Summaries of a workload: its first audio, or all replies and those of each cache state."""
    if run["streaming"]:
        found = {"first audio": "first_audio", "first sound": "first_sound"}
        return {
            what: run["streaming"][name] for what, name in found.items() if name in run["streaming"]
        }
    found = run["by_cache"]
    states = {state: found[state] for state in ("hot", "hit", "miss") if state in found}
    return {"all": run["latency"]} | (states if len(run["by_cache"]) > 1 else {})


def _loadtest() -> str:
    compact = _workloads("loadtest_compact")
    rows = [
        (
            f"`{name}`, {run['load']}: {what}",
            f"{summary['count']:,}",
            _percentiles(summary),
            _percentiles(_splits(compact[name])[what]),
        )
        for name, run in _workloads().items()
        for what, summary in _splits(run).items()
    ]
    return table(
        ("", "replies", "five deployments: P50 / P95 / P99", "`compact`: P50 / P95 / P99"), rows
    )


def _checks(name: str) -> str:
    """Limits, in bold what broke one. Left out: what must be 0 and is; the generator's own."""
    rows = []
    for check in kept_result(name)["checks"]:
        dull = not check["limit"] or check["name"].endswith(("generator, cores", "sent late"))
        if dull and check["kept"]:
            continue
        value = _number(check["value"])
        rows.append(
            (check["name"], value if check["kept"] else f"**{value}**", f"{check['limit']:g}")
        )
    return table(("", "measured", "limit"), rows)


def _goodput() -> str:
    rows = [
        (f"`{name}`", ms(found["held"]), ms(found["failed"])) for name, found in _held().items()
    ]
    return table(("requests/s", "highest rate that held", "lowest that did not"), rows)


def _peers(name: str) -> str:
    if not (KEPT / f"{name}.json").exists():
        return "There is no figure yet."
    turns: dict[str, Any] = kept_result(name)["turns"]
    first = turns["chorale"][0]
    rows = []

    def add(line: str, figure: Callable[[str, Any], float], better: Callable[..., float]) -> None:
        values = [fmean(figure(server, turn) for turn in runs) for server, runs in turns.items()]
        best, theirs = better(values), better(values[1:])
        cells = (f"**{ms(it)}**" if it == best else ms(it) for it in values)
        rows.append([line, *cells, f"{values[0] / theirs:.2g}" if theirs else ""])

    for at, run in enumerate(first["goodput"]):
        held = partial(lambda at, _, turn: turn["goodput"][at]["found"]["held"], at)
        add(f"goodput, `{run['workload']}`, requests/s", held, max)
    for at, level in enumerate(first["levels"]):
        if level["load"] not in _LEVELS[name]:
            continue
        kind = "hits" if level["workload"] == "assistant" else "misses"
        add(f"{kind}, {level['load']}, P95 ms", partial(_level, at, kind), min)
        if level["streaming"] and kind == "misses":
            rate = partial(lambda at, _, turn: turn["levels"][at]["rate"], at)
            add(f"misses, {level['load']}, per second", rate, max)
            add(f"first sound, {level['load']}, P95 ms", partial(_first_sound, at), min)
    add("memory, MiB", lambda _, turn: float(turn["memory_mib"]), min)
    variants = ", ".join(f"`{runs[0]['variant']}`" for runs in turns.values())
    head = ("", *turns, "ratio to the best peer")
    return f"{table(head, rows)}\n\nThe variants are {variants}."


def _first_sound(at: int, _: str, turn: Any) -> float:
    return float(turn["levels"][at]["streaming"]["first_sound"]["p95"])


def _level(at: int, kind: str, server: str, turn: Any) -> float:
    """Of a server that keeps no replies, one that was asked for before costs what any does."""
    level = turn["levels"][at]
    return float(level["hits" if server == "chorale" and kind == "hits" else "latency"]["p95"])


def _soak() -> str:
    largest: dict[str, Any] = {}
    for drift in kept_result("soak")["drifts"]:
        held = largest.setdefault(drift["kind"], drift)
        if abs(drift["largest"]) > abs(held["largest"]):
            largest[drift["kind"]] = drift
    rows = [
        (kind, _number(item["pss"]), _number(item["last"]), f"{100 * item['largest']:+.1f} %")
        for kind, item in largest.items()
    ]
    head = ("process that moved most, of each kind", "MiB at minute 5", "at the end", "drift")
    return f"{_checks('soak')}\n\n{table(head, rows)}"


def _bench() -> str:
    stages = kept_result("bench")["stages"]
    bare = {(item["voice"], item["format"]): item["total"]["p50"] for item in stages["bare"]}
    cells = {
        (cell["voice"], cell["format"], cell["state"], cell["concurrency"]): cell["latency"]
        for cell in stages["cells"]
    }
    columns = [(state, clients) for clients in (1, 8) for state in ("miss", "hit", "hot")]
    rows = [
        [
            " ".join(kind),
            ms(bare[kind]),
            *(_percentiles(cells[(*kind, *column)]) for column in columns),
        ]
        for kind in bare
    ]
    floor = {item["concurrency"]: _percentiles(item["latency"]) for item in stages["livez"]}
    rows.append(["`GET /livez`", "", floor[1], "", "", floor[8], "", ""])
    head = [f"{state}, {clients} client{'s'[: clients > 1]}" for state, clients in columns]
    return table(("voice, format", "bare P50", *head), rows)


def _bench_cost() -> str:
    """Processor time by process; stages that took none are left out."""
    stages = kept_result("bench")["stages"]
    neural = stages["cells"][-1]["voice"]
    cells = [
        cell
        for cell in stages["cells"]
        if (cell["voice"], cell["concurrency"]) == (neural, 1) and cell["format"] != "opus"
    ]
    names = [name for name, cores in stages["idle_cores"].items() if cores or name == "haproxy"]
    rows = [
        [
            f"{cell['format']}, {cell['state']}",
            *(f"{max(0, cell['cost']['milliseconds'][name]):.1f}" for name in names),
            f"{cell['cost']['client_milliseconds']:.1f}",
        ]
        for cell in cells
    ]
    rows.append(["idle, cores", *(f"{stages['idle_cores'][name]:.2f}" for name in names), ""])
    return table((f"`{neural}`, one client", *names, "client"), rows)


def _faults() -> str:
    result = kept_result("faults")
    rows = [
        (
            fault["fault"],
            fault["price"],
            str(fault["requests"]),
            str(fault["open"]),
            _failed(fault),
            str(fault["wrong"]),
            f"{fault['slowest']:.1f} s",
            f"{fault['replaced']:.1f} s",
        )
        for fault in result["faults"]
    ]
    head = ("fault", "may fail", "requests", "under way", "failed", "wrong", "slowest", "replaced")
    told = f"One run, {result['seconds']:.0f} s at {result['rate']:g} requests/s."
    return f"{table(head, rows)}\n\n{told}"


def _failed(fault: Any) -> str:
    how = (f"{n} {'status ' * word.isdigit()}{word}" for word, n in fault["how"].items())
    return f"{fault['failed']} ({', '.join(how)})" if fault["how"] else str(fault["failed"])


def _simulated() -> str:
    cases = kept_result("scaling")["cases"]
    policies = list(dict.fromkeys(case["policy"] for case in cases))
    rows = []
    for (engine, traffic), group in groupby(cases, lambda case: (case["engine"], case["traffic"])):
        found = {case["policy"]: case for case in group}
        rows.append(
            [
                f"{engine}, {traffic}",
                *(
                    f"{1000 * case['wait_p95']:,.0f} ms, {case['replica_seconds']:,.0f}, "
                    f"{case['turns']}"
                    for case in (found[policy] for policy in policies)
                ),
            ]
        )
    return table(("engine, traffic", *policies), rows)


def _cluster() -> str:
    told = "\n".join(f"- {sentence}" for sentence in kept_result("cluster")["told"])
    return f"{_checks('cluster')}\n\n{told}"


def _text_peers() -> str:
    result = kept_result("text_peers")
    names = {"en_tn_open": "public cases", "english": "the repository's"}
    rows = [
        (
            f"{item['program']}, {names[item['cases']]}",
            f"{100 * item['share']:.1f} % of {item['count']}",
            str(item["failed"]),
            f"{ms(item['milliseconds']['p50'])} / {ms(item['milliseconds']['p95'])}",
            f"{result['start_seconds'][item['program']]:.2g} s",
        )
        for item in result["outcomes"]
    ]
    return table(("", "right", "failed", "ms a case, P50 / P95", "start"), rows)


def _dialogues() -> str:
    result = kept_result("dialogues")
    names = {"replies": "whole replies", "phrases": "phrases", "together": "either"}
    rows = [
        (label, *(f"{100 * result[part][name]:.0f} %" for name in names))
        for label, part in (("all", "of_all"), ("the last half", "of_last_half"))
    ]
    return table(("characters found in a cache of", *names.values()), rows)


TABLES: dict[str, Callable[[], str]] = {
    "summary": _summary,
    "loadtest": _loadtest,
    "loadtest-limits": lambda: _checks("loadtest"),
    "goodput": _goodput,
    "overload": lambda: _checks("overload"),
    "peers": lambda: _peers("peers"),
    "peers-kokoro": lambda: _peers("peers_kokoro"),
    "soak": _soak,
    "bench": _bench,
    "bench-cost": _bench_cost,
    "faults": _faults,
    "simulated": _simulated,
    "cluster": _cluster,
    "text-peers": _text_peers,
    "dialogues": _dialogues,
    "voices": quality_tables.voices,
    "detectors": quality_tables.detectors,
    "regressions": quality_tables.regressions,
}
"""By the name in a page's marker."""


def main() -> None:
    """Rewrite every page."""
    for page in pages():
        page.write_text(rewritten(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
