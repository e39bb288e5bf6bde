import numpy as np
import pytest

from speech.errors import ConfigError
from speech.evaluation import hearing, held_out, sentences
from speech.evaluation.hearing import Judge, Whisper, heard, word_errors, words
from tests.real_voices import judge


def test_words_are_compared_without_case_or_marks() -> None:
    assert words("Don't stop, Twenty-One!") == ["don't", "stop", "twenty", "one"]


@pytest.mark.parametrize(
    ("wanted", "found", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "a c", 1),
        ("a b c", "", 3),
        ("", "a", 1),
        ("a b", "b a", 2),
    ],
)
def test_word_errors(wanted: str, found: str, errors: int) -> None:
    assert word_errors(wanted.split(), found.split()) == errors


def test_sentences_are_many_and_none_twice() -> None:
    assert len(held_out()) == 200
    assert len(set(sentences())) == len(sentences()) == 240


@pytest.mark.filterwarnings("ignore")  # librosa's
def test_loudness_and_length_decide_nothing() -> None:
    listener = judge()
    time = np.arange(40_000) / 24_000
    tone = np.sin(2 * np.pi * 200 * time) * np.sin(2 * np.pi * 3 * time) ** 2
    wave = heard((8_000 * tone).astype(np.int16), 24_000)
    assert len(wave) == round(40_000 * 2 / 3)
    loud = listener.opinion(wave)
    assert loud == pytest.approx(listener.opinion(wave * 0.1), abs=0.05)
    noise = np.random.default_rng(0).standard_normal(20 * hearing.RATE).astype(np.float32)
    assert all(1 <= mark < 3 for mark in listener.opinion(noise))


@pytest.mark.parametrize("kind", [Whisper, Judge])
def test_what_is_not_installed_is_said(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"not installed: pip install 'chorale\[evaluate\]'"):
        kind()
