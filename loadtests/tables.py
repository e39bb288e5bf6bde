"""Tables of what was measured, for the terminal and the HTML report."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from loadtests.drift import Drift
from loadtests.figures import Measured
from loadtests.limits import Check
from loadtests.machine import Machine
from loadtests.placement import Placement
from loadtests.processes import RAY, STAGES
from loadtests.samples import Summary
from loadtests.watch import Memory


def show_machine(machine: Machine, placement: Placement, console: Console) -> None:
    """Where the figures are from, and what to think of them first."""
    console.print(f"Measured on {machine}; {placement}.")
    if machine.warning:
        console.print(f"[yellow]Warning:[/yellow] {machine.warning}.")


def latency_table(runs: Sequence[Measured]) -> Table:
    """Percentiles of every workload: all, by cache state, by format."""
    table = Table(title="From the moment a request was due to its last byte (ms)")
    for name in ("workload", "load", "replies of"):
        table.add_column(name)
    for name in ("replies", "P50", "P95", "P99", "per s", "failed"):
        table.add_column(name, justify="right")
    for run in runs:
        split = {**run.by_cache, **run.by_format}
        low, high = run.p95_between
        table.add_row(
            run.workload,
            run.load,
            f"all (P95 {ms(low)} to {ms(high)})",
            *_percentiles(run.latency),
            f"{run.rate:.1f}",
            str(run.failures),
        )
        for name, summary in split.items():
            if len(split) > 2 or name in run.by_cache:
                table.add_row("", "", name or "(no cache)", *_percentiles(summary), "", "")
        table.add_section()
    return table


def stage_table(runs: Sequence[Measured]) -> Table:
    """What `Server-Timing` says, by cache state."""
    names = list(
        dict.fromkeys(stage for run in runs for stages in run.stages.values() for stage in stages)
    )
    table = Table(title="Server-Timing up to the first frame, P50 / P95 (ms)")
    for name in ("workload", "X-Cache"):
        table.add_column(name)
    for name in names:
        table.add_column(name, justify="right")
    for run in runs:
        for cache, stages in run.stages.items():
            cells = (
                f"{ms(stages[name].p50)} / {ms(stages[name].p95)}" if name in stages else ""
                for name in names
            )
            table.add_row(run.workload, cache, *cells)
    return table


def show_generator(runs: Sequence[Measured], console: Console) -> None:
    """What the load generator did itself, and what went wrong."""
    for run in runs:
        console.print(
            f"{run.workload}: {100 * run.hit_rate:.0f} % were there already; the load generator "
            f"kept {run.generator_cores:.2f} cores busy and sent {run.late} of {run.requests} "
            f"late, the worst by {ms(run.latest)} ms."
        )
        if run.streaming is not None:
            streaming = run.streaming
            least = streaming.least_in_hand
            console.print(
                f"{run.workload}: first audio P50 {ms(streaming.first_audio.p50)}, P95 "
                f"{ms(streaming.first_audio.p95)} ms; first sound P50 "
                f"{ms(streaming.first_sound.p50)}, P95 {ms(streaming.first_sound.p95)} ms; "
                f"{streaming.stalled} replies would have stopped playing"
                + ("." if least is None else f", least audio in hand {least:.2f} s.")
            )
        if run.failures:
            console.print(
                f"[red]{run.workload}: {run.failures} failed ({_counts(run)}), first: "
                f"{run.first_failure}[/red]"
            )


def memory_table(memory: Memory) -> Table:
    """Proportional set sizes of every kind of process."""
    table = Table(title="Memory at its most, proportional set size (MiB)")
    for name in (*STAGES, "ours", *RAY, "Ray's"):
        table.add_column(name, justify="right")
    table.add_row(
        *(f"{memory.by_kind[kind]:.0f}" for kind in STAGES),
        f"{memory.ours:.0f}",
        *(f"{memory.by_kind[kind]:.0f}" for kind in RAY),
        f"{memory.rays:.0f}",
    )
    return table


def drift_table(drifts: Iterable[Drift]) -> Table:
    """Every process and how its memory moved."""
    table = Table(title="Memory of every process, proportional set size (MiB)")
    table.add_column("process")
    for name in ("then", "at the end", "resident", "largest drift"):
        table.add_column(name, justify="right")
    for item in sorted(drifts, key=lambda drift: -drift.last):
        moved = "came or went" if item.came_or_went else f"{100 * item.largest:+.1f} %"
        table.add_row(
            f"{item.kind} ({item.pid})",
            *(f"{value:.0f}" for value in (item.pss, item.last, item.rss)),
            moved,
        )
    return table


def check_table(checks: Iterable[Check]) -> Table:
    """Every limit and whether it was kept."""
    table = Table(title="Verdict")
    table.add_column("limit")
    for name in ("measured", "allowed", ""):
        table.add_column(name, justify="right")
    for check in checks:
        table.add_row(
            check.name,
            f"{check.value:.3g}" if check.value < 1 else f"{check.value:.1f}",
            f"{check.limit:g}",
            "[green]kept[/green]" if check.kept else "[red]broken[/red]",
        )
    return table


def ms(milliseconds: float) -> str:
    """Three figures are enough."""
    return f"{milliseconds:.0f}" if abs(milliseconds) >= 99.5 else f"{milliseconds:.3g}"


def _percentiles(summary: Summary) -> Iterable[str]:
    return (str(summary.count), *map(ms, (summary.p50, summary.p95, summary.p99)))


def _counts(run: Measured) -> str:
    return ", ".join(f"{count} of status {status}" for status, count in run.statuses.items())
