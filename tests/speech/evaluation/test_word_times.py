"""Word times against two recognisers': of the default voice, through every stage but the network.

pocketsphinx is told the words and aligns them with the audio in steps of 10 ms. Whisper, which
writes what it hears, is late: where a word follows silence, so that its beginning can be seen, by
75 ms in the median. Ours are within 10 ms there.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np
import pocketsphinx

from speech.audio.joins import Joiner
from speech.config import EngineConfig, TextConfig
from speech.engines import load_engine
from speech.engines.hibari.voice import HibariEntry
from speech.errors import SpeechError
from speech.evaluation import sentences
from speech.evaluation.hearing import RATE, Wave, heard, words
from speech.text import FrontEnd
from speech.types import PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import passage
from tests.real_voices import whisper

SENTENCES = 100
AT_A_TIME = 5
"""Sentences that fill Whisper's window of 30 s, about."""
NEAR = 0.06
"""Seconds."""
Told = tuple[str, float, float]
"""A word as recognisers write it, and when it begins and ends."""


@cache
def said() -> tuple[tuple[list[Told], Wave], ...]:
    """The words of each sentence with their times, and its audio."""
    catalogue = CatalogueConfig(default="heart", voices=(HibariEntry(id="heart"),))
    voice = VoiceCatalogue.build(catalogue, Path()).voices["heart"]
    engine, front_end = load_engine(voice, EngineConfig(threads=1)), FrontEnd(TextConfig())
    found = []
    for text in list(sentences())[:SENTENCES]:
        joiner, told = Joiner(RATE, 0.005), []
        for phrase in front_end.prepare(passage(text), voice.vocabulary, words=True).phrases:
            (pcm,) = engine.synthesize([PhraseJob(phrase=phrase, timed=True)])
            assert not isinstance(pcm, SpeechError)
            told += joiner.hold(phrase, pcm)
        named = [(" ".join(words(it.text)), it.start, it.end) for it in told]
        found.append((named, heard(joiner.finish(), RATE)))
    engine.close()
    return tuple(found)


def off(pairs: list[tuple[Told, Told]]) -> tuple[float, float, float, float]:
    """Medians of how much later words begin and end, and of the distances."""
    begins = [ours[1] - theirs[1] for ours, theirs in pairs]
    ends = [ours[2] - theirs[2] for ours, theirs in pairs]
    distances = (median(map(abs, begins)), median(map(abs, ends)))
    return median(begins), median(ends), *distances


def aligned(told: list[Told], wave: Wave, decoder: pocketsphinx.Decoder) -> Iterator[Told]:
    """Where pocketsphinx finds the words."""
    lead = RATE // 4
    decoder.set_align_text(" ".join(name for name, _, _ in told))
    decoder.start_utt()
    decoder.process_raw((np.pad(wave, lead) * 32_767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    for part in decoder.seg():
        if part.word[0] not in "<[":
            start, end = part.start_frame / 100, (part.end_frame + 1) / 100
            yield part.word.partition("(")[0], start - lead / RATE, end - lead / RATE


def test_words_are_said_where_pocketsphinx_finds_them() -> None:
    decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
    pairs: list[tuple[Told, Told]] = []
    for told, wave in said():
        theirs = list(aligned(told, wave, decoder))
        assert [name for name, _, _ in theirs] == [name for name, _, _ in told]
        pairs += zip(told, theirs, strict=True)
    begin, end, from_begin, from_end = off(pairs)
    assert max(abs(begin), abs(end), from_begin, from_end) <= NEAR


def together(sentences: Sequence[tuple[list[Told], Wave]]) -> tuple[list[Told], Wave]:
    """Sentences one behind the other."""
    told: list[Told] = []
    waves: list[Wave] = []
    for own, wave in sentences:
        begin = sum(map(len, waves)) / RATE
        told += ((name, begin + start, begin + end) for name, start, end in own)
        waves.append(np.pad(wave, (0, RATE // 4)))
    return told, np.concatenate(waves)


def test_words_are_said_when_whisper_hears_them() -> None:
    ear, pairs, count = whisper(), [], 0
    for place in range(0, SENTENCES, AT_A_TIME):
        told, wave = together(said()[place : place + AT_A_TIME])
        theirs = ear.timed(wave)
        names = [name for name, _, _ in told], [name for name, _, _ in theirs]
        count += len(told)
        for block in SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
            pairs += zip(told[block.a :][: block.size], theirs[block.b :], strict=False)
    assert len(pairs) > 0.9 * count
    begin, end, _, _ = off(pairs)
    assert abs(begin) <= NEAR
    # It lets a word last until the next one, or into the pause.
    assert -0.1 <= end <= 0
