"""The Redis tier against a real Redis that is killed, frozen, filled and restarted."""

import asyncio
import contextvars
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import redis as client

from speech.cache.records import Record, encode
from speech.cache.redis_tier import RedisTier
from speech.config import RedisTierConfig
from speech.errors import ConfigError
from tests.redis_server import BINARY
from tests.redis_server import RedisServer as Server

pytestmark = pytest.mark.skipif(BINARY is None, reason="redis-server is not installed")
RETRY = 0.05
SECRET = b"sixteen bytes or more"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.stop()


Open = Callable[..., RedisTier]


@pytest.fixture
async def open_tier(server: Server) -> AsyncIterator[Open]:
    tiers = []

    def make(password: str | None = None, *, secret: bytes = b"", **options: object) -> RedisTier:
        config = RedisTierConfig.model_validate(
            {"url": server.url, "retry_after": RETRY, "timeout": 5.0, **options}
        )
        tiers.append(RedisTier(config, password, secret=secret))
        return tiers[-1]

    yield make
    for tier in tiers:
        await tier.close()


async def recovers(tier: RedisTier) -> None:
    async with asyncio.timeout(5):
        while not tier.health.healthy:  # noqa: ASYNC110 - the state is a plain property
            await asyncio.sleep(0.01)


async def test_an_entry_is_shared(open_tier: Open, server: Server) -> None:
    one, other = open_tier(), open_tier(ttl=50.0)
    assert await one.get("k") is None
    await other.put("k", b"audio", groups=("nora",))
    assert await one.get("k") == b"audio"
    health = one.health
    assert (health.hits, health.misses, health.healthy, health.errors) == (1, 1, True, 0)
    assert other.health.stored == 1
    with server.direct() as direct:
        assert direct.keys() == [b"chorale:k"]
        assert 49_000 < direct.pttl("chorale:k") <= 50_000


async def test_large_entries_travel_and_larger_ones_are_dropped(open_tier: Open) -> None:
    tier = open_tier(max_entry_bytes=2**20)
    await tier.put("k", bytes(2**20), groups=("nora",))
    await tier.put("l", bytes(2**20 + 1), groups=("nora",))
    assert await tier.get("k") == bytes(2**20)
    assert await tier.get("l") is None
    assert (tier.health.stored, tier.health.dropped, tier.health.healthy) == (1, 1, True)


@pytest.mark.parametrize("place", [0, 30, -1, None])
async def test_a_damaged_entry_is_a_miss_and_goes(
    open_tier: Open, server: Server, place: int | None
) -> None:
    tier = open_tier()
    data = bytearray(encode(Record(key="k", groups=("nora",), created=0.0, value=b"audio")))
    if place is None:
        data = bytearray(b"foreign")
    else:
        data[place] ^= 1
    with server.direct() as direct:
        direct.set("chorale:k", bytes(data))
        assert await tier.get("k") is None
        assert direct.exists("chorale:k") == 0
    assert (tier.health.corrupted, tier.health.healthy) == (1, True)


def _stream(direct: client.Redis, key: str) -> None:
    direct.xadd(key, {"field": "value"})


def _giant(direct: client.Redis, key: str) -> None:
    direct.setrange(key, 64 * 2**20, b"x")


ODD: dict[str, Callable[[client.Redis, str], object]] = {
    "a list": lambda direct, key: direct.rpush(key, *range(100)),
    "a hash": lambda direct, key: direct.hset(key, "field", "value"),
    "a set": lambda direct, key: direct.sadd(key, "member"),
    "a sorted set": lambda direct, key: direct.zadd(key, {"member": 1.0}),
    "a stream": _stream,
    "a number": lambda direct, key: direct.incr(key),
    "giant": _giant,
    "too large": lambda direct, key: direct.set(
        key, encode(Record(key="k", groups=("nora",), created=0.0, value=bytes(2**20 + 2048)))
    ),
    "of another version": lambda direct, key: direct.set(key, b"CHRR\xff" + bytes(500)),
}


@pytest.mark.parametrize("kind", ODD)
async def test_whatever_stands_under_our_key_is_a_miss_and_goes(
    open_tier: Open, server: Server, kind: str
) -> None:
    tier = open_tier(max_entry_bytes=2**20)
    with server.direct() as direct:
        ODD[kind](direct, "chorale:k")
        sent = direct.info("stats")["total_net_output_bytes"]
        assert await tier.get("k") is None
        assert direct.exists("chorale:k") == 0
        assert direct.info("stats")["total_net_output_bytes"] - sent < 2 * 2**20
    health = tier.health
    assert (health.corrupted, health.misses, health.healthy, health.errors) == (1, 1, True, 0)
    await tier.put("k", b"audio", groups=("nora",))
    assert await tier.get("k") == b"audio"


