"""Keys and usage in files and in a real Redis."""

import asyncio
import signal
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from time import perf_counter

import pytest

from serve_app.callers import Caller
from serve_app.keys import files
from serve_app.keys.books import Entry, Store, Usage, Want, Wants, month_ago
from serve_app.keys.files import FileStore
from serve_app.keys.limits import KeyLimits, KeysConfig
from serve_app.keys.meter import Meter, Visit
from serve_app.keys.stores import open_store
from serve_app.keys.table import Key, KeyFile, KeyTable, new_key
from speech.errors import ConfigError, RateLimitedError, UnavailableError, UnknownKeyError
from speech.types import Delivery, Passage, SpeechRequest
from tests.redis_server import BINARY, RedisServer

MONTH = month_ago(0)
DAY = f"{MONTH}-01"
needs_redis = pytest.mark.skipif(BINARY is None, reason="redis-server is not installed")
Open = Callable[[str], Store]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["files", pytest.param("redis", marks=needs_redis)])
async def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    config = KeysConfig()
    if request.param == "redis":
        url = request.getfixturevalue("redis").url
        config = KeysConfig.model_validate({"redis": {"url": url}})
    stores = []

    def make(writer: str) -> Store:
        stores.append(open_store(config, tmp_path / "home", writer))
        return stores[-1]

    yield make
    for store in stores:
        await store.close()


def key(name: str, **limits: object) -> tuple[Key, str]:
    return new_key(name, KeyLimits.model_validate(limits))


def adding(one: Key) -> Callable[[KeyFile], KeyFile]:
    return lambda file: file.with_key(one)


async def test_keys_are_seen_when_they_change_and_only_then(open_one: Open) -> None:
    writer, reader = open_one("w"), open_one("r")
    assert await reader.keys() == KeyFile()
    assert await reader.keys() is None
    one, secret = key("team", requests_per_minute=5)
    await writer.edit(adding(one))
    found = await reader.keys()
    assert found == KeyFile(keys=(one,))
    assert await reader.keys() is None
    table = KeyTable()
    with pytest.raises(UnavailableError):
        table.find(secret)
    table.take(found, 10)
    known = table.find(secret)
    assert known.limits.requests_per_minute == 5
    table.take(KeyFile.parse(found.text()), 10)
    assert table.find(secret) is known
    for wrong in ("", secret[:-1], one.sha256, "ключ", "\udcff"):
        with pytest.raises(UnknownKeyError):
            table.find(wrong)
    assert secret not in found.text()


async def test_two_who_change_keys_at_once_both_have_their_way(open_one: Open) -> None:
    made = [key(f"k{number}")[0] for number in range(8)]
    await asyncio.gather(*(open_one(f"w{it.name}").edit(adding(it)) for it in made))
    found = await open_one("r").keys()
    assert found is not None
    assert {it.name for it in found.keys} == {it.name for it in made}


async def test_usage_is_the_sum_of_all_writers_and_writing_twice_counts_once(
    open_one: Open,
) -> None:
    one, two = open_one("one"), open_one("two")
    for _ in range(2):
        await one.write({Entry(DAY, "a"): Usage(1, 10, 0.5, 1), Entry(DAY, "b"): Usage(1, 5)})
    await two.write({Entry(DAY, "a"): Usage(2, 20, 1.25, 0)})
    await two.write({Entry(DAY, "a"): Usage(3, 30, 1.25, 0)})
    both = Usage(4, 40, 1.75, 1)
    assert await two.read(MONTH) == {Entry(DAY, "a"): both, Entry(DAY, "b"): Usage(1, 5)}
    assert await two.read(MONTH, ["a"]) == {Entry(DAY, "a"): both}
    assert await two.read(MONTH, ["a"], others=True) == {Entry(DAY, "a"): Usage(1, 10, 0.5, 1)}
    assert await two.read("1999-01") == {}


async def test_files_are_their_users_alone_and_old_ones_go(tmp_path: Path) -> None:
    store = FileStore(tmp_path, "me", keep_months=2)
    await store.edit(adding(key("a")[0]))
    for months in (0, 2, 3):
        await store.write({Entry(f"{month_ago(months)}-01", "a"): Usage(1)})
    made = [path for path in tmp_path.rglob("*") if path.name != ".lock"]  # noqa: ASYNC240 (a test)
    assert {path.name for path in made if path.is_dir()} == {"usage", MONTH, month_ago(2)}
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


async def test_what_is_no_table_of_keys_is_told(tmp_path: Path) -> None:
    store = FileStore(tmp_path, "me", 1)
    for text in ("[]", '{"keys": [{"name": "a b"}]}', '{"keys": ', "\0"):
        (tmp_path / "keys.json").write_text(text)
        with pytest.raises(ConfigError, match="table of keys"):
            await store.keys()
        with pytest.raises(ConfigError):
            await store.edit(adding(key("a")[0]))
        assert (tmp_path / "keys.json").read_text() == text
        # It is told until it is mended: who was revoked in it would speak on unseen.
        with pytest.raises(ConfigError, match="table of keys"):
            await store.keys()


async def test_a_write_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path, "me", 1)
    await store.write({Entry(DAY, "a"): Usage(1, 10)})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(UnavailableError, match="No space left"):
        await store.write({Entry(DAY, "a"): Usage(2, 20)})
    assert await store.read(MONTH) == {Entry(DAY, "a"): Usage(1, 10)}
    assert len(list((tmp_path / "usage" / MONTH).iterdir())) == 1


NONE = Want(0, 0, 0, 0)


