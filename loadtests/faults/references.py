"""What is asked for while things break, and whether an answer is what was asked for.

Every request has a reference: the same request's reply while all was well. A reply is right if its
bytes are the reference's, or if it decodes to the same length and, where the format loses nothing,
to the same samples.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count, cycle
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

FORMATS = ("wav", "mp3", "pcm", "opus", "flac")
_LOSSLESS = {"wav", "pcm", "flac"}
_SAME = 2
"""Steps of 16 bits by which two renderings of one text may differ."""
_DEADLINE = 50
"""Seconds to the first byte: less than callers wait, and enough to replace what is frozen."""
_WORDS = ("amber", "birch", "cedar", "daisy", "elder", "fern")
"""Each makes a text, which is asked for in every format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One request."""

    voice: str
    text: str
    format: str
    private: bool
    """Asked with `no-store`: the whole graph is walked; otherwise a cache may answer."""

    def body(self) -> dict[str, Any]:
        """JSON of the request."""
        return {
            "model": "tts-1",
            "voice": self.voice,
            "input": self.text,
            "response_format": self.format,
        }

    def headers(self) -> dict[str, str]:
        """Headers of the request."""
        private = {"cache-control": "no-store"} if self.private else {}
        return {"x-deadline-ms": str(1000 * _DEADLINE), **private}


@dataclass(slots=True)
class References:
    """What every request must be answered with."""

    _bodies: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    _right: dict[tuple[str, str, str], set[bytes]] = field(default_factory=dict)
    decoded: int = 0
    """Bodies that were not the reference's very bytes, and so were decoded and compared."""

    def keep(self, wanted: Wanted, body: bytes) -> None:
        """Take the reply as the reference.

        Raises:
            ValueError: it is no audio, or next to none.
        """
        if len(samples(wanted.format, body)) < 2_000:
            raise ValueError(f"a reference of {wanted.format} is hardly any audio")
        self._bodies[_key(wanted)] = body
        self._right[_key(wanted)] = {sha256(body).digest()}

    def wrong(self, wanted: Wanted, body: bytes) -> str:
        """What is wrong with a reply; empty where nothing is."""
        key = _key(wanted)
        mark = sha256(body).digest()
        if mark in self._right[key]:
            return ""
        self.decoded += 1
        try:
            heard, meant = (
                samples(wanted.format, item).astype(np.int32) for item in (body, self._bodies[key])
            )
        except (av.FFmpegError, ValueError) as error:
            return f"it does not decode: {type(error).__name__}"
        if len(heard) != len(meant):
            return f"{len(heard)} samples instead of {len(meant)}"
        if wanted.format in _LOSSLESS and np.abs(heard - meant).max() > _SAME:
            return f"samples differ by up to {np.abs(heard - meant).max()}"
        self._right[key].add(mark)
        return ""


def everything_wanted(voices: Sequence[str], formats: Sequence[str] = FORMATS) -> list[Wanted]:
    """Each text in each format, of each voice; as `no-store`."""
    return [
        Wanted(voice=voice, text=text, format=kind, private=True)
        for voice in voices
        for text in _texts()
        for kind in formats
    ]


def requests(busy: str, real: str, formats: Sequence[str] = FORMATS) -> Iterator[Wanted]:
    """Without end: the texts in turn, every fourth spoken by the second voice.

    Every other one of each voice has the caches' leave, the others walk the whole graph.
    """
    voices = [cycle(everything_wanted([voice], formats)) for voice in (busy, busy, busy, real)]
    for number in count():
        private = (number + number // 4) % 2 == 0
        yield replace(next(voices[number % 4]), private=private)


def samples(audio_format: str, body: bytes) -> NDArray[np.int16]:
    """A whole body as mono samples.

    Raises:
        ValueError: the body is cut within a sample, or holds no audio.
        av.FFmpegError: it is broken otherwise.
    """
    if audio_format == "pcm":
        return np.frombuffer(body, np.int16)
    found = []
    with av.open(io.BytesIO(body)) as container:
        resampler = av.AudioResampler("s16", "mono")
        for frame in container.decode(audio=0):
            found += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    if not found:
        raise ValueError("no audio")
    return np.concatenate(found)


def _texts() -> list[str]:
    """Replies of one phrase and of several; `slowly` makes the invented voice take its time."""
    return [
        "\n".join(
            f"The {word} of line {line} is read out slowly, then another one follows."
            for line in range(1, 1 + (1, 4, 8)[number % 3])
        )
        for number, word in enumerate(_WORDS)
    ]


def _key(wanted: Wanted) -> tuple[str, str, str]:
    return wanted.voice, wanted.text, wanted.format