async def test_purging_a_voice_passes_over_what_is_no_record(
    open_tier: Open, server: Server
) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
    with server.direct() as direct:
        direct.rpush("chorale:list", "x")
        _giant(direct, "chorale:giant")
        assert await tier.purge("nora") == 1
        assert direct.dbsize() == 2
        assert await tier.purge(None) == 2
    assert tier.health.healthy


async def test_audio_of_who_lacks_the_secret_is_not_played(open_tier: Open, server: Server) -> None:
    ours, too = open_tier(secret=SECRET), open_tier(secret=SECRET)
    await open_tier(secret=b"another, of sixteen").put("k", b"forged", groups=("nora",))
    assert await ours.get("k") is None
    await open_tier().put("k", b"forged", groups=("nora",))
    assert await ours.get("k") is None
    assert ours.health.corrupted == 2
    await ours.put("k", b"audio", groups=("nora",))
    assert await too.get("k") == b"audio"
    with server.direct() as direct:
        direct.rename("chorale:k", "chorale:l")  # a true record under another name
    assert await ours.get("l") is None


@pytest.mark.parametrize(
    "reply",
    [b":5\r\n", b"$abc\r\n", b"*2\r\n:1\r\n:2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$9\r\n"],
)
async def test_what_is_no_redis_costs_a_miss(reply: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while command := await reader.read(4096):
            greeting = b"CLIENT" in command or b"SELECT" in command
            writer.write(b"+OK\r\n" * command.count(b"*") if greeting else reply)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        tier = RedisTier(RedisTierConfig(url=f"redis://127.0.0.1:{port}", timeout=0.2))
        assert await tier.get("k") is None
        await tier.put("k", b"audio", groups=("nora",))
        assert (tier.health.hits, tier.health.misses) == (0, 1)
        await tier.close()


async def test_purging_takes_one_voice_or_all_and_nothing_of_strangers(
    open_tier: Open, server: Server
) -> None:
    tier, stranger = open_tier(prefix="a*[b]"), open_tier(prefix="a-b")
    for number in range(1200):
        await tier.put(f"{number}", b"audio", groups=("nora" if number % 3 else "nils",))
    await stranger.put("k", b"audio", groups=("nora",))
    for key, groups in {
        "m": ("nils", "nora"),
        "n": ("nora", "nils"),
        "o": ("nora2", "enora"),
    }.items():
        await tier.put(key, b"audio", groups=groups)
    with server.direct() as direct:
        direct.set("a*[b]:foreign", b"x")
        assert await tier.purge("nora") == 802
        assert [await tier.get(key) for key in "mno"] == [None, None, b"audio"]
        assert await tier.get("3") == b"audio"
        assert await tier.get("1") is None
        assert direct.dbsize() == 403
        assert await tier.purge(None) == 402
    assert await stranger.get("k") == b"audio"


async def test_a_redis_that_dies_is_left_alone_and_comes_back(
    open_tier: Open, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
    server.stop()
    assert await tier.get("k") is None
    assert not tier.health.healthy
    errors = tier.health.errors
    began = time.perf_counter()
    for _ in range(200):
        assert await tier.get("k") is None
        await tier.put("k", b"audio", groups=("nora",))
    assert await tier.purge(None) == 0
    assert time.perf_counter() - began < 0.25  # nothing was tried
    assert (tier.health.errors, tier.health.dropped) == (errors, 200)
    await asyncio.sleep(3 * RETRY)
    assert not tier.health.healthy
    server.start()
    await recovers(tier)
    await tier.put("k", b"audio", groups=("nora",))
    assert await tier.get("k") == b"audio"
    assert [record.levelname for record in caplog.records if "cache tier" in record.msg] == [
        "WARNING",
        "INFO",
    ]


async def test_a_restart_between_two_requests_goes_unnoticed(
    open_tier: Open, server: Server
) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
    server.stop()
    server.start()
    await asyncio.sleep(0.01)  # the loop sees that the idle connections are gone
    await tier.put("k", b"audio", groups=("nora",))
    assert await tier.get("k") == b"audio"
    assert (tier.health.stored, tier.health.errors) == (2, 0)


async def test_a_frozen_redis_costs_its_timeout_once_and_answers_are_never_mixed_up(
    open_tier: Open, server: Server
) -> None:
    tier = open_tier(timeout=0.1)
    keys = [f"{number}" for number in range(8)]
    for key in keys:
        await tier.put(key, key.encode(), groups=("nora",))
    server.signal(signal.SIGSTOP)
    began = time.perf_counter()
    assert await asyncio.gather(*(tier.get(key) for key in keys)) == [None] * 8
    assert await tier.get("0") is None
    assert time.perf_counter() - began < 1.0
    assert tier.health.last_error == "TimeoutError"
    server.signal(signal.SIGCONT)
    await recovers(tier)
    found = await asyncio.gather(*(tier.get(key) for key in keys))
    assert found == [key.encode() for key in keys]


async def test_a_cancelled_request_leaves_no_answer_for_the_next(
    open_tier: Open, server: Server
) -> None:
    tier = open_tier(timeout=2.0)
    await tier.put("a", b"of a", groups=("nora",))
    await tier.put("b", b"of b", groups=("nora",))
    server.signal(signal.SIGSTOP)
    task = asyncio.create_task(tier.get("a"))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    server.signal(signal.SIGCONT)
    assert await tier.get("b") == b"of b"
    assert (task.cancelled(), tier.health.healthy) == (True, True)


async def test_a_full_redis_refuses_puts_and_still_reads(open_tier: Open, server: Server) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
    with server.direct() as direct:
        direct.config_set("maxmemory", "1")
        await tier.put("l", bytes(1000), groups=("nora",))
        health = tier.health
        assert (health.healthy, health.last_error) == (False, "OutOfMemoryError")
        assert await tier.get("k") == b"audio"
        direct.config_set("maxmemory", "0")
    await tier.put("l", b"audio", groups=("nora",))
    assert tier.health.healthy


async def test_a_redis_that_only_reads_still_hits(open_tier: Open, server: Server) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
    with server.direct() as direct:
        direct.set("chorale:odd", b"no record")
        direct.replicaof("127.0.0.1", "1")
        await tier.put("l", b"audio", groups=("nora",))
        assert [await tier.get(key) for key in ("odd", "k")] == [None, b"audio"]
    health = tier.health
    assert (health.dropped, health.healthy, health.last_error) == (1, False, "ReadOnlyError")


async def test_the_password_is_used_and_told_to_nobody(
    open_tier: Open, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.stop()
    server.start("--requirepass", "s3cret")
    right = open_tier("s3cret")
    await right.put("k", b"audio", groups=("nora",))
    assert await right.get("k") == b"audio"
    wrong = open_tier("wr0ng")
    inside = open_tier(url=f"redis://:s3cret@127.0.0.1:{server.port}/0")
    assert await wrong.get("k") is None
    assert await inside.get("k") == b"audio"
    assert wrong.health.last_error == "AuthenticationError"
    assert "s3cret" not in caplog.text
    assert "wr0ng" not in caplog.text + str(wrong.health)


def test_a_url_that_cannot_be_read_is_refused_without_quoting_it() -> None:
    with pytest.raises(ConfigError) as caught:
        RedisTier(RedisTierConfig(url="http://:s3cret@host"))
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_connections_are_bounded(open_tier: Open, server: Server) -> None:
    tier = open_tier(timeout=5.0)
    await asyncio.gather(*(tier.put(f"{n}", bytes(100), groups=("nora",)) for n in range(200)))
    assert tier.health.stored == 200
    with server.direct() as direct:
        assert len(direct.client_list()) <= 17


async def test_the_probe_does_not_live_in_a_requests_context(
    open_tier: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")
    seen = []
    knock = RedisTier._knock

    async def spy(self: RedisTier) -> None:
        seen.append(variable.get())
        await knock(self)

    monkeypatch.setattr(RedisTier, "_knock", spy)
    variable.set("the request's")
    server.stop()
    tier = open_tier()
    await tier.get("k")
    await asyncio.sleep(0)
    assert seen == ["none"]


async def test_a_closed_tier_keeps_quiet(open_tier: Open, server: Server) -> None:
    server.stop()
    tier = open_tier()
    await tier.get("k")  # the probe runs
    await tier.close()
    await tier.put("k", b"audio", groups=("nora",))
    assert await tier.get("k") is None
    assert await tier.purge(None) == 0
