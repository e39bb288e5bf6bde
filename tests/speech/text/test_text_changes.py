"""Changes: every stretch that is spoken otherwise than written, in places of the written text."""

import pytest

from speech.config import TextConfig
from speech.text import FrontEnd
from speech.types import Normalization
from tests.conftest import passage


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd(TextConfig())


Told = list[tuple[str, str, str]]


def told(front_end: FrontEnd, text: str, wanted: Normalization, language: str = "en-us") -> Told:
    explained = front_end.explain(passage(text, language, normalization=wanted))
    return [
        (text[change.start : change.end], change.reading, change.kind)
        for change in explained.changes
    ]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("Nothing is changed, is it?", []),
        ("  white \t space\n\nis   not told", []),
        ("It’s 5kg.", [("’", "'", "typography"), ("5kg", "five kilograms", "measure")]),
        ("Pay ＄５ now", [("＄５", "five dollars", "money")]),
        ("R&amp;D costs **$5**", [
            ("R&amp;D", "R and D", "acronym"), ("**", "", "markup"),
            ("$5", "five dollars", "money"), ("**", "", "markup"),
        ]),
        ("One. *** Two 👍🏽!", [("***", "", "typography"), ("👍🏽", "", "emoji")]),
        ("- a\n- b", [("-", "", "markup"), ("-", "", "markup")]),
        ("wait [pause:1s] 5", [("[pause:1s]", "", "pause"), ("5", "five", "number")]),
        ("a [word](/wˈɜːd/) b", [("[word](/wˈɜːd/)", "word", "phonemes")]),
        ("!!!\nSo.", [("!!!", "", "symbol")]),
    ],
)  # fmt: skip
def test_changes_are_told_where_they_were_written(
    front_end: FrontEnd, text: str, changes: Told
) -> None:
    assert told(front_end, text, Normalization()) == changes


def test_a_homograph_brings_its_phonemes(front_end: FrontEnd) -> None:
    (change,) = front_end.explain(passage("I read it yesterday.")).changes
    assert (change.reading, change.phonemes, change.kind) == ("read", "ɹˈɛd", "homograph")


def test_readings_are_left_out_where_they_are_not_wanted(front_end: FrontEnd) -> None:
    text = "**Dr.** Who’s 5 👍 at www.a.de"
    assert told(front_end, text, Normalization(enabled=False)) == [
        ("**", "", "markup"),
        ("**", "", "markup"),
        ("’", "'", "typography"),
        ("👍", "", "emoji"),
    ]
    wanted = Normalization(enabled=False, emoji="say", urls="short", markdown=False)
    assert told(front_end, text, wanted) == [
        ("’", "'", "typography"),
        ("👍", "thumbs up", "emoji"),
        ("www.a.de", "a.de", "electronic"),
    ]
    assert told(front_end, "3 €", Normalization(enabled=False), "de") == []
