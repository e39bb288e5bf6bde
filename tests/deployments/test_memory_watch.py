"""What a stage does near a bound, with this process's own memory as the measure."""

import gc

import numpy as np
import pytest

from deployments import memory, metrics
from deployments.memory import MEMORY, MemoryWatch
from speech import telemetry
from speech.cache.ram import RamTier
from speech.config import MemoryConfig, RamTierConfig
from speech.memory import Level, Surroundings, Taken, own_bytes, trim
from speech.telemetry import Metric

MIB = 2**20


class Gauges(dict[str, float]):
    """The latest value of each gauge."""

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        self[" ".join((metric.name, *labels.values()))] = value


@pytest.fixture
def gauges(monkeypatch: pytest.MonkeyPatch) -> Gauges:
    made = Gauges()
    monkeypatch.setattr(metrics, "set_gauge", made.set)
    # Whatever else this machine does.
    monkeypatch.setattr(Surroundings, "taken", lambda _: Taken(used=MIB, bound=10 * MIB))
    return made


def test_a_cache_that_fills_a_budget_shrinks_until_it_fits_and_grows_again(
    monkeypatch: pytest.MonkeyPatch, gauges: Gauges
) -> None:
    # By what this process takes now, which is much after other tests.
    gc.collect()
    trim()
    base = own_bytes()
    budget = base + 200 * MIB
    caches, voices, admission = ((base + part * MIB) / budget for part in (80, 130, 180))
    config = MemoryConfig(
        caches=caches, voices=voices, admission=admission, relief=20 * MIB / budget
    )
    monkeypatch.setattr(memory, "_assigned", lambda: budget)
    watch = MemoryWatch(config)
    tier: RamTier[object] = RamTier(RamTierConfig(max_bytes=4 * 10**8))
    assert watch.look(tier) is Level.PLENTY
    while watch.fits(-5 * MIB):
        tier.put(f"{tier.counters.entries}", np.ones(MIB, np.int8), size=MIB, groups=())
    full = tier.counters.bytes
    assert watch.look(tier) is Level.ADMISSION
    assert gauges[telemetry.MEMORY_LEVEL.name] == 3
    assert gauges["chorale_memory_bytes replica"] > base + 150 * MIB
    assert tier.counters.bytes <= full / 2
    for _ in range(10):
        if watch.look(tier) is Level.PLENTY:
            break
    assert watch.level is Level.PLENTY
    assert own_bytes() < base + 80 * MIB
    assert tier.put("more", b"", size=tier.counters.bytes + 100 * MIB, groups=())


def test_the_container_counts_where_it_is_nearer(
    monkeypatch: pytest.MonkeyPatch, gauges: Gauges
) -> None:
    watch = MemoryWatch(MEMORY)
    assert (watch.look(), watch.fits(MIB), watch.fits(9 * MIB)) == (Level.PLENTY, True, False)
    monkeypatch.setattr(Surroundings, "taken", lambda _: Taken(used=87, bound=100))
    assert watch.look() is Level.VOICES
    assert gauges["chorale_memory_bound_bytes node"] == 100
    assert not [name for name in gauges if "replica" in name]
