"""A disk tier in a folder of its own, with a clock that stands still."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from disk_folder import Clock, Open

from speech.cache.disk import DiskTier
from speech.config import DiskTierConfig


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def open_tier(tmp_path: Path, clock: Clock) -> AsyncIterator[Open]:
    tiers = []

    def make(max_bytes: int = 2**20, ttl: float = 3600.0) -> DiskTier:
        config = DiskTierConfig(directory=tmp_path / "cache", max_bytes=max_bytes, ttl=ttl)
        tiers.append(DiskTier(config, clock=clock))
        return tiers[-1]

    yield make
    for tier in tiers:
        await tier.close()
