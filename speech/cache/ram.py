"""The first tier: least recently used replies of one process, bounded in bytes.

Any thread may call it: no call takes longer than its evictions, only `purge` walks all entries. It
knows nothing about what it keeps except its size, so the gateway keeps reply objects in one and the
cache stage keeps encoded replies in another.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from speech.config import RamTierConfig

V = TypeVar("V")

ENTRY_OVERHEAD = 512
"""Bytes an entry takes beside its key's characters and its value's `size`: the string object, the
ordered dictionary's node and slot, the entry and its numbers (about 350 by tracemalloc, at the
worst moment of the table's growth), and what the value's own objects take around their bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RamCounters:
    """State of the tier now, and events since it was made."""

    bytes: int
    """Keys, values and overhead of what is kept."""
    entries: int
    hits: int
    misses: int
    """Includes entries found too old."""
    evictions: int
    """Entries that left to make room."""
    expirations: int
    """Entries that were found too old."""
    refused: int
    """Values larger than the whole tier."""


class _Entry(NamedTuple, Generic[V]):
    value: V
    cost: int
    expires: float
    groups: tuple[str, ...]


class RamTier(Generic[V]):
    """Bounded map from key to value with true LRU order and a time to live.

    Args:
        config: bounds.
        clock: monotonic seconds.
    """

    def __init__(
        self, config: RamTierConfig, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._max_bytes = config.max_bytes
        self._entries: OrderedDict[str, _Entry[V]] = OrderedDict()
        self._bytes = 0
        self._hits = 0
        self._misses = 0
        self._evictions = 0
        self._expirations = 0
        self._refused = 0

    def get(self, key: str) -> V | None:
        """Return the value and make it the most recently used; None when absent or too old."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._misses += 1
                return None
            if self._clock() >= entry.expires:
                self._remove(key)
                self._expirations += 1
                self._misses += 1
                return None
            self._entries.move_to_end(key)
            self._hits += 1
            return entry.value

    def put(self, key: str, value: V, *, size: int, groups: tuple[str, ...]) -> bool:
        """Keep a value, evicting the least recently used; returns whether it was kept.

        An older value under the key goes in any case.

        Args:
            key: what `get` asks for.
            value: kept by reference; must not change.
            size: bytes the value holds, not negative.
            groups: the ids of its voices, for `purge`.

        Raises:
            ValueError: `size` is negative.
        """
        if size < 0:
            raise ValueError(f"size must not be negative: {size}")
        cost = size + len(key) + ENTRY_OVERHEAD
        with self._lock:
            if key in self._entries:
                self._remove(key)
            if cost > self._max_bytes:
                self._refused += 1
                return False
            self._evict(self._max_bytes - cost)
            self._entries[key] = _Entry(value, cost, self._clock() + self._config.ttl, groups)
            self._bytes += cost
            return True

    def purge(self, group: str | None) -> int:
        """Remove entries a group has part in, or all; returns how many."""
        with self._lock:
            keys = [
                key
                for key, entry in self._entries.items()
                if group is None or group in entry.groups
            ]
            for key in keys:
                self._remove(key)
            return len(keys)

    def shrink(self) -> None:
        """Keep half of what is held, or a sixteenth of the bound, and no more from now on."""
        with self._lock:
            self._max_bytes = max(self._bytes // 2, self._config.max_bytes // 16)
            self._evict(self._max_bytes)

    def restore(self) -> None:
        """Keep as much as is configured again."""
        self._max_bytes = self._config.max_bytes

    @property
    def counters(self) -> RamCounters:
        """A snapshot."""
        return RamCounters(
            bytes=self._bytes,
            entries=len(self._entries),
            hits=self._hits,
            misses=self._misses,
            evictions=self._evictions,
            expirations=self._expirations,
            refused=self._refused,
        )

    def _evict(self, room: int) -> None:
        while self._bytes > room:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= oldest.cost
            self._evictions += 1

    def _remove(self, key: str) -> None:
        self._bytes -= self._entries.pop(key).cost
