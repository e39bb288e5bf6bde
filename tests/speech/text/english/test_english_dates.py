"""Dates in their orders, ranges, weekdays, timestamps."""

from collections.abc import Callable

import pytest

from speech.text.english import read_english

CASES = [
    ("on 2024-03-09", "on March ninth twenty twenty four"),
    ("on Jan. 5, 2021", "on January fifth, twenty twenty one"),
    ("on March 3", "on March third"),
    ("on 4 July 1776", "on the fourth of July seventeen seventy six"),
    ("due 12/31/2025", "due December thirty first twenty twenty five"),
    ("we may 5 times", "we may five times"),
    ("Jan. 5th, '21", "January fifth, twenty one"),
    ("May 5-7", "May fifth to seventh"),
    ("5-7 May 2024", "the fifth to the seventh of May twenty twenty four"),
    ("Jan 1 - Jan 31", "January first to January thirty first"),
    ("on 12/25", "on December twenty fifth"),
    ("5/7 of it", "five sevenths of it"),
    ("1/5/21", "January fifth twenty twenty one"),
    ("5-Jan-21", "the fifth of January twenty twenty one"),
    ("Mon, Jan 5", "Monday, January fifth"),
    ("Mon-Fri 9-5", "Monday to Friday nine to five"),
    ("I sat. The sun.", "I sat. The sun."),
    ("2024-01-05T10:30Z", "January fifth twenty twenty four, ten thirty UTC"),
    ("2024-01-05T10:30:00+02:00", "January fifth twenty twenty four, ten thirty UTC plus two"),
    (
        "1/2/2023-1/5/2023",
        "January second twenty twenty three to January fifth twenty twenty three",
    ),
    ("in 2023-07", "in July twenty twenty three"),
    ("free on 9/1 or 9/8", "free on September first or September eighth"),
    ("due 12/2026", "due December twenty twenty six"),
    ("the 4th and 5th of June", "the fourth and fifth of June"),
    ("May 2 people enter?", "May two people enter?"),
    ("Wed the 5th", "Wednesday the fifth"),
    ("Fri 12/20 – Mon 12/23", "Friday December twentieth to Monday December twenty third"),
    ("3/15-3/18", "March fifteenth to March eighteenth"),
    ("on 3/4-3/9", "on March fourth to March ninth"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_dates(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


def test_day_comes_first_outside_the_united_states() -> None:
    assert read_english("on 3/4/2021") == "on March fourth twenty twenty one"
    assert read_english("on 3/4/2021", british=True) == "on April third twenty twenty one"
