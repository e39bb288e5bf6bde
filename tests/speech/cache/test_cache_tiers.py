"""The tiers together."""

import asyncio
import builtins
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speech.cache.disk import DiskTier
from speech.cache.fills import FillTable
from speech.cache.health import Meter, SecondTier, TierHealth
from speech.cache.ram import RamTier
from speech.cache.redis_tier import RedisTier
from speech.cache.stored import StoredReply, replay
from speech.cache.tiers import Found, TieredCache, open_cache
from speech.config import CacheConfig, DiskTierConfig, RamTierConfig, RedisTierConfig
from speech.errors import ConfigError
from speech.types import AudioFrame, CacheState

REPLY = StoredReply(body=b"audio" * 10, audio_seconds=1.25)


class Shelf:
    """The plainest second tier."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self.gets = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def get(self, key: str) -> bytes | None:
        self.gets += 1
        value = self.values.get(key)
        await self.gate.wait()
        return value

    async def put(self, key: str, value: bytes, *, groups: tuple[str, ...]) -> None:
        await self.gate.wait()
        self.values[key], self.groups[key] = value, groups

    async def purge(self, group: str | None) -> int:
        gone = [key for key in self.values if group in (None, *self.groups[key])]
        for key in gone:
            del self.values[key]
        return len(gone)

    async def close(self) -> None:
        self.values.clear()

    @property
    def health(self) -> TierHealth:
        return Meter("shelf").snapshot()


def cache(second: SecondTier | None) -> TieredCache:
    return TieredCache(RamTier(RamTierConfig()), second, max_entry_bytes=100)


async def test_ram_answers_first_and_a_hit_further_out_is_promoted() -> None:
    shelf = Shelf()
    one, other = cache(shelf), cache(shelf)
    assert await one.get("k", groups=("nora",)) is None
    await one.put("k", REPLY, groups=("nora",))
    assert await one.get("k", groups=("nora",)) == Found(reply=REPLY, tier="ram")
    assert shelf.gets == 1
    assert await other.get("k", groups=("nora",)) == Found(reply=REPLY, tier="shelf")
    assert await other.get("k", groups=("nora",)) == Found(reply=REPLY, tier="ram")
    assert shelf.gets == 2
    assert (other.health().ram.hits, other.health().ram.entries) == (1, 1)


async def test_without_a_second_tier_ram_is_the_cache() -> None:
    alone = cache(None)
    await alone.put("k", REPLY, groups=("nora",))
    assert await alone.get("k", groups=("nora",)) == Found(reply=REPLY, tier="ram")
    assert await alone.get("l", groups=("nora",)) is None
    assert alone.health().second is None
    await alone.close()


async def test_larger_replies_are_not_kept() -> None:
    shelf = Shelf()
    tiers = cache(shelf)
    await tiers.put("k", StoredReply(body=bytes(101), audio_seconds=1.0), groups=("nora",))
    assert await tiers.get("k", groups=("nora",)) is None
    assert (shelf.values, tiers.health().oversized) == ({}, 1)


@pytest.mark.parametrize("value", [b"\xff" + bytes(20), struct.pack(">Bd", 1, 1.0) + b"audio"])
async def test_a_value_of_another_version_is_a_miss(value: bytes) -> None:
    shelf = Shelf()
    shelf.values["k"] = value
    assert await cache(shelf).get("k", groups=("nora",)) is None


async def test_a_reply_put_while_the_second_tier_was_asked_is_found() -> None:
    shelf = Shelf()
    tiers = cache(shelf)
    shelf.gate.clear()
    asked = asyncio.create_task(tiers.get("k", groups=("nora",)))
    await asyncio.sleep(0)
    put = asyncio.create_task(tiers.put("k", REPLY, groups=("nora",)))
    await asyncio.sleep(0)
    shelf.gate.set()
    assert await asked == Found(reply=REPLY, tier="ram")
    await put


@pytest.mark.parametrize("groups", [("nora",), ("nora", "nils"), ("nils", "nora")])
async def test_purging_reaches_both_tiers(groups: tuple[str, ...]) -> None:
    shelf = Shelf()
    tiers, other = cache(shelf), cache(shelf)
    await tiers.put("k", REPLY, groups=groups)
    assert await other.get("k", groups=groups) == Found(reply=REPLY, tier="shelf")
    assert [await it.purge("nora") for it in (tiers, other)] == [2, 1]
    assert [await it.get("k", groups=groups) for it in (tiers, other)] == [None, None]
    await tiers.put("k", REPLY, groups=("nora",))
    await tiers.close()
    assert shelf.values == {}


async def test_a_cache_over_a_folder_outlives_its_process(tmp_path: Path) -> None:
    config = CacheConfig(second=DiskTierConfig(directory=tmp_path))
    one = open_cache(config)
    await one.put("k", REPLY, groups=("nora",))
    await one.close()
    other = open_cache(config)
    assert await other.get("k", groups=("nora",)) == Found(reply=REPLY, tier="disk")
    assert await other.purge("nora") == 2
    await other.close()


async def test_configuration_names_the_second_tier(tmp_path: Path) -> None:
    def second(cache: TieredCache) -> object:
        return cache._second

    redis = open_cache(CacheConfig(second=RedisTierConfig(url="redis://127.0.0.1:1/0")))
    disk = open_cache(CacheConfig(second=DiskTierConfig(directory=tmp_path)))
    assert isinstance(second(redis), RedisTier)
    assert isinstance(second(disk), DiskTier)
    assert second(open_cache(CacheConfig())) is None
    for tiers in (redis, disk):
        await tiers.close()


def test_a_secret_that_is_soon_guessed_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="fewer than 16 bytes"):
        open_cache(CacheConfig(), secret=b"changeme")


def test_redis_without_its_client_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    importing = builtins.__import__

    def without_redis(name: str, *args: object) -> object:
        if name.endswith("redis_tier"):
            raise ImportError(name)
        return importing(name, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_redis)
    with pytest.raises(ConfigError, match="extra `redis`"):
        open_cache(CacheConfig(second=RedisTierConfig(url="redis://127.0.0.1:1/0")))


async def test_a_hit_replays_what_the_miss_delivered() -> None:
    tiers, fills = cache(Shelf()), FillTable(CacheConfig(frame_bytes=7))

    async def source() -> AsyncIterator[AudioFrame]:
        yield AudioFrame(data=REPLY.body[:20], is_first=True)
        yield AudioFrame(data=REPLY.body[20:], is_last=True, audio_seconds=1.25)

    async def commit(reply: StoredReply) -> None:
        await tiers.put("k", reply, groups=("nora",))

    missed = [frame async for frame in fills.join("k", source, commit)]
    await asyncio.sleep(0.01)
    found = await tiers.get("k", groups=("nora",))
    assert found is not None
    hit = list(replay(found.reply, CacheState.HIT, 7))
    assert b"".join(f.data for f in hit) == b"".join(f.data for f in missed)
    assert hit[-1].audio_seconds == missed[-1].audio_seconds
    assert (missed[0].cache, hit[0].cache) == (CacheState.MISS, CacheState.HIT)
