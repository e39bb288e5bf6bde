"""English ranges and other pairs of numbers with a hyphen: `5-10`, `1980-86`, `1-2=5`, `won 3-2`.

Which word stands for the hyphen is decided here for every class that reads pairs of plain numbers.
"""

import re

from speech.text.english.cardinals import read_plain
from speech.text.english.neighbours import before
from speech.text.english.numbers import VULGAR, cardinal, year
from speech.text.english.scores import is_score
from speech.text.english.years import read_decade, read_year
from speech.text.reading import Reading

_GAP = re.compile(rf"(?:(?<=[{VULGAR}]) — | ?[-–] ?)(?=[$]?[0-9{VULGAR}])")
_CALCULATE = re.compile(
    r"(?<![a-z])(?:calculate|compute|evaluate|solve|what(?:'s| is)|how much(?:'s| is)|work out) $"
)
_EQUATION = re.compile(r"[0-9.,]{1,12} ?[-–—] ?[0-9.,]{1,12} ?(?:=|≠|≈)")
_YEARS = re.compile(
    r"(?P<first>[12][0-9]{3})(?P<gap> ?[-–] ?)(?P<second>[0-9]{2})(?![0-9A-Za-z-]|[.,:/][0-9])"
)
_HOURS = re.compile(
    r"(?<![a-z])(?:m-f|open|hours?|works?|working|job|daily|weekdays|from|[a-z]{3}day|mon|fri|sat|sun|a|am|pm"
    r"|lunch|class|meeting)[, ]+$"
)


def read_number(text: str, start: int) -> Reading | None:
    """Any number that no other class claimed, with its range: `5`, `1980-1986`, `pp. 3-5`."""
    first = _one(text, start)
    if first is None:
        return None
    previous = text[start - 1 : start]
    if previous.isalnum() or previous in {"-", "/", ".", ":"}:
        return first
    if _EQUATION.match(text, start) or _CALCULATE.search(before(text, start)):
        gap = _MINUS.match(text, first.end)
        if gap:
            return Reading(f"{first.spoken} minus", gap.end(), "math")
    short = _YEARS.match(text, start)
    if short and int(short["first"][2:]) < int(short["second"]) and int(short["first"]) < 2100:
        said = f"{year(int(short['first']))} to {_tail(short['second'])}"
        return Reading(said, short.end(), "range")
    gap = _GAP.match(text, first.end)
    if gap:
        second = _one(text, gap.end())
        if second and not text.startswith(("-", "/"), second.end):
            word = _between(text, start, first, gap.end(), second)
            if word is not None:
                said = f"{first.spoken} {word} {second.spoken}".replace("  ", " ")
                return Reading(said, second.end, "range" if word else "score")
    return first


LETTERS_HEAD = r"[A-Z]-(?=[A-Z](?![A-Za-z0-9'-]))"
"""Two capitals with a hyphen."""

_WEEK = re.compile(r"M-F,? ?(?:from |@ ?)?[0-9(]")
_SERIES = re.compile(
    r"(?<![a-z])(?:from|size|grade|row|column|section|group|[a-z]{2,12}[^aious\W]s) $"
)
_PART = re.compile(rf"[0-9]/[0-9]|[{VULGAR}]")
_MINUS = re.compile(r" ?[-–—] ?(?=[0-9.])")


def read_letters(text: str, start: int) -> Reading | None:
    """A range of letters, `A-Z`, `rows A-F`; `M-F` before hours is the working week."""
    first, last = text[start], text[start + 2]
    if first + last == "MF" and _WEEK.match(text, start):
        return Reading("Monday to Friday", start + 3, "range")
    if first < last and (first + last == "AZ" or _SERIES.search(before(text, start))):
        return Reading(f"{first} to {last}", start + 3, "range")
    return None


def _one(text: str, start: int) -> Reading | None:
    return read_decade(text, start) or read_year(text, start) or read_plain(text, start)


def _tail(written: str) -> str:
    return cardinal(int(written)) if written[0] != "0" else f"oh {cardinal(int(written))}"


def _between(
    text: str, start: int, first: Reading, second_start: int, second: Reading
) -> str | None:
    """The word for a hyphen between two numbers, or None where it is part of a code."""
    left, right = text[start : first.end], text[second_start : second.end]
    if text[second.end : second.end + 1].isalpha() or len(left) > 12 or len(right) > 12:
        return None
    if is_score(text, start, second.end, left, right):
        return ""
    try:
        low, high = float(_plain(left)), float(_plain(right))
    except ValueError:
        if _PART.search(left) or _PART.search(right):
            return "to"
        return "to" if first.kind == second.kind == "year" or right[-1:].isalpha() else None
    if high > low:
        return "to"
    if (low, high) == (9, 5):
        return "to"
    if high < low <= 12 and high >= 1 and _HOURS.search(text[max(0, start - 24) : start].lower()):
        # From nine to five.
        return "to"
    return None


def _plain(written: str) -> str:
    return written.replace(",", "")
