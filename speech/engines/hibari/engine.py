"""hibari voices on ONNX Runtime: phoneme ids in, levelled PCM without silence at its ends out."""

from collections.abc import Sequence
from functools import lru_cache
from math import log10

import numpy as np
import numpy.typing as npt

from speech.config import EngineConfig
from speech.engines.hibari.character import BINS, Character
from speech.engines.hibari.graph import read_graph
from speech.engines.hibari.vocoder import HOP, SAMPLE_RATE, waveform
from speech.engines.hibari.voice import HibariEntry
from speech.engines.kinds import Voice
from speech.engines.noise import noise_start
from speech.engines.onnx_session import RUN_ERRORS, OnnxSession
from speech.engines.spoken import spoken
from speech.errors import ConfigError, SpeechError, SynthesisError
from speech.interfaces import EngineInfo
from speech.types import Delivery, Pcm, Phrase, PhraseJob

Floats = npt.NDArray[np.float32]

MIN_SPEED, MAX_SPEED = 0.5, 1.25
"""Between these the network speaks by itself. Slower, it ends on a noise of -24 dBFS; faster, every
symbol keeps at least 25 ms, of 50 that most have at speed 1. What is missing is a time stretch."""
MAX_PHONEMES = 4_000
"""Ids of one phrase: its matrices grow with their square."""
_HIGHER = 8.0
"""Decibels that a pitch ten times as high would cost: fewer harmonics are less energy."""
_LOWEST, _HIGHEST = 0.4, 2.5
"""Factors of the network's pitch."""
_UNIT = 2
"""Frames of one unit of duration, 25 ms."""
_ONSET = 16
"""Frames before the end of the first symbol, a silence, from which on there may be sound at speed
1: 200 ms, where the earliest of 20 began 100 ms before that end."""
_LEAD = 3
"""Frames by which sounds come before their symbol's time at speed 1: vowels that began a sentence,
30 to 40 ms."""


class HibariEngine:
    """One hibari voice.

    Raises:
        ConfigError: the model cannot be read.
    """

    def __init__(self, voice: Voice, config: EngineConfig) -> None:
        if voice.model is None or not isinstance(voice.entry, HibariEntry):
            raise ConfigError(f"voice {voice.id!r} has no model")
        if voice.vocabulary is None:
            raise ConfigError(f"voice {voice.id!r} has no vocabulary")
        try:
            graph = read_graph(voice.model.read_bytes())
        except OSError as error:
            raise ConfigError(f"voice {voice.id!r}: {error}") from error
        self._id = voice.id
        self._outputs = graph.outputs
        self._session: OnnxSession | None = OnnxSession(graph.model, config)
        self._symbols = 1 + max(max(ids) for ids in voice.vocabulary.ids.values())
        self._speakers = voice.entry.characters()
        self._info = EngineInfo(
            engine="hibari",
            sample_rate=SAMPLE_RATE,
            max_batch_size=1,
            batching="one phrase at a time: its graph quantizes each tensor as a whole",
            provider="cpu",
            deterministic=True,
            times=True,
            resident_bytes=len(graph.model),
            precision="int8",
        )

    @property
    def info(self) -> EngineInfo:
        """What this engine can do."""
        return self._info

    def synthesize(self, jobs: Sequence[PhraseJob]) -> list[Pcm | SpeechError]:
        """Speak phrases one after another; ids out of the vocabulary or broken audio fail alone."""
        return [self._refused(job.phrase) or self._speak(job) for job in jobs]

    def _refused(self, phrase: Phrase) -> SynthesisError | None:
        ids = phrase.phoneme_ids
        if not 0 < len(ids) <= MAX_PHONEMES:
            return SynthesisError(f"the phrase has {len(ids)} phonemes, not 1 to {MAX_PHONEMES}")
        if min(ids) < 0 or max(ids) >= self._symbols:
            return SynthesisError(
                f"a phoneme id is outside of the voice's 0 to {self._symbols - 1}"
            )
        if phrase.delivery.speaker not in self._speakers:
            return SynthesisError(f"voice {self._id!r} has no such speaker")
        return None

    def _speak(self, job: PhraseJob) -> Pcm | SpeechError:
        if self._session is None:
            raise RuntimeError("the engine is closed")
        phrase = job.phrase
        ids, how = np.array(phrase.phoneme_ids, np.int64), phrase.delivery
        speaker = self._speakers[how.speaker]
        character = _character(speaker.pitch * how.pitch, speaker.formants)
        own = min(max(how.speed, MIN_SPEED), MAX_SPEED)
        try:
            spectra, pitch, units = self._session.run(
                self._outputs, {"ids": ids[np.newaxis], "speed": np.array([own], np.float32)}
            )
        except RUN_ERRORS as error:
            return SynthesisError(f"the model failed: {type(error).__name__}")
        frames = _UNIT * np.maximum(1.0, np.rint(units.reshape(-1)))
        if len(frames) != len(ids) or spectra.shape[1:] != (frames.sum(), 5 * BINS):
            return SynthesisError("the model's spectra do not fit its durations")
        # Whole units, so that the pulses' phase and the noise do not hang on what is skipped.
        skipped = max(0, int(frames[0] - _ONSET / min(own, 1.0)) // _UNIT * _UNIT)
        noise = noise_start(how.seed, phrase.said) + skipped * BINS
        wave = waveform(spectra[0, skipped:], pitch[0, skipped:], noise, character)
        if not np.isfinite(wave).all():
            return SynthesisError("the model's audio holds no numbers")
        said = spoken(
            wave,
            _edges(frames) - skipped * HOP,
            # Durations are rounded, so those at speed 1 are no multiple of these.
            _edges(_UNIT * np.maximum(1.0, np.rint(units.reshape(-1) * own))),
            speed=how.speed,
            lead=_LEAD * HOP / own,
            gain=10 ** ((speaker.gain + _HIGHER * max(0.0, log10(how.pitch))) / 20),
            sample_rate=SAMPLE_RATE,
        )
        return Pcm(
            samples=said.samples,
            sample_rate=SAMPLE_RATE,
            index=phrase.index,
            is_last=phrase.is_last,
            phoneme_seconds=said.seconds if job.timed else None,
        )

    def warm_up(self) -> None:
        """Run a short and a long phrase, and load the stretcher.

        Raises:
            ConfigError: the graph does not run.
        """
        for length in (20, 120):
            phrase = Phrase(
                index=0,
                is_last=True,
                text="",
                phonemes="",
                phoneme_ids=tuple(number % self._symbols for number in range(length)),
                pause_after=0.0,
                delivery=Delivery(
                    language="", speaker=list(self._speakers)[-1], speed=2 * MAX_SPEED
                ),
            )
            if isinstance(result := self._speak(PhraseJob(phrase=phrase)), SpeechError):
                raise ConfigError(f"voice {self._id!r} does not speak: {result.message}")

    def close(self) -> None:
        """Drop the session, and with it its memory."""
        self._session = None


@lru_cache(16)
def _character(pitch: float, formants: float) -> Character | None:
    """None for the network's own voice; one takes 0.4 MB."""
    if (pitch, formants) == (1.0, 1.0):
        return None
    return Character(min(max(pitch, _LOWEST), _HIGHEST), formants)


def _edges(frames: Floats) -> Floats:
    """Where symbols of so many frames begin and end, in samples, [T + 1]."""
    return np.concatenate([[0.0], np.cumsum(frames) * HOP]).astype(np.float32)
