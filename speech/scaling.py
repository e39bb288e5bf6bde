"""How many engines there should be, for a queueing time that is aimed at.

Engines report what arrives, what waits, and how a batch's time grows with its size (`EngineLoad`);
this module turns that into a number. It knows neither clocks nor what starts and stops engines.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from speech.config import StrictModel

METRICS = ("arriving", "waiting", "phrase", "fixed", "per_second", "full")
"""What `EngineLoad.stats` tells, each a field of `Demand` or `Speed`."""

_NOTHING = 0.001
"""Audio seconds a second that count as none. Arrivals fade and never reach zero: this is what a
phrase has faded to 15 s later, and a stage whose minimum is 0 may go to sleep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked of all replicas together."""

    arriving: float
    """Audio seconds asked for in a second."""
    waiting: float
    """Audio seconds that wait for an engine, in replicas and at their callers."""
    phrase: float
    """Audio seconds of a usual phrase."""

    @property
    def nothing(self) -> bool:
        """Whether a stage whose minimum is 0 may go to sleep."""
        return self.arriving < _NOTHING and not self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One engine: a batch of b audio seconds takes `fixed + per_second * b` seconds."""

    fixed: float
    per_second: float
    full: float
    """Audio seconds in the largest batch."""

    @property
    def throughput(self) -> float:
        """Audio seconds a second in full batches."""
        return self.full / max(1e-9, self.fixed + self.per_second * self.full)


class Target(StrictModel):
    """What the operator wants."""

    wait: float = Field(default=0.05, gt=0)
    """Seconds that a phrase may be expected to wait for the engine."""
    share: float = Field(default=0.75, gt=0, lt=1)
    """Most of an engine's throughput that is planned for; the rest meets bursts."""
    drain: float = Field(default=2.0, gt=0)
    """Seconds in which a queue that is too long should be gone."""
    margin: float = Field(default=1.2, ge=1)
    """A replica is given back only if the rest could bear this many times the load."""


def expected_wait(arriving: float, phrase: float, speed: Speed) -> float:
    """Seconds a phrase waits for one engine, in the mean; infinite where it cannot keep up.

    The rest of the batch that runs, plus what queues behind it. With Poisson arrivals and one
    phrase a batch this is the wait of M/D/1 (Pollaczek 1930, Khinchine 1932), u S / 2(1 - u), and
    u S / 2; batching lets u be the load that no batch can save.
    """
    if arriving <= 0:
        return 0.0
    load = arriving / speed.throughput
    if load >= 1:
        return math.inf
    # Batches grow until they take in what arrives while one runs.
    grown = speed.fixed * arriving / max(1e-9, 1 - speed.per_second * arriving)
    batch = min(speed.full, max(phrase, grown))
    service = speed.fixed + speed.per_second * batch
    alone = speed.fixed + speed.per_second * phrase
    busy = min(1.0, arriving / max(phrase, 1e-9) * alone)
    return service * (busy / 2 + load / (2 * (1 - load)))


def replicas_for(
    demand: Demand, speed: Speed, target: Target, *, now: int, most: int = 10_000
) -> int:
    """Replicas under which a phrase is expected to wait no longer than wanted.

    Args:
        demand: Of all replicas.
        speed: Of one.
        target: What is wanted.
        now: Replicas there are.
        most: Never more than these; they are tried one after another.
    """
    wanted = _steady(demand.arriving, demand.phrase, speed, target, most)
    if now and demand.waiting / (now * speed.throughput) > target.wait + speed.fixed:
        rate = demand.arriving + demand.waiting / target.drain
        wanted = max(wanted, math.ceil(rate / (speed.throughput * target.share) - 1e-9))
    elif not now and demand.waiting > 0:
        wanted = max(wanted, 1)
    if wanted < now:
        careful = _steady(demand.arriving * target.margin, demand.phrase, speed, target, most)
        wanted = min(now, max(wanted, careful))
    return min(wanted, most)


def _steady(arriving: float, phrase: float, speed: Speed, target: Target, most: int) -> int:
    if arriving < _NOTHING:
        return 0
    count = max(1, math.ceil(arriving / (speed.throughput * target.share) - 1e-9))
    while count < most and expected_wait(arriving / count, phrase, speed) > target.wait:
        # Engines that are idle 95 % of the time and still miss the target always will.
        if arriving / count * (speed.fixed + speed.per_second * phrase) < 0.05 * phrase:
            break
        count += 1
    return count


def replicas_for_busy(busy: float, most_busy: float, *, now: int, margin: float = 1.2) -> int:
    """Replicas under which none keeps more of a core busy than it should, and at least one.

    Args:
        busy: Cores that all replicas keep busy together.
        most_busy: Cores one should, at most.
        now: Replicas there are.
        margin: One is given back only when the rest would bear so many times the load.
    """
    wanted = max(1, math.ceil(busy / most_busy - 1e-9))
    if wanted < now:
        wanted = min(now, max(1, math.ceil(busy * margin / most_busy - 1e-9)))
    return wanted


def combined(
    reports: Sequence[Mapping[str, float]], *, queued: float
) -> tuple[Demand, Speed | None]:
    """What replicas report, together. Speeds of replicas that have spoken yet are averaged.

    Args:
        reports: `METRICS` of each replica.
        queued: Requests that wait at callers: phrases of the usual length.
    """
    measured = [report for report in reports if report["per_second"] + report["fixed"] > 0]
    phrase = _mean([report["phrase"] for report in measured])
    demand = Demand(
        arriving=sum(report["arriving"] for report in reports),
        waiting=sum(report["waiting"] for report in reports) + queued * phrase,
        phrase=phrase,
    )
    if not measured:
        return demand, None
    return demand, Speed(
        fixed=_mean([report["fixed"] for report in measured]),
        per_second=_mean([report["per_second"] for report in measured]),
        full=_mean([report["full"] for report in measured]),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
