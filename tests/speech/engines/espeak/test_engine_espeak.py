import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from speech.config import EngineConfig
from speech.engines import load_engine
from speech.engines.espeak import EspeakEntry
from speech.engines.stretching import stretch
from speech.errors import SynthesisError
from speech.interfaces import Engine
from speech.types import Pcm, PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import phrase_job

TEXTS = ["Hi.", "Hello there.", "The quick brown fox jumps over the lazy dog near the river bank."]


@pytest.fixture(scope="module")
def engine() -> Engine:
    entry = EspeakEntry(id="e", speakers=("f2", "m3"))
    catalogue = VoiceCatalogue.build(CatalogueConfig(default="e", voices=(entry,)), Path())
    return load_engine(catalogue.voices["e"], EngineConfig())


def job(
    text: str, *, speed: float = 1.0, speaker: str = "", language: str = "en-us", index: int = 0
) -> PhraseJob:
    return phrase_job(text, language, speed=speed, speaker=speaker, index=index)


def speak(engine: Engine, item: PhraseJob) -> Pcm:
    (result,) = engine.synthesize([item])
    assert isinstance(result, Pcm)
    return result


def pitch(samples: np.ndarray, sample_rate: int) -> float:
    """Hertz of the strongest period between 60 and 300 Hz, over the whole sound."""
    x = samples.astype(np.float64)
    spectrum = np.abs(np.fft.rfft(x, 2 * len(x))) ** 2
    correlation = np.fft.irfft(spectrum)
    low, high = sample_rate // 300, sample_rate // 60
    return sample_rate / (low + int(np.argmax(correlation[low:high])))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("speed", [0.25, 0.5, 1.5, 2.5, 4.0])
def test_speed_gives_the_duration(engine: Engine, text: str, speed: float) -> None:
    normal = speak(engine, job(text))
    changed = speak(engine, job(text, speed=speed))
    assert changed.duration * speed / normal.duration == pytest.approx(1.0, abs=0.1)
    # Level is kept to 3 dB: nothing was stretched into silence.
    ratio = changed.samples.astype(float).std() / normal.samples.astype(float).std()
    assert 0.7 < ratio < 1.4


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_stretch_keeps_the_pitch(factor: float) -> None:
    rate = 22_050
    time = np.arange(rate) / rate
    tone = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 5)) * 5000
    result = stretch(tone.astype(np.float32), factor, rate)
    assert len(result) == round(rate / factor)
    assert pitch(result, rate) == pytest.approx(140, rel=0.03)


def test_silent_edges_are_trimmed(engine: Engine) -> None:
    for text in TEXTS:
        pcm = speak(engine, job(text))
        loud = np.flatnonzero(np.abs(pcm.samples.astype(int)) > 33)
        assert loud[0] <= 0.005 * pcm.sample_rate
        assert 0.02 <= (len(pcm.samples) - 1 - loud[-1]) / pcm.sample_rate <= 0.03


def test_variants_and_languages_sound_different(engine: Engine) -> None:
    plain = speak(engine, job("seven", speaker=""))
    woman = speak(engine, job("seven", speaker="f2"))
    german = speak(engine, job("seven", language="de"))
    assert pitch(woman.samples, 22_050) > 1.2 * pitch(plain.samples, 22_050)
    assert abs(len(german.samples) - len(plain.samples)) > 50


def test_an_unknown_language_fails_alone(engine: Engine) -> None:
    results = engine.synthesize([job("one"), job("two", language="xx"), job("three", index=2)])
    assert [type(item) for item in results] == [Pcm, SynthesisError, Pcm]
    assert isinstance(results[2], Pcm)
    assert results[2].index == 2


def test_nothing_to_pronounce_is_a_short_rest(engine: Engine) -> None:
    pcm = speak(engine, job("…"))
    assert 0 < pcm.duration <= 0.011
    assert not pcm.samples.any()


def test_info_declares_what_it_is(engine: Engine) -> None:
    assert engine.info.max_batch_size == 1
    assert engine.info.deterministic
    assert engine.info.provider == "espeak-ng"
    engine.warm_up()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("In the end of the day, well-known Samuel, the boxer, paid.", "en-us"),
        ("Die Straßen sind, oft genug, leer.", "de"),
        ("你好，世界。", "cmn"),
        ("Hi.", "en-us"),
        ("…", "en-us"),
    ],
)
@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0, 4.0])
def test_words_are_where_they_are_heard(
    engine: Engine, text: str, language: str, speed: float
) -> None:
    """Every character has a time of its own; pauses at commas, where it makes any, in no word."""
    pcm = speak(engine, replace(job(text, language=language, speed=speed), timed=True))
    assert pcm.phoneme_seconds is not None
    assert len(pcm.phoneme_seconds) == len(text)
    assert pcm.phoneme_seconds.min() >= 0
    assert pcm.phoneme_seconds.sum() == pytest.approx(pcm.duration, abs=1e-3)
    edges = np.concatenate(([0], np.cumsum(pcm.phoneme_seconds))) * pcm.sample_rate
    loud = np.abs(pcm.samples.astype(int)) > 300
    for word in re.finditer(r"\w+", text):
        begin, end = (round(edges[place]) for place in word.span())
        assert loud[begin:end].mean() > 0.2
    for pause in re.finditer(r"[,，] ?", text) if speed <= 1 else ():
        begin, end = (round(edges[place]) for place in pause.span())
        assert begin < end
        assert loud[begin:end].mean() < 0.05


def test_who_asks_for_no_times_gets_none(engine: Engine) -> None:
    assert speak(engine, job("Hello there.")).phoneme_seconds is None
