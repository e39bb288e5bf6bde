"""Goodput: the highest rate of arrivals at which P95 stays below the limit and nothing fails.

Starts `chorale serve` as it is shipped and searches (see `loadtests.search`), one open-loop run of
Poisson arrivals for each rate, with texts of its own. A rate holds if the 95th percentile of all
its replies, counted from when they were due, is below the limit, no request failed, and no reply
took longer than 3 s. A run whose limit lies within the confidence interval of its P95 is repeated
once with other texts and both are taken together.

    python -m loadtests.goodput [--workloads assistant unique] [--start 8] [--format wav]
                                [--precision 0.1] [--least 20] [--requests 300] [--p95 150]
                                [--graph FILE] [--out FOLDER] [--keep]

The last line of output is one JSON object; the folder gets it, too, with a plot of latency against
rate and Locust's report of every run.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtests.config import Peer, Plan, Step, WorkloadName, Workloads
from loadtests.figures import Measured, NothingMeasuredError, evaluate
from loadtests.generator import run_plan, warm
from loadtests.limits import Limits
from loadtests.local_server import local_server, stop_on_sigterm
from loadtests.machine import Machine, this_machine
from loadtests.placement import this_placement
from loadtests.plots import plot_rates
from loadtests.records import Record
from loadtests.results import add_arguments, publish
from loadtests.run import ERRORS, read_graph
from loadtests.search import Found, highest_rate
from loadtests.tables import ms, show_machine

_MOST_SECONDS = 90.0
"""Of a run at a rate so slow that the requests wanted would take longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How it is searched."""

    limit_ms: float
    start: float
    """Requests per second of the first run."""
    precision: float
    least_seconds: float
    """Of a run; slow rates take longer, until the requests wanted have come."""
    requests: int = 300
    """Wanted in a run: fewer tell little of a 95th percentile."""
    seed: int = 0
    lowest: float = 1.0
    """Requests per second below which no server is worth the search."""
    give_up: float = 3.0
    """Seconds of a reply after which a rate has failed, however the others fared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One rate."""

    rate: float
    held: bool
    runs: int
    measured: Measured | None
    """None where no request succeeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodput:
    """The answer for one workload and server."""

    target: str
    workload: str
    found: Found
    probed: tuple[Probed, ...]

    def in_words(self) -> str:
        """The rate with its uncertainty."""
        rate = f"{self.target}, {self.workload}: {self.found.held:.1f} requests/s"
        if self.found.failed is None:
            return f"{rate} or more, no rate that was tried failed"
        return f"{rate} held, {self.found.failed:.1f} did not"


class Prober:
    """Tries rates on one server; each run says what no other one said."""

    def __init__(
        self,
        url: str,
        target: Peer,
        workloads: Workloads,
        search: Search,
        *,
        out: Path,
        console: Console,
        streamed: bool = False,
    ) -> None:
        self._url = url
        self._target = target
        self._workloads = workloads
        self._search = search
        self._out = out
        self._console = console
        self._streamed = streamed
        self._round = 0

    def goodput(self, workload: WorkloadName) -> Goodput:
        """Search for the highest rate of a workload."""
        warm(self.plan(workload, (Step(seconds=1, rate=1),)), self._url)
        probed: list[Probed] = []

        def holds(rate: float) -> bool:
            probed.append(self._probe(workload, rate))
            return probed[-1].held

        search = self._search
        found = highest_rate(
            holds, start=search.start, precision=search.precision, lowest=search.lowest
        )
        return Goodput(target=self._target, workload=workload, found=found, probed=tuple(probed))

    def plan(self, workload: WorkloadName, steps: Sequence[Step]) -> Plan:
        """A plan with a round of its own."""
        self._round += 1
        return Plan(
            workload=workload,
            workloads=self._workloads,
            steps=tuple(steps),
            target=self._target,
            streamed=self._streamed,
            give_up=self._search.give_up,
            seed=self._search.seed,
            round=self._round,
        )

    def run(self, plan: Plan) -> Record:
        """One run of the load generator."""
        name = f"{self._target}-{plan.workload}-{plan.round}"
        return run_plan(plan, self._url, self._out, name)

    def _probe(self, workload: WorkloadName, rate: float) -> Probed:
        wanted = min(_MOST_SECONDS, self._search.requests / rate)
        seconds = max(self._search.least_seconds, wanted)
        plan = self.plan(workload, (Step(seconds=seconds, rate=rate),))
        record, runs = self.run(plan), 1
        try:
            measured = evaluate(plan, record)
            if undecided(measured, self._search.limit_ms):
                again = self.run(self.plan(workload, plan.steps))
                record, runs = _joined(record, again), 2
                measured = evaluate(plan, record)
        except NothingMeasuredError as error:
            self._console.print(f"  {rate:.1f}/s: {error}")
            return Probed(rate=rate, held=False, runs=runs, measured=None)
        held = keeps(measured, record, self._search)
        low, high = measured.p95_between
        self._console.print(
            f"  {workload} {rate:.1f}/s: P95 {ms(measured.latency.p95)} ms ({ms(low)} to "
            f"{ms(high)}), {measured.requests} requests, {measured.failures} failed, "
            f"{100 * measured.hit_rate:.0f} % hits: {'held' if held else 'not held'}"
        )
        return Probed(rate=rate, held=held, runs=runs, measured=measured)


