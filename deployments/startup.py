"""How long a replica took to be ready, step by step.

The first import of this module divides what Ray did from what is ours. Stages that share a process
share its first steps.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime, perf_counter

from deployments import metrics
from speech import telemetry

_imported = perf_counter()
_steps: dict[tuple[str, str], float] = {}


def _process_age() -> float:
    """Seconds since this process began (proc(5): the 22nd field of `stat`, in ticks since boot)."""
    fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
    return clock_gettime(CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


_steps["process", "ray"] = _process_age()


class Startup:
    """The steps of one stage's construction, each from the end of the one before."""

    def __init__(self, stage: str) -> None:
        """Construction begins; the process's first stage ends the imports."""
        self._stage = stage
        self._last = perf_counter()
        _steps.setdefault(("process", "imports"), self._last - _imported)

    def done(self, step: str) -> None:
        """A step has ended."""
        now = perf_counter()
        _steps[self._stage, step] = now - self._last
        self._last = now


def steps() -> Mapping[tuple[str, str], float]:
    """Seconds of every stage and step of this process."""
    return dict(_steps)


def report() -> None:
    """Export them. They stand still, but Ray drops a gauge that is not set for about 20 s."""
    for (stage, step), seconds in _steps.items():
        metrics.set_gauge(telemetry.STARTUP_SECONDS, seconds, stage=stage, step=step)
