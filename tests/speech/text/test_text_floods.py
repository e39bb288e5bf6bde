"""Floods: the work grows as the text does, whatever is written over and over.

Counted, not timed: what the interpreter does is the same on every machine. A quadratic pass makes
the work of a text twice as long four times as much; the bound leaves room for what is not per
character. Expressions run inside one call, so a slow one shows in the benchmark of the floods
(`loadtests.micro.text_floods`) and, where it is badly so, in the generous ratio of times here.
"""

import sys
from time import thread_time
from types import FrameType
from typing import Any

import pytest

from loadtests.micro.text_floods import FLOODS, flood
from speech.config import TextConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd
from tests.conftest import passage
from tests.speech.text.test_text_frontend import ENGLISH

SHORT, LONG = 512, 2048


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    made = FrontEnd(TextConfig())
    for language in ("en-us", "de"):
        made.prepare(passage("Warm: 5 € on May 5, **so** 👍.", language), None)
    return made


def work(
    front_end: FrontEnd, text: str, language: str, *, words: bool = False
) -> tuple[int, float]:
    """Calls made, and seconds the same takes without being watched."""
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    def once() -> None:
        try:
            front_end.prepare(passage(text, language), ENGLISH if words else None, words=words)
        except InvalidInputError:
            return

    begin = thread_time()
    once()
    took = thread_time() - begin
    sys.setprofile(count)
    try:
        once()
    finally:
        sys.setprofile(None)
    return calls, took


IN_GERMAN = (
    "digits",
    "numbers",
    "slashes",
    "dates",
    "times",
    "money",
    "amounts",
    "units",
    "commas",
    "abbreviations",
    "scores",
    "halves",
    "fractions",
    "formulas",
)


@pytest.mark.parametrize(
    ("name", "language"),
    [*((name, "en-us") for name in sorted(FLOODS)), *((name, "de") for name in IN_GERMAN)],
)
def test_work_grows_with_the_text(front_end: FrontEnd, name: str, language: str) -> None:
    text = flood(FLOODS[name])
    short, short_time = work(front_end, text[:SHORT], language)
    long, long_time = work(front_end, text[:LONG], language)
    times = LONG / SHORT
    assert long <= 2 * times * short + 2000
    # Ten times what a linear pass would take, and two seconds for a busy machine: what backtracks
    # without end takes minutes.
    assert long_time <= 10 * times * short_time + 2


@pytest.mark.parametrize("name", ["addresses", "underscores", "paths", "lines", "right to left"])
def test_the_work_of_finding_words_grows_with_the_text(front_end: FrontEnd, name: str) -> None:
    text = flood(FLOODS[name])
    short, _ = work(front_end, text[:SHORT], "en-us", words=True)
    long, _ = work(front_end, text[:LONG], "en-us", words=True)
    assert long <= 2 * LONG / SHORT * short + 2000
    assert long <= 700 * LONG


def test_lone_surrogates_are_the_callers_error(front_end: FrontEnd) -> None:
    with pytest.raises(InvalidInputError):
        front_end.prepare(passage("\ud800\udfff" * LONG), None)
