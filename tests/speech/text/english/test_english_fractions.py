"""Shares, marks, names and chains of numbers."""

from collections.abc import Callable

import pytest

CASES = [
    ("half is 1/2, more is 3/4", "half is one half, more is three quarters"),
    ("1/4th of it", "one quarter of it"),
    ("open 24/7", "open twenty four seven"),
    ("she scored 10/10", "she scored ten out of ten"),
    ("I rate it 8/10", "I rate it eight out of ten"),
    ("8/10 of it", "eight tenths of it"),
    ("4.5/5 stars", "four point five out of five stars"),
    ("20/20 vision", "twenty twenty vision"),
    ("blood pressure of 120/80", "blood pressure of one hundred and twenty over eighty"),
    ("31/31/100", "thirty one, thirty one, one hundred"),
    ("1/f noise", "one per F noise"),
    ("6/2=3", "six divided by two equals three"),
    ("1/2-3/4 cup", "one half to three quarters cup"),
    ("in 3/4 time", "in three four time"),
    ("Step 1/4", "Step one of four"),
    ("multiply by 3/4", "multiply by three quarters"),
    ("1/2 + 1/3 = 5/6", "one half plus one third equals five sixths"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_fractions(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
