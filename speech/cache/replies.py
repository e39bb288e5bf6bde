"""A finished reply as the tiers keep it, and the frames it is replayed as."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from speech.types import AudioFrame, CacheState, Timing

_HEAD = struct.Struct(">Bd")  # version, duration in seconds
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """One complete container and what a replay must say about it."""

    body: bytes
    audio_seconds: float
    """Duration of the whole reply."""

    @property
    def size(self) -> int:
        """Bytes to account for."""
        return len(self.body)

    def pack(self) -> bytes:
        """One value for a tier that keeps bytes."""
        return _HEAD.pack(_VERSION, self.audio_seconds) + self.body

    @classmethod
    def unpack(cls, value: bytes) -> Self:
        """Undo `pack`.

        Raises:
            ValueError: the value was written by something else.
        """
        if len(value) < _HEAD.size:
            raise ValueError("the value is shorter than its header")
        version, seconds = _HEAD.unpack_from(value)
        if version != _VERSION:
            raise ValueError(f"the value has version {version}, not {_VERSION}")
        if not 0.0 <= seconds < math.inf:
            raise ValueError("the value's duration is no duration")
        return cls(body=value[_HEAD.size :], audio_seconds=seconds)


def replay(
    stored: StoredReply,
    cache: CacheState,
    frame_bytes: int,
    *,
    timings: tuple[Timing, ...] = (),
) -> Iterator[AudioFrame]:
    """Yield a stored reply in pieces of at most `frame_bytes`; the first one says it all.

    An empty reply is one empty frame.
    """
    size = len(stored.body)
    for start in range(0, max(size, 1), frame_bytes):
        is_first = start == 0
        is_last = start + frame_bytes >= size
        yield AudioFrame(
            data=stored.body[start : start + frame_bytes],
            is_first=is_first,
            is_last=is_last,
            cache=cache,
            total_bytes=size if is_first else None,
            timings=timings if is_first else (),
            unmade=0,
            audio_seconds=stored.audio_seconds if is_last else 0.0,
        )
