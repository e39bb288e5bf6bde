"""Readings of whole sentences, and their ends, case by case, through the front end.

The files hold one case a line: its category, how it is written, the readings that are right (with
` | ` between them), and what says so. A change that makes a category worse fails; one that makes
it better raises the share here.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from loadtests.micro.text import CASES, Case, compared, read_cases
from speech.config import TextConfig
from speech.text import FrontEnd
from speech.text.cleanup import clean
from speech.text.phonemes import phonemize
from speech.text.sentences import paragraphs
from tests.conftest import passage

# Least shares of right readings. A category that is not named here is read right throughout.
LEAST = {
    "service": 0.97,
}
LEAST_OVERALL = 0.998

# The same by language, and for where sentences end.
LEAST_ABROAD = {
    "de": 0.84,
}
LEAST_ENDS = {
    "abbreviation": 0.95,
    "cjk": 0.5,
    "europe": 0.86,
    "list": 0.66,
    "name": 0.44,
}

ENGLISH = read_cases(CASES / "english.tsv")
FRONT_END = FrontEnd(TextConfig())
ESPEAK_VOICES = {"fr": "fr-fr"}
BULLET = re.compile(r"[-*•] ")


def columns(path: Path) -> list[tuple[str, ...]]:
    return [tuple(line.split("\t")) for line in path.read_text("utf-8").split("\n")[1:] if line]


ABROAD = [
    (language, Case(category, written, tuple(spoken.split(" | "))))
    for language, category, written, spoken, _ in columns(CASES / "languages.tsv")
]
ENDS = [
    (category, language, marked)
    for category, language, marked, _ in columns(CASES / "sentences.tsv")
]


@cache
def wrong(case: Case, language: str = "en-us") -> str:
    """What is said instead of an expected reading; empty where one of them is said.

    Outside English espeak-ng may read by itself what is left as written, so sounds count too.
    """
    said = FRONT_END.prepare(passage(case.written, language), None).normalized
    if compared(said) in map(compared, case.spoken):
        return ""
    if language != "en-us" and sounds(said, language) in {
        sounds(spoken, language) for spoken in case.spoken
    }:
        return ""
    return said


@cache
def sounds(text: str, language: str) -> str:
    return "".join(
        filter(str.isalpha, phonemize(text, ESPEAK_VOICES.get(language, language)))
    ).translate({ord(mark): None for mark in "ˈˌː"})


def told(cases: Sequence[Case], language: str = "en-us") -> str:
    return "\n".join(
        f"{case.written!r}\n  wanted {case.spoken[0]!r}\n  said   {wrong(case, language)!r}"
        for case in cases
    )


def share_right(cases: Sequence[object], missed: Sequence[object]) -> float:
    return 1 - len(missed) / len(cases)


@pytest.mark.parametrize("category", sorted({case.category for case in ENGLISH}))
def test_english_is_read_as_it_is_said(category: str) -> None:
    cases = [case for case in ENGLISH if case.category == category]
    missed = [case for case in cases if wrong(case)]
    assert share_right(cases, missed) >= LEAST.get(category, 1.0), told(missed)


def test_english_as_a_whole() -> None:
    missed = [case for case in ENGLISH if wrong(case)]
    assert share_right(ENGLISH, missed) >= LEAST_OVERALL, told(missed)


@pytest.mark.parametrize("language", sorted({language for language, _ in ABROAD}))
def test_other_languages_are_read_as_they_are_said(language: str) -> None:
    cases = [case for spoken, case in ABROAD if spoken == language]
    missed = [case for case in cases if wrong(case, language)]
    assert share_right(cases, missed) >= LEAST_ABROAD.get(language, 1.0), told(missed, language)


def sentences(marked: str, language: str) -> list[str]:
    text = marked.replace(" ⏎ ", "\n").replace(" | ", " ").replace("|", "")
    found = paragraphs(clean(text, language=language), language)
    return [sentence.text for cut, _ in found for sentence in cut]


def has_its_ends(language: str, marked: str) -> bool:
    """Whether a text is cut at its `|`, and at its `⏎`, which are line breaks too."""
    wanted = [BULLET.sub("", part.strip(), count=1) for part in re.split("[|⏎]", marked)]
    return list(map(compared, sentences(marked, language))) == list(map(compared, wanted))


@pytest.mark.parametrize("category", sorted({category for category, _, _ in ENDS}))
def test_sentences_end_where_they_should(category: str) -> None:
    cases = [(language, marked) for found, language, marked in ENDS if found == category]
    missed = [case for case in cases if not has_its_ends(*case)]
    assert share_right(cases, missed) >= LEAST_ENDS.get(category, 1.0), "\n".join(
        f"{marked!r}\n  cut {sentences(marked, language)!r}" for language, marked in missed
    )


def test_no_case_is_told_twice() -> None:
    for written in (
        [case.written for case in ENGLISH],
        [(language, case.written) for language, case in ABROAD],
        [marked for _, _, marked in ENDS],
    ):
        assert len(set(written)) == len(written)


def test_no_share_is_kept_for_what_has_no_cases() -> None:
    assert LEAST.keys() <= {case.category for case in ENGLISH}
    assert LEAST_ABROAD.keys() <= {language for language, _ in ABROAD}
    assert LEAST_ENDS.keys() <= {category for category, _, _ in ENDS}
