"""Years against counts, decades, eras, fiscal years."""

from collections.abc import Callable

import pytest

CASES = [
    ("born in 1984", "born in nineteen eighty four"),
    ("since 1905", "since nineteen oh five"),
    ("by 2007", "by two thousand seven"),
    ("in 1800", "in eighteen hundred"),
    ("it seats 1250 people", "it seats one thousand two hundred and fifty people"),
    ("1999 people", "one thousand nine hundred and ninety nine people"),
    ("the 2008 crisis", "the two thousand eight crisis"),
    ("the 1776 revolution", "the seventeen seventy six revolution"),
    ("in 1500, 1500 people", "in fifteen hundred, one thousand five hundred people"),
    ("between 1850 and 1870", "between eighteen fifty and eighteen seventy"),
    ("the 1980s were loud", "the nineteen eighties were loud"),
    ("the '60s", "the sixties"),
    ("mid-80s", "mid-eighties"),
    ("the class of '21", "the class of twenty one"),
    ("44 BC", "forty four BC"),
    ("AD 79", "A D seventy nine"),
    ("476 AD", "four seventy six A D"),
    ("FY2024", "fiscal year twenty twenty four"),
    ("in 2Q22", "in the second quarter of twenty two"),
    ("the 2019/20 season", "the twenty nineteen twenty season"),
    ("the 1960s-80s", "the nineteen sixties to eighties"),
    ("FY22-23", "fiscal year twenty two to twenty three"),
    ("Spring 2023", "Spring twenty twenty three"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_years(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
