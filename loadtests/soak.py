"""Soak: half an hour under load, and whether any process keeps growing.

Starts `chorale serve`, with another graph if one is given, and lets `assistant` arrive
in an open loop, minute by minute, each minute with some texts of its own. Meanwhile it measures the
memory of every process every ten seconds. Between minutes the load generator starts again, which
takes some seconds. The caches are small, so that they are full before memory is judged: what grows
after that is no cache.

    python -m loadtests.soak [--minutes 30] [--rate 20] [--graph FILE] [--out FOLDER] [--keep]
    python -m loadtests.soak --stop [--out FOLDER]

It may be interrupted: server and records stay, and the same command goes on with the minute that
was interrupted; `--stop` ends the server instead. Where the server is gone it begins anew. Held to
the limits of `limits.yaml`; ends with 1 if one is broken. The last line of output is one JSON
object.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from rich.console import Console
from rich.markup import escape

from loadtests.config import ROUNDS, ConfigurationError, Plan, Step, Workloads
from loadtests.drift import Drift, drifts
from loadtests.figures import Measured, evaluate
from loadtests.generator import run_plan, warm
from loadtests.limits import Check, Limits, SoakLimits, at_most
from loadtests.local_server import ROOT, LocalServer, start_chorale, stop_on_sigterm
from loadtests.machine import Machine, this_machine
from loadtests.placement import this_placement
from loadtests.plots import plot_memory
from loadtests.processes import STAGES, Held, Look
from loadtests.records import Record, read
from loadtests.results import OUT, add_arguments, publish
from loadtests.run import ERRORS, read_graph
from loadtests.tables import check_table, drift_table, latency_table, show_generator, show_machine
from loadtests.watch import Memory, Watch, most

_LOOK_EVERY = 10.0
_RAM_BYTES, _HOT_BYTES = 48 * 2**20, 16 * 2**20
"""At 20 requests/s some 25 MB of new replies come in a minute."""
_MINUTE = 60.0
_SMALL = 16.0
"""MiB below which a process's drift is shown and not judged: it is other processes that share its
pages, or do not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A soak under way, as it is kept in its folder."""

    url: str
    home: str
    """The server's folder."""
    marker: str
    pid: int
    rate: float
    minutes: int

    def server(self) -> LocalServer:
        """The server, whoever started it."""
        return LocalServer(url=self.url, folder=Path(self.home), marker=self.marker, pid=self.pid)


