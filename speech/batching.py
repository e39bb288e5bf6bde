"""Which waiting phrases form a batch, and when: the permit gate in front of an engine.

`@serve.batch` closes a batch by its timer, not by the engine becoming free, so under load small
batches queue behind each other (40 requests/s on a 200 ms engine: median 21 s, with a gate
0.3 s). The gate holds phrases back while the engine is busy and releases exactly one batch when
it is idle; the decorator then has nothing to wait for and nothing to choose. An engine that
computes several batches at a time counts as idle until so many run.
"""

import asyncio
from bisect import insort
from collections.abc import AsyncIterator, Callable
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
class BatchItem:
    """A released phrase: what the batch method is given."""

    job: PhraseJob
    batch: Batch
    waited: float
    """Seconds at the gate."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Waiter:
    job: PhraseJob
    length_class: LengthClass
    since: float
    turn: float = 0.0
    """Its place among those that wait; the least is next."""
    waited: float = 0.0
    released: asyncio.Future[Batch] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


_NEXT = -1.0
"""The turn of who waits behind nobody."""
_MOST_DUE = 1024
"""Callers that are remembered before it is looked whether they need be."""


class _Queue:
    """Phrases that wait, in an order that shares the engine out among callers by their weights.

    Start-time fair queueing (Goyal, Vin and Cheng, 1996), by characters: a phrase may begin when
    all earlier ones of its caller have had their time, at the speed that its weight gives; and
    what a caller did not use while it had nothing to say is not saved up. Phrases of one caller
    stay in order.
    """

    def __init__(self) -> None:
        self.waiting: list[_Waiter] = []
        self._now = 0.0
        self._due: dict[str, float] = {}
        """By caller: the turn of what it brings next."""

    def add(self, waiter: _Waiter) -> None:
        """Let a phrase wait; a suspect waits behind nobody."""
        job = waiter.job
        if job.is_suspect:  # its caller asks for no other suspect meanwhile
            waiter.turn = _NEXT
        else:
            caller = job.share.caller
            waiter.turn = max(self._now, self._due.get(caller, 0.0))
            self._due[caller] = waiter.turn + job.phrase.work / job.share.weight
        insort(self.waiting, waiter, key=_turn)

    def give_up(self, waiter: _Waiter) -> None:
        """It will not be spoken, so its caller owes nothing for it."""
        self.waiting.remove(waiter)
        share = waiter.job.share
        if waiter.turn != _NEXT and share.caller in self._due:
            self._due[share.caller] -= waiter.job.phrase.work / share.weight

    def release(self, waiter: _Waiter) -> None:
        """It is spoken."""
        self.waiting.remove(waiter)
        if not self.waiting:
            self._now, self._due = 0.0, {}

    def reach(self, turn: float) -> None:
        """It is the turn of the phrase that leads."""
        self._now = max(self._now, turn)
        if len(self._due) > _MOST_DUE:
            self._due = {caller: due for caller, due in self._due.items() if due > self._now}


def _turn(waiter: _Waiter) -> float:
    return waiter.turn


class BatchGate:
    """Holds phrases until the engine is idle, then releases a batch of one voice.

    Phrases that are `later` let others go first, so that long readers do not delay short replies;
    of the batches formed while one waits, at least `later_share` are led by one. Among phrases
    of either kind, callers have shares by their weights. Owned by one event loop.
    `engine_limit` says how many phrases of a voice its engine takes at once, None for any number,
    and `parallel` how many batches run at a time. One runs from its release until its last phrase
    has left. No batch is released before the batch method has `taken` the last one, so what it
    finds in its queue is one batch and all of it.
    """

    def __init__(
        self,
        config: BatchConfig,
        engine_limit: Callable[[str], int | None] = lambda _: None,
        parallel: int = 1,
    ) -> None:
        self._engine_limit = engine_limit
        self._parallel = parallel
        self._first = _Queue()
        self._later = _Queue()
        self._running = 0
        self._released: Batch | None = None
        """On its way to the batch method."""
        self._owed_to_later = 0.0
        self.configure(config)

    def configure(self, config: BatchConfig) -> None:
        """Take new limits; phrases already waiting keep the class they came with."""
        self._config = config

    @property
    def full_batch(self) -> int:
        """Phrases of the largest batch there can be."""
        return max(item.max_batch_size for item in self._config.classes)

    @property
    def depth(self) -> int:
        """Phrases waiting."""
        return len(self._first.waiting) + len(self._later.waiting)

    @property
    def waiting_characters(self) -> float:
        """Cost of the phrases that wait, each counted 1 / speed times."""
        waiting = (*self._first.waiting, *self._later.waiting)
        return sum(waiter.job.phrase.work for waiter in waiting)

    def largest_batch(self, job: PhraseJob) -> int:
        """Phrases like this one that would be released together if enough of them waited."""
        room = min(self._class_of(job).max_batch_size, self.full_batch)
        limit = self._engine_limit(job.phrase.delivery.voice)
        return room if limit is None else min(room, limit)

    @asynccontextmanager
    async def admit(self, job: PhraseJob) -> AsyncIterator[BatchItem]:
        """Wait for the engine; inside the block the phrase is part of the running batch.

        Raises:
            AtCapacityError: `max_waiting` phrases wait already.
        """
        if self.depth >= self._config.max_waiting:
            raise AtCapacityError("the synthesizer's queue is full")
        waiter = _Waiter(job=job, length_class=self._class_of(job), since=perf_counter())
        queue = self._later if job.later else self._first
        queue.add(waiter)
        self._release()
        try:
            batch = await waiter.released
        except asyncio.CancelledError:
            if waiter.released.done() and not waiter.released.cancelled():
                # Released and cancelled in the same turn of the loop.
                self._leave(waiter.released.result())
            else:
                queue.give_up(waiter)
            raise
        try:
            yield BatchItem(job=job, batch=batch, waited=waiter.waited)
        finally:
            self._leave(batch)

    def taken(self) -> None:
        """The batch method has what was released; more may follow."""
        self._released = None
        self._release()

    def _leave(self, batch: Batch) -> None:
        batch.phrases -= 1
        if not batch.phrases:
            self._running -= 1
            if self._released is batch:  # all of it was cancelled on its way
                self._released = None
            self._release()

    def _class_of(self, job: PhraseJob) -> LengthClass:
        classes = self._config.classes
        return next((c for c in classes if job.phrase.cost <= c.max_characters), classes[-1])

    def _release(self) -> None:
        now = perf_counter()
        if self._released or self._running >= self._parallel:
            return
        if not (waiters := self._next_batch()):
            return
        self._running += 1
        self._released = Batch(len(waiters))
        for waiter in waiters:
            waiter.waited = now - waiter.since
            waiter.released.set_result(self._released)

    def _next_batch(self) -> list[_Waiter]:
        first, later = (
            [waiter for waiter in queue.waiting if not waiter.released.done()]
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
        # Phrases of a longer class than the lead's wait: padding would make the whole batch pay.
        lead = waiting[0]
        (self._later if lead.job.later else self._first).reach(lead.turn)
        room = self.largest_batch(lead.job)
        batch = [
            waiter
            for waiter in waiting
            if waiter.job.phrase.delivery.voice == lead.job.phrase.delivery.voice
            and waiter.length_class.max_characters <= lead.length_class.max_characters
        ][:room]
        for waiter in batch:
            (self._later if waiter.job.later else self._first).release(waiter)
        return batch
