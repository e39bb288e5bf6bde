"""The comparison as tables and a plot; pure but for the drawing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path
from statistics import fmean

from rich.table import Table

from loadtests.figures import Measured
from loadtests.goodput import Goodput, curve
from loadtests.plots import plot_rates
from loadtests.tables import ms

OURS = "chorale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one server did in one turn."""

    variant: str
    goodput: tuple[Goodput, ...]
    levels: tuple[Measured | None, ...]
    """`assistant`, then `unique`, each at every number of users; None where nobody had a reply."""
    memory_mib: float
    """Proportional set size of all its processes at the end; Chorale's with Ray's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of every server."""

    name: str
    values: Mapping[str, float | None]
    """By server; None where it has none."""
    more_is_better: bool

    def ratio(self, server: str) -> float | None:
        """The server's figure by Chorale's; None where one of them is missing."""
        theirs, ours = self.values[server], self.values[OURS]
        return None if theirs is None or not ours else theirs / ours

    def wins(self, server: str) -> bool:
        """Whether the server is better than Chorale."""
        ratio = self.ratio(server)
        if ratio is None:
            return False
        return ratio > 1 if self.more_is_better else ratio < 1


def lines(turns: Mapping[str, Sequence[Turn]]) -> list[Line]:
    """Every figure; of several turns the mean."""
    first = turns[OURS][0]
    goodput = [
        _line(
            turns,
            f"goodput, {result.workload}, requests/s",
            partial(_goodput, index),
            more_is_better=True,
        )
        for index, result in enumerate(first.goodput)
    ]
    # A level at which one of them answered nobody is a line all the same.
    levels = [
        (index, next(filter(None, there)))
        for index, there in enumerate(
            zip(*(items[0].levels for items in turns.values()), strict=True)
        )
        if any(there)
    ]
    latency = [
        _line(
            turns,
            f"{part} at {level.load}, {percent.upper()} ms",
            partial(_latency, index, part, percent),
            more_is_better=False,
        )
        for index, level in levels
        for part in ("hits" if level.workload == "assistant" else "misses",)
        for percent in ("p50", "p95", "p99")
    ]
    streamed = [
        line
        for index, level in levels
        if level.streaming is not None and level.workload == "unique"
        for line in (
            _line(
                turns,
                f"misses at {level.load}, per second",
                partial(_rate, index),
                more_is_better=True,
            ),
            *(
                _line(
                    turns,
                    f"{what.replace('_', ' ')} at {level.load}, {percent.upper()} ms",
                    partial(_first, index, what, percent),
                    more_is_better=False,
                )
                for what in ("first_audio", "first_sound")
                for percent in ("p50", "p95", "p99")
            ),
        )
    ]
    memory = _line(turns, "memory, MiB", attrgetter("memory_mib"), more_is_better=False)
    return [*goodput, *latency, *streamed, memory]


def _goodput(index: int, turn: Turn) -> float:
    return turn.goodput[index].found.held


def _latency(index: int, part: str, percent: str, turn: Turn) -> float | None:
    """Of a server that keeps no replies, one that was asked for before costs what any does."""
    level = turn.levels[index]
    if level is None:
        return None
    summary = level.hits if part == "hits" and level.target == OURS else level.latency
    return None if summary is None else float(getattr(summary, percent))


def _rate(index: int, turn: Turn) -> float | None:
    level = turn.levels[index]
    return None if level is None else level.rate


def _first(index: int, what: str, percent: str, turn: Turn) -> float | None:
    level = turn.levels[index]
    if level is None or level.streaming is None:
        return None
    return float(getattr(getattr(level.streaming, what), percent))


def _line(
    turns: Mapping[str, Sequence[Turn]],
    name: str,
    figure: Callable[[Turn], float | None],
    *,
    more_is_better: bool,
) -> Line:
    values: dict[str, float | None] = {}
    for server, items in turns.items():
        figures = [value for item in items if (value := figure(item)) is not None]
        values[server] = fmean(figures) if figures else None
    return Line(name=name, values=values, more_is_better=more_is_better)


def comparison_table(turns: Mapping[str, Sequence[Turn]]) -> Table:
    """Everything, and which variants it is about."""
    table = Table(
        title="Chorale beside its peers; behind each figure its ratio to Chorale's, * where a peer "
        "is better"
    )
    table.add_column("")
    for server in turns:
        table.add_column(server, justify="right")
    for line in lines(turns):
        table.add_row(line.name, *(cell(line, server) for server in turns))
    table.caption = "; ".join(items[0].variant for items in turns.values())
    return table


def cell(line: Line, server: str) -> str:
    """A figure with its ratio."""
    value = line.values[server]
    if value is None:
        return ""
    ratio = line.ratio(server)
    if server == OURS or ratio is None:
        return ms(value)
    return f"{ms(value)} ({ratio:.2f}){'*' if line.wins(server) else ''}"


def plot_comparison(turns: Mapping[str, Sequence[Turn]], path: Path, *, limit_ms: float) -> None:
    """Latency against rate of every server, on new texts alone."""
    curves = [
        curve(result)
        for items in turns.values()
        for result in items[0].goodput
        if result.workload == "unique"
    ]
    plot_rates(curves, path, title="New texts: latency against rate", limit_ms=limit_ms)
