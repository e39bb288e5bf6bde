"""Admission, once, before any work: by estimated cost, against a bound and a deadline."""

from dataclasses import dataclass
from time import perf_counter

from pydantic import Field

from speech.config import StrictModel
from speech.errors import AtCapacityError, DeadlineExceededError

_WINDOW = 1.0
"""Seconds of busy time over which the throughput is measured."""
_LONGEST_WITHOUT_RESULT = 10.0
"""Seconds of busy time with failures alone that count at most."""


class AdmissionLimits(StrictModel):
    """Bounds of one gateway replica; may change without a restart."""

    max_inflight_characters: int = Field(default=65_536, gt=0)
    """Characters admitted and not yet finished, each counted 1 / speed times."""
    max_inflight_requests: int = Field(default=512, gt=0)
    default_deadline: float = Field(default=30.0, gt=0)
    """Seconds to the first byte where the caller names none."""
    max_deadline: float = Field(default=120.0, gt=0)


@dataclass(slots=True, eq=False)
class Ticket:
    """An admitted request; `leave` exactly once counts, more often is harmless."""

    admission: "Admission"
    characters: int
    left: bool = False

    def reprice(self, characters: int) -> None:
        """The spoken text turned out longer or shorter; what is admitted stays admitted."""
        if not self.left:
            self.admission.characters += characters - self.characters
            self.characters = characters

    def leave(self, *, completed: bool) -> None:
        """The request ended; `completed` when its reply was delivered to the end."""
        if not self.left:
            self.left = True
            self.admission._leave(self.characters, completed)


class Admission:
    """Counts what is in flight and knows how fast it drains.

    What is admitted is never rejected further in: a rejected seventh phrase would truncate a
    reply that already began.
    """

    def __init__(self, limits: AdmissionLimits) -> None:
        self.limits = limits
        self.characters = 0
        self.requests = 0
        self._rate: float | None = None
        self._busy_since = 0.0
        self._busy = 0.0
        self._done = 0

    @property
    def expected_wait(self) -> float:
        """Seconds until what is in flight has drained, at the measured rate; 0 when unknown."""
        return self.characters / self._rate if self._rate else 0.0

    def enter(self, characters: int, deadline: float) -> Ticket:
        """Admit a request of so many characters whose first byte is due in `deadline` seconds.

        Raises:
            AtCapacityError: a bound is reached. An idle gateway admits any request.
            DeadlineExceededError: what is in flight will not drain in time.
        """
        limits = self.limits
        if self.requests and (
            self.requests >= limits.max_inflight_requests
            or self.characters + characters > limits.max_inflight_characters
        ):
            raise AtCapacityError("the server is at capacity")
        if self.expected_wait > deadline:
            raise DeadlineExceededError("the queue is longer than the request's deadline")
        if not self.requests:
            self._busy_since = perf_counter()
        self.requests += 1
        self.characters += characters
        return Ticket(self, characters)

    def _leave(self, characters: int, completed: bool) -> None:
        self.requests -= 1
        self.characters -= characters
        now = perf_counter()
        self._busy += now - self._busy_since
        self._busy_since = now
        if completed:
            self._done += characters
        elif not self._done:
            # Minutes in which nothing completes are an outage, not a rate.
            self._busy = min(self._busy, _LONGEST_WITHOUT_RESULT)
        if self._busy >= _WINDOW and self._done:
            rate = self._done / self._busy
            self._rate = rate if self._rate is None else 0.7 * self._rate + 0.3 * rate
            self._busy, self._done = 0.0, 0
