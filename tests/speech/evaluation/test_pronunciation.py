"""What is asked for and what is heard, of words that have a right and a wrong way."""

import numpy as np
import pytest

from speech.errors import ConfigError
from speech.evaluation.hearing import heard, words
from speech.evaluation.pronunciation import Fitting, asked_right
from speech.evaluation.speaking import EngineAlone
from speech.evaluation.suite import RANDOM, Sentence, chosen, suite
from tests.real_voices import package

READ = Sentence(text="I have read the book.", word="read", right=("R EH D",), wrong=("R IY D",))


def test_the_suite_is_sound() -> None:
    assert list(suite())[:3] == ["contractions", "interjections", "questions"]
    for category, found in suite().items():
        assert len({one.text for one in found}) == len(found), category
        for one in found:
            assert bool(one.word) == bool(one.right) == bool(one.wrong), one.text
            assert not one.word or words(one.word)[0] in words(one.text)
    assert len(chosen([], None)) > 100
    assert [name for name, _ in chosen([RANDOM], 30)] == [RANDOM] * 30
    with pytest.raises(ConfigError, match="unknown category 'songs'"):
        chosen(["songs"], None)


@pytest.mark.parametrize(
    ("phonemes", "right"),
    [
        ("aɪ hæv ɹˈɛd ðə bˈʊk.", True),
        ("aɪ hæv ɹˈiːd ðə bˈʊk.", False),
        ("I hæv ɹˈɛd ðə bˈʊk.", True),  # misaki's
        ("", None),
    ],
)
def test_what_is_asked_for_is_compared(phonemes: str, right: bool | None) -> None:
    assert asked_right(phonemes, READ) is right


@pytest.mark.filterwarnings("ignore")
def test_what_is_heard_is_the_way_a_word_is_said() -> None:
    """The natural voice, told to read both ways, by an acoustic model that knows neither."""
    package("hibari")
    from serve_app.voices.command import find_voice  # noqa: PLC0415

    voice = EngineAlone(*find_voice("heart"))
    fitting = Fitting()
    said = {}
    for written in ("red", "reed"):
        text = f"I have {written} the book."
        spoken = voice.say(Sentence(text=text), 0)
        said[written] = fitting.heard_right(heard(spoken.samples, spoken.sample_rate), READ)
    voice.close()
    assert said == {"red": True, "reed": False}
    assert fitting.heard_right(np.zeros(16_000, np.float32), Sentence(text="Yes.")) is None
