"""Months and weekdays written short."""

from collections.abc import Callable

import pytest

CASES = [
    ("Sept. was hot.", "September was hot."),
    ("on Mon. at noon", "on Monday at noon"),
    ("Thurs. and Fri. we close", "Thursday and Friday we close"),
    ("open Mon-Fri", "open Monday to Friday"),
    ("Jan-Mar sales", "January to March sales"),
    ("Mon, Tues, Wed and Sat & Sun", "Monday, Tuesday, Wednesday and Saturday and Sunday"),
    ("The cat sat. Sun rose.", "The cat sat. Sun rose."),
    ("Jan laughed.", "Jan laughed."),
    ("since Jan", "since January"),
    ("On the mar.", "On the mar."),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_calendar(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
