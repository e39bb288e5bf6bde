"""The health of a second tier.

A tier that fails is visible here and nowhere else: the request it failed goes on without it.
"""

import logging
from dataclasses import dataclass
from errno import errorcode
from typing import Protocol

from speech.interfaces import CacheTier

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierHealth:
    """State of a second tier now, and events in this process since it was made."""

    kind: str
    """`disk` or `redis`."""
    healthy: bool
    """False from a failed operation until one of its sort has succeeded again."""
    last_error: str
    """The latest failure's errno as a word, or its class; empty before the first."""
    hits: int
    misses: int
    """Includes entries found corrupted or too old, and reads skipped or failed."""
    stored: int
    dropped: int
    """Values not stored: too large, too many waiting, the tier down or failing."""
    errors: int
    """Operations that failed."""
    corrupted: int
    """Entries that were not what was written; removed."""
    evictions: int
    """Entries this process removed to make room; 0 where the store does it."""
    bytes: int | None
    """Size of all entries where the tier knows it, by its latest operation."""


class SecondTier(CacheTier, Protocol):
    """A tier outside this process. Its operations never raise into a request."""

    @property
    def health(self) -> TierHealth:
        """A snapshot."""
        ...


class Meter:
    """Counts a tier's events and keeps its state.

    Reading and writing fail apart: a full disk still reads.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._works = {"read": True, "write": True}
        self._last_error = ""
        self.hits = 0
        self.misses = 0
        self.stored = 0
        self.dropped = 0
        self.errors = 0

    @property
    def healthy(self) -> bool:
        """Whether the latest read and the latest write worked."""
        return all(self._works.values())

    def failed(self, sort: str, error: BaseException) -> None:
        """Note a failed `read` or `write`; the change of state is logged, its repetition not."""
        # No more: messages of clients may hold addresses, and logs hold no credentials.
        self.errors += 1
        number = error.errno if isinstance(error, OSError) else None
        self._last_error = errorcode.get(number or 0, type(error).__name__)
        if self._works[sort]:
            logger.warning("the %s cache tier cannot %s: %s", self._kind, sort, self._last_error)
        self._works[sort] = False

    def worked(self, sort: str) -> None:
        """Note a `read` or `write` that worked."""
        if not self._works[sort]:
            logger.info("the %s cache tier can %s again", self._kind, sort)
        self._works[sort] = True

    def snapshot(
        self, *, corrupted: int = 0, evictions: int = 0, size: int | None = None
    ) -> TierHealth:
        """State and counts."""
        return TierHealth(
            kind=self._kind,
            healthy=self.healthy,
            last_error=self._last_error,
            hits=self.hits,
            misses=self.misses,
            stored=self.stored,
            dropped=self.dropped,
            errors=self.errors,
            corrupted=corrupted,
            evictions=evictions,
            bytes=size,
        )
