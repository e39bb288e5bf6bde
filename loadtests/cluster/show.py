"""The timeline as a table and as a plot."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from rich.table import Table

from loadtests.cluster.timeline import Bin


def timeline_table(bins: Sequence[Bin], *, title: str) -> Table:
    """One line for each stretch."""
    table = Table(title=title)
    for name in ("s", "requests/s", "wanted", "running", "queueing P95, ms", "P95, ms", "failed"):
        table.add_column(name, justify="right")
    table.add_column("event")
    for item in bins:
        table.add_row(
            f"{item.begins:.0f}",
            f"{item.rate:.1f}",
            *("" if count is None else str(count) for count in (item.target, item.running)),
            *(
                "" if value is None else f"{1000 * value:.0f}"
                for value in (item.queueing_p95, item.latency_p95)
            ),
            f"[red]{item.failures}[/red]" if item.failures else "",
            "; ".join(item.events),
        )
    return table


def plot_timeline(bins: Sequence[Bin], path: Path, *, title: str, target: float) -> None:
    """Rate, replicas, times and failures, one below the other."""
    figure = Figure(figsize=(11, 9), layout="constrained")
    rates, replicas, times, failures = figure.subplots(
        4, 1, sharex=True, gridspec_kw={"height_ratios": [2, 2, 3, 1]}
    )
    moments = [item.begins for item in bins]
    rates.step(moments, [item.rate for item in bins], where="post", color="#264653")
    rates.set(ylabel="requests/s", title=textwrap.fill(title, 110))
    for name, values, style in (
        ("wanted", [item.target for item in bins], "--"),
        ("running", [item.running for item in bins], "-"),
    ):
        known = [
            (moment, value)
            for moment, value in zip(moments, values, strict=True)
            if value is not None
        ]
        replicas.step(
            [moment for moment, _ in known],
            [value for _, value in known],
            style,
            where="post",
            label=name,
        )
    replicas.set(ylabel="Synthesizer replicas", ylim=(0, None))
    replicas.legend(fontsize="small")
    for name, seconds in (
        ("queueing P95", [item.queueing_p95 for item in bins]),
        ("P95 to the last byte", [item.latency_p95 for item in bins]),
    ):
        points = [
            (moment, 1000 * value)
            for moment, value in zip(moments, seconds, strict=True)
            if value is not None
        ]
        times.plot([x for x, _ in points], [y for _, y in points], marker=".", label=name)
    times.axhline(1000 * target, color="black", linewidth=0.8, linestyle=":", label="target")
    times.set(ylabel="ms", yscale="log")
    times.legend(fontsize="small")
    width = moments[1] - moments[0] if len(moments) > 1 else 1.0
    failures.bar(moments, [item.failures for item in bins], width=width, color="#e76f51")
    failures.set(ylabel="failed", xlabel="seconds", ylim=(0, None))
    for item in bins:
        for event in item.events:
            for axes in (rates, replicas, times, failures):
                axes.axvline(item.begins, color="grey", linewidth=0.6)
            rates.annotate(
                event,
                (item.begins, 1.0),
                xycoords=("data", "axes fraction"),
                rotation=90,
                fontsize=7,
                va="top",
                ha="right",
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)
