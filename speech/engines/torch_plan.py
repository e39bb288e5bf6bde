"""Which phrases run together in which of a few known shapes. Knows no runtime.

A run has a number of rows and a length, both out of short lists, and costs what its padded length
times its rows costs, and a little for being a run at all. Phrases are sorted into lengths; then the
cheapest way to cut that sequence into runs is taken. Ten lengths make 55 possible cuts, so this
takes microseconds.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Phrases that are computed together."""

    places: tuple[int, ...]
    """Which of the phrases that were given."""
    rows: int
    """Rows of the shape, at least as many."""
    length: int
    """Length of the shape, at least that of the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """The shapes there are: every pair of which the product is within a limit."""

    rows: tuple[int, ...]
    lengths: tuple[int, ...]
    at_once: int
    overhead: int
    """What a run costs beyond its rows times its length, in the same measure."""

    @property
    def longest(self) -> int:
        """Of what fits."""
        return self.lengths[-1]

    def all(self) -> list[tuple[int, int]]:
        """Rows and length of each, the largest first."""
        pairs = [(rows, length) for rows in self.rows for length in self.lengths]
        fitting = [pair for pair in pairs if pair[0] * pair[1] <= self.at_once]
        return sorted(fitting, key=lambda pair: -pair[0] * pair[1])

    def pack(self, lengths: Sequence[int]) -> list[Run]:
        """Runs for phrases of some lengths, none of which is beyond `longest`.

        Returns:
            The longest first.
        """
        if not lengths:
            return []
        order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
        sizes = [self.lengths[bisect_left(self.lengths, lengths[place])] for place in order]
        # Where another size begins: only there may it pay to begin another run.
        begins = [i for i in range(len(order)) if i == 0 or sizes[i] != sizes[i - 1]]
        ends = [*begins[1:], len(order)]
        # best[j]: cost of everything before begins[j], and where its last cut is.
        best: list[tuple[int, int]] = [(0, 0)]
        for j, end in enumerate(ends):
            best.append(
                min(
                    (best[i][0] + self._costs(end - begin, sizes[begin]), i)
                    for i, begin in enumerate(begins[: j + 1])
                )
            )
        runs: list[Run] = []
        j = len(ends)
        while j:
            i = best[j][1]
            runs = [*self._runs(order[begins[i] : ends[j - 1]], sizes[begins[i]]), *runs]
            j = i
        return runs

    def _runs(self, places: Sequence[int], length: int) -> list[Run]:
        runs, at = [], 0
        for rows in self._split(len(places), length):
            runs.append(Run(places=tuple(places[at : at + rows]), rows=rows, length=length))
            at += rows
        return runs

    def _split(self, count: int, length: int) -> list[int]:
        """Rows of the runs that phrases of one length take: the last one may be padded."""
        fitting = [rows for rows in self.rows if rows * length <= self.at_once]
        if count > fitting[-1]:
            return [fitting[-1], *self._split(count - fitting[-1], length)]
        above = bisect_left(fitting, count)
        if fitting[above] == count or not above:
            return [fitting[above]]
        below = [fitting[above - 1], *self._split(count - fitting[above - 1], length)]
        several = sum(self._cost(rows, length) for rows in below)
        return below if several < self._cost(fitting[above], length) else [fitting[above]]

    def _costs(self, count: int, length: int) -> int:
        return sum(self._cost(rows, length) for rows in self._split(count, length))

    def _cost(self, rows: int, length: int) -> int:
        return self.overhead + rows * length
