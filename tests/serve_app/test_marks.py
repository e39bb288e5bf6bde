"""Marks: words of the written text, put together from words as they are said."""

from itertools import pairwise

import pytest

from serve_app.marks import Mark, Marker
from speech.types import SpokenWord

TEXT = "“Pay $3.50,” he said. So be it…  你好。再见"
SAID = [
    ("Pay", "Pay"), ("three", "$3.50"), ("dollars", "$3.50"), ("fifty", "$3.50"), ("he", "he"),
    ("said", "said"), ("so", "So"), ("be", "be"), ("it", "it"), ("你", "你"), ("好", "好"),
    ("再", "再"), ("见", "见"),
]  # fmt: skip
BEGINS = {"“": 0, "S": 22, "你": 33, "再": 36}


def words() -> list[SpokenWord]:
    found, place = [], 0
    for number, (spoken, written) in enumerate(SAID):
        place = TEXT.index(written, place)
        sentence = max(begin for begin in BEGINS.values() if begin <= place)
        stretch = (place, place + len(written))
        sounds = ((spoken[:1], number + 0.5), (spoken[1:], number + 0.75))
        on = number + 1 < len(SAID) and SAID[number + 1][1] == written
        found.append(SpokenWord(spoken, stretch, number, number + 0.75, sentence, on, sounds))
    return found


def marked(kind: str, size: int) -> list[Mark]:
    """The marks of words that come so many at a time."""
    marker = Marker(TEXT, kind)
    found = words()
    pieces = [found[place : place + size] for place in range(0, len(found), size)]
    return [mark for piece in pieces for mark in marker.take(piece)] + marker.rest()


@pytest.mark.parametrize("kind", ["word", "phoneme", "sentence"])
@pytest.mark.parametrize("size", [1, 2, 5, 99])
def test_marks_do_not_depend_on_how_words_come(kind: str, size: int) -> None:
    marks = marked(kind, size)
    assert marks == marked(kind, 3)
    assert all(mark.text == TEXT[slice(*mark.written)] for mark in marks)
    assert all(one.written[1] <= two.written[0] for one, two in pairwise(marks))


def test_words_of_one_written_form_are_one_mark() -> None:
    marks = marked("word", 1)
    assert [(mark.text, mark.spoken) for mark in marks[:3]] == [
        ("Pay", "Pay"), ("$3.50", "three dollars fifty"), ("he", "he"),
    ]  # fmt: skip
    assert (marks[1].start, marks[1].end) == (1, 3.75)
    assert len(marks) == len(SAID) - 2


def test_a_mark_waits_for_no_word_that_is_not_its_own() -> None:
    marker = Marker(TEXT)
    pay, three, dollars, fifty, he, *_ = words()
    assert [mark.text for mark in marker.take([pay])] == ["Pay"]
    assert marker.take([three, dollars]) == []
    assert [mark.text for mark in marker.take([fifty, he])] == ["$3.50", "he"]
    assert marker.rest() == []


def test_sentences_have_their_punctuation() -> None:
    marks = marked("sentence", 1)
    assert [mark.text for mark in marks] == [
        "“Pay $3.50,” he said.", "So be it…", "你好。", "再见",
    ]  # fmt: skip
    assert [mark.spoken for mark in marks] == [
        "Pay three dollars fifty he said", "so be it", "你好", "再见",
    ]  # fmt: skip
    assert [(mark.start, mark.end) for mark in marks[:2]] == [(0, 5.75), (6, 8.75)]


def test_phonemes_have_a_beginning_and_an_end() -> None:
    mark = marked("phoneme", 1)[1].wire()
    assert mark["phonemes"][:3] == [
        {"phoneme": "t", "start": 1, "end": 1.5},
        {"phoneme": "hree", "start": 1.5, "end": 1.75},
        {"phoneme": "d", "start": 1.75, "end": 2.5},
    ]
    assert mark["phonemes"][-1]["end"] == mark["end"]
