"""Readings of whole sentences, case by case, through the front end as the server runs it.

The files hold one case a line: its category, how it is written, the readings that are right (with
` | ` between them), and what says so. A change that makes a category worse fails; one that makes
it better raises the share here.
"""

from functools import cache

import pytest

from loadtests.micro.text import CASES, Case, compared, read_cases
from speech.config import TextConfig
from speech.text import FrontEnd

# Least shares of right readings. A category that is not named here is read right throughout.
LEAST = {
    "abbreviation": 0.9,
    "cardinal": 0.96,
    "date": 0.9,
    "decimal": 0.93,
    "music": 0.83,
    "ordinal": 0.92,
    "path": 0.83,
    "phone": 0.75,
    "range": 0.9,
    "roman": 0.96,
    "serial": 0.97,
    "service": 0.91,
    "trap": 0.95,
    "url": 0.91,
}
LEAST_OVERALL = 0.956

ENGLISH = read_cases(CASES / "english.tsv")
FRONT_END = FrontEnd(TextConfig())


@cache
def wrong(case: Case) -> str:
    """What is said instead of an expected reading; empty where one of them is said."""
    said = FRONT_END.prepare(case.written, "en-us", None).normalized
    return "" if compared(said) in map(compared, case.spoken) else said


def told(cases: list[Case]) -> str:
    return "\n".join(
        f"{case.written!r}\n  wanted {case.spoken[0]!r}\n  said   {wrong(case)!r}" for case in cases
    )


@pytest.mark.parametrize("category", sorted({case.category for case in ENGLISH}))
def test_english_is_read_as_it_is_said(category: str) -> None:
    cases = [case for case in ENGLISH if case.category == category]
    missed = [case for case in cases if wrong(case)]
    assert 1 - len(missed) / len(cases) >= LEAST.get(category, 1.0), told(missed)


def test_english_as_a_whole() -> None:
    missed = [case for case in ENGLISH if wrong(case)]
    assert 1 - len(missed) / len(ENGLISH) >= LEAST_OVERALL, told(missed)


def test_no_case_is_told_twice() -> None:
    written = [case.written for case in ENGLISH]
    assert len(set(written)) == len(written)


def test_no_share_is_kept_for_a_category_without_cases() -> None:
    assert LEAST.keys() <= {case.category for case in ENGLISH}
