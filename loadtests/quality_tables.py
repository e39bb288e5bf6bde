"""Tables of the page about quality, and what every table of the documentation is made with."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from loadtests.results import KEPT


def kept_result(name: str) -> Any:
    """What a program has kept."""
    return json.loads((KEPT / f"{name}.json").read_text("utf-8"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_HEARD = (
    *("word_error", "character_error", "overall", "p808", "asked_right", "heard_right"),
    *("pitch_range", "rate", "comma", "stop", "missing", "clicks", "loudness", "true_peak"),
    *("before", "behind", "speed"),
)
"""Measures of the table of voices."""


def voices() -> str:
    """What was measured of each voice."""
    result = kept_result("quality")
    voices, measures = result["voices"], result["measures"]
    rows = [
        [
            ", ".join(filter(None, (measures[name]["title"], measures[name]["unit"]))),
            *(_heard(measures[name], voice["means"].get(name)) for voice in voices),
        ]
        for name in _HEARD
    ]
    count = ", ".join(f"{voice['sentences']} of {voice['voice']}" for voice in voices)
    told = f"Sentences: {count}; heard by {result['recogniser']}."
    if machine := result.get("machine"):
        told += f" On {machine['cores']} cores of {machine['processor']}."
    return f"{table(('', *(voice['voice'] for voice in voices)), rows)}\n\n{told}"


def _heard(measure: Any, value: float | None) -> str:
    if value is None:
        return "-"
    digits = measure["digits"]
    return f"{100 * value:.{digits}f} %" if measure["percent"] else f"{value:.{digits}f}"


_SHARES = {0.1: "a tenth of the sentences", 0.25: "a quarter", 1.0: "all"}
"""Of a trial's sentences, that have the fault."""


def detectors() -> str:
    """How often planted faults were missed, and clean speech was told of."""
    result = kept_result("detectors")
    missed: dict[str, dict[float, list[str]]] = {}
    for row in result["planted"]:
        by_share = missed.setdefault(f"{row['fault']}, {row['strength']}", {})
        by_share.setdefault(row["share"], []).append(f"{100 * row['missed']:.0f} %")
    rows = [
        [fault, *(" / ".join(found.get(share, ["-"])) for share in _SHARES)]
        for fault, found in missed.items()
    ]
    voices = " / ".join(clean["voice"] for clean in result["clean"])
    told = "\n".join(
        f"- {clean['voice']} without a fault: {clean['alarms']} of {clean['trials']} comparisons "
        f"told something; {clean['sentences_with_clicks']} of {clean['sentences']} sentences have "
        "a click."
        for clean in result["clean"]
    )
    head = (f"not noticed, of {result['trials']}; {voices}", *_SHARES.values())
    return f"{table(head, rows)}\n\n{told}"


def regressions() -> str:
    """How often the regression test was wrong."""
    rows = []
    for item in kept_result("regressions")["histories"]:
        false = item["false"]
        looks = f"{false['alarms']} of {false['looks']:,}"
        years = f"{false['years_with_one']} of {false['years']} years"
        rows.append((item["history"], "no change", f"{looks}; {years}", ""))
        for found in item["planted"]:
            runs = "-" if found["runs"] is None else f"{found['runs']:.0f}"
            rows.append((item["history"], found["change"], f"{100 * found['missed']:.0f} %", runs))
    head = ("history", "planted", "looks with an alarm; or never told", "told after so many runs")
    return table(head, rows)
