"""A finished reply as the tiers keep it, and the frames it is replayed as."""

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from speech.types import AudioFrame, CacheState, SpokenWord, Timing

_HEAD = struct.Struct(">BdI")  # version, duration in seconds, bytes of the words behind it
_VERSION = 4
_WORD_BYTES, _SOUND_BYTES = 360, 180
"""About what one word takes in memory, and each of its phonemes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReply:
    """One complete container and what a replay must say about it."""

    body: bytes
    audio_seconds: float
    """Duration of the whole reply."""
    words: tuple[SpokenWord, ...] = ()
    """Where they were asked for."""

    @property
    def size(self) -> int:
        """Bytes to account for."""
        sounds = sum(len(word.sounds) for word in self.words)
        return len(self.body) + _WORD_BYTES * len(self.words) + _SOUND_BYTES * sounds

    def pack(self) -> bytes:
        """One value for a tier that keeps bytes."""
        words = [
            (
                *(word.text, *word.written, word.start, word.end),
                *(word.sentence, word.continued, word.sounds),
            )
            for word in self.words
        ]
        packed = json.dumps(words).encode() if words else b""
        return _HEAD.pack(_VERSION, self.audio_seconds, len(packed)) + packed + self.body

    @classmethod
    def unpack(cls, value: bytes) -> Self:
        """Undo `pack`.

        Raises:
            ValueError: the value was written by something else.
        """
        if len(value) < _HEAD.size:
            raise ValueError("the value is shorter than its header")
        version, seconds, length = _HEAD.unpack_from(value)
        if version != _VERSION:
            raise ValueError(f"the value has version {version}, not {_VERSION}")
        if not 0.0 <= seconds < math.inf:
            raise ValueError("the value's duration is no duration")
        place = _HEAD.size + length
        if len(value) < place:
            raise ValueError("the value ends within its words")
        return cls(
            body=value[place:],
            audio_seconds=seconds,
            words=_words(value[_HEAD.size : place]) if length else (),
        )


def _words(packed: bytes) -> tuple[SpokenWord, ...]:
    try:
        return tuple(
            SpokenWord(
                str(text),
                (int(first), int(end)),
                float(since),
                float(until),
                int(sentence),
                bool(continued),
                tuple((str(symbol), float(over)) for symbol, over in sounds),
            )
            for text, first, end, since, until, sentence, continued, sounds in json.loads(packed)
        )
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError("the value's words are no words") from error


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
            words=stored.words if is_first else (),
            unmade=0,
            audio_seconds=stored.audio_seconds if is_last else 0.0,
        )
