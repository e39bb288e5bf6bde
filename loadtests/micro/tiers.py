"""What the cache tiers cost: one reply found or kept, by tier and size, without a hop.

The gateway's own memory and the audio cache's first tier are the same code, measured once as `ram`;
`disk` is the embedded second tier in a fresh folder, whose files the operating system has in its
memory, as it has those of popular replies. Values are of the sizes of a 4 s reply as mp3 and as
wav. Medians of `--rounds` calls, one after the other.

    python -m loadtests.micro.tiers [--rounds 500]

The last line of output is one JSON object.
"""

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

from loadtests.machine import Machine, this_machine
from speech.cache.disk import DiskTier
from speech.cache.ram import RamTier
from speech.config import DiskTierConfig, RamTierConfig

_SIZES = {"4 s of mp3": 32_000, "4 s of wav": 192_000}
_GROUP = "heart"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCost:
    """One tier and size; microseconds."""

    tier: str
    value: str
    bytes: int
    put: float
    hit: float
    miss: float


async def measure(rounds: int) -> list[TierCost]:
    """Every tier and size."""
    costs = []
    for name, size in _SIZES.items():
        values = [os.urandom(size) for _ in range(8)]
        costs.append(_ram(name, values, rounds))
        with tempfile.TemporaryDirectory() as folder:
            costs.append(await _disk(name, values, rounds, Path(folder)))
    return costs


def _ram(name: str, values: list[bytes], rounds: int) -> TierCost:
    # Room for a quarter of what is put, so that putting evicts as it does in a full cache.
    tier: RamTier[bytes] = RamTier(RamTierConfig(max_bytes=rounds * len(values[0]) // 4))
    puts, hits, misses = [], [], []
    for number in range(rounds):
        key, value = f"{number:064x}", values[number % len(values)]
        started = perf_counter()
        tier.put(key, value, size=len(value), groups=(_GROUP,))
        put = perf_counter()
        tier.get(key)
        hit = perf_counter()
        tier.get(f"{rounds + number:064x}")
        misses.append(perf_counter() - hit)
        hits.append(hit - put)
        puts.append(put - started)
    return _cost("ram", name, len(values[0]), puts=puts, hits=hits, misses=misses)


async def _disk(name: str, values: list[bytes], rounds: int, folder: Path) -> TierCost:
    tier = DiskTier(DiskTierConfig(directory=folder))
    puts, hits, misses = [], [], []
    for number in range(rounds):
        key, value = f"{number:064x}", values[number % len(values)]
        puts.append(await _timed(tier.put(key, value, groups=(_GROUP,))))
        hits.append(await _timed(tier.get(key)))
        misses.append(await _timed(tier.get(f"{rounds + number:064x}")))
    await tier.close()
    return _cost("disk", name, len(values[0]), puts=puts, hits=hits, misses=misses)


async def _timed(call: Awaitable[object]) -> float:
    started = perf_counter()
    await call
    return perf_counter() - started


def _cost(
    tier: str,
    name: str,
    size: int,
    *,
    puts: list[float],
    hits: list[float],
    misses: list[float],
) -> TierCost:
    put, hit, miss = (1e6 * median(times) for times in (puts, hits, misses))
    return TierCost(tier=tier, value=name, bytes=size, put=put, hit=hit, miss=miss)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierReport:
    """Everything one run measured."""

    machine: Machine
    rounds: int
    tiers: tuple[TierCost, ...]


def main() -> None:
    """Measure and print the table and the JSON line."""
    parser = argparse.ArgumentParser(description="What the cache tiers cost.")
    parser.add_argument("--rounds", type=int, default=500)
    given = parser.parse_args()
    machine = this_machine()
    costs = asyncio.run(measure(given.rounds))
    report = TierReport(machine=machine, rounds=given.rounds, tiers=tuple(costs))
    table = Table(title="Cache tiers, medians in microseconds")
    for name in ("tier", "value"):
        table.add_column(name)
    for name in ("put", "hit", "miss"):
        table.add_column(name, justify="right")
    for cost in report.tiers:
        figures = (f"{value:.1f}" for value in (cost.put, cost.hit, cost.miss))
        table.add_row(cost.tier, cost.value, *figures)
    Console(width=100).print(table)
    print(json.dumps({"benchmark": "tiers", **asdict(report)}))


if __name__ == "__main__":
    main()
