"""Word times against a recogniser's: of the default voice, through every stage but the network."""

from difflib import SequenceMatcher
from pathlib import Path
from statistics import median

import numpy as np

from speech.audio.joins import Joiner
from speech.config import EngineConfig, TextConfig
from speech.engines import load_engine
from speech.engines.hibari.voice import HibariEntry
from speech.errors import SpeechError
from speech.evaluation import sentences
from speech.evaluation.hearing import RATE, heard, words
from speech.text import FrontEnd
from speech.types import PhraseJob, SpokenWord
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import passage
from tests.real_voices import whisper

SENTENCES = 100
AT_A_TIME = 6
"""Sentences that fill Whisper's window of 30 s, about."""


def said(texts: list[str]) -> tuple[list[SpokenWord], np.ndarray]:
    """The words of some sentences with their times, and the audio as Whisper hears it."""
    catalogue = CatalogueConfig(default="heart", voices=(HibariEntry(id="heart"),))
    voice = VoiceCatalogue.build(catalogue, Path()).voices["heart"]
    engine = load_engine(voice, EngineConfig(threads=1))
    utterance = FrontEnd(TextConfig()).prepare(
        passage(" ".join(texts)), voice.vocabulary, words=True
    )
    joiner, found = Joiner(RATE, 0.005), []
    for phrase in utterance.phrases:
        (pcm,) = engine.synthesize([PhraseJob(phrase=phrase, timed=True)])
        assert not isinstance(pcm, SpeechError)
        found += joiner.hold(phrase, pcm)
    engine.close()
    return found, heard(joiner.finish(), RATE)


def test_words_are_said_when_whisper_hears_them() -> None:
    ear = whisper()
    begins: list[float] = []
    ends: list[float] = []
    count = 0
    texts = list(sentences())[:SENTENCES]
    for place in range(0, len(texts), AT_A_TIME):
        spoken, wave = said(texts[place : place + AT_A_TIME])
        told = [(" ".join(words(it.text)), it.start, it.end) for it in spoken]
        times = ear.timed(wave)
        names = [name for name, _, _ in told], [name for name, _, _ in times]
        count += len(told)
        for block in SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
            for ours, theirs in zip(
                told[block.a : block.a + block.size],
                times[block.b : block.b + block.size],
                strict=True,
            ):
                begins.append(ours[1] - theirs[1])
                ends.append(ours[2] - theirs[2])
    print(  # noqa: T201 (what was measured)
        f"{len(begins)} of {count} words; begin {median(begins):+.3f} s, "
        f"off by {median(map(abs, begins)):.3f}; end {median(ends):+.3f} s, "
        f"off by {median(map(abs, ends)):.3f}"
    )
    assert len(begins) > 0.85 * count
    assert median(map(abs, begins)) <= 0.06
    assert median(map(abs, ends)) <= 0.06
