"""Plots of what was measured, as PNG files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from loadtests.processes import RAY, STAGES, Look
from loadtests.records import Record

_COLOURS = {"hot": "#2a9d8f", "hit": "#8ab17d", "coalesced": "#e9c46a", "miss": "#e76f51"}
_LEAST_SHOWN = 0.3
"""Milliseconds at which the logarithmic axes begin."""


def plot_latency(record: Record, path: Path, *, title: str, limit_ms: float) -> None:
    """Every reply over the time it was due, by where it came from; failures below the axis."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    good = [row for row in record.rows if not row.failure]
    for state in dict.fromkeys(sorted(row.cache for row in good)):
        rows = [row for row in good if row.cache == state]
        axes.scatter(
            [row.due for row in rows],
            [max(_LEAST_SHOWN, 1000 * row.seconds) for row in rows],
            s=5,
            alpha=0.6,
            color=_COLOURS.get(state, "#555555"),
            label=f"{state or 'reply'} ({len(rows)})",
        )
    failed = [row.due for row in record.rows if row.failure]
    if failed:
        axes.scatter(
            failed, [_LEAST_SHOWN] * len(failed), marker="x", color="black", label="failed"
        )
    axes.axhline(limit_ms, color="black", linewidth=0.8, linestyle="--")
    axes.set(
        title=title, xlabel="due, seconds", ylabel="latency to the last byte, ms", yscale="log"
    )
    axes.legend(loc="upper right", fontsize="small")
    _save(figure, path)


def plot_rates(
    points: Iterable[tuple[str, Sequence[tuple[float, float, float]]]],
    path: Path,
    *,
    title: str,
    limit_ms: float,
) -> None:
    """P50 and P95 against the rate of arrivals.

    Args:
        points: Per series its name, and per step its rate, P50 and P95 in milliseconds.
        path: The file.
        title: Of the plot.
        limit_ms: Drawn as a line.
    """
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, steps in points:
        ordered = sorted(steps)
        rates = [step[0] for step in ordered]
        (line,) = axes.plot(rates, [step[2] for step in ordered], marker="o", label=f"{name} P95")
        axes.plot(
            rates,
            [step[1] for step in ordered],
            marker=".",
            linestyle=":",
            color=line.get_color(),
            label=f"{name} P50",
        )
    axes.axhline(limit_ms, color="black", linewidth=0.8, linestyle="--")
    axes.set(title=title, xlabel="requests per second, open loop", ylabel="ms", yscale="log")
    axes.legend(fontsize="small")
    _save(figure, path)


def plot_memory(looks: Sequence[Look], path: Path, *, title: str) -> None:
    """Proportional set size of every kind of process over time."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    began = looks[0].moment
    minutes = [(look.moment - began) / 60 for look in looks]
    for kind in (*STAGES, *RAY):
        held = [look.pss((kind,)) for look in looks]
        if any(held):
            axes.plot(minutes, held, linestyle="-" if kind in STAGES else ":", label=kind)
    axes.set(title=title, xlabel="minutes", ylabel="PSS, MiB", ylim=(0, None))
    if axes.get_lines():
        axes.legend(fontsize="small")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
