import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.errors import InvalidInputError
from speech.text.characters import MAX_MARKS
from speech.text.cleanup import clean, cleaned, is_speakable
from speech.text.edits import applied
from speech.types import Normalization


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("  plain text ", "plain text"),
        ("cafe\u0301", "café"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("bidi\u202eflip\u202c", "bidiflip"),
        ("soft\u00adhyphen", "softhyphen"),
        ("bell\x07\x00", "bell"),
        ("“quoted” and ‘single’", "\"quoted\" and 'single'"),
        ("it’s", "it's"),
        ("wait…", "wait..."),
        ("a—b", "a — b"),
        ("a -- b", "a — b"),
        ("a - b", "a — b"),
        ("well-known", "well-known"),
        ("1990–1995", "1990-1995"),
        ("no\u00a0break", "no break"),
        ("tabs\t and   spaces", "tabs and spaces"),
        ("one\r\ntwo\n\n \n three", "one\ntwo\nthree"),
        ("one\u2028two", "one\ntwo"),
        ("# Title\n=====\ntext", "Title\ntext"),
        ("one --- two", "one two"),
        ("one--two", "one — two"),
        ("— Hello", "— Hello"),
        ("a — — b", "a — b"),
        ("&lt;3 &amp;amp; **you**", "<3 & you"),
        ("السلام عليكم", "السلام عليكم"),
        ("你好，世界", "你好，世界"),
    ],
)
def test_text_is_tidied(raw: str, tidy: str) -> None:
    assert clean(raw) == tidy


def test_lone_surrogate_is_the_callers_error() -> None:
    with pytest.raises(InvalidInputError) as caught:
        clean("broken \ud800 text")
    assert caught.value.param == "input"


def test_stacked_marks_are_bounded() -> None:
    assert len(clean("a" + "\u0302" * 500)) <= MAX_MARKS + 1


@pytest.mark.parametrize("text", ["a", "5", "你", "$", "50 %", "½"])
def test_what_has_a_sound_is_speakable(text: str) -> None:
    assert is_speakable(text)


@pytest.mark.parametrize("text", ["", "...", "!!!", "—", "\"'()", "*"])
def test_what_has_none_is_not(text: str) -> None:
    assert not is_speakable(text)


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once == once.strip()
    assert "  " not in once
    assert "\n\n" not in once


PIECES = st.sampled_from(
    [
        *(
            "*bold*",
            "**x**",
            "_y_",
            "`c`",
            "[a](b)",
            "#",
            ">",
            "-",
            "|",
            "\\*",
            "~~",
            "--",
            "–",
            "—",
        ),
        *("&amp;", "&#8217;", "👍🏽", "1️⃣", "🇩🇪", "①", "ﬁ", "²", "é", "e\u0301", "…", "«", "| a |"),
        "https://x.de/a?b",
    ]
)


@given(st.lists(st.one_of(PIECES, st.sampled_from(" \n,.ab5")), max_size=40).map("".join))
@pytest.mark.parametrize("wanted", [Normalization(), Normalization(emoji="say", urls="short")])
def test_the_edits_are_what_was_done(wanted: Normalization, text: str) -> None:
    done = cleaned(text, wanted)
    edits = done.edits()
    assert applied(text, edits) == done.text == clean(text, wanted)
    assert all(0 <= edit.start <= edit.end <= len(text) for edit in edits)


def test_a_plain_text_is_not_touched() -> None:
    assert cleaned("Nothing here (really) costs $5, at 3:30.").passes == ()
