"""Finds the highest rate that still holds: brackets it by doubling, then halves the bracket.

Pure: what a rate does is told by a probe. Nearby rates are compared by their ratio, so the bracket
is halved at its geometric mean.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One rate and whether it held."""

    rate: float
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer and how sure it is."""

    held: float
    """The highest rate that was seen to hold; 0 where none was."""
    failed: float | None
    """The lowest rate above it that was seen not to; None where every rate held."""
    tried: tuple[Tried, ...]
    """In order."""

    @property
    def uncertainty(self) -> float | None:
        """By how much of itself the answer may be too low; None where no rate failed."""
        if self.failed is None or not self.held:
            return None
        return self.failed / self.held - 1


def highest_rate(
    holds: Callable[[float], bool],
    *,
    start: float,
    precision: float,
    lowest: float = 0.25,
    highest: float = 4096.0,
) -> Found:
    """Search for the highest rate that holds.

    Args:
        holds: Tries a rate. Where the truth is near, chance decides, and the answer is one of the
            rates about which chance decides.
        start: The first rate that is tried.
        precision: The bracket is narrow enough when its upper end is at most 1 + this many times
            its lower.
        lowest: No rate below it is tried.
        highest: No rate above it is tried.

    Raises:
        ValueError: start is outside, or the precision is not above 0.
    """
    if not lowest <= start <= highest or precision <= 0:
        raise ValueError("the first rate is out of range, or the precision not above 0")
    tried: list[Tried] = []

    def attempt(rate: float) -> bool:
        tried.append(Tried(rate=rate, held=holds(rate)))
        return tried[-1].held

    good, bad = _bracket(attempt, start, lowest, highest)
    while good and bad is not None and bad > good * (1 + precision):
        middle = math.sqrt(good * bad)
        if attempt(middle):
            good = middle
        else:
            bad = middle
    return Found(held=good, failed=bad, tried=tuple(tried))


def _bracket(
    attempt: Callable[[float], bool], start: float, lowest: float, highest: float
) -> tuple[float, float | None]:
    """A rate that holds and one above it that does not; 0 or None where there is none."""
    if attempt(start):
        good = start
        while good < highest:
            rate = min(2 * good, highest)
            if not attempt(rate):
                return good, rate
            good = rate
        return good, None
    bad = start
    while bad > lowest:
        rate = max(bad / 2, lowest)
        if attempt(rate):
            return rate, bad
        bad = rate
    return 0.0, bad
