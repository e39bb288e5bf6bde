"""Ranges, and hyphens that are none."""

from collections.abc import Callable

import pytest

# Scores, ratios, odds, verses.

SCORES = [
    ("They won 3-2.", "They won three two."),
    ("lost 2-3 at home", "lost two three at home"),
    ("6-4, 6-3", "six four, six three"),
    ("up 5-10 points", "up five to ten points"),
    ("a 3:1 ratio", "a three to one ratio"),
    ("16:9", "sixteen to nine"),
    ("a ratio of 16:10", "a ratio of sixteen to ten"),
    ("odds of 5/1", "odds of five to one"),
    ("a 100-1 shot", "a one hundred to one shot"),
    ("John 3:16", "John three sixteen"),
    ("Psalm 23:1-4", "Psalm twenty three one to four"),
    ("lost 0-3 on aggregate", "lost zero three on aggregate"),
    ("2 Kings 5", "second Kings five"),
    ("a scale of 1:25,000", "a scale of one to twenty five thousand"),
    ("thin it 1:20", "thin it one to twenty"),
]


@pytest.mark.parametrize(("written", "spoken"), SCORES)
def test_scores(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


RANGES = [
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


@pytest.mark.parametrize(("written", "spoken"), RANGES)
def test_ranges(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
