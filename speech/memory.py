"""How much memory this process and its container take, and how near that is to a bound.

Of a process its anonymous memory counts: what nobody else can give back. Of a container, or of a
machine that sets no limit, all but the cache of files, as Ray and Kubernetes count it.
"""

import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from speech.config import MemoryConfig

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Level(IntEnum):
    """What has to give way; each after those before it."""

    PLENTY = 0
    CACHES = 1
    VOICES = 2
    ADMISSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is taken of a bound, in bytes."""

    used: int
    bound: int

    def share(self, more: int = 0) -> float:
        """Of the bound, with so many bytes more."""
        return (self.used + more) / self.bound


class Pressure:
    """The level by the share of a bound that is taken; it falls later than it rises."""

    def __init__(self, config: MemoryConfig) -> None:
        self._from = config.caches, config.voices, config.admission
        self._relief = config.relief
        self.level = Level.PLENTY

    def take(self, share: float) -> Level:
        """Note the share that is taken now."""
        reached = sum(share >= bound for bound in self._from)
        left = sum(share >= bound - self._relief for bound in self._from)
        self.level = Level(min(max(self.level, reached), left))
        return self.level


def own_bytes() -> int:
    """Anonymous memory of this process (proc(5): `statm`, resident less shared)."""
    _, resident, shared, *_ = Path("/proc/self/statm").read_text("ascii").split()
    return (int(resident) - int(shared)) * _PAGE


def trim() -> None:
    """Have malloc give back what it keeps of freed memory; some 10 ms where that is much."""
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
    if give_back is not None:
        give_back(0)


class Surroundings:
    """The cgroups around this process that have a limit, or else the machine.

    Args:
        root: Where the file systems /proc and /sys are.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._meminfo = root / "proc/meminfo"
        total = self._machine().bound
        self._groups = [group for group in _groups(root) if 0 < group.limit() < total]

    def taken(self) -> Taken:
        """Of the bound that is nearest."""
        if not self._groups:
            return self._machine()
        return max((group.taken() for group in self._groups), key=Taken.share)

    def _machine(self) -> Taken:
        lines = (line.split() for line in self._meminfo.read_text("ascii").splitlines())
        sizes = {line[0]: int(line[1]) * 1024 for line in lines}
        total = sizes["MemTotal:"]
        return Taken(used=total - sizes["MemAvailable:"], bound=total)


@dataclass(frozen=True, slots=True)
class _Group:
    """A cgroup of either version, by the names of its files."""

    folder: Path
    limits: tuple[str, ...]
    usage: str
    cached: tuple[str, ...]
    """Pages of files, which the kernel takes back by itself."""

    def limit(self) -> int:
        """Bytes; 0 for none."""
        texts = (self._read(name) for name in self.limits)
        return min((int(text) for text in texts if text.isdigit()), default=0)

    def taken(self) -> Taken:
        lines = (line.split() for line in self._read("memory.stat").splitlines())
        cached = sum(int(line[1]) for line in lines if line[0] in self.cached)
        used = int(self._read(self.usage) or 0) - cached
        return Taken(used=max(0, used), bound=self.limit() or 2**63)

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text("ascii").strip()
        except OSError:
            return ""


def _groups(root: Path) -> Iterator[_Group]:
    """Those that hold this process, its own first (cgroups(7))."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            mount = root / "sys/fs/cgroup/memory"
            limits: tuple[str, ...] = ("memory.limit_in_bytes",)
            usage = "memory.usage_in_bytes"
            cached = ("total_inactive_file", "total_active_file")
        elif not controllers:
            mount = root / "sys/fs/cgroup"
            limits = "memory.max", "memory.high"
            usage = "memory.current"
            cached = ("inactive_file", "active_file")
        else:
            continue
        own = mount / path.lstrip("/")
        # A container may see its own group as the root, under a name that only its host knows.
        inside = own if own.is_dir() else mount
        for folder in (inside, *inside.parents):
            yield _Group(folder, limits, usage, cached)
            if folder == mount:
                break
