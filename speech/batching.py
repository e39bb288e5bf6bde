"""Which waiting phrases form a batch, and when: the permit gate in front of an engine.

`@serve.batch` closes a batch by its timer, not by the engine becoming free, so under load small
batches queue behind each other (40 requests/s on a 200 ms engine: median 21 s, with a gate
0.3 s). The gate holds phrases back while the engine is busy and releases exactly one batch when
it is idle; the batch method behind it then takes them as they come, with no wait of its own.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter

from speech.config import BatchConfig, LengthClass
from speech.errors import AtCapacityError
from speech.types import PhraseJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A released phrase: what the batch method is given."""

    job: PhraseJob
    units: float
    """Share of a batch this phrase takes, in phrases of the shortest class."""
    waited: float
    """Seconds at the gate."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Waiter:
    job: PhraseJob
    length_class: LengthClass
    since: float
    released: asyncio.Future[float] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


def batch_units(tickets: Sequence[Ticket]) -> float:
    """Size of a batch as padded work: every phrase costs what its longest neighbour costs.

    With limits of 16 short, 8 medium and 4 long phrases, n phrases of which the longest is of a
    class with limit L make n * 16 / L units, and 16 units fill a batch.
    """
    # Rounded: 19 phrases of 21/19 units are 21, not a hair more than fits.
    return round(len(tickets) * max((ticket.units for ticket in tickets), default=0.0), 6)


class BatchGate:
    """Holds phrases until the engine is idle, then releases one batch of one voice.

    First phrases go before later ones, so that long readers do not delay short replies; of the
    batches formed while a later phrase waits, at least `later_share` are led by one. Owned by one
    event loop. `engine_limit` says how many phrases of a voice its engine takes at once, None for
    any number. The engine counts as busy from a release until every released phrase has left.
    """

    def __init__(
        self, config: BatchConfig, engine_limit: Callable[[str], int | None] = lambda _: None
    ) -> None:
        self._engine_limit = engine_limit
        self._first: deque[_Waiter] = deque()
        self._later: deque[_Waiter] = deque()
        self._released = 0
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
        queue = self._later if job.phrase.index else self._first
        queue.append(waiter)
        self._release()
        try:
            waited = await waiter.released
        except asyncio.CancelledError:
            if waiter.released.done() and not waiter.released.cancelled():
                self._leave()  # released and cancelled in the same turn of the loop
            else:
                queue.remove(waiter)
            raise
        try:
            yield Ticket(job=job, units=self._units(waiter), waited=waited)
        finally:
            self._leave()

    def _leave(self) -> None:
        self._released -= 1
        self._release()

    def _class_of(self, job: PhraseJob) -> LengthClass:
        classes = self._config.classes
        return next((c for c in classes if job.phrase.cost <= c.max_characters), classes[-1])

    def _units(self, waiter: _Waiter) -> float:
        return max(1.0, self._full / waiter.length_class.max_batch_size)

    def _release(self) -> None:
        if self._released:
            return
        now = perf_counter()
        for waiter in self._next_batch():
            self._released += 1
            waiter.released.set_result(now - waiter.since)

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
            (self._later if waiter.job.phrase.index else self._first).remove(waiter)
        return batch
