"""A disk tier in a folder of its own, with a clock that stands still."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
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

    def make(max_bytes: int = 2**20, ttl: float = 3600.0, secret: bytes = b"") -> DiskTier:
        config = DiskTierConfig(directory=tmp_path / "cache", max_bytes=max_bytes, ttl=ttl)
        tiers.append(DiskTier(config, secret=secret, clock=clock))
        return tiers[-1]

    yield make
    for tier in tiers:
        await tier.close()


@pytest.fixture
def medium(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The tier's folder as a medium of its own, by default of 256 kB."""
    bounds = getattr(request, "param", "size=256k")
    path = tmp_path / "cache"
    path.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a medium")
    command = ["mount", "-t", "tmpfs", "-o", f"{bounds},mode=700", "chorale-test", str(path)]
    if (mounted := subprocess.run(command, capture_output=True, check=False)).returncode:
        pytest.skip(f"no medium can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
