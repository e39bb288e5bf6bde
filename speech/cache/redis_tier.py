"""The second tier of a cluster: a Redis, used with short patience.

Each operation is one attempt, bounded in time. After a failure the tier is down: lookups are misses
and puts are dropped without a try, while a task tries again every `retry_after` seconds. So a Redis
that is down costs the requests of one moment `timeout` seconds, and others nothing.

A value under one of our keys that is no record (another type, or larger than any put) is a miss and
is removed. No more of it is read than a record could have.

An entry is one key, `PREFIX:ENTRY`, with a record. There is no index of groups: another command on
every put would have to keep it in step with expiry and eviction, and `purge` is rare.

Importing this module needs the extra `redis`; `tiers.open_cache` does so where one is configured.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import InvalidResponse, RedisError, ResponseError

from speech.cache.folder import wall_clock
from speech.cache.health import Meter, TierHealth
from speech.cache.records import (
    GROUP_PREFIX_BYTES,
    MAX_OVERHEAD_BYTES,
    BadRecordError,
    Record,
    decode,
    encode,
    read_groups,
)
from speech.config import RedisTierConfig
from speech.errors import ConfigError

T = TypeVar("T")

MAX_CONNECTIONS = 16
LARGE = 256 * 1024
"""Bytes from which a checksum (1 ms per MB) is worth a thread."""
_SCAN_COUNT = 500
_ERRORS = (RedisError, OSError, ValueError)
"""The client's parser raises a plain ValueError at what no Redis says."""


class RedisTier:
    """Implements `SecondTier` on a Redis. For one event loop; construction does not connect.

    Args:
        config: address and bounds.
        password: overrides nothing: one that the URL holds is used instead.
        secret: what records are signed with; empty for a plain checksum.

    Raises:
        ConfigError: the URL cannot be read.
    """

    def __init__(
        self, config: RedisTierConfig, password: str | None = None, *, secret: bytes = b""
    ) -> None:
        self._config = config
        self._secret = secret
        self._max_record_bytes = config.max_entry_bytes + MAX_OVERHEAD_BYTES
        self._meter = Meter("redis")
        self._corrupted = 0
        self._reachable = True
        self._closed = False
        self._probe: asyncio.Task[None] | None = None
        self._client = _client(config, password)

    async def get(self, key: str) -> bytes | None:
        """Return an entry's value, or None; never raises."""
        value = await self._get(key) if self._may_try() else None
        if value is None:
            self._meter.misses += 1
        else:
            self._meter.hits += 1
        return value

    async def put(self, key: str, value: bytes, *, groups: tuple[str, ...]) -> None:
        """Store an entry, or count it as dropped; never raises."""
        stored = False
        if len(value) <= self._config.max_entry_bytes and self._may_try():
            record = Record(key=key, groups=groups, created=wall_clock(), value=value)
            data = await _off_loop(len(value), lambda: encode(record, self._secret))
            stored = await self._put(self._name(key), data)
        if stored:
            self._meter.stored += 1
        else:
            self._meter.dropped += 1

    async def purge(self, group: str | None) -> int:
        """Remove a group's entries, or all; returns how many until the tier failed, if it did.

        Walks all keys under the prefix and reads the heads of their records; each step is bounded
        by `timeout`, and other commands run in between.
        """
        count, cursor = 0, -1
        while cursor != 0 and self._may_try():
            try:
                cursor, removed = await self._purge_some(max(cursor, 0), group)
            except _ERRORS as error:
                self._failed("write", error)
                break
            count += removed
        return count

    async def close(self) -> None:
        """Stop knocking and drop the connections."""
        self._closed = True
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait([self._probe])
        with suppress(*_ERRORS):
            await self._client.aclose(close_connection_pool=True)

    @property
    def health(self) -> TierHealth:
        """A snapshot."""
        return self._meter.snapshot(corrupted=self._corrupted)

    async def _get(self, key: str) -> bytes | None:
        name = self._name(key)
        try:
            # A range of what is not there is empty. One byte more than any record tells enough.
            data = await self._bounded(self._client.getrange(name, 0, self._max_record_bytes))
        except _ERRORS as error:
            if not _is_of_another_type(error):
                self._failed("read", error)
                return None
            data = None
        if not isinstance(data, bytes | None):
            self._failed("read", InvalidResponse())
            return None
        self._meter.worked("read")
        if data == b"":
            return None
        if data is not None and len(data) <= self._max_record_bytes:
            with suppress(BadRecordError):
                return (await _off_loop(len(data), lambda: decode(data, key, self._secret))).value
        self._corrupted += 1
        try:
            await self._bounded(self._client.unlink(name))  # beside its loop: it may be giant
        except _ERRORS as error:
            self._failed("write", error)
        return None

    async def _put(self, name: str, data: bytes) -> bool:
        try:
            await self._bounded(self._client.set(name, data, px=int(self._config.ttl * 1000) or 1))
        except _ERRORS as error:
            self._failed("write", error)
            return False
        self._meter.worked("write")
        return True

    async def _purge_some(self, cursor: int, group: str | None) -> tuple[int, int]:
        pattern = f"{_literal(self._config.prefix)}:*"
        cursor, names = await self._bounded(
            self._client.scan(cursor, match=pattern, count=_SCAN_COUNT)
        )
        if group is not None and names:
            batch = self._client.pipeline(transaction=False)
            for name in names:
                batch.getrange(name, 0, GROUP_PREFIX_BYTES - 1)
            heads = await self._bounded(batch.execute(raise_on_error=False))
            pairs = zip(names, heads, strict=True)
            names = [
                name
                for name, head in pairs
                if isinstance(head, bytes) and group in read_groups(head)
            ]
        removed = await self._bounded(self._client.unlink(*names)) if names else 0
        return int(cursor), int(removed)

    async def _bounded(self, command: Awaitable[T]) -> T:
        async with asyncio.timeout(self._config.timeout):
            return await command

    def _name(self, key: str) -> str:
        return f"{self._config.prefix}:{key}"

    def _failed(self, sort: str, error: Exception) -> None:
        self._meter.failed(sort, error)
        if not isinstance(error, ResponseError):  # a full Redis refuses a put and answers a get
            self._reachable = False
            self._may_try()

    def _may_try(self) -> bool:
        """Whether the tier is up; while it is not, somebody knocks."""
        if self._closed or self._reachable:
            return not self._closed
        if self._probe is None or self._probe.done():
            # In an empty context: it outlives the request that found the tier down.
            self._probe = asyncio.create_task(
                self._knock(), name="redis tier probe", context=Context()
            )
        return False

    async def _knock(self) -> None:
        while not self._reachable:
            await asyncio.sleep(self._config.retry_after)
            with suppress(*_ERRORS):
                await self._bounded(self._client.ping())
                self._reachable = True
                self._meter.worked("read")
                self._meter.worked("write")


