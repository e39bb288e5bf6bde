"""Numerals, and words that only look like them."""

from collections.abc import Callable

import pytest

CASES = [
    ("Louis XIV and Henry VIII's wives", "Louis the fourteenth and Henry the eighth's wives"),
    ("Pope John Paul II", "Pope John Paul the second"),
    ("Sam II", "Sam second"),
    ("Thurston Howell III smiled", "Thurston Howell the third smiled"),
    ("Issue IV", "Issue four"),
    ("Chapter IV, Act I, Scene ii", "Chapter four, Act one, Scene two"),
    ("Chapters I-IV", "Chapters one to four"),
    ("Phase I/II trials", "Phase one two trials"),
    ("World Wars I and II", "World Wars one and two"),
    ("World War II, WWI and WW2", "World War two, World War one and World War two"),
    ("Super Bowl LVIII", "Super Bowl fifty eight"),
    ("Final Fantasy VII", "Final Fantasy seven"),
    ("in the XIX century", "in the nineteenth century"),
    ("the XXXIII Olympic Games", "the thirty third Olympic Games"),
    ("made in MCMXCIX", "made in nineteen ninety nine"),
    ("II. Methods", "two. Methods"),
    ("(iv) the fourth", "(four) the fourth"),
    ("the part I played", "the part I played"),
    ("the Part I played", "the Part I played"),
    ("a MIX of CD, CV and DVD", "a mix of CD, CV and DVD"),
    ("Vitamin C and X", "Vitamin C and X"),
    ("Malcolm X", "Malcolm X"),
    ("p. iv and pp. xi-xv", "page four and pages eleven to fifteen"),
    ("James VI and I", "James the sixth and the first"),
    ("a class I railroad", "a class one railroad"),
    ("Gen X", "Gen X"),
    ("fetch(i)", "fetch(i)"),
    ("an IV drip", "an I V drip"),
    ("question mark X", "question mark X"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_romans(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
