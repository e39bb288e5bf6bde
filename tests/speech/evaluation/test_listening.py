"""Errors against the nearest reading, by a recogniser that is told what it hears."""

import numpy as np
import pytest

from speech.evaluation import hearing, listening
from speech.evaluation.hearing import Sphinx, Whisper, recogniser
from speech.evaluation.listening import Listener
from speech.evaluation.speaking import Spoken
from speech.evaluation.suite import Sentence
from tests.real_voices import judge, whisper

TONE = np.rint(8_000 * np.sin(np.arange(24_000) / 20)).astype(np.int16)
SPOKEN = Spoken(samples=TONE, sample_rate=24_000, phonemes="", seconds=0.01)


class Told:
    name = "told"

    def __init__(self, text: str) -> None:
        self._text = text

    def knows(self, language: str) -> bool:
        return language in {"en", "de"}

    def text(self, wave: hearing.Wave, language: str = "en") -> str:
        return self._text


PRICE = Sentence(text="It costs $3.50.", spoken=("it costs three dollars fifty",))
GERMAN = Sentence(text="Ein schöner Tag.", language="de")


@pytest.fixture(scope="module")
def listener() -> Listener:
    whisper()  # or skip
    judge()
    return Listener()


@pytest.mark.filterwarnings("ignore")  # librosa's
@pytest.mark.parametrize(
    ("sentence", "heard", "errors"),
    [
        (PRICE, "It costs three dollars fifty.", 0),
        (PRICE, "It costs $3.50.", 0),
        (PRICE, "It costs three point five.", 2 / 5),
        (PRICE, "", 1),
        (GERMAN, "ein schöner tag", 0),
        (GERMAN, "Ein schoner Tag", 1 / 3),
        (Sentence(text="Bonjour.", language="fr"), "Bonjour.", None),
    ],
)
def test_words_are_held_against_the_nearest_reading(
    listener: Listener, sentence: Sentence, heard: str, errors: float | None
) -> None:
    listener.recogniser = Told(heard)
    found = listener.listen("any", sentence, SPOKEN)
    assert found.values.get("word_error") == (
        errors if errors is None else pytest.approx(errors, abs=1e-4)
    )
    assert found.values["speed"] == 100


@pytest.mark.filterwarnings("ignore")
def test_silence_has_a_signal_and_nothing_else(listener: Listener) -> None:
    hush = Spoken(samples=np.zeros(24_000, np.int16), sample_rate=24_000, phonemes="")
    values = listener.listen("any", PRICE, hush).values
    assert values["loudness"] == -99
    assert "p808" not in values


def test_who_hears_words(monkeypatch: pytest.MonkeyPatch) -> None:
    whisper()  # or skip
    assert isinstance(recogniser(), Whisper)
    there = hearing.find_spec
    monkeypatch.setattr(hearing, "find_spec", lambda it: it != "faster_whisper" and there(it))
    assert isinstance(recogniser(), Sphinx)
    assert not Sphinx().knows("de")
    assert listening.recogniser is recogniser
