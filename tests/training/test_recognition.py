import numpy as np
import pytest

recognition = pytest.importorskip("training.recognition", reason="it needs pocketsphinx")


def test_words_are_compared_without_case_or_marks() -> None:
    assert recognition.words("Don't stop, Twenty-One!") == ["don't", "stop", "twenty", "one"]


@pytest.mark.parametrize(
    ("wanted", "heard", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "a c", 1),
        ("a b c", "", 3),
        ("", "a", 1),
        ("a b", "b a", 2),
    ],
)
def test_word_errors(wanted: str, heard: str, errors: int) -> None:
    assert recognition.word_errors(wanted.split(), heard.split()) == errors


def test_loudness_decides_nothing() -> None:
    rng = np.random.default_rng(0)
    wave = rng.standard_normal(8_000).astype(np.float32)
    assert np.allclose(recognition.levelled(wave), recognition.levelled(0.01 * wave), atol=1e-6)
