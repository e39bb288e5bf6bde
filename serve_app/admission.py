"""Admission, once, before any work: by estimated cost, against bounds, shares and a deadline."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Self

from pydantic import Field

from serve_app.callers import NOBODY, Caller
from speech.config import StrictModel
from speech.errors import AtCapacityError, DeadlineExceededError

_WINDOW = 1.0
"""Seconds of busy time over which the throughput is measured."""
_NEW_SHARE = 0.3
"""Weight of the last window beside all before it."""
_AS_CROWDED = 0.7
"""A throughput counts as measured anew when so many waited, as a part of those who did before."""
_LONGEST_WITHOUT_RESULT = 10.0
"""Seconds of busy time with failures alone that count at most."""
_NARROWEST = 1 / 8
"""Part of the limits that stays when memory is short: work goes on, and places are free soon."""
_LEAST_SHOWN = 100
"""Characters that a text for showing counts as at least."""


class AdmissionLimits(StrictModel):
    """Bounds of one gateway replica; may change without a restart."""

    max_inflight_characters: int = Field(default=65_536, gt=0)
    """Admitted characters that are still to be made, each counted 1 / speed times. A reply that
    waits for its reader does not count."""
    max_reading_bytes: int = Field(default=256 * 2**20, gt=0)
    """Bytes that readers have not yet taken; beyond, nobody is admitted. Each admitted reply may
    add one piece."""
    max_shown_characters: int = Field(default=16_384, gt=0)
    """Characters of texts that `/v1/text/normalize` reads or that wait for it; a text counts as at
    least 100."""
    caller_share: float = Field(default=0.8, gt=0, le=1)
    """Share of each of these bounds, and of the requests, that one caller may hold while it is
    alone; each of n callers may hold share / (1 + (n - 1) share). 1 lets one caller have all."""
    stall_after: float = Field(default=1.0, gt=0)
    """Seconds after which a reply waits for a reader that takes nothing."""
    read_timeout: float = Field(default=30.0, gt=0)
    """Seconds after which a reader that takes nothing is cut off."""
    first_phrase_characters: int = Field(default=100, gt=0)
    """Assumed length of a streamed reply's first phrase until the text has been cut; the same as
    `PhraseConfig.first_max_characters` of the graph."""
    max_inflight_requests: int = Field(default=512, gt=0)
    """Speech requests until their last byte."""
    default_deadline: float = Field(default=30.0, gt=0)
    """Seconds to the first byte where the caller names none."""
    max_deadline: float = Field(default=120.0, gt=0)
    deadline_share: float = Field(default=0.6, gt=0, le=1)
    """Part of a deadline that the predicted time to the first byte may fill, so that nearly all
    refusals come at once and not when the deadline has passed."""
    max_batches: int = Field(default=64, gt=0)
    """Batches of texts until their last byte, from the moment their bodies are read."""
    max_batch_bytes: int = Field(default=4 * 2**20, gt=0)
    """Bytes of a batch's body. 64 texts of 4,096 characters fit, however JSON escapes them."""
    batch_parallel: int = Field(default=4, ge=1, le=64)
    """Texts of one batch that are under way at a time, each admitted as any request."""
    batch_patience: float = Field(default=60.0, ge=0)
    """Seconds a text of a batch waits to be admitted."""
    max_wait: float = Field(default=30.0, gt=0)
    """Seconds of queue beyond which nobody is admitted, however patient. It bounds the latency of
    admitted requests under overload; to serve a burst completely, set it long."""

    def narrowed(self, share: float) -> Self:
        """With this part of what may be held at a time."""
        bounds = {name: max(1, int(share * getattr(self, name))) for name in _HELD}
        return self.model_copy(update=bounds)


