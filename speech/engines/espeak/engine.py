"""espeak-ng as an engine: every language it knows, in the voice variants of the catalogue.

The formant synthesiser takes 1 to 5 ms a sentence, so phrases run one after another. It obeys 80
to 450 words per minute and counts words, not time: at twice the rate a long sentence takes 0.49 of
its normal duration, "Hi." 0.29. So for any speed but 1 the phrase is rendered at the normal rate
as well, and a result that misses `normal / speed` by more than 5 % is stretched to it, pitch kept.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from speech import espeak
from speech.engines.kinds import Voice
from speech.engines.stretching import stretch
from speech.errors import SpeechError
from speech.interfaces import EngineInfo
from speech.types import Pcm, PhraseJob, Samples

_SILENCE = 33
"""int16 units, -60 dBFS: quieter samples at the edges are trimmed; espeak-ng pads with zeros."""
_EDGE = 0.005
"""Seconds of the quiet edge that are kept, so that no onset is cut."""
_END = 0.025
"""Seconds of silence that a phrase ends with."""
_TOLERANCE = 0.05
"""Relative error of the duration that is left alone rather than stretched."""


class EspeakEngine:
    """espeak-ng's own voice in one language of the catalogue and all others a job may name."""

    def __init__(self, voice: Voice) -> None:
        self._info = EngineInfo(
            engine="espeak",
            sample_rate=voice.sample_rate,
            max_batch_size=1,
            batching="one phrase after another: each is read by a process of its own",
            provider="espeak-ng",
            deterministic=True,
            resident_bytes=0,
        )

    @property
    def info(self) -> EngineInfo:
        """What this engine can do."""
        return self._info

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak the spoken text of each phrase; a phrase without a sound becomes 10 ms of rest."""
        return [self._speak(job) for job in jobs]

    def _speak(self, job: PhraseJob) -> Pcm | SpeechError:
        how = job.phrase.delivery
        voice = f"{how.language}+{how.speaker}" if how.speaker else how.language
        rate = self._info.sample_rate
        try:
            samples, edges = _at_speed(job.phrase.text, voice, how.speed, rate)
        except SpeechError as error:
            return error
        return Pcm(
            samples=samples,
            sample_rate=rate,
            index=job.phrase.index,
            is_last=job.phrase.is_last,
            phoneme_seconds=(np.diff(edges) / rate).astype(np.float32) if job.timed else None,
        )

    def warm_up(self) -> None:
        """Load the library, its data and the stretcher."""
        _at_speed("one", "en-us", 4.0, self._info.sample_rate)

    def close(self) -> None:
        """Nothing to release: the processes stay for the phonemizer."""


class _Said(NamedTuple):
    """Audio, and where in it each code point of the text begins and the last one ends."""

    samples: Samples
    edges: npt.NDArray[np.float64]


def _at_speed(text: str, voice: str, speed: float, sample_rate: int) -> _Said:
    normal = _said(text, voice, espeak.NORMAL_RATE, sample_rate)
    if speed == 1.0:
        return normal
    rate = min(espeak.MAX_RATE, max(espeak.MIN_RATE, round(espeak.NORMAL_RATE * speed)))
    said = _said(text, voice, rate, sample_rate)
    factor = len(said.samples) / (len(normal.samples) / speed)
    if abs(factor - 1.0) <= _TOLERANCE:
        return said
    wave = stretch(said.samples.astype(np.float32), factor, sample_rate)
    rounded: Samples = np.clip(np.rint(wave), -32768, 32767).astype(np.int16)
    return _Said(rounded, said.edges * (len(rounded) / len(said.samples)))


def _said(text: str, voice: str, rate: int, sample_rate: int) -> _Said:
    samples, words = espeak.synthesize_timed(text, voice, rate)
    kept, start = _trim(samples, sample_rate)
    edges = _edges(text, samples, words)
    edges = np.clip(edges - start, 0, len(kept))
    edges[0], edges[-1] = 0, len(kept)
    return _Said(kept, edges)


def _edges(
    text: str, samples: Samples, words: Sequence[tuple[int, int]]
) -> npt.NDArray[np.float64]:
    """Where each code point begins, and the last one ends.

    espeak-ng tells where words begin, but of those that it says as one, "of the", only the first.
    A word is over with its last loud sample. Its code points share its time alike, and what stands
    between words has the silence.
    """
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _SILENCE)
    places, times = [0.0], [0.0]
    for (place, begin), (behind, until) in pairwise([*words, (len(text), len(samples))]):
        last = max((at for at in range(place, behind) if text[at].isalnum()), default=place)
        heard = loud[np.searchsorted(loud, begin) : np.searchsorted(loud, until)]
        over = int(heard[-1]) + 1 if len(heard) else begin
        for at, sample in ((place, begin), (last + 1, over)):
            if places[-1] < at < behind:
                places.append(at)
                times.append(max(times[-1], sample))
    places.append(len(text))
    times.append(len(samples))
    return np.interp(np.arange(len(text) + 1), places, times)


def _trim(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Cut silent edges down to `_EDGE` and `_END`, so that pauses are the caller's own.

    Returns:
        The rest, and how many samples were cut in front.
    """
    edge, end = int(_EDGE * sample_rate), int(_END * sample_rate)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _SILENCE)
    if not len(loud):
        return np.zeros(2 * edge, np.int16), 0
    start = max(0, int(loud[0]) - edge)
    return np.pad(samples[start : int(loud[-1]) + 1], (0, end)), start
