"""Times of day, zones, durations."""

from collections.abc import Callable

import pytest

CASES = [
    ("at 3:45", "at three forty five"),
    ("at 3:45 pm", "at three forty five PM"),
    ("at 15:30", "at fifteen thirty"),
    ("at 9am sharp", "at nine AM sharp"),
    ("at 8:05", "at eight oh five"),
    ("at 7:00", "at seven o'clock"),
    ("We met at 5 p.m.", "We met at five PM."),
    ("at 5pm. He", "at five PM. He"),
    ("9am-5pm", "nine AM to five PM"),
    ("5-7pm", "five to seven PM"),
    ("from 3:30-4:15 pm", "from three thirty to four fifteen PM"),
    ("10:30-11", "ten thirty to eleven"),
    ("3 p.m. EST", "three PM EST"),
    ("10:30 GMT+2", "ten thirty GMT plus two"),
    ("3.45pm", "three forty five PM"),
    ("0800 hours", "zero eight hundred hours"),
    ("1h30", "one hour thirty minutes"),
    ("2h 5m 10s", "two hours five minutes ten seconds"),
    ("2:05:30", "two hours five minutes and thirty seconds"),
    ("at 5:40/km", "at five forty per kilometer"),
    ("at 0600", "at zero six hundred"),
    ("12d 3h 20m", "twelve days three hours twenty minutes"),
    ("at 6a", "at six AM"),
    ("08:00-17:00 hrs", "eight to seventeen hundred hours"),
    ("00:00", "midnight"),
    ("at 6:00-ish", "at six-ish"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_times(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
