"""The machine a figure was measured on, and whether others were using it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

BUSY_LOAD = 0.25
"""Load average per core above which figures are warned about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a report says of where it was made."""

    processor: str
    cores: int
    """Cores this process may use."""
    memory_gib: float
    python: str
    load_average: float
    """Of the last minute, when the program started."""

    @property
    def warning(self) -> str | None:
        """Why the figures may be off, or None."""
        if self.load_average <= BUSY_LOAD * self.cores:
            return None
        return (
            f"load average {self.load_average:.2f} on {self.cores} cores at the start: others "
            "were using this machine, the figures are too high"
        )

    def __str__(self) -> str:
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gib:.0f} GiB, Python "
            f"{self.python}, load average {self.load_average:.2f} at the start"
        )


def this_machine() -> Machine:
    """Look at the machine; call it before anything else makes load."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        python=platform.python_version(),
        load_average=os.getloadavg()[0],
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
