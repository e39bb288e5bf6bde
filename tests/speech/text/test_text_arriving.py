"""Text in pieces: however it is cut, it is spoken in the sentences of the whole."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.config import TextConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd
from speech.text.arriving import LONGEST, ArrivingText, Sentences
from speech.types import Passage
from tests.conftest import passage
from tests.speech.text.test_text_sentences import CASES

FOLDER = Path(__file__).parent / "cases"
ENGLISH = [
    line.split("\t")[1]
    for name in ("english", "further", "reported", "sentences")
    for line in (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines()[1:]
    if "\t" in line
]
OTHERS = [
    (line.split("\t")[0], line.split("\t")[1])
    for line in (FOLDER / "languages.tsv").read_text("utf-8").splitlines()[1:]
    if "\t" in line
]
OTHERS += [
    ("en-us" if language == "en" else language, text.replace(" | ", " ").replace("|", ""))
    for language, text in CASES
]
FRONT_END = FrontEnd(TextConfig())


def cutter(language: str = "en-us") -> Sentences:
    plain: Passage = passage("", language)

    def sentences(text: str) -> list[str]:
        try:
            return FRONT_END.sentences(replace(plain, text=text))
        except InvalidInputError:
            return [text]

    return sentences


def stretches(text: str, pieces: list[str], language: str = "en-us", first: int = 0) -> list[str]:
    arriving = ArrivingText(cutter(language), first)
    found = [stretch for piece in pieces for stretch in arriving.add(piece)]
    found += arriving.finish()
    assert "".join(found) == text
    assert arriving.held == ""
    return found


@pytest.mark.parametrize("language", sorted({language for language, _ in OTHERS}))
def test_other_languages_have_the_sentences_of_the_whole(language: str) -> None:
    sentences = cutter(language)
    for text in (text for of, text in OTHERS if of == language):
        cut = stretches(text, [*text], language)
        assert [it for stretch in cut for it in sentences(stretch)] == sentences(text)


texts = st.builds(
    lambda parts, glue: glue.join(parts),
    st.lists(st.sampled_from(ENGLISH), min_size=1, max_size=5),
    st.sampled_from((" ", "\n", "\n\n", " 🎉 ")),
)


@settings(max_examples=200, derandomize=True)
@given(texts, st.lists(st.integers(0, 400), max_size=40))
def test_any_pieces_have_the_sentences_of_the_whole(text: str, places: list[int]) -> None:
    cuts = sorted({0, len(text), *(place for place in places if place < len(text))})
    found = stretches(text, [text[start:end] for start, end in pairwise(cuts)])
    assert found == stretches(text, [*text])
    sentences = cutter()
    assert [it for stretch in found for it in sentences(stretch)] == sentences(text)


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("Hello there. H", ["Hello there. "]),
        (
            "A sentence that fills more than half a line goes before one. B",
            ["A sentence that fills more than half a line goes before one. "],
        ),
        ("Hello there.", []),
        ("Hello there. ", []),
        ("It is Dr. S", []),
        ("It is Dr. Smith. H", ["It is Dr. Smith. "]),
        ("It costs 3.", []),
        ("At 5 p.m. E", []),
        ("At 5 p.m. EST. I", ["At 5 p.m. EST. "]),
        ("At 5 p.m. Every ", ["At 5 p.m. "]),
        ('He said "Stop. G', []),
        ('He said "Stop. Walk." S', ['He said "Stop. Walk." ']),
        ("<think>I think. W", []),
        ("<think>I think. Well.</think>Good day. N", ["<think>I think. Well.</think>Good day. "]),
        ("A heading\n\nT", ["A heading\n\n"]),
        ("🎉 ", []),
        ("你好。今", ["你好。"]),
    ],
)
def test_what_is_certain(text: str, certain: list[str]) -> None:
    assert ArrivingText(cutter()).add(text) == certain


LONG = "This is a first sentence, which goes on for so long that nobody would want to wait for it,"


def test_a_long_first_sentence_is_cut_at_a_clause() -> None:
    arriving = ArrivingText(cutter(), 60)
    assert arriving.add(LONG) == ["This is a first sentence, "]
    assert arriving.add(LONG) == []
    assert ArrivingText(cutter()).add(LONG) == []


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("See this example.", True),
        ("It leaves at 6:25 pm.", True),
        ("It leaves from stop 20.", True),
        ("Do it!", True),
        ("I met Dr.", False),
        ("It is the mayor of St.", False),
        ("It is in vol.", False),
        ("It costs $23.", False),
        ("1.", False),
        ("At 5 p.", False),
        ("At 5 p.m.", False),
        ("See this", False),
        ("Go to stop 20. Now.", False),
    ],
)
def test_what_looks_like_a_sentence(text: str, likely: bool) -> None:
    arriving = ArrivingText(cutter())
    held = text[len("".join(arriving.add(text))) :]
    assert arriving.likely == (held if likely else "")


def test_what_has_its_mark_is_not_waited_for_forever() -> None:
    arriving = ArrivingText(cutter())
    assert arriving.add("It is Dr. Smith. He is") == ["It is Dr. Smith. "]
    assert arriving.pause() == []
    assert arriving.add(" here.") == []
    assert arriving.pause() == ["He is here."]
    assert arriving.held == ""


@pytest.mark.parametrize("begin", ['"', "(", "```\n", "<details>", "| a | b |\n"])
def test_what_never_ends_is_held_back_for_so_long_only(begin: str) -> None:
    text = begin + "A word and another one. " * 200
    arriving = ArrivingText(cutter())
    longest = 0
    for character in text:
        arriving.add(character)
        longest = max(longest, len(arriving.held))
    assert longest <= LONGEST + 1


def test_a_word_without_end_is_cut_somewhere() -> None:
    text = "a" * 3 * LONGEST
    assert max(map(len, stretches(text, [text]))) <= LONGEST + 1


UNEASY: list[Callable[[int], str]] = [
    lambda n: "Dr. " * n,
    lambda n: '("*_`$[<' + "a. " * n,
    lambda n: "(" * n + "a. " * n,
    lambda n: "a|b\n" * n,
    lambda n: "a.\n" * n,
]


@pytest.mark.parametrize("write", UNEASY)
def test_an_uneasy_text_is_looked_at_a_bounded_number_of_times(write: Callable[[int], str]) -> None:
    calls = 0
    sentences = cutter()

    def counted(text: str) -> list[str]:
        nonlocal calls
        calls += 1
        return sentences(text)

    text = write(300)
    arriving = ArrivingText(counted)
    arriving.add(text)
    assert calls < 10 * len(text)


def test_found_cases_lose_nothing() -> None:
    for line in (FOLDER / "found.jsonl").read_text("utf-8").splitlines():
        text = json.loads(line)["text"]
        stretches(text, [*text], first=60)
