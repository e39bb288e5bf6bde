"""The scan over all classes: what is left alone, spans, digits, work, its own output."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speech.text.cleanup import clean
from speech.text.english import english_spans, read_english

CASES = Path(__file__).resolve().parents[1] / "cases" / "english.tsv"
NUMERIC = frozenset(
    {"number", "money", "measure", "date", "time", "year", "range", "ordinal", "fraction",
     "telephone", "score", "serial", "math"}
)  # fmt: skip
_PIECES = """
0 1 9 12 15 30 99 007 1999 2024 13000 1,000 .5 3.14 $ € £ ¢ % ° °C ² ½ ① ٣ / - – . , : ; ' " ( )
+ = < >= ^ x × # @ & am p.m. km m ft in lb mph MB st nd th s 's Jan May Mon Q1 FY BC USD kr B-
covid- won by in the of people bn M k call ext. 4'33 T10:30Z US$ http:// www. v1.2
"""
texts = st.lists(st.sampled_from([*_PIECES.split(), " "]), min_size=1, max_size=9).map(
    "".join
) | st.text(max_size=40)


@pytest.mark.parametrize(
    "text",
    [
        "This is plain, isn't it? Yes!",
        "Wait... what?",
        "She said no.",
        'He said "go" (twice).',
    ],
)
def test_plain_text_is_untouched(text: str) -> None:
    assert read_english(text) == text


@given(texts, st.booleans())
@example("B2e5 1\u00b2 \u0663", False)
@settings(max_examples=300, deadline=None)
def test_spans_are_in_order_and_hold_no_digit(text: str, british: bool) -> None:
    sentence = " ".join(clean(text).split())
    end = 0
    for span in english_spans(sentence, british=british):
        assert end <= span.start < span.end <= len(sentence)
        end = span.end
    spoken = read_english(sentence, british=british)
    assert not any(map(str.isdigit, spoken)), spoken


def test_spoken_text_holds_no_number_to_read(said: Callable[[str], str]) -> None:
    lines = CASES.read_text("utf-8").split("\n")[1:]
    spoken = {said(line.split("\t")[1]) for line in lines if line}
    assert spoken
    found = [(text, span) for text in spoken for span in english_spans(text)]
    assert [(text, span) for text, span in found if span.kind in NUMERIC] == []


@pytest.mark.parametrize(
    "unit",
    ["1", "$", "(", '"', ".", "-", "/", "1,111,", "1.", "1-", "1/", "1:", "$1-", "a@", "a.", "@",
     "St. ", "Jan 1 ", "1980s-", "5 km ", "½", "+1(", "123-123-", "http://", "x.com/", "a.b@",
     "100 Aaaaaaaaaaaaaaaaaaaa ", "1 1/2 ", "'80s", "1 000 ", "1'", "x^", "5km-", "1x", "1234 ",
     "5'1\"", "1h1", "+1 1", "0123 ", "1°1'", "Mon-", "5 x ", "6-4, ", "²"],
)  # fmt: skip
def test_reading_is_linear(unit: str) -> None:
    def calls(length: int) -> int:
        """What the interpreter is asked to do: the same on every machine."""
        count = 0

        def watch(frame: FrameType, event: str, argument: Any) -> None:
            nonlocal count
            count += event in {"call", "c_call"}

        text = (unit * length)[:length]
        sys.setprofile(watch)
        try:
            read_english(text)
        finally:
            sys.setprofile(None)
        return count

    # Quadratic work would be four times as much.
    assert calls(4200) < 2.5 * calls(2100)
