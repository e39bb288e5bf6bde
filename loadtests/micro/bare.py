"""The floor under a miss: front end, engine and encoder, called one after the other in one process.

No HTTP, no Ray, no queue, no batch: what the same words cost where nothing is shared. The engine
gets phrase by phrase, and the reply is encoded whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from time import perf_counter

import numpy as np

from loadtests.samples import Summary
from speech.audio.containers import codec_rate, encode_whole
from speech.audio.joins import fade_edges, silence
from speech.audio.resample import resample
from speech.config import AudioConfig, EngineConfig, TextConfig
from speech.engines.kinds import Voice
from speech.engines.loading import load_engine
from speech.errors import SpeechError
from speech.interfaces import Engine
from speech.text import FrontEnd
from speech.types import PCM_SAMPLE_RATE, AudioFormat, Delivery, Passage, Pcm, PhraseJob, Utterance
from speech.voices import VoiceCatalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """One voice and format; the summaries are over the same replies, in milliseconds."""

    voice: str
    format: AudioFormat
    normalize: Summary
    synthesize: Summary
    encode: Summary
    total: Summary
    """Of each reply's own sum of the three."""
    phrases: float
    """Per reply, on average."""
    audio_seconds: float
    """Per reply, on average."""


class BareVoice:
    """One loaded voice with a front end of its own. Used by one thread."""

    def __init__(self, catalogue: Path, voice: str, engine: EngineConfig) -> None:
        self._voice: Voice = VoiceCatalogue.load(catalogue).voices[voice]
        self._front_end = FrontEnd(TextConfig(max_seconds=60.0))
        self._engine: Engine = load_engine(self._voice, engine)
        self._engine.warm_up()

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()

    def measure(self, texts: Sequence[str], format: AudioFormat) -> Bare:  # noqa: A002
        """Speak every text once. The front end must not have seen them: it remembers phonemes."""
        rows = [self._speak(text, format) for text in texts]
        normalize, synthesize, encode, phrases, audio = zip(*rows, strict=True)
        return Bare(
            voice=self._voice.id,
            format=format,
            normalize=Summary.of(normalize),
            synthesize=Summary.of(synthesize),
            encode=Summary.of(encode),
            total=Summary.of([fsum(row[:3]) for row in rows]),
            phrases=fsum(phrases) / len(rows),
            audio_seconds=fsum(audio) / len(rows),
        )

    def _speak(
        self,
        text: str,
        format: AudioFormat,  # noqa: A002
    ) -> tuple[float, float, float, int, float]:
        """Seconds of normalize, synthesize and encode; phrases; seconds of audio."""
        voice = self._voice
        started = perf_counter()
        delivery = Delivery(voice=voice.id, speaker=voice.default_speaker, language=voice.language)
        utterance = self._front_end.prepare(Passage(text=text, delivery=delivery), voice.vocabulary)
        normalized = perf_counter()
        spoken = [self._phrase(utterance, index) for index in range(len(utterance.phrases))]
        synthesized = perf_counter()
        data = _encode(utterance, spoken, format)
        encoded = perf_counter()
        if not data:
            raise RuntimeError(f"{voice.id} made no {format}")
        return (
            normalized - started,
            synthesized - normalized,
            encoded - synthesized,
            len(spoken),
            fsum(pcm.duration for pcm in spoken),
        )

    def _phrase(self, utterance: Utterance, index: int) -> Pcm:
        (result,) = self._engine.synthesize([PhraseJob(phrase=utterance.phrases[index])])
        if isinstance(result, SpeechError):
            raise result
        return result


def _encode(utterance: Utterance, spoken: Sequence[Pcm], format: AudioFormat) -> bytes:  # noqa: A002
    """Join and encode as the encoder deployment does a reply that is asked for whole."""
    config = AudioConfig()
    source = spoken[0].sample_rate
    rate = codec_rate(format, PCM_SAMPLE_RATE if format == "pcm" else source)
    parts = [
        part
        for phrase, pcm in zip(utterance.phrases, spoken, strict=True)
        for part in (
            fade_edges(pcm.samples, source, config.edge_fade),
            silence(phrase.pause_after, source),
        )
    ]
    return encode_whole(resample(np.concatenate(parts), source, rate), format, rate, config)