def wants(requests: Want, characters: Want = NONE, *streams: int) -> Wants:
    return Wants(requests, characters, *(streams or (0, 0)))


@needs_redis
async def test_nothing_is_set_aside_twice(redis: RedisServer, tmp_path: Path) -> None:
    config = KeysConfig.model_validate({"redis": {"url": redis.url}})
    one, two = (open_store(config, tmp_path, name) for name in ("one", "two"))
    both = Want(600, 0, 1, 500), Want(6000, 1000, 0, 0)
    try:
        told = (await one.share({"a": wants(*both, 2, 3)}))["a"]
        assert told.requests == (500, pytest.approx(100, abs=2))
        assert told.characters == (0, pytest.approx(5000, abs=20))
        assert (told.streams, told.streams_elsewhere) == (2, 0)
        more = {"a": wants(Want(600, 0, 1, 500), both[1], 2, 3), "b": wants(Want(1, 0, 1, 1))}
        answers = await two.share(more)
        assert answers["b"].requests == (1, 0)
        told = answers["a"]
        assert told.requests == (pytest.approx(100, abs=5), 0)
        assert (told.streams, told.streams_elsewhere) == (1, 2)
        # What is owed is taken, and nothing is given before it has come back.
        told = (await one.share({"a": wants(Want(600, 300, 0, 10), both[1], 0, 3)}))["a"]
        assert told.requests == (0, pytest.approx(-300, abs=5))
        await asyncio.sleep(0.5)
        told = (await two.share({"a": wants(Want(600, -400, 200, 10), both[1], 3, 3)}))["a"]
        assert told.requests == (0, pytest.approx(105, abs=9))  # less than it needs
        assert (told.streams, told.streams_elsewhere) == (3, 0)
        assert await one.share({}) == {}
    finally:
        await one.close()
        await two.close()


HELLO = SpeechRequest(
    passages=(Passage(text="Hello.", delivery=Delivery(voice="fake", language="en")),),
)


async def ask(meter: Meter, caller: Caller) -> Visit | None:
    try:
        return await meter.enter(caller, HELLO)
    except RateLimitedError:
        return None


@needs_redis
@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ({"requests_per_minute": 60}, 60),
        ({"characters_per_minute": 60}, 10),
        ({"streams": 5}, 5),
        ({"requests_per_minute": 3}, 3),
    ],
)
async def test_gateways_that_are_flooded_at_once_pass_no_more_than_the_limit(
    redis: RedisServer, tmp_path: Path, limits: dict[str, int], most: int
) -> None:
    config = KeysConfig.model_validate(
        {"address": limits, "redis": {"url": redis.url, "timeout": 30}}
    )
    caller = Caller("somebody", KeyLimits.model_validate(limits))
    stores = [open_store(config, tmp_path, name) for name in ("one", "two", "three")]
    meters = [Meter(config, store) for store in stores]
    for meter in meters:
        await meter.start()
    began = perf_counter()
    visits = await asyncio.gather(*(ask(meter, caller) for meter in meters for _ in range(100)))
    passed = [visit for visit in visits if visit is not None]
    minutes = (perf_counter() - began) / 60
    assert most <= len(passed) <= most * (1 + minutes)
    for visit in passed:
        visit.leave()
    if "streams" in limits:
        await asyncio.sleep(3 * config.sync)
        assert await ask(meters[2], caller) is not None
    redis.stop()
    alone = await asyncio.gather(*(ask(meters[0], caller) for _ in range(100)))
    assert sum(visit is not None for visit in alone) <= most + 1
    for meter in meters:
        await meter.close()


@needs_redis
async def test_nobody_waits_for_a_redis_that_is_known_to_hang(
    redis: RedisServer, tmp_path: Path
) -> None:
    limits = {"requests_per_minute": 6}
    config = KeysConfig.model_validate(
        {"address": limits, "redis": {"url": redis.url, "timeout": 0.5}}
    )
    caller = Caller("somebody", KeyLimits.model_validate(limits))
    meter = Meter(config, open_store(config, tmp_path, "one"))
    await meter.start()
    redis.signal(signal.SIGSTOP)
    assert await ask(meter, caller) is not None
    began = perf_counter()
    visits = await asyncio.gather(*(ask(meter, caller) for _ in range(100)))
    assert perf_counter() - began < 0.5
    assert sum(visit is not None for visit in visits) == 5
    redis.signal(signal.SIGCONT)
    async with asyncio.timeout(30):
        while not meter._shares:  # noqa: ASYNC110 (it has no event)
            await asyncio.sleep(0.05)
    assert await ask(meter, caller) is None  # what was taken meanwhile is owed
    await meter.close()


@needs_redis
async def test_a_redis_that_is_gone_or_has_lost_all_is_told(
    redis: RedisServer, tmp_path: Path
) -> None:
    config = KeysConfig.model_validate({"redis": {"url": redis.url, "timeout": 0.2}})
    store = open_store(config, tmp_path, "me")
    await store.edit(adding(key("a")[0]))
    assert await store.keys() is not None
    redis.signal(signal.SIGSTOP)
    with pytest.raises(UnavailableError):
        await store.write({Entry(DAY, "a"): Usage(1, 10)})
    redis.signal(signal.SIGCONT)
    redis.stop()
    with pytest.raises(UnavailableError):
        await store.keys()
    redis.start()
    with pytest.raises(UnavailableError, match="lost the table"):
        await store.keys()
    await store.write({Entry(DAY, "a"): Usage(1, 10)})
    assert await store.read(MONTH) == {Entry(DAY, "a"): Usage(1, 10)}
    await store.close()
