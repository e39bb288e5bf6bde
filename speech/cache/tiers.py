"""The tiers as one cache: memory first, then what outlives the process."""

from dataclasses import dataclass

from speech.cache.disk import DiskTier
from speech.cache.health import SecondTier, TierHealth
from speech.cache.ram import RamCounters, RamTier
from speech.cache.stored import StoredReply
from speech.config import CacheConfig, DiskTierConfig, RedisTierConfig
from speech.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hit."""

    reply: StoredReply
    tier: str
    """Where it was: `ram`, or the second tier's kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheHealth:
    """State and counts of all tiers."""

    ram: RamCounters
    second: TierHealth | None
    oversized: int
    """Replies not kept because they exceed `max_entry_bytes`."""


class TieredCache:
    """Reads through RAM to the second tier, writes to both. For one event loop.

    Args:
        ram: this process's own.
        second: shared with others; None for none.
        max_entry_bytes: larger replies are not kept.
    """

    def __init__(
        self, ram: RamTier[StoredReply], second: SecondTier | None, *, max_entry_bytes: int
    ) -> None:
        self.ram = ram
        self._second = second
        self._second_kind = "" if second is None else second.health.kind
        self._max_entry_bytes = max_entry_bytes
        self._oversized = 0

    async def get(self, key: str, *, groups: tuple[str, ...]) -> Found | None:
        """Find a reply; one from the second tier is kept in RAM, for a new time to live.

        After None, the caller who goes on without awaiting knows that RAM holds no reply: one that
        was put while the second tier was asked is found.

        Args:
            key: the entry key.
            groups: the ids of its voices, for `purge`.
        """
        reply = self.ram.get(key)
        if reply is not None:
            return Found(reply=reply, tier="ram")
        if self._second is None:
            return None
        value = await self._second.get(key)
        if value is not None:
            try:
                reply = StoredReply.unpack(value)
            except ValueError:  # another version's; the next put replaces it
                reply = None
        if reply is not None:
            self.ram.put(key, reply, size=reply.size, groups=groups)
            return Found(reply=reply, tier=self._second_kind)
        reply = self.ram.get(key)
        return None if reply is None else Found(reply=reply, tier="ram")

    async def put(self, key: str, reply: StoredReply, *, groups: tuple[str, ...]) -> None:
        """Keep a complete reply; in RAM before the first await. Never raises for a failed tier."""
        if reply.size > self._max_entry_bytes:
            self._oversized += 1
            return
        self.ram.put(key, reply, size=reply.size, groups=groups)
        if self._second is not None:
            await self._second.put(key, reply.pack(), groups=groups)

    async def purge(self, group: str | None) -> int:
        """Remove entries a voice has part in, or all, from both; returns how many in all."""
        count = self.ram.purge(group)
        if self._second is not None:
            count += await self._second.purge(group)
        return count

    def health(self) -> CacheHealth:
        """A snapshot for metrics."""
        return CacheHealth(
            ram=self.ram.counters,
            second=None if self._second is None else self._second.health,
            oversized=self._oversized,
        )

    async def close(self) -> None:
        """Release the second tier's threads or connections."""
        if self._second is not None:
            await self._second.close()


MIN_SECRET_BYTES = 16


def open_cache(
    config: CacheConfig, *, redis_password: str | None = None, secret: bytes = b""
) -> TieredCache:
    """Build the tiers a configuration names.

    Args:
        config: The cache.
        redis_password: For a Redis whose URL holds none.
        secret: What the second tier's entries are signed with, of at least 16 bytes; empty for
            none.

    Raises:
        ConfigError: a Redis is named, and its client is not installed or its URL cannot be read;
            or the secret is too short.
    """
    if 0 < len(secret) < MIN_SECRET_BYTES:
        raise ConfigError(f"CHORALE_CACHE_KEY has fewer than {MIN_SECRET_BYTES} bytes")
    second: SecondTier | None = None
    if isinstance(config.second, DiskTierConfig):
        second = DiskTier(config.second, secret=secret)
    elif isinstance(config.second, RedisTierConfig):
        try:
            # The client is an extra: most installations need none.
            from speech.cache.redis_tier import RedisTier  # noqa: PLC0415
        except ImportError as error:
            raise ConfigError("the Redis cache tier needs the extra `redis`") from error
        second = RedisTier(config.second, redis_password, secret=secret)
    return TieredCache(RamTier(config.ram), second, max_entry_bytes=config.max_entry_bytes)
