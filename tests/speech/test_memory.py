"""The measure of memory against the kernel's own, and cgroups as containers show them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from speech.config import MemoryConfig
from speech.memory import Level, Pressure, Surroundings, Taken, own_bytes, trim

MIB = 2**20
MACHINE = "MemTotal: 8192 kB\nMemFree: 1 kB\nMemAvailable: 2048 kB\n"
V1 = "9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/\n"
V2 = "0::/system.slice/chorale.service\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"proc/meminfo": MACHINE, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def v1(folder: str, limit: int, usage: int, cached: int = 0) -> dict[str, str]:
    folder = f"sys/fs/cgroup/memory/{folder}"
    return {
        f"{folder}/memory.limit_in_bytes": f"{limit}\n",
        f"{folder}/memory.usage_in_bytes": f"{usage}\n",
        f"{folder}/memory.stat": f"cache 9\ntotal_inactive_file {cached}\ntotal_active_file 1\n",
    }


def v2(folder: str, limit: str, usage: int, cached: int = 0) -> dict[str, str]:
    folder = f"sys/fs/cgroup/{folder}"
    return {
        f"{folder}/memory.max": f"{limit}\n",
        f"{folder}/memory.current": f"{usage}\n",
        f"{folder}/memory.stat": f"anon 9\ninactive_file {cached}\nactive_file 1\n",
    }


def test_without_a_limit_it_is_the_machine(tmp_path: Path) -> None:
    alone = Surroundings(write(tmp_path, {}))
    assert alone.taken() == Taken(used=6 * MIB, bound=8 * MIB)
    write(tmp_path, {"proc/self/cgroup": V1} | v1("docker/abc", 2**63 - 4096, 5 * MIB))
    assert Surroundings(tmp_path).taken() == alone.taken()


def test_the_first_version_of_cgroups(tmp_path: Path) -> None:
    files = v1("docker/abc", 4 * MIB, 3 * MIB, cached=MIB - 1)
    root = write(tmp_path, {"proc/self/cgroup": V1} | files)
    assert Surroundings(root).taken() == Taken(used=2 * MIB, bound=4 * MIB)


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    root = write(tmp_path, {"proc/self/cgroup": V1} | v1(".", 4 * MIB, MIB + 1))
    assert Surroundings(root).taken() == Taken(used=MIB, bound=4 * MIB)


def test_the_second_version_and_the_nearest_of_nested_bounds(tmp_path: Path) -> None:
    inner = "system.slice/chorale.service"
    files = v2(inner, "max", 2 * MIB) | v2("system.slice", f"{4 * MIB}", 3 * MIB + 1)
    root = write(tmp_path, {"proc/self/cgroup": V2} | files)
    found = Surroundings(root)
    assert found.taken() == Taken(used=3 * MIB, bound=4 * MIB)
    write(tmp_path, {f"sys/fs/cgroup/{inner}/memory.high": f"{2 * MIB}"})
    assert Surroundings(root).taken() == Taken(used=2 * MIB - 1, bound=2 * MIB)


def test_this_machine_is_measured() -> None:
    taken = Surroundings().taken()
    assert 0 < taken.used < taken.bound


def test_what_is_freed_goes_back_to_the_system() -> None:
    trim()  # of what other tests have freed
    before = own_bytes()
    # Blocks below malloc's threshold for mappings of their own; one of a hundred stays.
    blocks = [bytes([1]) * 60_000 for _ in range(2_000)]
    taken = own_bytes() - before
    assert taken > 100 * MIB
    kept = blocks[::100]
    del blocks
    trim()
    assert own_bytes() - before < taken / 4
    assert len(kept) == 20


@pytest.mark.parametrize(
    ("shares", "levels"),
    [
        ((0.5, 0.79, 0.8, 0.86, 0.92), (0, 0, 1, 2, 3)),
        ((0.99, 0.88, 0.86, 0.82, 0.76, 0.74), (3, 3, 2, 2, 1, 0)),
        ((0.81, 0.76, 0.74, 0.76), (1, 1, 0, 0)),
    ],
)
def test_a_level_ends_below_where_it_began(
    shares: tuple[float, ...], levels: tuple[int, ...]
) -> None:
    pressure = Pressure(MemoryConfig())
    assert tuple(map(pressure.take, shares)) == levels
    assert pressure.level is Level(levels[-1])


def test_levels_come_in_their_order() -> None:
    for wrong in ({"caches": 0.9}, {"admission": 0.8}, {"relief": 0.5, "caches": 0.5}):
        with pytest.raises(ValidationError, match="must rise"):
            MemoryConfig.model_validate(wrong)
