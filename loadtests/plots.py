"""Plots of what was measured, as PNG files."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Patch

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


def plot_pressure(sights: Sequence[Any], path: Path) -> None:
    """Memory of a group over time, below its limit, with the levels and the voices loaded.

    Args:
        sights: Each with `seconds`, `phase`, `used`, `limit`, `level` and `voices`.
        path: The file.
    """
    figure = Figure(figsize=(9, 5), layout="constrained")
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    seconds = [sight.seconds for sight in sights]
    used = [sight.used / 2**20 for sight in sights]
    upper.plot(seconds, used, color="black", label="taken")
    upper.step(
        seconds, [sight.limit / 2**20 for sight in sights], "--", color="black", label="limit"
    )
    for level, colour in (("caches", "#e9c46a"), ("voices", "#f4a261"), ("admission", "#e76f51")):
        seen = [sight.level == level for sight in sights]
        upper.fill_between(
            seconds,
            0,
            1,
            where=seen,
            color=colour,
            label=level,
            alpha=0.5,
            transform=upper.get_xaxis_transform(),
        )
    upper.set(ylabel="MiB", ylim=(0, 1.5 * max(used)), title="What gives way near a limit")
    upper.legend(loc="lower right", fontsize="small", ncols=5)
    lower.step(seconds, [sight.voices for sight in sights])
    lower.set(xlabel="seconds", ylabel="voices loaded", ylim=(0, None))
    for before, after in pairwise(sights):
        if before.phase != after.phase:
            upper.axvline(after.seconds, color="grey", linewidth=0.8)
            lower.axvline(after.seconds, color="grey", linewidth=0.8)
    _save(figure, path)


def plot_voices(
    voices: Sequence[Mapping[str, Any]], measures: Mapping[str, Mapping[str, Any]], path: Path
) -> None:
    """Bars of voices beside each other, one panel a measure; speeds on a logarithmic axis.

    Args:
        voices: Each with its name as `voice` and its `means` by measure.
        measures: Those to be drawn, each with `title`, `unit` and `percent`.
        path: The file.
    """
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    panels = figure.subplots(2, -(-len(measures) // 2), squeeze=False).flat
    colours = [f"C{number}" for number in range(len(voices))]
    for axes, (name, measure) in zip(panels, measures.items(), strict=False):
        values = [
            voice["means"].get(name, 0) * (100 if measure["percent"] else 1) for voice in voices
        ]
        axes.bar(range(len(voices)), values, color=colours)
        unit = "%" if measure["percent"] else measure["unit"]
        axes.set_title(f"{measure['title']}{f', {unit}' if unit else ''}", fontsize="small")
        axes.set_xticks([])
        axes.tick_params(labelsize="x-small")
        if name == "speed":
            axes.set_yscale("log")
    for axes in figure.axes[len(measures) :]:
        axes.set_axis_off()
    marks = [Patch(color=colour) for colour in colours]
    names = [voice["voice"] for voice in voices]
    figure.legend(marks, names, loc="outside lower center", ncols=len(names), fontsize="small")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
