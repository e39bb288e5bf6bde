"""The disk tier on a real directory: restarts, damage, neighbours, bounds, failures."""

import asyncio
import fcntl
import os
import random
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from speech.cache import disk, folder
from speech.cache.disk import DiskTier
from speech.cache.folder import BLOCK, Folder
from speech.config import DiskTierConfig


class Clock:
    def __init__(self) -> None:
        self.now = 1.7e9

    def __call__(self) -> float:
        return self.now


Open = Callable[..., DiskTier]


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def open_tier(tmp_path: Path, clock: Clock) -> AsyncIterator[Open]:
    tiers = []

    def make(max_bytes: int = 2**20, ttl: float = 3600.0) -> DiskTier:
        config = DiskTierConfig(directory=tmp_path / "cache", max_bytes=max_bytes, ttl=ttl)
        tiers.append(DiskTier(config, clock=clock))
        return tiers[-1]

    yield make
    for tier in tiers:
        await tier.close()


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").glob("??/*.rec"))


def on_disk(tmp_path: Path) -> int:
    return sum(-(-path.stat().st_size // BLOCK) * BLOCK for path in files(tmp_path))


async def test_an_entry_survives_a_restart(open_tier: Open) -> None:
    one = open_tier()
    assert await one.get("k") is None
    await one.put("k", b"audio", group="nora")
    await one.close()
    other = open_tier()
    assert await other.get("k") == b"audio"
    assert (other.health.hits, other.health.misses, other.health.healthy) == (1, 0, True)
    assert (one.health.stored, one.health.misses) == (1, 1)


async def test_files_are_named_by_digest_and_only_ours_to_read(
    open_tier: Open, tmp_path: Path
) -> None:
    await open_tier().put("../../evil\0/name", b"audio", group="../x")
    (path,) = files(tmp_path)
    assert path.parent.name == path.name[:2]
    assert len(path.stem) == 64
    assert path.parent.stat().st_mode & 0o077 == 0
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["magic", "key", "checksum", "value", "cut", "empty", "foreign"])
async def test_a_damaged_file_is_a_miss_and_goes(
    open_tier: Open, tmp_path: Path, damage: str
) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", group="nora")
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    places = {"magic": 0, "key": 25, "checksum": 35, "value": -1}
    if damage in places:
        data[places[damage]] ^= 0x10
    path.write_bytes({"cut": data[:-1], "empty": b"", "foreign": b"x" * 500}.get(damage, data))
    assert await tier.get("k") is None
    assert files(tmp_path) == []
    assert (tier.health.corrupted, tier.health.healthy) == (1, True)
    await tier.put("k", b"again", group="nora")
    assert await tier.get("k") == b"again"


async def test_an_entry_under_another_entrys_name_is_a_miss(
    open_tier: Open, tmp_path: Path
) -> None:
    tier = open_tier()
    await tier.put("a", b"audio of a", group="nora")
    (path_of_a,) = files(tmp_path)
    await tier.put("b", b"audio of b", group="nora")
    (path_of_b,) = set(files(tmp_path)) - {path_of_a}
    path_of_b.replace(path_of_a)
    assert await tier.get("a") is None
    assert tier.health.corrupted == 1


async def test_entries_expire_though_they_are_used(
    open_tier: Open, tmp_path: Path, clock: Clock
) -> None:
    tier = open_tier(ttl=100.0)
    await tier.put("k", b"audio", group="nora")
    clock.now += 99.0
    assert await tier.get("k") == b"audio"
    clock.now += 1.0
    assert await tier.get("k") is None
    assert files(tmp_path) == []


async def test_the_folder_stays_within_its_bound_and_forgets_the_longest_unused(
    open_tier: Open, tmp_path: Path, clock: Clock
) -> None:
    tier = open_tier(max_bytes=20 * BLOCK)
    for number in range(60):
        clock.now += 1
        await tier.put(f"{number}", bytes(3000), group="nora")
        assert await tier.get("0") is not None  # in use, hence never the oldest
        assert on_disk(tmp_path) <= 20 * BLOCK
    assert await tier.get("59") is not None
    assert await tier.get("1") is None
    health = tier.health
    assert health.evictions == 60 - len(files(tmp_path))
    assert len(files(tmp_path)) >= 17
    assert health.bytes == on_disk(tmp_path)


async def test_two_processes_keep_one_bound(open_tier: Open, tmp_path: Path, clock: Clock) -> None:
    one, other = open_tier(max_bytes=20 * BLOCK), open_tier(max_bytes=20 * BLOCK)
    for number in range(40):
        clock.now += 1
        await asyncio.gather(
            one.put(f"one{number}", bytes(3000), group="nora"),
            other.put(f"other{number}", bytes(3000), group="nora"),
        )
        assert on_disk(tmp_path) <= 20 * BLOCK
    assert await one.get("other39") == await other.get("one39") == bytes(3000)
    assert one.health.stored + other.health.stored == 80


def test_real_processes_share_the_folder_without_a_lock_of_python(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from speech.cache.folder import Folder\n"
        "folder = Folder(Path(sys.argv[1]), max_bytes=30 * 4096, ttl=3600)\n"
        "for n in range(150):\n"
        "    key = f'{n % 50}'\n"
        "    assert folder.write(key, key.encode() * 900, 'nora')\n"
        "    assert folder.read(f'{n * 7 % 50}') in {None, f'{n * 7 % 50}'.encode() * 900}\n"
        "print(folder.corrupted)"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "cache")],
            env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    outs = [process.communicate(timeout=30)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert outs == [b"0\n"] * 3
    assert on_disk(tmp_path) <= 30 * BLOCK
    assert int.from_bytes((tmp_path / "cache/usage").read_bytes()) == on_disk(tmp_path)
    assert list((tmp_path / "cache/tmp").iterdir()) == []


async def test_nobody_writes_while_another_process_sweeps(open_tier: Open, tmp_path: Path) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", group="nora")
    with (tmp_path / "cache/sweep").open() as sweep:
        fcntl.flock(sweep, fcntl.LOCK_EX)
        put = asyncio.create_task(tier.put("l", b"audio", group="nora"))
        assert await tier.get("k") == b"audio"  # reading takes no lock
        assert await asyncio.wait([put], timeout=0.1) == (set(), {put})
    await put
    assert await tier.get("l") == b"audio"


async def test_overwriting_and_purging_are_accounted(open_tier: Open, tmp_path: Path) -> None:
    tier = open_tier()
    for _ in range(3):
        await tier.put("k", bytes(5000), group="nora")
    assert tier.health.bytes == 2 * BLOCK
    await tier.put("l", bytes(10), group="nils")
    assert await tier.purge("nora") == 1
    assert (await tier.get("k"), await tier.get("l")) == (None, bytes(10))
    assert tier.health.bytes == on_disk(tmp_path) == BLOCK
    assert await tier.purge(None) == 1
    assert tier.health.bytes == 0


@pytest.mark.parametrize("usage", [None, b"", b"xyz", b"\xff" * 8, b"\x7f" + b"\xff" * 7, bytes(8)])
async def test_a_wrong_sum_heals(open_tier: Open, tmp_path: Path, usage: bytes | None) -> None:
    tier = open_tier(max_bytes=10 * BLOCK)
    for number in range(9):
        await tier.put(f"{number}", bytes(10), group="nora")
    path = tmp_path / "cache/usage"
    if usage is None:
        path.unlink()
    else:
        path.write_bytes(usage)
    restarted = open_tier(max_bytes=10 * BLOCK)
    for number in range(9, 30):
        await restarted.put(f"{number}", bytes(10), group="nora")
        assert on_disk(tmp_path) <= 10 * BLOCK
    assert restarted.health.bytes == on_disk(tmp_path)


@pytest.mark.parametrize("usage", [b"", b"\xff" * 8, b"\x80" + bytes(7), b"\x7f" + b"\xff" * 7])
async def test_a_damaged_sum_is_noticed_at_once(
    open_tier: Open, tmp_path: Path, usage: bytes
) -> None:
    tier = open_tier(max_bytes=10 * BLOCK)
    for number in range(30):
        await tier.put(f"{number}", bytes(10), group="nora")
        if number == 9:
            (tmp_path / "cache/usage").write_bytes(usage)
        assert on_disk(tmp_path) <= 10 * BLOCK
    assert (tier.health.healthy, tier.health.bytes) == (True, on_disk(tmp_path))


async def test_what_dead_writers_left_is_cleaned_and_what_is_not_ours_stays(
    open_tier: Open, tmp_path: Path, clock: Clock
) -> None:
    await open_tier().put("k", b"audio", group="nora")
    root = tmp_path / "cache"
    young, old = root / "tmp/1-a.rec", root / "tmp/1-b.rec"
    foreign = [root / "notes.txt", root / "tmp/notes.txt", files(tmp_path)[0].parent / "mine.rec"]
    for path in (young, old, *foreign):
        path.write_bytes(b"x")
        os.utime(path, (clock.now, clock.now))
    os.utime(old, (clock.now - 601, clock.now - 601))
    tier = open_tier()
    await tier.put("l", b"audio", group="nora")
    assert (young.exists(), old.exists()) == (True, False)
    await tier.purge(None)
    assert all(path.exists() for path in foreign)


async def test_expired_files_go_before_used_ones(
    open_tier: Open, tmp_path: Path, clock: Clock
) -> None:
    await open_tier(ttl=100.0).put("old", b"audio", group="nora")
    clock.now += 100.0
    tier = open_tier(ttl=100.0)
    await tier.put("new", b"audio", group="nora")  # its first put sweeps
    assert len(files(tmp_path)) == 1
    assert tier.health.evictions == 0


async def test_a_value_larger_than_the_folder_is_dropped(open_tier: Open, tmp_path: Path) -> None:
    tier = open_tier(max_bytes=2 * BLOCK)
    await tier.put("k", bytes(2 * BLOCK), group="nora")
    assert (tier.health.dropped, tier.health.healthy, files(tmp_path)) == (1, True, [])


async def test_a_directory_that_cannot_be_made_is_told_once_and_heals(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    tier = DiskTier(DiskTierConfig(directory=blocker / "cache"))
    for _ in range(2):
        await tier.put("k", b"audio", group="nora")
        assert await tier.get("k") is None
    health = tier.health
    assert (health.healthy, health.last_error) == (False, "NotADirectoryError")
    assert (health.dropped, health.errors) == (2, 4)
    assert len(caplog.records) == 2  # one for reading, one for writing
    blocker.unlink()
    await tier.put("k", b"audio", group="nora")
    assert await tier.get("k") == b"audio"
    assert tier.health.healthy
    await tier.close()


async def test_a_directory_that_vanishes_comes_back(open_tier: Open, tmp_path: Path) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", group="nora")
    (tmp_path / "cache").rename(tmp_path / "gone")
    assert await tier.get("k") is None
    await tier.put("k", b"audio", group="nora")
    assert await tier.get("k") == b"audio"


async def test_a_full_disk_is_told_and_leaves_nothing_behind(
    open_tier: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", group="nora")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(folder.os, "utime", full)
        await tier.put("l", b"audio", group="nora")
    health = tier.health
    assert (health.healthy, health.dropped, health.errors) == (False, 1, 1)
    assert await tier.get("k") == b"audio"  # a full disk still reads
    assert not tier.health.healthy
    assert list((tmp_path / "cache/tmp").iterdir()) == []
    assert tier.health.bytes == on_disk(tmp_path)
    await tier.put("l", b"audio", group="nora")
    assert tier.health.healthy


async def test_a_medium_that_hangs_costs_a_request_little(
    open_tier: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", group="nora")
    go = threading.Event()
    monkeypatch.setattr(disk, "READ_TIMEOUT", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "read", lambda *_: go.wait(10) and None)
        async with asyncio.timeout(2):
            found = await asyncio.gather(*(tier.get("k") for _ in range(300)))
        assert found == [None] * 300
        assert (tier.health.healthy, tier.health.last_error) == (False, "TimeoutError")
        assert tier.health.errors <= disk.MAX_READS
        go.set()
    monkeypatch.setattr(disk, "READ_TIMEOUT", 10)  # a busy machine is not a medium that hangs
    while not tier.health.healthy:
        await tier.get("k")
        await asyncio.sleep(0.01)
    assert await tier.get("k") == b"audio"


async def test_waiting_writes_are_bounded_in_bytes(
    open_tier: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "MAX_WRITE_BYTES", 1000)
    tier, go, write = open_tier(), threading.Event(), Folder.write

    def slow(self: Folder, key: str, value: bytes, group: str) -> bool:
        go.wait(10)
        return write(self, key, value, group)

    monkeypatch.setattr(Folder, "write", slow)
    puts = [asyncio.create_task(tier.put(f"{n}", bytes(400), group="nora")) for n in range(5)]
    await asyncio.wait(puts[2:])
    go.set()
    await asyncio.gather(*puts)
    assert (tier.health.stored, tier.health.dropped) == (2, 3)
    await tier.put("again", bytes(1000), group="nora")
    assert tier.health.stored == 3


async def test_the_event_loop_is_not_held_up(
    open_tier: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()
    write = Folder.write

    def spy(self: Folder, key: str, value: bytes, group: str) -> bool:
        threads.add(threading.current_thread().name)
        return write(self, key, value, group)

    monkeypatch.setattr(Folder, "write", spy)
    await open_tier().put("k", b"audio", group="nora")
    assert threads == {"cache-write_0"}


async def test_a_closed_tier_keeps_quiet(open_tier: Open) -> None:
    tier = open_tier()
    await tier.close()
    await tier.put("k", b"audio", group="nora")
    assert await tier.get("k") is None
    assert await tier.purge(None) == 0
    assert (tier.health.errors, tier.health.dropped) == (0, 1)


async def test_many_at_once(open_tier: Open, tmp_path: Path) -> None:
    dice = random.Random(7)
    tier = open_tier(max_bytes=12 * BLOCK)

    async def one() -> None:
        for _ in range(20):
            key = f"{dice.randrange(20)}"
            if dice.random() < 0.5:
                await tier.put(key, key.encode() * 50, group="nora")
            else:
                assert await tier.get(key) in {None, key.encode() * 50}

    await asyncio.gather(*(one() for _ in range(10)))
    assert on_disk(tmp_path) <= 12 * BLOCK
    assert (tier.health.errors, tier.health.corrupted) == (0, 0)