def _client(config: RedisTierConfig, password: str | None) -> Redis:
    options = {} if password is None else {"password": password}
    try:
        pool = BlockingConnectionPool.from_url(
            config.url,
            max_connections=MAX_CONNECTIONS,
            # `_bounded` is the one bound: waiting for a connection, connecting and both ways.
            timeout=None,
            socket_connect_timeout=None,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
            protocol=2,  # one round trip less per connection than RESP3's greeting
            **options,
        )
    except ValueError:
        # `from None`: the client's message may quote the URL, and a URL may hold a password.
        raise ConfigError("the Redis cache tier's url cannot be read") from None
    return Redis(connection_pool=pool)


async def memory_bound(config: RedisTierConfig, password: str | None, patience: float) -> int:
    """Bytes that a Redis lets itself hold; 0 where it has no bound.

    Raises:
        ConfigError: it does not answer within `patience` seconds, or turns us away.
    """
    client = _client(config, password)
    try:
        async with asyncio.timeout(patience):
            return int((await client.info("memory")).get("maxmemory", 0))
    except (*_ERRORS, TimeoutError) as error:
        raise ConfigError(f"{type(error).__name__}: {error}".removesuffix(": ")) from None
    finally:
        await client.aclose(close_connection_pool=True)


def _is_of_another_type(error: Exception) -> bool:
    """Whether a key holds a list or the like; Redis tells by the text's first word alone."""
    return isinstance(error, ResponseError) and str(error).startswith("WRONGTYPE")


async def _off_loop(size: int, work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work) if size >= LARGE else work()


def _literal(text: str) -> str:
    """Escape a text for Redis's glob patterns."""
    return "".join(f"\\{char}" if char in "*?[]^-\\" else char for char in text)
