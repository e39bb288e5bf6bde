"""A voice asked for sentences without a server: front end, engine and joins, as one process."""

from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Protocol

import numpy as np

from speech.audio.joins import Joiner
from speech.config import AudioConfig, EngineConfig, TextConfig
from speech.engines import load_engine
from speech.engines.kinds import Voice
from speech.errors import InvalidInputError, SpeechError
from speech.evaluation.suite import Sentence
from speech.text import FrontEnd
from speech.types import Delivery, Passage, PhraseJob, Samples

PATIENT = TextConfig(max_seconds=120)
"""Of a text front end: who measures waits longer than a server's caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A sentence as it was said."""

    samples: Samples
    """One-dimensional int16."""
    sample_rate: int
    """Hertz."""
    phonemes: str
    """Asked for, as the voice's phonemizer writes them; empty where it reads letters."""
    seconds: float | None = None
    """What an engine took: processor time, or wall time where it computes elsewhere than in this
    process. None of a server, which has caches."""
    padding: float | None = None
    """Seconds by which the container lasts longer than the audio that was put into it."""


class Speaks(Protocol):
    """A voice, wherever it is."""

    def languages(self) -> tuple[str, ...]:
        """Tags of what it speaks, lower case."""
        ...

    def say(self, sentence: Sentence, seed: int) -> Spoken:
        """Say a sentence of one of its languages.

        Raises:
            SpeechError: it cannot.
        """
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


def tag_of(languages: tuple[str, ...], wanted: str) -> str:
    """The tag under which a language is spoken, such as `en-us` for `en`; empty for none."""
    return next((tag for tag in languages if tag == wanted or tag.split("-")[0] == wanted), "")


class EngineAlone:
    """A voice of a catalogue, on one thread of this process."""

    def __init__(self, voice: Voice, speaker: str) -> None:
        self._voice = voice
        self._speaker = speaker
        self._front_end = FrontEnd(PATIENT)
        self._engine = load_engine(voice, EngineConfig(threads=1))
        self._clock = process_time if self._engine.info.provider == "cpu" else perf_counter

    def languages(self) -> tuple[str, ...]:
        """Tags of what it speaks."""
        return self._voice.languages

    def say(self, sentence: Sentence, seed: int) -> Spoken:
        """Say a sentence as a server would, but whole."""
        language = tag_of(self._voice.languages, sentence.language)
        if not language:
            raise InvalidInputError(f"the voice does not speak {sentence.language}", "language")
        how = Delivery(voice=self._voice.id, speaker=self._speaker, language=language, seed=seed)
        passage = Passage(text=sentence.text, delivery=how)
        utterance = self._front_end.prepare(passage, self._voice.vocabulary_in(language))
        joiner = Joiner(self._voice.sample_rate, AudioConfig().edge_fade)
        seconds = 0.0
        for phrase in utterance.phrases:
            started = self._clock()
            (result,) = self._engine.synthesize([PhraseJob(phrase=phrase)])
            seconds += self._clock() - started
            if isinstance(result, SpeechError):
                raise result
            joiner.hold(phrase, result)
        return Spoken(
            samples=np.asarray(joiner.finish(), np.int16),
            sample_rate=self._voice.sample_rate,
            phonemes=" ".join(phrase.phonemes for phrase in utterance.phrases),
            seconds=seconds,
        )

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()
