"""When a streamed reply could be heard, and whether it could be played while it came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import numpy.typing as npt

_PCM_RATE = 24_000
"""Hertz of `pcm` replies; 16-bit mono."""
_WAV_HEADER = 44
_AUDIBLE = 10 ** (-45 / 20)
"""Of full scale: -45 dBFS, below which a room is louder."""
_MP3_BIT_RATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""kbit/s of layer III by index, for MPEG-1 and for MPEG-2 and 2.5 (ISO/IEC 11172-3, 13818-3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a body as it came."""

    moment: float
    """Seconds, on any clock."""
    size: int
    """Bytes."""


def byte_rate(audio_format: str, head: bytes) -> float:
    """Bytes of a second of audio.

    Args:
        audio_format: One whose bytes tell: pcm, wav, or mp3 at a constant bit rate.
        head: The beginning of the body, at least a header's length.

    Raises:
        ValueError: the format's bytes do not tell, or the body is none of that format.
    """
    if audio_format == "pcm":
        return 2.0 * _PCM_RATE
    if audio_format == "wav" and head[:4] == b"RIFF":
        return float(int.from_bytes(head[28:32], "little"))
    if audio_format == "mp3" and len(head) >= 4 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        mpeg1 = head[1] & 0x18 == 0x18
        return _MP3_BIT_RATES[mpeg1][head[2] >> 4] * 1000 / 8
    raise ValueError(f"no {audio_format} whose bytes tell its length")


def first_audio(audio_format: str, pieces: Sequence[Piece]) -> float:
    """The moment at which the first byte of audio had come; a WAV header is none."""
    header = _WAV_HEADER if audio_format == "wav" else 0
    for moment, received in _received(pieces):
        if received > header:
            return moment
    raise ValueError("no audio came")


def first_sound(audio_format: str, head: bytes, pieces: Sequence[Piece]) -> float:
    """The moment at which the first sample above -45 dBFS could be heard.

    A player begins with the first audio, plays what is quiet before that sample, and waits where
    the sample itself has not come.

    Args:
        audio_format: As `byte_rate` takes it.
        head: The beginning of the body, decoded until something is heard.
        pieces: Of the whole body, as they came.

    Raises:
        ValueError: nothing can be heard in `head`.
    """
    header = _WAV_HEADER if audio_format == "wav" else 0
    rate = byte_rate(audio_format, head)
    quiet = 0.0
    for samples, sample_rate in _decoded(audio_format, head[header:], rate):
        loud = np.flatnonzero(np.abs(samples) > _AUDIBLE)
        if len(loud):
            quiet += float(loud[0]) / sample_rate
            break
        quiet += len(samples) / sample_rate
    else:
        raise ValueError("nothing can be heard")
    played = first_audio(audio_format, pieces) + quiet
    came = next(at for at, received in _received(pieces) if received > header + quiet * rate)
    return max(played, came)


def _decoded(
    audio_format: str, data: bytes, rate: float
) -> Iterator[tuple[npt.NDArray[Any], float]]:
    """Samples within -1 to 1, and their rate in Hertz."""
    if audio_format != "mp3":
        yield np.frombuffer(data[: len(data) // 2 * 2], "<i2") / 32768, rate / 2
        return
    decoder = av.CodecContext.create("mp3float", "r")
    for packet in decoder.parse(data):
        for frame in decoder.decode(packet):
            yield frame.to_ndarray()[0], frame.sample_rate


def least_in_hand(audio_format: str, rate: float, pieces: Sequence[Piece]) -> float | None:
    """Least seconds of audio left to play when the next piece came, from the first audio on.

    Playing begins with the first audio. None where all of it came at once.
    """
    header = _WAV_HEADER if audio_format == "wav" else 0
    start = first_audio(audio_format, pieces)
    least, before = None, 0.0
    for moment, received in _received(pieces):
        if before > 0:
            left = before - (moment - start)
            least = left if least is None else min(least, left)
        before = max(0, received - header) / rate
    return least


def _received(pieces: Sequence[Piece]) -> Iterator[tuple[float, int]]:
    """Moments with the bytes that had come by then."""
    received = 0
    for piece in pieces:
        received += piece.size
        yield piece.moment, received
