"""Overload: three times the goodput for two minutes, and what callers see of it.

Starts `chorale serve` as it is shipped. `assistant` arrives in an open loop: at half the goodput,
at three times of it, and at half of it again. The callers set a deadline for their first byte, as
callers do who have an alternative.

    python -m loadtests.overload [--goodput RATE] [--seconds 120] [--graph FILE] [--out FOLDER]
                                 [--keep]

Without `--goodput` the rate is what `make goodput` has written into the folder. Held to the limits
of `limits.yaml`: refusals are 429 or 503 and quick at the server, what is admitted is not slow, and
latency is soon as it was. Ends with 1 if a limit is broken. The last line is one JSON object.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from loadtests import refusals
from loadtests.config import ConfigurationError, Plan, Step, Workloads
from loadtests.generator import run_plan, warm
from loadtests.limits import Check, Limits, OverloadLimits, at_most
from loadtests.local_server import local_server, stop_on_sigterm
from loadtests.machine import Machine, this_machine
from loadtests.placement import this_placement
from loadtests.plots import plot_latency
from loadtests.records import Row
from loadtests.results import add_arguments, publish
from loadtests.run import ERRORS, read_graph
from loadtests.samples import Summary, percentile
from loadtests.tables import check_table, ms, show_machine

_BEFORE, _DURING = 0, 1
_CALM_SECONDS = 30.0
_GRID = 0.5
"""Seconds between the moments that are tried as the end of the trouble."""
_AT_FIRST = 5.0
"""Seconds that must be as they should be, whatever comes after them."""
_LEAST_AFTER = 20
"""Requests without which nothing is said about a stretch of time."""
_EXPORT = 12.0
"""Seconds after which Ray's metrics hold what happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """What was seen."""

    machine: Machine
    goodput: float
    rate: float
    before: Summary
    admitted: Summary
    """Of the replies given during the overload."""
    requests: int
    """During the overload."""
    refused: Mapping[str, int]
    """By status."""
    refused_at_server_ms: float
    """Bound below which 95 % of the refusals took, at the server."""
    refused_at_once: float
    """Share of the refusals that took at most the limit, at the server; the others were admitted,
    and their deadline passed."""
    refused_at_client: Summary | None
    other_failures: int
    first_other: str
    normal_after: float | None
    """Seconds after the overload; None where it was not until the end."""
    generator_cores: float
    checks: tuple[Check, ...]


def is_refusal(row: Row) -> bool:
    """Whether the server said that it could not, in time."""
    return str(row.status) in refusals.REFUSALS


def normal_after(rows: Sequence[Row], ended: float, limit: float) -> float | None:
    """Seconds after a moment from which on all is as it should be.

    That is the first moment after which the 95th percentile of everything due is below the limit,
    both in the next seconds and until the end. What failed was slower than anything: a refused
    caller among hundreds, as calm times have them too, is no trouble, one among twenty is.

    Args:
        rows: In the order they were due.
        ended: When the trouble was over.
        limit: Seconds.

    Returns:
        None if there is no such moment with enough requests after it.
    """
    after = [row for row in rows if row.due >= ended]
    moment = ended
    while len(after) >= _LEAST_AFTER:
        at_first = [row for row in after if row.due < moment + _AT_FIRST]
        if all(_p95(some) < limit for some in (after, at_first)):
            return moment - ended
        moment += _GRID
        after = [row for row in after if row.due >= moment]
    return None


def _p95(rows: Sequence[Row]) -> float:
    """Seconds; infinite where one in twenty failed, and where there is none."""
    seconds = [math.inf if row.failure else row.seconds for row in rows]
    return percentile(sorted(seconds), 95) if seconds else math.inf


def checks_of(
    limits: OverloadLimits,
    *,
    admitted: Summary,
    refused_ms: float,
    other_failures: int,
    after: float | None,
) -> tuple[Check, ...]:
    """The limits of an overload."""
    recovered = _CALM_SECONDS if after is None else after  # it was not until then
    return (
        at_most("overload: P95 of refusals at the server, ms", refused_ms, limits.refused_p95_ms),
        at_most("overload: P95 of admitted replies, ms", admitted.p95, limits.admitted_p95_ms),
        at_most("overload: failures that are no refusals", other_failures, 0),
        at_most("overload: seconds until normal", recovered, limits.normal_after),
    )


