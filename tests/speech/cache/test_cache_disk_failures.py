"""The disk tier on a real directory: damage, what is in its way, and media that fail or hang."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from disk_folder import Clock, Open, files, on_disk

from speech.cache import disk
from speech.cache.disk import DiskTier
from speech.cache.folder import BLOCK, Folder
from speech.config import DiskTierConfig


@pytest.mark.parametrize("damage", ["magic", "key", "checksum", "value", "cut", "empty", "foreign"])
async def test_a_damaged_file_is_a_miss_and_goes(
    open_tier: Open, tmp_path: Path, damage: str
) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    places = {"magic": 0, "key": 25, "checksum": 35, "value": -1}
    if damage in places:
        data[places[damage]] ^= 0x10
    path.write_bytes({"cut": data[:-1], "empty": b"", "foreign": b"x" * 500}.get(damage, data))
    assert await tier.get("k") is None
    assert files(tmp_path) == []
    assert (tier.health.corrupted, tier.health.healthy) == (1, True)
    await tier.put("k", b"again", groups=("nora",))
    assert await tier.get("k") == b"again"


async def test_an_entry_under_another_entrys_name_is_a_miss(
    open_tier: Open, tmp_path: Path
) -> None:
    tier = open_tier()
    await tier.put("a", b"audio of a", groups=("nora",))
    (path_of_a,) = files(tmp_path)
    await tier.put("b", b"audio of b", groups=("nora",))
    (path_of_b,) = set(files(tmp_path)) - {path_of_a}
    path_of_b.replace(path_of_a)
    assert await tier.get("a") is None
    assert tier.health.corrupted == 1


@pytest.mark.parametrize("usage", [None, b"", b"xyz", b"\xff" * 8, b"\x7f" + b"\xff" * 7, bytes(8)])
async def test_a_wrong_sum_heals(open_tier: Open, tmp_path: Path, usage: bytes | None) -> None:
    tier = open_tier(max_bytes=10 * BLOCK)
    for number in range(9):
        await tier.put(f"{number}", bytes(10), groups=("nora",))
    path = tmp_path / "cache/usage"
    if usage is None:
        path.unlink()
    else:
        path.write_bytes(usage)
    restarted = open_tier(max_bytes=10 * BLOCK)
    for number in range(9, 30):
        await restarted.put(f"{number}", bytes(10), groups=("nora",))
        assert on_disk(tmp_path) <= 10 * BLOCK
    assert restarted.health.bytes == on_disk(tmp_path)


@pytest.mark.parametrize("usage", [b"", b"\xff" * 8, b"\x80" + bytes(7), b"\x7f" + b"\xff" * 7])
async def test_a_damaged_sum_is_noticed_at_once(
    open_tier: Open, tmp_path: Path, usage: bytes
) -> None:
    tier = open_tier(max_bytes=10 * BLOCK)
    for number in range(30):
        await tier.put(f"{number}", bytes(10), groups=("nora",))
        if number == 9:
            (tmp_path / "cache/usage").write_bytes(usage)
        assert on_disk(tmp_path) <= 10 * BLOCK
    assert (tier.health.healthy, tier.health.bytes) == (True, on_disk(tmp_path))


async def test_what_dead_writers_left_is_cleaned_and_what_is_not_ours_stays(
    open_tier: Open, tmp_path: Path, clock: Clock
) -> None:
    await open_tier().put("k", b"audio", groups=("nora",))
    root = tmp_path / "cache"
    young, old = root / "tmp/1-a.rec", root / "tmp/1-b.rec"
    foreign = [root / "notes.txt", root / "tmp/notes.txt", files(tmp_path)[0].parent / "mine.rec"]
    for path in (young, old, *foreign):
        path.write_bytes(b"x")
        os.utime(path, (clock.now, clock.now))
    os.utime(old, (clock.now - 601, clock.now - 601))
    tier = open_tier()
    await tier.put("l", b"audio", groups=("nora",))
    assert (young.exists(), old.exists()) == (True, False)
    await tier.purge(None)
    assert all(path.exists() for path in foreign)


async def test_a_directory_that_cannot_be_made_is_told_once_and_heals(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    tier = DiskTier(DiskTierConfig(directory=blocker / "cache"))
    for _ in range(2):
        await tier.put("k", b"audio", groups=("nora",))
        assert await tier.get("k") is None
    health = tier.health
    assert (health.healthy, health.last_error) == (False, "ENOTDIR")
    assert (health.dropped, health.errors) == (2, 4)
    assert len(caplog.records) == 2  # one for reading, one for writing
    blocker.unlink()
    await tier.put("k", b"audio", groups=("nora",))
    assert await tier.get("k") == b"audio"
    assert tier.health.healthy
    await tier.close()


async def test_a_directory_that_vanishes_comes_back(open_tier: Open, tmp_path: Path) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
    (tmp_path / "cache").rename(tmp_path / "gone")
    assert await tier.get("k") is None
    await tier.put("k", b"audio", groups=("nora",))
    assert await tier.get("k") == b"audio"


@pytest.mark.parametrize(
    ("medium", "room"),
    [("size=256k", 12), ("size=8m,nr_inodes=32", 14)],  # by bytes; by files and their folders
    indirect=["medium"],
)
async def test_a_full_medium_evicts_what_is_longest_unused(
    open_tier: Open, tmp_path: Path, clock: Clock, medium: Path, room: int
) -> None:
    tier = open_tier(max_bytes=2**30)
    for number in range(30):
        clock.now += 1
        await tier.put(f"{number}", bytes(20_000), groups=("nora",))
    health = tier.health
    assert (health.stored, health.dropped, health.errors, health.healthy) == (30, 0, 0, True)
    kept = [number for number in range(30) if await tier.get(f"{number}") is not None]
    assert kept == list(range(30 - len(kept), 30))
    assert (len(kept), health.evictions) == (room, 30 - room)
    assert tier.health.bytes == on_disk(tmp_path)
    assert list((medium / "tmp").iterdir()) == []


async def test_a_medium_that_others_have_filled_is_told_and_reads(
    open_tier: Open, tmp_path: Path, medium: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
    filler = medium / "notes.txt"
    try:
        with filler.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
    except OSError:
        pass
    await tier.put("large", bytes(50_000), groups=("nora",))  # more than could be evicted
    health = tier.health
    assert (health.healthy, health.dropped, health.errors) == (False, 1, 1)
    assert [record.args for record in caplog.records] == [("disk", "write", "ENOSPC")]
    assert list((medium / "tmp").iterdir()) == []
    assert await tier.get("k") == b"audio"
    assert tier.health.bytes == on_disk(tmp_path)
    filler.unlink()
    await tier.put("l", b"audio", groups=("nora",))
    assert await tier.get("l") == b"audio"
    assert tier.health.healthy


async def test_media_that_cannot_be_written_still_hit(
    open_tier: Open, clock: Clock, medium: Path
) -> None:
    await open_tier().put("k", b"audio", groups=("nora",))
    await open_tier(secret=b"sixteen bytes or more").put("forged", b"audio", groups=("nora",))
    command = ["mount", "-o", "remount,ro", str(medium)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    tier = open_tier(ttl=100.0)
    assert [await tier.get(key) for key in ("k", "forged", "l")] == [b"audio", None, None]
    await tier.put("l", b"audio", groups=("nora",))
    assert await tier.get("k") == b"audio"
    assert await tier.purge("nora") == 0
    clock.now += 100
    assert await tier.get("k") is None
    health = tier.health
    assert (health.hits, health.misses, health.stored, health.dropped) == (2, 3, 0, 1)
    assert (health.errors, health.corrupted, health.last_error) == (2, 1, "EROFS")


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


ODD: dict[str, Callable[[Path], object]] = {
    "endless": lambda path: path.symlink_to("/dev/zero"),
    "a link to a record": lambda path: path.symlink_to(path.with_name("aside")),
    "a pipe": _fifo,
    "giant": _sparse,
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("kind", ODD)
async def test_what_is_no_file_of_ours_is_a_miss(
    open_tier: Open, tmp_path: Path, kind: str
) -> None:
    tier = open_tier(max_bytes=2**41)
    await tier.put("k", b"audio", groups=("nora",))
    (path,) = files(tmp_path)
    path.rename(path.with_name("aside"))
    ODD[kind](path)
    assert await tier.get("k") is None
    assert (tier.health.corrupted, tier.health.errors, tier.health.healthy) == (1, 0, True)
    await tier.put("k", b"again", groups=("nora",))
    assert await tier.get("k") == (None if kind == "a folder" else b"again")
    assert await tier.purge("nora") == (kind != "a folder")


async def test_sums_are_not_written_where_a_link_leads(open_tier: Open, tmp_path: Path) -> None:
    tier, victim = open_tier(), tmp_path / "victim"
    victim.write_bytes(b"precious")
    await tier.put("k", b"audio", groups=("nora",))
    (tmp_path / "cache/usage").unlink()
    (tmp_path / "cache/usage").symlink_to(victim)
    await tier.put("l", b"audio", groups=("nora",))
    assert victim.read_bytes() == b"precious"
    assert (tier.health.dropped, tier.health.last_error) == (1, "ELOOP")


async def test_audio_of_who_lacks_the_secret_is_not_played(open_tier: Open) -> None:
    tier = open_tier(secret=b"sixteen bytes or more")
    await open_tier().put("k", b"forged", groups=("nora",))
    assert await tier.get("k") is None
    await tier.put("k", b"audio", groups=("nora",))
    assert await open_tier(secret=b"sixteen bytes or more").get("k") == b"audio"


async def test_a_record_of_the_far_future_is_too_old(open_tier: Open, clock: Clock) -> None:
    tier = open_tier()
    clock.now += 7200
    await tier.put("k", b"audio", groups=("nora",))
    clock.now -= 7200
    assert await tier.get("k") is None


async def test_a_medium_that_hangs_costs_a_request_little(
    open_tier: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    tier = open_tier()
    await tier.put("k", b"audio", groups=("nora",))
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

    def slow(self: Folder, key: str, value: bytes, groups: tuple[str, ...]) -> bool:
        go.wait(10)
        return write(self, key, value, groups)

    monkeypatch.setattr(Folder, "write", slow)
    puts = [asyncio.create_task(tier.put(f"{n}", bytes(400), groups=("nora",))) for n in range(5)]
    await asyncio.wait(puts[2:])
    go.set()
    await asyncio.gather(*puts)
    assert (tier.health.stored, tier.health.dropped) == (2, 3)
    await tier.put("again", bytes(1000), groups=("nora",))
    assert tier.health.stored == 3


async def test_the_event_loop_is_not_held_up(
    open_tier: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()
    write = Folder.write

    def spy(self: Folder, key: str, value: bytes, groups: tuple[str, ...]) -> bool:
        threads.add(threading.current_thread().name)
        return write(self, key, value, groups)

    monkeypatch.setattr(Folder, "write", spy)
    await open_tier().put("k", b"audio", groups=("nora",))
    assert threads == {"cache-write_0"}
