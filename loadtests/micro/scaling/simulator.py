"""Replicas with gates, callers that come, and a controller: time passes in a heap of events.

What is taken from Serve: metrics are sent every `metrics_interval` and the largest of the last
`look_back` seconds counts (`aggregation_function: max`) or their mean; the controller decides every
0.1 s; a decision holds for `upscale_delay` or `downscale_delay` before it is carried out; a new
replica serves after `start_up`; a replica that goes finishes what it has.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from speech.engine_load import EngineLoad
from speech.scaling import Speed, Target, combined, replicas_for

TICK = 0.1
CHARACTERS_PER_SECOND = 16.0
"""Of speech; what turns audio seconds into the characters that replicas count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A phrase that is asked for."""

    moment: float
    audio: float
    """Seconds it will last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The cluster."""

    speed: Speed
    full_batch: int
    """Phrases in the largest batch."""
    start_up: float
    slots: int = 64
    """Phrases a replica takes at once, waiting ones included (`max_ongoing_requests`); the others
    wait at their callers, from where a new replica can take them."""
    smallest: int = 1
    largest: int = 16
    metrics_interval: float = 0.5
    look_back: float = 2.0
    aggregation: str = "max"
    upscale_delay: float = 0.5
    downscale_delay: float = 60.0


@dataclass(slots=True, eq=False)
class Replica:
    """One engine behind its gate."""

    ready: float
    load: EngineLoad
    waiting: deque[Arrival] = field(default_factory=deque)
    busy: bool = False
    leaving: bool = False
    running: int = 0
    reports: deque[tuple[float, dict[str, float], int]] = field(default_factory=deque)
    """Moment, stats and phrases in its hands."""


class Policy(Protocol):
    """A number of replicas from what they reported."""

    def __call__(self, reports: Sequence["Window"], queued: int, now: int) -> int:
        """`queued` phrases wait at their callers; there are `now` replicas."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """One replica's reports over the look-back, aggregated."""

    stats: dict[str, float]
    ongoing: float


def queue_time(target: Target, largest: int) -> Policy:
    """Our policy."""

    def decide(reports: Sequence[Window], queued: int, now: int) -> int:
        demand, speed = combined([report.stats for report in reports], queued=queued)
        if speed is None:
            return now
        return replicas_for(demand, speed, target, now=now, most=largest)

    return decide


