"""What the processes of a server cost: processor time and memory, by what they are."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil  # type: ignore[import-untyped]

STAGES = ("Gateway", "Normalizer", "AudioCache", "Encoder", "Synthesizer")
"""Our own replicas."""
RAY = ("haproxy", "proxy", "controller", "rest of Ray")
"""`proxy` is Serve's Python proxy and the manager of HAProxy; `rest of Ray` is everything else: its
daemons, dashboard, agents, idle workers and the process that started it."""
KINDS = (*STAGES, *RAY)

_REPLICA = "ray::ServeReplica:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Processor time used so far, at a moment."""

    moment: float
    """`perf_counter` seconds."""
    by_process: Mapping[tuple[int, float], tuple[str, float]]
    """Process id and start to kind and seconds."""
    machine: float
    """Seconds all cores of the machine have been busy, with anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Between two moments."""

    wall: float
    """Seconds."""
    seconds: Mapping[str, float]
    """Processor seconds by kind."""
    machine: float
    """Processor seconds of everything on the machine."""

    def cores(self) -> dict[str, float]:
        """Cores kept busy, by kind."""
        return {kind: value / self.wall for kind, value in self.seconds.items()}


def kind_of(title: str) -> str:
    """What a process is, by the first word of its command line."""
    if title.startswith(_REPLICA):
        deployment = title.removeprefix(_REPLICA).partition(":")[2]
        if deployment in STAGES:
            return deployment
    if title.rpartition("/")[2] == "haproxy":
        return "haproxy"
    if title in {"ray::ProxyActor", "ray::HAProxyManager"}:
        return "proxy"
    if title == "ray::ServeController":
        return "controller"
    return "rest of Ray"


def spent(processes: Iterable[psutil.Process]) -> Spent:
    """Read the processor time of every process; its resolution is 10 ms."""
    found = {}
    for process in processes:
        with contextlib.suppress(psutil.Error, IndexError):
            times = process.cpu_times()
            key = (process.pid, process.create_time())
            found[key] = (kind_of(process.cmdline()[0]), times.user + times.system)
    times = psutil.cpu_times()
    # Guests are part of user and nice already.
    busy = times.user + times.nice + times.system + times.irq + times.softirq
    return Spent(moment=perf_counter(), by_process=found, machine=busy)


def usage(before: Spent, after: Spent) -> Usage:
    """What was used in between. A process that ended meanwhile is not counted."""
    seconds = dict.fromkeys(KINDS, 0.0)
    for key, (kind, now) in after.by_process.items():
        seconds[kind] += now - before.by_process.get(key, (kind, 0.0))[1]
    return Usage(
        wall=after.moment - before.moment,
        seconds=seconds,
        machine=after.machine - before.machine,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One process at a moment."""

    pid: int
    kind: str
    pss: float
    """MiB of proportional set size: shared pages count once, split among their sharers."""
    rss: float
    """MiB of resident set size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All processes of a server at a moment."""

    moment: float
    """`perf_counter` seconds."""
    held: tuple[Held, ...]

    def pss(self, kinds: Iterable[str]) -> float:
        """MiB of all processes of these kinds."""
        wanted = set(kinds)
        return sum(item.pss for item in self.held if item.kind in wanted)

    def by_kind(self) -> dict[str, float]:
        """MiB of proportional set size by kind."""
        return {kind: self.pss((kind,)) for kind in KINDS}


def look(processes: Iterable[psutil.Process]) -> Look:
    """Read the memory of every process from the kernel's own sums (`smaps_rollup`)."""
    held = []
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError, IndexError):
            sums = _rollup(Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii"))
            kind = kind_of(process.cmdline()[0])
            held.append(Held(pid=process.pid, kind=kind, pss=sums["Pss"], rss=sums["Rss"]))
    return Look(moment=perf_counter(), held=tuple(held))


def _rollup(text: str) -> dict[str, float]:
    """Sums in MiB by name; the kernel writes `Pss:   1234 kB`."""
    fields = (line.split() for line in text.splitlines()[1:])
    return {field[0].rstrip(":"): int(field[1]) / 1024 for field in fields}


def memory(processes: Iterable[psutil.Process]) -> dict[str, float]:
    """Proportional set size in MiB by kind, now."""
    return look(processes).by_kind()
