"""An engine for tests: instant, deterministic, and failing on demand.

Used only where the catalogue names `engine: fake`. Each phrase becomes a sine tone; its length
comes from the number of characters and the speed, its pitch from the text and the speaker, so
every test can say in advance what it must hear.
"""

import os
import signal
import time
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from speech.engines.kinds import Voice
from speech.errors import SpeechError, SynthesisError
from speech.interfaces import EngineInfo
from speech.types import Pcm, Phrase, PhraseJob

SECONDS_PER_CHARACTER = 0.06
"""About the pace of English read aloud."""
FAIL_ON = "unspeakable"
"""A phrase with this word gets a SynthesisError, its neighbours their audio."""
DIE_ON = "lethal"
"""A phrase with this word ends the process that speaks it, as a fault in native code does."""
SLOW_WORD = "slowly"
"""Every batch with this word in a phrase takes SLOW_SECONDS: a busy engine, without the work."""
SLOW_SECONDS = 0.25
_AMPLITUDE = 8000.0
"""Peak of the tone in int16 units, about -12 dBFS."""


class FakeEngine:
    """Tones instead of speech.

    Args:
        voice: Entry of the catalogue; gives the sample rate.
        delay: Seconds every batch takes, whatever its size.
        fail_on: A phrase whose text holds this fails alone; empty for never.
        crash_on: A phrase whose text holds this makes the whole call raise RuntimeError, as a
            broken engine does; empty for never.
        max_batch_size: What `info` declares, and the most jobs one call accepts.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        delay: float = 0.0,
        fail_on: str = FAIL_ON,
        crash_on: str = "",
        max_batch_size: int | None = None,
    ) -> None:
        self._delay = delay
        self._fail_on = fail_on
        self._crash_on = crash_on
        self.closed = False
        self.batches: list[int] = []
        """Size of every batch so far, for assertions."""
        self._info = EngineInfo(
            engine="fake",
            sample_rate=voice.sample_rate,
            max_batch_size=max_batch_size,
            batching="tones, one after another",
            provider="cpu",
            deterministic=True,
            resident_bytes=0,
        )

    @property
    def info(self) -> EngineInfo:
        """What this engine can do."""
        return self._info

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """One tone per job, after the configured delay."""
        limit = self._info.max_batch_size
        if self.closed or (limit is not None and len(jobs) > limit):
            raise RuntimeError(f"closed={self.closed}, {len(jobs)} jobs, limit {limit}")
        if self._crash_on and any(self._crash_on in job.phrase.text for job in jobs):
            raise RuntimeError("the fake engine was told to break")
        if any(DIE_ON in job.phrase.text for job in jobs):
            os.kill(os.getpid(), signal.SIGKILL)
        self.batches.append(len(jobs))
        slow = any(SLOW_WORD in job.phrase.text for job in jobs)
        time.sleep(self._delay + SLOW_SECONDS * slow)
        return [self._speak(job) for job in jobs]

    def _speak(self, job: PhraseJob) -> Pcm | SpeechError:
        phrase = job.phrase
        if self._fail_on and self._fail_on in phrase.text:
            return SynthesisError("the fake engine was told to fail on this phrase")
        rate = self._info.sample_rate
        count = tone_length(len(phrase.text), phrase.delivery.speed, rate)
        hertz = 200 + zlib.crc32(f"{phrase.delivery.speaker}\0{phrase.text}".encode()) % 600
        tone = _AMPLITUDE * np.sin(2 * np.pi * hertz / rate * np.arange(count))
        return Pcm(
            samples=tone.astype(np.int16),
            sample_rate=rate,
            index=phrase.index,
            is_last=phrase.is_last,
            phoneme_seconds=_even(phrase, count / rate) if job.timed else None,
        )

    def warm_up(self) -> None:
        """Nothing to warm."""

    def close(self) -> None:
        """Refuse further calls."""
        self.closed = True


def _even(phrase: Phrase, seconds: float) -> npt.NDArray[np.float32]:
    """Every phoneme, or character, lasts as long as any other."""
    count = len(phrase.phoneme_ids or phrase.text)
    return np.full(count, seconds / count, np.float32)


def tone_length(characters: int, speed: float, sample_rate: int) -> int:
    """Samples of the tone for a phrase of so many characters."""
    return round(characters * SECONDS_PER_CHARACTER / speed * sample_rate)
