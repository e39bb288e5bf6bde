"""The embedded second tier: a folder per node, away from the event loop.

Reads and writes have threads of their own, so a sweep for room never delays a hit. Both are bounded
in number, in bytes and in time: a medium that hangs costs a request at most `READ_TIMEOUT`.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from speech.cache.folder import Folder, wall_clock
from speech.cache.health import Meter, TierHealth
from speech.config import DiskTierConfig

T = TypeVar("T")

READ_TIMEOUT = 1.0
"""Seconds a lookup may take before the request goes on without it."""
WRITE_TIMEOUT = 30.0
"""Seconds a put waits: room may have to be made first."""
MAX_READS = 256
"""Lookups waiting at once; more are misses."""
MAX_WRITE_BYTES = 64 * 2**20
"""Bytes waiting to be written; what would exceed them is dropped."""


class DiskTier:
    """Implements `SecondTier` on one directory that all replicas of a node may share.

    Construction touches nothing; a directory that cannot be used shows in `health`. POSIX only.

    Args:
        config: directory and bounds.
        secret: what records are signed with; empty for a plain checksum.
        clock: wall-clock seconds.
    """

    def __init__(
        self,
        config: DiskTierConfig,
        *,
        secret: bytes = b"",
        clock: Callable[[], float] = wall_clock,
    ) -> None:
        self._folder = Folder(
            config.directory,
            max_bytes=config.max_bytes,
            ttl=config.ttl,
            secret=secret,
            clock=clock,
        )
        self._meter = Meter("disk")
        self._closed = False
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="cache-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="cache-write")
        self._reads = _Budget(MAX_READS)
        self._writes = _Budget(MAX_WRITE_BYTES)

    async def get(self, key: str) -> bytes | None:
        """Return an entry's value, or None; never raises an OSError."""
        value = None
        if not self._closed and self._reads.take(1):
            try:
                value = await self._run(
                    self._readers, self._reads, 1, READ_TIMEOUT, lambda: self._folder.read(key)
                )
            except OSError as error:  # TimeoutError is one
                self._meter.failed("read", error)
            else:
                self._meter.worked("read")
        if value is None:
            self._meter.misses += 1
        else:
            self._meter.hits += 1
        return value

    async def put(self, key: str, value: bytes, *, groups: tuple[str, ...]) -> None:
        """Store an entry, or count it as dropped; never raises an OSError."""
        size = len(value)
        stored = False
        if not self._closed and self._writes.take(size):
            try:
                stored = await self._run(
                    self._writer,
                    self._writes,
                    size,
                    WRITE_TIMEOUT,
                    lambda: self._folder.write(key, value, groups),
                )
            except OSError as error:
                self._meter.failed("write", error)
            else:
                self._meter.worked("write")
        if stored:
            self._meter.stored += 1
        else:
            self._meter.dropped += 1

    async def purge(self, group: str | None) -> int:
        """Remove a group's entries, or all; returns how many. 0 where the folder fails."""
        if self._closed:
            return 0
        try:
            return await self._run(
                self._writer, self._writes, 0, None, lambda: self._folder.purge(group)
            )
        except OSError as error:
            self._meter.failed("write", error)
            return 0

    async def close(self) -> None:
        """Wait for what runs, drop what waits."""
        self._closed = True
        for pool in (self._readers, self._writer):
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    @property
    def health(self) -> TierHealth:
        """A snapshot. `bytes` is what all processes of the folder have stored together."""
        return self._meter.snapshot(
            corrupted=self._folder.corrupted,
            evictions=self._folder.evictions,
            size=self._folder.bytes,
        )

    @staticmethod
    async def _run(
        pool: ThreadPoolExecutor,
        budget: "_Budget",
        amount: int,
        timeout: float | None,  # noqa: ASYNC109 - one bound for every sort of work
        work: Callable[[], T],
    ) -> T:
        """Do work in a thread and give its share back when the thread, not the caller, is done."""
        future = pool.submit(work)
        future.add_done_callback(lambda _: budget.give(amount))
        async with asyncio.timeout(timeout):
            return await asyncio.wrap_future(future)


class _Budget:
    """A bounded amount, taken on the loop and given back from threads."""

    def __init__(self, amount: int) -> None:
        self._left = amount
        self._lock = threading.Lock()

    def take(self, amount: int) -> bool:
        with self._lock:
            if amount > self._left:
                return False
            self._left -= amount
            return True

    def give(self, amount: int) -> None:
        with self._lock:
            self._left += amount
