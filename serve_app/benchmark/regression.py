"""What got worse in a history: the latest runs against those before, by ranks.

The Mann-Whitney test asks whether the last eight values are worse than the forty before them, more
than chance makes them. It needs no distribution, so neither a slow run now and then nor a
recogniser's steps mislead it. A value is told at a probability below 1 in 1000, and only where the
medians differ by as much as matters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

RECENT = 8
BEFORE = 40
_LEAST = 10
"""Runs before the latest ones; with fewer nothing is told."""
_CHANCE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One number of a run, and which change of it is one for the worse."""

    name: str
    better: Literal["less", "more", "same"]
    worth: float = 0.0
    """Difference of medians that matters."""
    share: float = 0.0
    """The same as a share of the earlier median."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A number that got worse."""

    name: str
    before: float
    """Median of the runs before the latest."""
    now: float
    """Median of the latest."""
    chance: float
    """Probability of such a difference where nothing changed."""

    def told(self) -> str:
        """In words."""
        return f"{self.name}: {self.before:.4g} before, {self.now:.4g} now (p {self.chance:.1g})"


def regression(values: Sequence[float], watched: Watched) -> Regression | None:
    """Judge a history in the order of its runs; None where nothing got worse."""
    latest, earlier = values[-RECENT:], values[-RECENT - BEFORE : -RECENT]
    if len(earlier) < _LEAST:
        return None
    before, now = median(earlier), median(latest)
    worth = max(watched.worth, watched.share * abs(before))
    side = {"less": "greater", "more": "less", "same": "two-sided"}[watched.better]
    worse = {"less": now - before, "more": before - now, "same": abs(now - before)}[watched.better]
    if worse <= 0 or worse < worth:
        return None
    from scipy.stats import mannwhitneyu, norm  # noqa: PLC0415 (it takes a second)

    chance = float(mannwhitneyu(latest, earlier, alternative=side).pvalue)
    chance = float(norm.sf(norm.isf(chance) / math.sqrt(_repeated(earlier))))
    if chance >= _CHANCE:
        return None
    return Regression(name=watched.name, before=before, now=now, chance=chance)


def _repeated(values: Sequence[float]) -> float:
    """How many neighbouring runs count as one, because a busy machine slows them together.

    The variance of a mean of values with an autocorrelation r, of neighbours, is (1 + r) / (1 - r)
    times that of independent ones; the ranks' r is raised by its bias in so short a history
    (Kendall, Biometrika 41, 1954).
    """
    from scipy.stats import rankdata  # noqa: PLC0415

    ranks = rankdata(values) - (len(values) + 1) / 2
    if not ranks.any():
        return 1.0
    found = float(ranks[1:] @ ranks[:-1] / (ranks @ ranks))
    if found < 2 / math.sqrt(len(values)):  # as chance makes it
        return 1.0
    # Not above a half: eight runs that are all worse than all before must be told.
    found = min(0.5, found + (1 + 3 * found) / len(values))
    return (1 + found) / (1 - found)
