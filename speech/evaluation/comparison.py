"""A voice against itself earlier: what got worse, and what only looks so.

The sentences are the same, so each is compared with itself, and what differs between sentences
falls out: a paired bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, ch. 13).
A change is told where 99.8 % of the resampled means lie on one side of nothing, and it is worth
telling (`worth` and `share` of the limits). The interval is that narrow because two dozen measures
are looked at together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from speech.evaluation.measures import MEASURES, Limit, SentenceResult, VoiceResult, mean, written

CONFIDENCE = 0.998
_RESAMPLED = 4_000
_LEAST_SENTENCES = 5
"""Sentences that a measure must have on both sides to be compared."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One measure of a voice, before and now."""

    name: str
    sentences: int
    """That have it on both sides."""
    before: float
    now: float
    low: float
    high: float
    """Between these the difference lies, by the bootstrap."""
    verdict: Literal["worse", "better", "none"]

    def told(self) -> str:
        """In words."""
        return (
            f"{MEASURES[self.name].title} {self.verdict}: {written(self.name, self.before)} "
            f"before, {written(self.name, self.now)} now"
        )


def compared(before: VoiceResult, now: VoiceResult, limits: Mapping[str, Limit]) -> list[Change]:
    """Every measure that at least five sentences have on both sides."""
    earlier = {(one.category, one.text): one for one in before.sentences}
    pairs = [
        (earlier[key], one) for one in now.sentences if (key := (one.category, one.text)) in earlier
    ]
    return [
        _compared(name, both, limits.get(name, Limit()))
        for name in MEASURES
        if len(both := [pair for pair in pairs if all(name in one.values for one in pair)])
        >= _LEAST_SENTENCES
    ]


def _compared(
    name: str, pairs: Sequence[tuple[SentenceResult, SentenceResult]], limit: Limit
) -> Change:
    old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    before, now = mean(old, name) or 0.0, mean(new, name) or 0.0
    low, high = _interval(old, new, name)
    worth = max(limit.worth, limit.share * abs(before))
    difference = now - before
    verdict: Literal["worse", "better", "none"] = "none"
    if (low > 0 or high < 0) and abs(difference) >= worth:
        better = MEASURES[name].better
        good = (better == "more" and difference > 0) or (better == "less" and difference < 0)
        verdict = "better" if good else "worse"
    return Change(
        name=name, sentences=len(pairs), before=before, now=now, low=low, high=high, verdict=verdict
    )


def _interval(
    before: Sequence[SentenceResult], now: Sequence[SentenceResult], name: str
) -> tuple[float, float]:
    """Bounds of the difference of the means; both sides are resampled together."""
    chosen = np.random.default_rng(0).integers(len(now), size=(_RESAMPLED, len(now)))
    old, new = (_resampled(side, name, chosen) for side in (before, now))
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(new - old, (tail, 100 - tail))
    return float(low), float(high)


def _resampled(side: Sequence[SentenceResult], name: str, chosen: npt.NDArray[np.int64]) -> Array:
    weights = np.array([one.weights.get(name, 1.0) for one in side])
    totals = np.array([one.values[name] for one in side]) * weights
    found: Array = totals[chosen].sum(axis=1) / np.maximum(weights[chosen].sum(axis=1), 1e-9)
    return found
