"""Which waiting phrases form a batch, and when: the permit gate in front of an engine.

`@serve.batch` closes a batch by its timer, not by the engine becoming free, so under load small
batches queue behind each other (40 requests/s on a 200 ms engine: median 21 s, with a gate
0.3 s). The gate holds phrases back while the engine is busy and releases exactly one batch when
it is idle; the batch method behind it then takes them as they come, with no wait of its own.
An engine that computes several batches at a time counts as idle until so many run.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter

from speech.config import BatchConfig, LengthClass
from speech.errors import AtCapacityError
from speech.types import PhraseJob


@dataclass(slots=True, eq=False)
class Batch:
    """Phrases that were released together."""

    phrases: int
    """Those that have not left yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A released phrase: what the batch method is given."""

    job: PhraseJob
    batch: Batch
    units: float
    """Share of a batch this phrase takes, in phrases of the shortest class."""
    waited: float
    """Seconds at the gate."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Waiter:
    job: PhraseJob
    length_class: LengthClass
    since: float
    waited: float = 0.0
    released: asyncio.Future[Batch] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


def batch_units(tickets: Sequence[Ticket]) -> float:
    """Size of a batch as padded work: every phrase costs what its longest neighbour costs.

    With limits of 16 short, 8 medium and 4 long phrases, n phrases of which the longest is of a
    class with limit L make n * 16 / L units, and 16 units fill a batch. Phrases of two batches are
    more than fill any.
    """
    if len({id(ticket.batch) for ticket in tickets}) > 1:
        return math.inf
    # Rounded: 19 phrases of 21/19 units are 21, not a hair more than fits.
    return round(len(tickets) * max((ticket.units for ticket in tickets), default=0.0), 6)


class BatchGate:
    """Holds phrases until the engine is idle, then releases a batch of one voice.

    Phrases that are `later` let others go first, so that long readers do not delay short replies;
    of the batches formed while one waits, at least `later_share` are led by one. Owned by one
    event loop. `engine_limit` says how many phrases of a voice its engine takes at once, None for
    any number, and `parallel` how many batches run at a time. One runs from its release until its
    last phrase has left.
    """

    def __init__(
        self,
        config: BatchConfig,
        engine_limit: Callable[[str], int | None] = lambda _: None,
        parallel: int = 1,
    ) -> None:
        self._engine_limit = engine_limit
        self._parallel = parallel
        self._first: deque[_Waiter] = deque()
        self._later: deque[_Waiter] = deque()
        self._running = 0
        self._owed_to_later = 0.0
        self.configure(config)

    def configure(self, config: BatchConfig) -> None:
        """Take new limits; phrases already waiting keep the class they came with."""
        self._config = config
        self._full = max(item.max_batch_size for item in config.classes)

    @property
    def full_batch(self) -> int:
        """Units that fill a batch."""
        return self._full

    @property
    def depth(self) -> int:
        """Phrases waiting."""
        return len(self._first) + len(self._later)

    @property
    def waiting_characters(self) -> float:
        """Cost of the phrases that wait, each counted 1 / speed times."""
        waiting = (*self._first, *self._later)
        return sum(waiter.job.phrase.cost / waiter.job.speed for waiter in waiting)

    def largest_batch(self, job: PhraseJob) -> int:
        """Phrases like this one that would be released together if enough of them waited."""
        room = min(self._class_of(job).max_batch_size, self._full)
        limit = self._engine_limit(job.voice)
        return room if limit is None else min(room, limit)

    @asynccontextmanager
    async def admit(self, job: PhraseJob) -> AsyncIterator[Ticket]:
        """Wait for the engine; inside the block the phrase is part of the running batch.

        Raises:
            AtCapacityError: `max_waiting` phrases wait already.
        """
        if self.depth >= self._config.max_waiting:
            raise AtCapacityError("the synthesizer's queue is full")
        waiter = _Waiter(job=job, length_class=self._class_of(job), since=perf_counter())
        queue = self._later if job.later else self._first
        queue.append(waiter)
        self._release()
        try:
            batch = await waiter.released
        except asyncio.CancelledError:
            if waiter.released.done() and not waiter.released.cancelled():
                # Released and cancelled in the same turn of the loop.
                self._leave(waiter.released.result())
            else:
                queue.remove(waiter)
            raise
        try:
            yield Ticket(job=job, batch=batch, units=self._units(waiter), waited=waiter.waited)
        finally:
            self._leave(batch)

    def _leave(self, batch: Batch) -> None:
        batch.phrases -= 1
        if not batch.phrases:
            self._running -= 1
            self._release()

    def _class_of(self, job: PhraseJob) -> LengthClass:
        classes = self._config.classes
        return next((c for c in classes if job.phrase.cost <= c.max_characters), classes[-1])

    def _units(self, waiter: _Waiter) -> float:
        return max(1.0, self._full / waiter.length_class.max_batch_size)

    def _release(self) -> None:
        now = perf_counter()
        while self._running < self._parallel and (waiters := self._next_batch()):
            self._running += 1
            batch = Batch(len(waiters))
            for waiter in waiters:
                waiter.waited = now - waiter.since
                waiter.released.set_result(batch)

    def _next_batch(self) -> list[_Waiter]:
        first, later = (
            [waiter for waiter in queue if not waiter.released.done()]
            for queue in (self._first, self._later)
        )
        waiting = [*first, *later]
        if later:
            # A debt, not a count of batches: every nth batch can only give shares of 1/n.
            self._owed_to_later += self._config.later_share
            if not first or self._owed_to_later > 1 - 1e-9:
                self._owed_to_later = max(0.0, self._owed_to_later - 1)
                waiting = [*later, *first]
        if not waiting:
            return []
        # No longer phrase joins a shorter lead: padding would make everybody pay for it.
        lead = waiting[0]
        room = self.largest_batch(lead.job)
        batch = [
            waiter
            for waiter in waiting
            if waiter.job.voice == lead.job.voice
            and waiter.length_class.max_characters <= lead.length_class.max_characters
        ][:room]
        for waiter in batch:
            (self._later if waiter.job.later else self._first).remove(waiter)
        return batch