def undecided(measured: Measured, limit_ms: float) -> bool:
    """Whether chance may have decided."""
    low, high = measured.p95_between
    return not measured.failures and low < limit_ms <= high


def keeps(measured: Measured, record: Record, search: Search) -> bool:
    """Whether a rate held."""
    slowest = max(row.seconds for row in record.rows)
    return (
        not measured.failures
        and measured.latency.p95 < search.limit_ms
        and slowest <= search.give_up
    )


def _joined(first: Record, second: Record) -> Record:
    return replace(
        first,
        wall=first.wall + second.wall,
        processor=first.processor + second.processor,
        rows=first.rows + second.rows,
    )


def goodput_table(results: Sequence[Goodput]) -> Table:
    """Every answer with the percentiles at it."""
    table = Table(title="Goodput: the highest rate that held (requests per second)")
    for name in ("server", "workload"):
        table.add_column(name)
    for name in ("held", "not held", "P50", "P95 at it", "hits", "MB/s", "generator, cores"):
        table.add_column(name, justify="right")
    for result in results:
        best = at_goodput(result)
        figures = (
            (
                ms(best.latency.p50),
                ms(best.latency.p95),
                f"{100 * best.hit_rate:.0f} %",
                f"{best.bytes_rate / 1e6:.1f}",
                f"{best.generator_cores:.2f}",
            )
            if best
            else ("", "", "", "", "")
        )
        failed = result.found.failed
        table.add_row(
            result.target,
            result.workload,
            f"{result.found.held:.1f}",
            "" if failed is None else f"{failed:.1f}",
            *figures,
        )
    return table


def at_goodput(result: Goodput) -> Measured | None:
    """What was measured at the highest rate that held."""
    for probed in result.probed:
        if probed.held and probed.rate == result.found.held:
            return probed.measured
    return None


def curve(result: Goodput) -> tuple[str, list[tuple[float, float, float]]]:
    """Rates with P50 and P95, for a plot."""
    points = [
        (probed.rate, probed.measured.latency.p50, probed.measured.latency.p95)
        for probed in result.probed
        if probed.measured is not None
    ]
    return f"{result.target} {result.workload}", points


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one run of the program measured."""

    machine: Machine
    placement: str
    search: Search
    results: tuple[Goodput, ...]


def measure(
    search: Search,
    workloads: Workloads,
    names: Sequence[WorkloadName],
    out: Path,
    console: Console,
    *,
    graph: Mapping[str, Any] | None,
) -> Report:
    """Start a server, search for every workload, stop it."""
    machine = this_machine()
    console.print("starting a server ...")
    with local_server(graph=graph) as server:
        prober = Prober(server.url, "chorale", workloads, search, out=out, console=console)
        results = tuple(prober.goodput(name) for name in names)
        console.print("stopping the server ...")
    return Report(machine=machine, placement=str(this_placement()), search=search, results=results)


def main() -> None:
    """Measure, print the table and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="The highest rate that holds.")
    parser.add_argument(
        "--workloads", nargs="+", choices=("assistant", "unique"), default=["assistant", "unique"]
    )
    parser.add_argument("--start", type=float, default=8.0, help="requests/s of the first run")
    parser.add_argument("--precision", type=float, default=0.1)
    parser.add_argument("--least", type=float, default=20.0, help="seconds of a run")
    parser.add_argument("--requests", type=int, default=300, help="wanted in a run")
    parser.add_argument("--p95", type=float, help="limit in ms; default: that of limits.yaml")
    parser.add_argument("--format", help="for all services, instead of the mix")
    parser.add_argument("--graph", type=Path, help="default: as `chorale serve`")
    parser.add_argument("--seed", type=int, default=0)
    add_arguments(parser)
    given = parser.parse_args()
    stop_on_sigterm()
    console, out = Console(width=120, record=True), given.out.resolve()
    try:
        limit = given.p95 or Limits.load().goodput.p95_ms
        search = Search(
            limit_ms=limit,
            start=given.start,
            precision=given.precision,
            least_seconds=given.least,
            requests=given.requests,
            seed=given.seed,
        )
        workloads = Workloads.load()
        if given.format:
            workloads = workloads.everywhere(given.format)
        report = measure(
            search, workloads, given.workloads, out, console, graph=read_graph(given.graph)
        )
    except ERRORS as error:
        console.print("[red]error:[/red]", escape(str(error)))
        sys.exit(1)
    show_machine(report.machine, this_placement(), console)
    console.print(goodput_table(report.results))
    for result in report.results:
        console.print(result.in_words())
    plot_rates(
        [curve(result) for result in report.results],
        out / "goodput.png",
        title="Latency against the rate of arrivals",
        limit_ms=limit,
    )
    publish(
        {"benchmark": "goodput", **asdict(report)}, given, console=console, plots=["goodput.png"]
    )


if __name__ == "__main__":
    main()