_HELD = (
    *("max_inflight_characters", "max_inflight_requests", "max_reading_bytes"),
    *("max_shown_characters", "max_batches"),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request is to the server, in characters counted 1 / speed times."""

    whole: int
    """Until its last byte."""
    first: int
    """Until its first byte: the first phrase of a stream, all of a reply that is sent whole."""

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.whole - other.whole, self.first - other.first)


class Ledger:
    """What callers hold of something bounded, and the rule that shares it out.

    A caller may hold at most `share / (1 - share)` times what stays free, times its weight. So
    nobody has to be sent away for others to have their part: each caller that holds as much as it
    may leaves some free, and who comes later finds it (Choudhury and Hahne, "Dynamic queue length
    thresholds", 1998).
    """

    def __init__(self) -> None:
        self.total = 0
        self._held: dict[str, int] = {}
        self._weights: dict[str, float] = {}

    def fits(self, caller: Caller, amount: int, bound: int, share: float) -> bool:
        """Whether a caller may take so much more."""
        free = bound - self.total - amount
        mine = self._held.get(caller.name, 0) + amount
        return free >= 0 and (1 - share) * mine <= caller.weight * share * free

    def take(self, caller: Caller, amount: int) -> None:
        """A caller holds so much more, or less where `amount` is negative."""
        if not amount:
            return
        self.total += amount
        held = self._held.get(caller.name, 0) + amount
        if held:
            self._held[caller.name] = held
            self._weights[caller.name] = caller.weight
        else:
            self._held.pop(caller.name, None)
            self._weights.pop(caller.name, None)

    def ahead(self, caller: Caller, amount: int) -> float:
        """What is served until so much more of a caller is, it included, where callers take turns.

        Until then each of the others is served its weight's part at most, or all that it holds.
        """
        mine = self._held.get(caller.name, 0) + amount
        return mine + sum(
            min(held, mine * self._weights[name] / caller.weight)
            for name, held in self._held.items()
            if name != caller.name
        )


@dataclass(slots=True, eq=False)
class Ticket:
    """An admitted request.

    It begins when its first byte exists and leaves when it has ended; doing either more than once
    is harmless.
    """

    admission: "Admission"
    caller: Caller
    cost: Cost
    making: int
    """Of its cost, what is still to be made."""
    waiting: bool = True
    stalled: bool = False
    left: bool = False

    def reprice(self, cost: Cost) -> None:
        """The spoken text turned out longer or shorter; what is admitted stays admitted."""
        if not self.left:
            difference = cost - self.cost
            if self.waiting:
                self.admission._waiting.take(self.caller, difference.first)
            self._make(max(0, self.making + difference.whole))
            self.cost = cost

    def remain(self, making: int) -> None:
        """So much is still to be made, in characters counted as those of its cost."""
        if not self.left:
            self._make(making)

    def stall(self) -> None:
        """Its reader takes nothing, so the reply waits: nothing of it is being made."""
        if not self.stalled and not self.left:
            self.admission._making.take(self.caller, -self.making)
            self.stalled = True

    def resume(self) -> None:
        """Its reader takes more."""
        if self.stalled and not self.left:
            self.stalled = False
            self.admission._making.take(self.caller, self.making)

    def _make(self, making: int) -> None:
        if not self.stalled:
            self.admission._making.take(self.caller, making - self.making)
        self.making = making

    def begin(self, *, made: bool = True) -> None:
        """The first byte exists: from here on the caller's own speed decides.

        Args:
            made: It was made, for this request or for all who asked for it meanwhile: what a cache
                held says nothing of how fast replies are made.
        """
        if self.waiting:
            self.waiting = False
            self.admission._stop_waiting(self, served=made)

    def leave(self) -> None:
        """The request ended, however it did."""
        if self.waiting:
            self.waiting = False
            self.admission._stop_waiting(self, served=False)
        if not self.left:
            self._make(0)
            self.left = True
            self.admission._requests.take(self.caller, -1)


class Admission:
    """Counts what is in flight and knows how fast the wait for a first byte drains.

    What is admitted is never rejected further in: a rejected seventh phrase would truncate a
    reply that already began. What is made and what is read are bounded apart: characters until they
    are made, bytes until they are taken, requests until their last byte. The wait counts requests
    until their first byte, since a slow reader keeps nobody waiting, and by what that byte waits
    for: first phrases go before later ones, and callers of one reply wait for the same synthesis.
    """

    def __init__(self, limits: AdmissionLimits) -> None:
        self._share = 1.0
        self.limits = limits
        self.reading = Ledger()
        """Bytes handed to readers who have not taken them."""
        self._making = Ledger()
        self._requests = Ledger()
        self._shown = Ledger()
        self._waiting = Ledger()
        """Characters until the first byte."""
        self._batches = Ledger()
        self._waiting_requests = 0
        self._rate: float | None = None
        self._rate_crowd = 0.0
        self._busy_since = 0.0
        self._busy = 0.0
        self._crowd = 0.0
        """Requests that waited, times the seconds they did."""
        self._served = 0

    @property
    def limits(self) -> AdmissionLimits:
        """Those that hold now: the given ones, or a part of them."""
        return self._narrowed

    @limits.setter
    def limits(self, given: AdmissionLimits) -> None:
        self._given, self._narrowed = given, given.narrowed(self._share)

    def narrow(self) -> None:
        """Admit half as much from now on, down to an eighth of the limits."""
        self._set_share(max(_NARROWEST, self._share / 2))

    def widen(self) -> None:
        """Admit twice as much again, up to the limits."""
        self._set_share(min(1.0, self._share * 2))

    def _set_share(self, share: float) -> None:
        if share != self._share:
            self._share = share
            self.limits = self._given

    @property
    def characters(self) -> int:
        """Characters still to be made."""
        return self._making.total

    @property
    def requests(self) -> int:
        """Requests until their last byte."""
        return self._requests.total

    @property
    def shown_characters(self) -> int:
        """Characters of texts that are shown or wait for it."""
        return self._shown.total

    @property
    def batches(self) -> int:
        """Batches until their last byte."""
        return self._batches.total

    @property
    def expected_wait(self) -> float:
        """Seconds until all who wait now have their first byte; 0 while the rate is unknown."""
        return self._waiting.total / self._rate if self._rate else 0.0

    def check_reading(self, caller: Caller) -> None:
        """Whether anything may be handed to a reader.

        Raises:
            AtCapacityError: too much waits for readers, or for this caller's.
        """
        limits = self.limits
        if not self.reading.fits(caller, 0, limits.max_reading_bytes, limits.caller_share):
            raise AtCapacityError("too much of what was made has not been read")

    @contextmanager
    def show(self, caller: Caller, characters: int) -> Iterator[None]:
        """Hold the room of a text that is read for showing.

        Raises:
            AtCapacityError: a bound or the caller's share is reached.
        """
        limits, cost = self.limits, max(characters, _LEAST_SHOWN)
        bound, share = limits.max_shown_characters, limits.caller_share
        if self._shown.total and not self._shown.fits(caller, cost, bound, share):
            raise AtCapacityError("the server is at capacity")
        self._shown.take(caller, cost)
        try:
            yield
        finally:
            self._shown.take(caller, -cost)

    @contextmanager
    def batch(self, caller: Caller) -> Iterator[None]:
        """Hold the place of a batch.

        Raises:
            AtCapacityError: a bound or the caller's share is reached.
        """
        limits = self.limits
        if self.batches and not self._batches.fits(
            caller, 1, limits.max_batches, limits.caller_share
        ):
            raise AtCapacityError("the server is at capacity")
        self._batches.take(caller, 1)
        try:
            yield
        finally:
            self._batches.take(caller, -1)

    def enter(self, cost: Cost, deadline: float, caller: Caller = NOBODY) -> Ticket:
        """Admit a request whose first byte is due in `deadline` seconds.

        Raises:
            AtCapacityError: a bound is reached, the caller's share of it or that of the queue's
                length in seconds too. An idle gateway admits any request.
            DeadlineExceededError: behind those who wait already, it would probably be late.
        """
        limits = self.limits
        share = limits.caller_share
        self.check_reading(caller)
        if self.requests and not self._requests.fits(
            caller, 1, limits.max_inflight_requests, share
        ):
            raise AtCapacityError("the server is at capacity")
        if self.characters and not self._making.fits(
            caller, cost.whole, limits.max_inflight_characters, share
        ):
            surplus = self.characters + cost.whole - limits.max_inflight_characters
            wait = max(surplus, cost.whole) / self._rate if self._rate else None
            raise AtCapacityError("the server is at capacity", retry_after=wait)
        # Who waits for nobody is admitted: an idle gateway has to learn how fast it is now.
        if self._waiting_requests and self._rate:
            predicted = self._waiting.ahead(caller, cost.first) / self._rate
            over = predicted - deadline * limits.deadline_share
            if over > 0:
                raise DeadlineExceededError(
                    "the queue is longer than the request's deadline", retry_after=over
                )
        wait = self._waiting.ahead(caller, 0) / self._rate if self._rate else 0.0
        if (over := wait - limits.max_wait) > 0:
            raise AtCapacityError(
                "the queue is longer than the server lets it grow", retry_after=over
            )
        self._pass_time()
        self._requests.take(caller, 1)
        self._making.take(caller, cost.whole)
        self._waiting_requests += 1
        self._waiting.take(caller, cost.first)
        return Ticket(self, caller, cost, cost.whole)

    def _pass_time(self) -> None:
        """Count the time since the last change, if somebody waited."""
        now = perf_counter()
        if self._waiting_requests:
            self._busy += now - self._busy_since
            self._crowd += (now - self._busy_since) * self._waiting_requests
        self._busy_since = now

    def _stop_waiting(self, ticket: Ticket, *, served: bool) -> None:
        characters = ticket.cost.first
        self._pass_time()
        self._waiting_requests -= 1
        self._waiting.take(ticket.caller, -characters)
        if served:
            self._served += characters
        elif not self._served and self._busy > _LONGEST_WITHOUT_RESULT:
            # Minutes in which nothing is served are an outage, not a rate.
            self._crowd *= _LONGEST_WITHOUT_RESULT / self._busy
            self._busy = _LONGEST_WITHOUT_RESULT
        if self._busy >= _WINDOW and self._served:
            self._learn(self._served / self._busy, self._crowd / self._busy)
            self._busy, self._crowd, self._served = 0.0, 0.0, 0

    def _learn(self, rate: float, crowd: float) -> None:
        """Take a throughput, in characters a second, at which so many waited on average.

        One caller at a time does not show what is done for ten side by side: where fewer waited
        than when the rate was learned, what they got can only raise it.
        """
        if self._rate is None:
            self._rate, self._rate_crowd = rate, crowd
            return
        crowded = crowd >= _AS_CROWDED * self._rate_crowd
        if crowded or rate > self._rate:
            self._rate += _NEW_SHARE * (rate - self._rate)
        if crowded:
            self._rate_crowd += _NEW_SHARE * (crowd - self._rate_crowd)