def measure(
    limits: Limits,
    goodput: float,
    seconds: float,
    out: Path,
    console: Console,
    *,
    graph: Mapping[str, Any] | None,
) -> Overload:
    """Start a server, overload it, stop it."""
    machine, limit = this_machine(), limits.overload
    calm, rate = Step(seconds=_CALM_SECONDS, rate=goodput / 2), goodput * limit.times
    plan = Plan(
        workload="assistant",
        workloads=Workloads.load(),
        steps=(calm, Step(seconds=seconds, rate=rate), calm),
        deadline_ms=limit.deadline_ms,
    )
    console.print("starting a server ...")
    with local_server(graph=graph) as server:
        warm(plan, server.url)
        time.sleep(_EXPORT)
        before = refusals.read_refusals(server)
        console.print(f"{rate:.1f} requests/s for {seconds:g} s ...")
        record = run_plan(plan, server.url, out, "overload")
        time.sleep(_EXPORT)
        counted = refusals.between(before, refusals.read_refusals(server))
        console.print("stopping the server ...")
    p95_ms = limits.goodput.p95_ms
    plot_latency(record, out / "overload.png", title=f"overload, {rate:.0f}/s", limit_ms=p95_ms)
    during = [row for row in record.rows if row.step == _DURING]
    others = [row for row in record.rows if row.failure and not is_refusal(row)]
    admitted = Summary.of([row.seconds for row in during if not row.failure])
    refused = [row for row in during if is_refusal(row)]
    # The last bucket has no bound, and JSON no infinity.
    if refused and not sum(counted.values()):
        raise ConfigurationError("callers were refused, but the server's metric counts no refusal")
    refused_ms = min(refusals.at_most(counted, 95), 60_000.0)
    after = normal_after(record.rows, plan.steps[_BEFORE].seconds + seconds, p95_ms / 1000)
    return Overload(
        machine=machine,
        goodput=goodput,
        rate=rate,
        before=Summary.of(
            [row.seconds for row in record.rows if row.step == _BEFORE and not row.failure]
        ),
        admitted=admitted,
        requests=len(during),
        refused={
            status: sum(str(row.status) == status for row in refused)
            for status in refusals.REFUSALS
        },
        refused_at_server_ms=refused_ms,
        refused_at_once=refusals.share_within(counted, limit.refused_p95_ms),
        refused_at_client=Summary.of([row.seconds for row in refused]) if refused else None,
        other_failures=len(others),
        first_other=others[0].failure if others else "",
        normal_after=after,
        generator_cores=record.generator_cores,
        checks=checks_of(
            limit,
            admitted=admitted,
            refused_ms=refused_ms,
            other_failures=len(others),
            after=after,
        ),
    )


def read_goodput(out: Path) -> float:
    """What `make goodput` found for `assistant`.

    Raises:
        ConfigurationError: it has not been run, or nothing held.
    """
    file = out / "goodput.json"
    try:
        results = json.loads(file.read_text("utf-8"))["results"]
        held = [item["found"]["held"] for item in results if item["workload"] == "assistant"]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(f"{file}: run `make goodput` first, or name a rate") from error
    if not held or not held[0]:
        raise ConfigurationError(f"{file}: no rate of assistant held; name one")
    return float(held[0])


def show(found: Overload, console: Console) -> None:
    """Print it, the verdict last."""
    show_machine(found.machine, this_placement(), console)
    refused = sum(found.refused.values())
    console.print(
        f"{found.rate:.1f}/s, {found.requests} requests: {refused} refused "
        f"({100 * refused / found.requests:.0f} %; {found.refused}), 95 % of them within "
        f"{found.refused_at_server_ms:g} ms at the server, {100 * found.refused_at_once:.0f} % at "
        f"once; {found.admitted.count} answered, P50 "
        f"{ms(found.admitted.p50)}, P95 {ms(found.admitted.p95)} ms (before: P95 "
        f"{ms(found.before.p95)} ms). The load generator kept {found.generator_cores:.2f} cores "
        "busy."
    )
    if found.refused_at_client is not None:
        console.print(f"Refusals as the client saw them: P95 {ms(found.refused_at_client.p95)} ms.")
    if found.other_failures:
        console.print(f"[red]{found.other_failures} failed, first: {found.first_other}[/red]")
    console.print(check_table(found.checks))


def main() -> None:
    """Measure, print the verdict and the JSON line, write the files."""
    parser = argparse.ArgumentParser(description="Three times the goodput.")
    parser.add_argument("--goodput", type=float, help="requests/s; default: what was found")
    parser.add_argument("--seconds", type=float, help="of the overload")
    parser.add_argument("--graph", type=Path, help="default: as `chorale serve`")
    add_arguments(parser)
    given = parser.parse_args()
    stop_on_sigterm()
    console, out = Console(width=120, record=True), given.out.resolve()
    try:
        limits = Limits.load()
        found = measure(
            limits,
            given.goodput or read_goodput(out),
            given.seconds or limits.overload.seconds,
            out,
            console,
            graph=read_graph(given.graph),
        )
    except ERRORS as error:
        console.print("[red]error:[/red]", escape(str(error)))
        sys.exit(1)
    show(found, console)
    publish(
        {"benchmark": "overload", **asdict(found)}, given, console=console, plots=["overload.png"]
    )
    if not all(check.kept for check in found.checks):
        sys.exit(1)


if __name__ == "__main__":
    main()
