"""Admission, once, before any work: by estimated cost, against a bound and a deadline."""

from dataclasses import dataclass
from time import perf_counter

from pydantic import Field

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


class AdmissionLimits(StrictModel):
    """Bounds of one gateway replica; may change without a restart."""

    max_inflight_characters: int = Field(default=65_536, gt=0)
    """Characters admitted and not yet finished, each counted 1 / speed times."""
    first_phrase_characters: int = Field(default=100, gt=0)
    """What a streamed reply's first byte is taken to wait for until the text has been cut into
    phrases; `PhraseConfig.first_max_characters` of the same graph."""
    max_inflight_requests: int = Field(default=512, gt=0)
    default_deadline: float = Field(default=30.0, gt=0)
    """Seconds to the first byte where the caller names none."""
    max_deadline: float = Field(default=120.0, gt=0)
    deadline_share: float = Field(default=0.6, gt=0, le=1)
    """Part of a deadline that the predicted time to the first byte may fill, so that nearly all
    that is refused is refused at once and not when its deadline has passed."""
    max_wait: float = Field(default=30.0, gt=0)
    """Seconds of queue behind which nobody is admitted, however patient. It bounds the latency of
    what is admitted under overload; a burst that must be served whole needs it long."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request is to the server, in characters counted 1 / speed times."""

    whole: int
    """Until its last byte."""
    first: int
    """Until its first byte: the first phrase of a stream, all of a reply that is sent whole."""

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.whole - other.whole, self.first - other.first)


@dataclass(slots=True, eq=False)
class Ticket:
    """An admitted request.

    It begins when its first byte exists and leaves when it has ended; doing either more than once
    is harmless.
    """

    admission: "Admission"
    cost: Cost
    waiting: bool = True
    left: bool = False

    def reprice(self, cost: Cost) -> None:
        """The spoken text turned out longer or shorter; what is admitted stays admitted."""
        if not self.left:
            self.admission._reprice(cost - self.cost, waiting=self.waiting)
            self.cost = cost

    def begin(self, *, made: bool = True) -> None:
        """The first byte exists: from here on the caller's own speed decides.

        Args:
            made: It was made, for this request or for all who asked for it meanwhile: what a cache
                held says nothing of how fast replies are made.
        """
        if self.waiting:
            self.waiting = False
            self.admission._stop_waiting(self.cost.first, served=made)

    def leave(self) -> None:
        """The request ended, however it did."""
        if self.waiting:
            self.waiting = False
            self.admission._stop_waiting(self.cost.first, served=False)
        if not self.left:
            self.left = True
            self.admission._leave(self.cost.whole)


class Admission:
    """Counts what is in flight and knows how fast the wait for a first byte drains.

    What is admitted is never rejected further in: a rejected seventh phrase would truncate a
    reply that already began. Capacity counts requests until their last byte, since a slow reader
    holds memory; the wait counts them until their first, since a slow reader keeps nobody waiting,
    and by what that byte waits for: first phrases go before later ones, and callers of one reply
    wait for the same synthesis.
    """

    def __init__(self, limits: AdmissionLimits) -> None:
        self.limits = limits
        self.characters = 0
        self.requests = 0
        self._waiting_characters = 0
        self._waiting_requests = 0
        self._rate: float | None = None
        self._rate_crowd = 0.0
        self._busy_since = 0.0
        self._busy = 0.0
        self._crowd = 0.0
        """Requests that waited, times the seconds they did."""
        self._served = 0

    @property
    def expected_wait(self) -> float:
        """Seconds until all who wait now have their first byte; 0 while the rate is unknown."""
        return self._waiting_characters / self._rate if self._rate else 0.0

    def enter(self, cost: Cost, deadline: float) -> Ticket:
        """Admit a request whose first byte is due in `deadline` seconds.

        Raises:
            AtCapacityError: a bound is reached, that of the queue's length in seconds too. An idle
                gateway admits any request.
            DeadlineExceededError: behind those who wait already, it would probably be late.
        """
        limits = self.limits
        if self.requests and (
            self.requests >= limits.max_inflight_requests
            or self.characters + cost.whole > limits.max_inflight_characters
        ):
            raise AtCapacityError("the server is at capacity")
        # Who waits for nobody is admitted: an idle gateway has to learn how fast it is now.
        if self._waiting_requests and self._rate:
            predicted = (self._waiting_characters + cost.first) / self._rate
            if predicted > deadline * limits.deadline_share:
                raise DeadlineExceededError("the queue is longer than the request's deadline")
        if self.expected_wait > limits.max_wait:
            raise AtCapacityError("the queue is longer than the server lets it grow")
        self._pass_time()
        self.requests += 1
        self.characters += cost.whole
        self._waiting_requests += 1
        self._waiting_characters += cost.first
        return Ticket(self, cost)

    def _reprice(self, difference: Cost, *, waiting: bool) -> None:
        self.characters += difference.whole
        if waiting:
            self._waiting_characters += difference.first

    def _leave(self, characters: int) -> None:
        self.requests -= 1
        self.characters -= characters

    def _pass_time(self) -> None:
        """Count the time since the last change, if somebody waited."""
        now = perf_counter()
        if self._waiting_requests:
            self._busy += now - self._busy_since
            self._crowd += (now - self._busy_since) * self._waiting_requests
        self._busy_since = now

    def _stop_waiting(self, characters: int, *, served: bool) -> None:
        self._pass_time()
        self._waiting_requests -= 1
        self._waiting_characters -= characters
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
