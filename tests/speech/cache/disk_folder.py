"""What tests of the disk tier look at in its folder."""

from collections.abc import Callable
from pathlib import Path

from speech.cache.disk import DiskTier
from speech.cache.folder import BLOCK


class Clock:
    def __init__(self) -> None:
        self.now = 1.7e9

    def __call__(self) -> float:
        return self.now


Open = Callable[..., DiskTier]


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").glob("??/*.rec"))


def on_disk(tmp_path: Path) -> int:
    return sum(-(-path.stat().st_size // BLOCK) * BLOCK for path in files(tmp_path))
