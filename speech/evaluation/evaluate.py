"""Measures an English voice on held-out sentences, spoken as a server would, on one thread."""

from collections.abc import Sequence
from time import process_time

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from speech.config import EngineConfig, StrictModel, TextConfig
from speech.engines import load_engine
from speech.engines.kinds import Voice
from speech.errors import ConfigError, SpeechError
from speech.evaluation.hearing import Judge, Wave, Whisper, heard, word_errors, words
from speech.evaluation.speakers import formant_factor, median_pitch
from speech.loudness import loudness, true_peak
from speech.text import FrontEnd
from speech.types import Delivery, Passage, Pcm, PhraseJob


class Quality(StrictModel):
    """One speaker of a voice."""

    speaker: str
    """Empty for a voice of one."""
    sentences: int
    word_error: float
    """Of Whisper tiny.en, as a share of words."""
    overall: float
    """Mean of DNSMOS overall."""
    p808: float
    """Mean of DNSMOS P.808."""
    pitch: float
    """Median, Hertz."""
    formants: float
    """Factor of the frequencies of the resonances, to the first speaker's."""
    loudness: float
    """LUFS of all sentences together."""
    true_peak: float
    """Highest of any sentence, dB of full scale."""
    times_real_time: float
    """Seconds of audio in a second of processor time, engine alone."""


def evaluate(voice: Voice, speakers: Sequence[str], texts: Sequence[str]) -> list[Quality]:
    """Speak sentences with each speaker, and listen.

    Raises:
        SpeechError: the voice does not speak English or does not load, or what listens is not
            installed.
    """
    language = next((tag for tag in voice.languages if tag.split("-")[0] == "en"), "")
    if not language:
        raise ConfigError(f"the sentences are English, and {voice.id!r} speaks {voice.language!r}")
    whisper, judge, front_end = Whisper(), Judge(), FrontEnd(TextConfig())
    vocabulary, engine = voice.vocabulary_in(language), load_engine(voice, EngineConfig(threads=1))
    engine.warm_up()
    found: list[Quality] = []
    first: list[Wave] = []
    for speaker in speakers:
        errors = said = 0
        opinions, waves, spoken, taken = [], [], [], 0.0
        name = f"{voice.id}/{speaker}" if speaker else voice.id
        for place, text in enumerate(track(texts, name, console=Console(stderr=True))):
            how = Delivery(voice=voice.id, speaker=speaker, language=language, seed=place)
            utterance = front_end.prepare(Passage(text=text, delivery=how), vocabulary)
            started = process_time()
            results = [engine.synthesize([PhraseJob(phrase=it)])[0] for it in utterance.phrases]
            taken += process_time() - started
            pcm = np.concatenate([_audio(result).samples for result in results])
            wave = heard(pcm, voice.sample_rate)
            wanted = words(utterance.normalized)
            # What is heard is read as texts are: Whisper writes 7:45 for `seven forty five`.
            passage = Passage(text=whisper.text(wave), delivery=how)
            understood = front_end.prepare(passage, vocabulary).normalized
            errors += word_errors(wanted, words(understood))
            said += len(wanted)
            opinions.append(judge.opinion(wave))
            waves.append(wave)
            spoken.append(pcm / 32_768)
        first = first or waves
        joined = np.concatenate(spoken)
        overall, p808 = np.mean(opinions, axis=0)
        found.append(
            Quality(
                speaker=speaker,
                sentences=len(texts),
                word_error=round(errors / said, 4),
                overall=round(float(overall), 3),
                p808=round(float(p808), 3),
                pitch=round(float(np.median([median_pitch(wave) for wave in waves])), 1),
                formants=round(formant_factor(waves, first), 2),
                loudness=round(loudness(joined, voice.sample_rate), 2),
                true_peak=round(max(map(true_peak, spoken)), 2),
                times_real_time=round(len(joined) / voice.sample_rate / taken, 1),
            )
        )
    engine.close()
    return found


def quality_table(voice: str, found: Sequence[Quality]) -> Table:
    """One row for each speaker."""
    table = Table(title=f"{voice}, {found[0].sentences} sentences")
    table.add_column("speaker")
    for name in ("word errors", "DNSMOS", "P.808", "pitch", "formants", "LUFS", "peak", "speed"):
        table.add_column(name, justify="right")
    for one in found:
        table.add_row(
            one.speaker or "-",
            f"{100 * one.word_error:.1f} %",
            f"{one.overall:.2f}",
            f"{one.p808:.2f}",
            f"{one.pitch:.0f}",
            f"{one.formants:.2f}",
            f"{one.loudness:.1f}",
            f"{one.true_peak:.1f}",
            f"{one.times_real_time:.0f}x",
        )
    return table


def _audio(result: Pcm | SpeechError) -> Pcm:
    if isinstance(result, SpeechError):
        raise result
    return result
