"""What happened when: requests, replicas and events on one clock. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtests.cluster.watch import Look
from loadtests.records import Row
from loadtests.samples import percentile, server_timing

_WORK = ("cache", "synthesize", "encode")
_LEAST = 5
"""Replies without which no percentile is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done to the cluster."""

    moment: float
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A stretch of the timeline; requests count where they were due. Times in seconds."""

    begins: float
    """From the beginning of the timeline."""
    rate: float
    """Requests per second."""
    target: int | None
    """Replicas the policy wanted, the most in this stretch; None where nobody could tell."""
    running: int | None
    queueing_p95: float | None
    """None where too few were answered."""
    latency_p95: float | None
    failures: int
    events: tuple[str, ...]


def queueing(row: Row) -> float | None:
    """Seconds between the normalizer and the first frame in which nobody worked for a request.

    Waiting for a slot, at the gate, and for a processor, hops between processes included; None
    where the reply does not tell.
    """
    if row.failure:
        return None
    stages = server_timing(row.timing)
    if "graph" not in stages:
        return None
    return max(0.0, stages["graph"] - sum(stages.get(name, 0.0) for name in _WORK))


def queueing_p95(rows: Sequence[Row]) -> float | None:
    """95th percentile of `queueing`; None of fewer than five replies."""
    return _p95([wait for row in rows if (wait := queueing(row)) is not None])


def bins(
    rows: Sequence[Row],
    looks: Sequence[Look],
    events: Sequence[Event],
    *,
    stage: str,
    began: float,
    width: float,
) -> Iterator[Bin]:
    """Cut a run into stretches of equal length, until its last request or event."""
    last = max((item for item in _moments(rows, events)), default=began)
    for index in range(int((last - began) // width) + 1):
        begins = began + index * width
        ends = begins + width
        inside = [row for row in rows if begins <= row.due < ends]
        stages = [
            item.stages[stage]
            for item in looks
            if begins <= item.moment < ends and stage in item.stages
        ]
        yield Bin(
            begins=begins - began,
            rate=len(inside) / width,
            target=max((item.target for item in stages), default=None),
            running=stages[-1].running if stages else None,
            queueing_p95=queueing_p95(inside),
            latency_p95=_p95([row.seconds for row in inside if not row.failure]),
            failures=sum(bool(row.failure) for row in inside),
            events=tuple(event.what for event in events if begins <= event.moment < ends),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How a stage followed a step up, and one down."""

    noticed: float | None
    """Seconds from the step until more replicas were wanted; None where never."""
    wanted: int
    """The most replicas that were wanted."""
    ready: float | None
    """Seconds from the step until as many as that ran for the first time."""
    calm: float | None
    """Seconds from then until queueing was below the target in two windows of five seconds, one
    after the other; 0 where it was already."""
    above: int
    """Windows after that, until the step's end, in which it was not."""
    turns: int
    """How often the number that was wanted changed its direction."""
    least: float | None
    """Seconds from the step down until only the minimum ran."""


def scaling(
    rows: Sequence[Row],
    looks: Sequence[Look],
    *,
    stage: str,
    up: float,
    down: float,
    least: int,
    target: float,
) -> Scaling:
    """Judge a step up at one moment and a step down at another.

    Args:
        rows: Requests.
        looks: From before the step up until after the way down, and nothing else.
        stage: Its name.
        up: When the load rose.
        down: When it fell.
        least: The stage's minimum.
        target: Seconds of queueing.
    """
    seen = [(item.moment, item.stages[stage]) for item in looks if stage in item.stages]
    during = [(moment, item) for moment, item in seen if up <= moment < down]
    wanted = max((item.target for _, item in during), default=least)
    noticed = _first(moment for moment, item in during if item.target > least)
    ready = _first(moment for moment, item in during if item.running >= wanted > least)
    calm, above = (None, 0) if ready is None else _calm_from(rows, ready, down, target)
    lowest = _first(
        moment for moment, item in seen if moment >= down and item.running <= least == item.target
    )
    return Scaling(
        noticed=None if noticed is None else noticed - up,
        wanted=wanted,
        ready=None if ready is None else ready - up,
        calm=None if calm is None or ready is None else calm - ready,
        above=above,
        turns=turns([item.target for moment, item in seen if moment >= up]),
        least=None if lowest is None else lowest - down,
    )


def turns(targets: Sequence[int]) -> int:
    """How often a sequence changes from rising to falling or back."""
    moves = [later > earlier for earlier, later in pairwise(targets) if later != earlier]
    return sum(before != after for before, after in pairwise(moves))


def in_flight(rows: Sequence[Row], moment: float) -> list[Row]:
    """Requests that were sent and not answered at a moment."""
    return [row for row in rows if row.due <= moment < row.due + row.seconds]


def _calm_from(
    rows: Sequence[Row], begins: float, ends: float, target: float, *, window: float = 5.0
) -> tuple[float | None, int]:
    """The first of two windows whose P95 is not above the target, and how many are later."""
    found: list[tuple[float, bool]] = []
    moment = begins
    while moment + window <= ends:
        p95 = queueing_p95([row for row in rows if moment <= row.due < moment + window])
        if p95 is not None:
            found.append((moment, p95 <= target))
        moment += window
    for number, ((first, calm), (_, still)) in enumerate(pairwise(found)):
        if calm and still:
            return first, sum(not below for _, below in found[number:])
    return None, 0


def _first(moments: Iterator[float]) -> float | None:
    return next(moments, None)


def _moments(rows: Sequence[Row], events: Sequence[Event]) -> Iterator[float]:
    yield from (row.due for row in rows)
    yield from (event.moment for event in events)


def _p95(values: Sequence[float]) -> float | None:
    return percentile(sorted(values), 95) if len(values) >= _LEAST else None