def with_small_caches(graph: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A graph, that of `chorale serve` if none is given, with caches that a few minutes fill."""
    graph = graph or read_graph(ROOT / "configs" / "cpu.yaml") or {}
    cache, gateway = dict(graph.get("cache", {})), dict(graph.get("gateway", {}))
    cache["ram"] = {**cache.get("ram", {}), "max_bytes": _RAM_BYTES}
    gateway["hot"] = {"ttl": 60.0, **gateway.get("hot", {}), "max_bytes": _HOT_BYTES}
    return {**graph, "cache": cache, "gateway": gateway}


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """Everything a soak measured."""

    machine: Machine
    minutes: int
    measured: Measured
    memory: Memory
    drifts: tuple[Drift, ...]
    checks: tuple[Check, ...]


class Soak:
    """One soak in its folder."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._machine = this_machine()
        self._folder = folder
        self._console = console
        self._state_file = folder / "state.json"
        self._looks_file = folder / "looks.jsonl"

    def state(self) -> State | None:
        """The soak under way; None where there is none, or its server is gone."""
        if not self._state_file.exists():
            return None
        state = State(**json.loads(self._state_file.read_text("utf-8")))
        return state if psutil.pid_exists(state.pid) else None

    def begin(self, rate: float, minutes: int, graph: Mapping[str, Any] | None) -> State:
        """Start a server and forget what an earlier soak left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in chain(self._folder.glob("minute-*"), (self._looks_file, self._state_file)):
            old.unlink(missing_ok=True)
        self._console.print("starting a server ...")
        server = start_chorale(graph=with_small_caches(graph))
        state = State(
            url=server.url,
            home=str(server.folder),
            marker=server.marker,
            pid=server.pid,
            rate=rate,
            minutes=minutes,
        )
        self._state_file.write_text(json.dumps(asdict(state)), "utf-8")
        return state

    def go_on(self, state: State) -> None:
        """Run the minutes that were not."""
        server = state.server()
        warm(_plan(state, 1), server.url)
        for minute in range(1, state.minutes + 1):
            if self._done(minute):
                continue
            with Watch(server, interval=_LOOK_EVERY) as watch:
                run_plan(_plan(state, minute), server.url, self._folder, f"minute-{minute}")
            with self._looks_file.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(look)) + "\n" for look in watch.looks)
            ours = most(watch.looks).ours
            self._console.print(f"minute {minute} of {state.minutes}: our replicas {ours:.0f} MiB")

    def result(self, state: State, limits: SoakLimits) -> Soaked:
        """Figures of all minutes."""
        looks, plan = tuple(self._looks()), _plan(state, 1)
        record = _joined([read(self._records(minute)) for minute in range(1, state.minutes + 1)])
        whole = Step(seconds=_MINUTE * state.minutes, rate=state.rate)
        measured = evaluate(plan.model_copy(update={"steps": (whole,)}), record)
        found = drifts(looks, since=_MINUTE * min(limits.since_minute, state.minutes / 2))
        plot_memory(looks, self._folder / "memory.png", title=f"assistant at {state.rate:g}/s")
        return Soaked(
            machine=self._machine,
            minutes=state.minutes,
            measured=measured,
            memory=most(looks),
            drifts=found,
            checks=(
                at_most("soak: failures", measured.failures, 0),
                at_most(
                    "soak: largest drift of a process's memory",
                    max((abs(item.largest) for item in found if item.pss >= _SMALL), default=0.0),
                    limits.drift,
                ),
                at_most(
                    "soak: replicas of ours that came or went",
                    sum(item.came_or_went for item in found if item.kind in STAGES),
                    0,
                ),
            ),
        )

    def end(self, state: State) -> None:
        """Stop the server; the records stay."""
        self._state_file.unlink(missing_ok=True)
        state.server().stop()

    def _records(self, minute: int) -> Path:
        return self._folder / f"minute-{minute}.jsonl"

    def _done(self, minute: int) -> bool:
        try:
            read(self._records(minute))
        except (OSError, ConfigurationError, ValueError):
            return False
        return True

    def _looks(self) -> Iterator[Look]:
        for line in self._looks_file.read_text("utf-8").splitlines():
            raw = json.loads(line)
            yield Look(moment=raw["moment"], held=tuple(Held(**item) for item in raw["held"]))


def _plan(state: State, minute: int) -> Plan:
    return Plan(
        workload="assistant",
        workloads=Workloads.load(),
        steps=(Step(seconds=_MINUTE, rate=state.rate),),
        round=minute,
    )


def _joined(records: Sequence[Record]) -> Record:
    """All minutes as one run."""
    return Record(
        began=records[0].began,
        wall=sum(record.wall for record in records),
        processor=sum(record.processor for record in records),
        rows=tuple(row for record in records for row in record.rows),
    )


def show(found: Soaked, console: Console) -> None:
    """Print everything, the verdict last."""
    show_machine(found.machine, this_placement(), console)
    console.print(latency_table([found.measured]))
    show_generator([found.measured], console)
    console.print(drift_table(found.drifts))
    console.print(check_table(found.checks))


def main() -> None:
    """Run or go on, print the verdict and the JSON line, write the files."""
    limits = Limits.load().soak
    parser = argparse.ArgumentParser(description="Half an hour under load.")
    parser.add_argument("--minutes", type=int, default=round(limits.minutes))
    parser.add_argument("--rate", type=float, default=limits.rate)
    parser.add_argument("--stop", action="store_true", help="end the server of a soak under way")
    parser.add_argument("--graph", type=Path, help="default: as `chorale serve`")
    add_arguments(parser, OUT / "soak")
    given = parser.parse_args()
    if not 1 <= given.minutes < ROUNDS:
        parser.error(f"between 1 and {ROUNDS - 1} minutes")
    stop_on_sigterm()
    console = Console(width=120, record=True)
    soak = Soak(given.out.resolve(), console)
    try:
        state = soak.state()
        if given.stop:
            if state is not None:
                soak.end(state)
            return
        if state is None:
            state = soak.begin(given.rate, given.minutes, read_graph(given.graph))
        soak.go_on(state)
        found = soak.result(state, limits)
        soak.end(state)
    except (KeyboardInterrupt, SystemExit):
        console.print("interrupted; the same command goes on, with --stop it ends")
        raise
    except ERRORS as error:
        console.print("[red]error:[/red]", escape(str(error)))
        sys.exit(1)
    show(found, console)
    publish({"benchmark": "soak", **asdict(found)}, given, console=console, plots=["memory.png"])
    if not all(check.kept for check in found.checks):
        sys.exit(1)


if __name__ == "__main__":
    main()
