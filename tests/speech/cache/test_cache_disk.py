"""The disk tier on a real directory: restarts, neighbours, bounds."""

import asyncio
import fcntl
import os
import random
import subprocess
import sys
from pathlib import Path

from disk_folder import Clock, Open, files, on_disk

from speech.cache.folder import BLOCK


async def test_an_entry_survives_a_restart(open_tier: Open) -> None:
    one = open_tier()
    assert await one.get("k") is None
    await one.put("k", b"audio", groups=("nora",))
    await one.close()
    other = open_tier()
    assert await other.get("k") == b"audio"
    assert (other.health.hits, other.health.misses, other.health.healthy) == (1, 0, True)
    assert (one.health.stored, one.health.misses) == (1, 1)


async def test_files_are_named_by_digest_and_only_ours_to_read(
    open_tier: Open, tmp_path: Path
) -> None:
    await open_tier().put("../../evil\0/name", b"audio", groups=("../x",))
    (path,) = files(tmp_path)
    assert path.parent.name == path.name[:2]
    assert len(path.stem) == 64
    assert path.parent.stat().st_mode & 0o077 == 0
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0


async def test_entries_expire_though_they_are_used(
    open_tier: Open, tmp_path: Path, clock: Clock
) -> None:
    tier = open_tier(ttl=100.0)
    await tier.put("k", b"audio", groups=("nora",))
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
        await tier.put(f"{number}", bytes(3000), groups=("nora",))
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
            one.put(f"one{number}", bytes(3000), groups=("nora",)),
            other.put(f"other{number}", bytes(3000), groups=("nora",)),
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
    await tier.put("k", b"audio", groups=("nora",))
    with (tmp_path / "cache/sweep").open() as sweep:
        fcntl.flock(sweep, fcntl.LOCK_EX)
        put = asyncio.create_task(tier.put("l", b"audio", groups=("nora",)))
        assert await tier.get("k") == b"audio"  # reading takes no lock
        assert await asyncio.wait([put], timeout=0.1) == (set(), {put})
    await put
    assert await tier.get("l") == b"audio"


async def test_overwriting_and_purging_are_accounted(open_tier: Open, tmp_path: Path) -> None:
    tier = open_tier()
    for _ in range(3):
        await tier.put("k", bytes(5000), groups=("nora",))
    assert tier.health.bytes == 2 * BLOCK
    await tier.put("l", bytes(10), groups=("nils",))
    for key, groups in {
        "m": ("nils", "nora"),
        "n": ("nora", "nils"),
        "o": ("nora2", "enora"),
    }.items():
        await tier.put(key, bytes(10), groups=groups)
    assert await tier.purge("nora") == 3
    assert [await tier.get(key) for key in "klmno"] == [None, bytes(10), None, None, bytes(10)]
    assert await tier.purge("enora") == 1
    assert tier.health.bytes == on_disk(tmp_path) == BLOCK
    assert await tier.purge(None) == 1
    assert tier.health.bytes == 0


async def test_expired_files_go_before_used_ones(
    open_tier: Open, tmp_path: Path, clock: Clock
) -> None:
    await open_tier(ttl=100.0).put("old", b"audio", groups=("nora",))
    clock.now += 100.0
    tier = open_tier(ttl=100.0)
    await tier.put("new", b"audio", groups=("nora",))  # its first put sweeps
    assert len(files(tmp_path)) == 1
    assert tier.health.evictions == 0


async def test_a_value_larger_than_the_folder_is_dropped(open_tier: Open, tmp_path: Path) -> None:
    tier = open_tier(max_bytes=2 * BLOCK)
    await tier.put("k", bytes(2 * BLOCK), groups=("nora",))
    assert (tier.health.dropped, tier.health.healthy, files(tmp_path)) == (1, True, [])


async def test_a_closed_tier_keeps_quiet(open_tier: Open) -> None:
    tier = open_tier()
    await tier.close()
    await tier.put("k", b"audio", groups=("nora",))
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
                await tier.put(key, key.encode() * 50, groups=("nora",))
            else:
                assert await tier.get(key) in {None, key.encode() * 50}

    await asyncio.gather(*(one() for _ in range(10)))
    assert on_disk(tmp_path) <= 12 * BLOCK
    assert (tier.health.errors, tier.health.corrupted) == (0, 0)
