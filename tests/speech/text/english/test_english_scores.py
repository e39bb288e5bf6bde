"""Scores, ratios, odds, verses."""

from collections.abc import Callable

import pytest

CASES = [
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


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_scores(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
