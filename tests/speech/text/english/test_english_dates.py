"""Dates in their orders, ranges, weekdays, timestamps."""

from collections.abc import Callable

import pytest

from speech.text.english import read_english

# Months and weekdays written short.

CALENDAR = [
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


@pytest.mark.parametrize(("written", "spoken"), CALENDAR)
def test_calendar(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Years against counts, decades, eras, fiscal years.

YEARS = [
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


@pytest.mark.parametrize(("written", "spoken"), YEARS)
def test_years(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Times of day, zones, durations.

TIMES = [
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


@pytest.mark.parametrize(("written", "spoken"), TIMES)
def test_times(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


DATES = [
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


@pytest.mark.parametrize(("written", "spoken"), DATES)
def test_dates(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


def test_day_comes_first_outside_the_united_states() -> None:
    assert read_english("on 3/4/2021") == "on March fourth twenty twenty one"
    assert read_english("on 3/4/2021", british=True) == "on April third twenty twenty one"
