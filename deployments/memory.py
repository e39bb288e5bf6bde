"""What a stage does near a bound of memory: that of its replica, or of the container around it."""

import logging
from typing import Protocol

import ray

from deployments import metrics
from speech import telemetry
from speech.config import MemoryConfig
from speech.memory import Level, Pressure, Surroundings, Taken, own_bytes, trim

_LOG = logging.getLogger("ray.serve")
MEMORY = MemoryConfig()
"""Where a stage is built without a configuration."""


class Cache(Protocol):
    """What gives way first."""

    def shrink(self) -> None:
        """Keep less from now on."""
        ...

    def restore(self) -> None:
        """Keep as much as is configured again."""
        ...


class MemoryWatch:
    """Looks at every health check, without a thread of its own.

    Stages that share a process have one each, and see the same.
    """

    def __init__(self, config: MemoryConfig) -> None:
        self._config = config
        self._pressure = Pressure(config)
        self._surroundings = Surroundings()
        self._budget = _assigned()

    @property
    def level(self) -> Level:
        """As it was last seen."""
        return self._pressure.level

    def look(self, *caches: Cache) -> Level:
        """Measure and report; caches shrink, or may have all they are configured to have again."""
        before, taken = self.level, self._taken()
        level = self._pressure.take(max(it.share() for it in taken.values()))
        for of, it in taken.items():
            metrics.set_gauge(telemetry.MEMORY_BYTES, it.used, of=of)
            metrics.set_gauge(telemetry.MEMORY_BOUND_BYTES, it.bound, of=of)
        metrics.set_gauge(telemetry.MEMORY_LEVEL, level)
        if level != before:
            found = (f"{of} {it.used >> 20} of {it.bound >> 20} MiB" for of, it in taken.items())
            _LOG.warning("memory: %s (%s)", level.name.lower(), ", ".join(found))
        if level < Level.CACHES:
            for cache in caches:
                cache.restore()
        else:
            for cache in caches:
                cache.shrink()
            trim()
        return level

    def fits(self, more: int) -> bool:
        """Whether so many bytes more narrow nobody's admission."""
        return all(it.share(more) < self._config.admission for it in self._taken().values())

    def _taken(self) -> dict[str, Taken]:
        taken = {"node": self._surroundings.taken()}
        if self._budget:
            taken["replica"] = Taken(used=own_bytes(), bound=self._budget)
        return taken


def _assigned() -> int:
    """Bytes that Ray reserved for this replica (`stages.*.memory`); 0 for none."""
    if not ray.is_initialized():
        return 0
    context = ray.get_runtime_context()
    if context.worker.mode != ray.WORKER_MODE:
        return 0
    return int(context.get_assigned_resources().get("memory", 0))
