import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.text import marks
from speech.text.reading import Span, spoken_sentence

basic = st.text(st.characters(max_codepoint=0xFFFF, codec="utf-8"), min_size=1)


@given(basic, basic)
def test_a_word_and_its_phonemes_come_back(word: str, phonemes: str) -> None:
    found = marks.PRONOUNCED.fullmatch(marks.pronounced(word, phonemes))
    assert found is not None
    assert (marks.word_of(found), marks.phonemes_of(found)) == (word, phonemes)


def test_neighbours_stay_apart() -> None:
    text = marks.pronounced("a", "x") + marks.pronounced("b", "y")
    assert [marks.word_of(mark) for mark in marks.PRONOUNCED.finditer(text)] == ["a", "b"]


@pytest.mark.parametrize(("word", "phonemes"), [("", "x"), ("x", ""), ("😀", "x"), ("x", "😀")])
def test_what_cannot_be_written_is_refused(word: str, phonemes: str) -> None:
    with pytest.raises(ValueError, match="basic plane"):
        marks.pronounced(word, phonemes)


@given(st.integers(0, marks.MAX_PAUSE_MILLISECONDS))
def test_a_pause_comes_back_to_the_millisecond(milliseconds: int) -> None:
    written = marks.pause(milliseconds)
    assert marks.PAUSE.fullmatch(written)
    assert marks.milliseconds_of(written) == milliseconds


def test_plain_text_has_the_words_and_no_pauses() -> None:
    text = f"I {marks.pronounced('read', 'ɹˈɛd')} it.{marks.pause(300)} Yes."
    assert marks.plain(text) == "I read it. Yes."


def test_marks_are_nothing_a_rule_looks_for() -> None:
    for character in marks.pronounced("a1 .", "ɹ,'") + marks.pause(12_345):
        assert not character.isalnum()
        assert not character.isspace()


def test_a_reader_may_say_how_a_word_sounds() -> None:
    read = marks.pronounced("read", "ɹˈɛd")
    spans = [Span(2, 6, read, "homograph"), Span(6, 7, "two", "number")]
    assert marks.plain(spoken_sentence("I read2x.", spans)) == "I read two x."