def ongoing_requests(target: float) -> Policy:
    """Ray Serve's own: requests under way over a target (its autoscaling_policy.py)."""

    def decide(reports: Sequence[Window], queued: int, now: int) -> int:
        del now
        total = queued + sum(report.ongoing for report in reports)
        return -int(-total / target // 1)

    return decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to."""

    waits: tuple[float, ...]
    """Seconds each phrase waited for an engine."""
    replica_seconds: float
    turns: int
    """How often the number of replicas changed direction."""
    history: tuple[tuple[float, int], ...]
    """Moments and replicas, those that start included."""


def simulate(arrivals: Iterable[Arrival], setting: Setting, policy: Policy) -> Outcome:
    """Run until the last phrase is spoken."""
    return _Run(setting, policy).over(sorted(arrivals, key=lambda item: item.moment))


class _Run:
    def __init__(self, setting: Setting, policy: Policy) -> None:
        self._setting = setting
        self._policy = policy
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._unrouted: deque[Arrival] = deque()
        self._waits: list[float] = []
        self._replicas = [self._replica(0.0) for _ in range(setting.smallest)]
        self._history = [(0.0, len(self._replicas))]
        self._replica_seconds = 0.0
        self._pending: tuple[int, float] | None = None
        self._left = 0

    def over(self, arrivals: Sequence[Arrival]) -> Outcome:
        self._left = len(arrivals)
        for arrival in arrivals:
            self._at(arrival.moment, lambda a=arrival: self._arrive(a))  # type: ignore[misc]
        self._at(TICK, self._tick)
        self._at(self._setting.metrics_interval, self._report)
        while self._left and self._events:
            moment, _, event = heapq.heappop(self._events)
            self._replica_seconds += len(self._replicas) * (moment - self._now)
            self._now = moment
            event()
        counts = [count for _, count in self._history]
        steps = [b - a for a, b in itertools.pairwise(counts) if b != a]
        turns = sum((a > 0) != (b > 0) for a, b in itertools.pairwise(steps))
        return Outcome(
            waits=tuple(self._waits),
            replica_seconds=self._replica_seconds,
            turns=turns,
            history=(*self._history, (self._now, counts[-1])),
        )

    def _at(self, moment: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), event))

    def _replica(self, ready: float) -> Replica:
        return Replica(ready=ready, load=EngineLoad(clock=lambda: self._now))

    def _arrive(self, arrival: Arrival) -> None:
        self._unrouted.append(arrival)
        self._route()

    def _route(self) -> None:
        ready = [r for r in self._replicas if not r.leaving and r.ready <= self._now]
        while self._unrouted and ready:
            replica = min(ready, key=lambda r: len(r.waiting) + r.running)
            if len(replica.waiting) + replica.running >= self._setting.slots:
                return
            self._take(replica, self._unrouted.popleft())

    def _take(self, replica: Replica, arrival: Arrival) -> None:
        replica.load.arrived(arrival.audio * CHARACTERS_PER_SECOND)
        replica.waiting.append(arrival)
        self._release(replica)

    def _release(self, replica: Replica) -> None:
        if replica.busy or not replica.waiting:
            return
        count = min(len(replica.waiting), self._setting.full_batch)
        batch = [replica.waiting.popleft() for _ in range(count)]
        audio = sum(item.audio for item in batch)
        took = self._setting.speed.fixed + self._setting.speed.per_second * audio
        self._waits += [self._now - item.moment for item in batch]
        replica.busy, replica.running = True, count

        def end() -> None:
            replica.load.spoke(
                characters=audio * CHARACTERS_PER_SECOND,
                phrases=count,
                largest=self._setting.full_batch,
                audio=audio,
                seconds=took,
            )
            replica.busy, replica.running = False, 0
            self._left -= count
            self._release(replica)
            self._route()
            if replica.leaving and not replica.busy:
                self._replicas.remove(replica)

        self._at(self._now + took, end)

    def _report(self) -> None:
        for replica in self._replicas:
            if replica.ready <= self._now:
                waiting = sum(item.audio for item in replica.waiting) * CHARACTERS_PER_SECOND
                stats = replica.load.stats(waiting)
                ongoing = len(replica.waiting) + replica.running
                replica.reports.append((self._now, stats, ongoing))
                while replica.reports[0][0] < self._now - self._setting.look_back:
                    replica.reports.popleft()
        self._at(self._now + self._setting.metrics_interval, self._report)

    def _window(self, replica: Replica) -> Window:
        combine = max if self._setting.aggregation == "max" else lambda v: sum(v) / len(v)
        stats = {
            name: float(combine([report[1][name] for report in replica.reports]))
            for name in replica.reports[0][1]
        }
        return Window(stats, float(combine([report[2] for report in replica.reports])))

    def _tick(self) -> None:
        self._route()
        windows = [self._window(r) for r in self._replicas if r.reports and not r.leaving]
        staying = [r for r in self._replicas if not r.leaving]
        if windows:
            wanted = self._policy(windows, len(self._unrouted), len(staying))
            wanted = min(self._setting.largest, max(self._setting.smallest, wanted))
            self._decide(wanted, staying)
        self._at(self._now + TICK, self._tick)

    def _decide(self, wanted: int, staying: Sequence[Replica]) -> None:
        """Serve's delays: what is wanted must be wanted for a while, in one direction."""
        difference = wanted - len(staying)
        if not difference:
            self._pending = None
            return
        sign = 1 if difference > 0 else -1
        if self._pending is None or self._pending[0] != sign:
            self._pending = (sign, self._now)
        delay = self._setting.upscale_delay if sign > 0 else self._setting.downscale_delay
        if self._now - self._pending[1] < delay - 1e-9:
            return
        self._pending = None
        if sign > 0:
            start = self._now + self._setting.start_up
            self._replicas += [self._replica(start) for _ in range(difference)]
        else:
            for replica in staying[wanted:]:
                replica.leaving = True
                if not replica.busy and not replica.waiting:
                    self._replicas.remove(replica)
        self._history.append((self._now, wanted))
