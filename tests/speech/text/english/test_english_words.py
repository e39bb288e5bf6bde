"""Which words are looked at, and by whom first."""

from collections.abc import Callable

import pytest

from speech.text.english.words import is_plain, read_word

# Sounds, stutters, drawn-out words.

INTERJECTIONS = [
    ("sooo good, noooo", "so good, no"),
    ("coool", "cool"),
    ("Shhhh, grrrr", "Shh, grr"),
    ("c-c-can't", "c c can't"),
    ("I-I know", "I I know"),
    ("a no-no", "a no-no"),
    ("D-Day and a t-test", "D-Day and a t-test"),
    ("Chapters I-II", "Chapters one to two"),
    ("the www page", "the www page"),
]


@pytest.mark.parametrize(("written", "spoken"), INTERJECTIONS)
def test_interjections(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize("word", ["the", "Smith", "don't", "élan", "iz"])
def test_nearly_every_word_is_plain(word: str) -> None:
    assert is_plain(word)


@pytest.mark.parametrize("word", ["NASA", "etc", "I", "iPhone", "read", "Dr", "McDonald"])
def test_words_with_readers_are_not(word: str) -> None:
    assert not is_plain(word)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CO2", "chemical"),
        ("XIV. century", "roman"),
        ("IMF", "acronym"),
        ("Dr. X", "abbreviation"),
        ("Mon. at", "date"),
        ("C#m", "music"),
        ("shh", "interjection"),
    ],
)
def test_the_first_reader_that_knows_a_word_reads_it(text: str, kind: str) -> None:
    found = read_word(text, 0)
    assert found is not None
    assert found.kind == kind


def test_words_without_a_reading_are_left() -> None:
    assert read_word("McDonald", 0) is None
    assert read_word("McDonald", 8) is None
