"""Ranges, and hyphens that are none."""

from collections.abc import Callable

import pytest

CASES = [
    ("pages 10-20", "pages ten to twenty"),
    ("from 1914-1918", "from nineteen fourteen to nineteen eighteen"),
    ("1980-86", "nineteen eighty to eighty six"),
    ("978-0", "nine hundred and seventy eight-zero"),
    ("1-2=5", "one minus two equals five"),
    ("10–12 days", "ten to twelve days"),
    ("open 9-5", "open nine to five"),
    ("10-20-30", "ten-twenty-thirty"),
    ("1½-2 cups", "one and a half to two cups"),
    ("2010-12", "twenty ten to twelve"),
    ("what is 12-7", "what is twelve minus seven"),
    ("rows A-F", "rows A to F"),
    ("open M-F 9-5", "open Monday to Friday nine to five"),
    ("the X-Y axis", "the X-Y axis"),
    ("1½ – 2 hours", "one and a half to two hours"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_ranges(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
