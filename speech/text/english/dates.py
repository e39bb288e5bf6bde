"""English dates: `2006-08-05`, `12/31/2020`, `Jan. 15, 2020`, `16 July 1943`, `july 1506`."""

import re

from speech.text.english.numbers import ordinal, year
from speech.text.reading import Reading

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SHORT = {name[:3].lower(): name for name in _MONTHS}
# `may` and `march` are words first: as months they need their capital, which `(?-i:` asks for.
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|(?-i:M(?:ar(?:ch)?|AR(?:CH)?))|apr(?:il)?|(?-i:M(?:ay|AY))"
    r"|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
MONTH_HEAD = rf"{_MONTH}\.?[ -](?=[0-9])"
"""A month's name before a number; case-insensitive."""

_DAY = r"(?P<day>3[01]|[12][0-9]|0?[1-9])"
_YEAR = r"(?P<year>(?:1[0-9]|20)[0-9]{2})(?![0-9:%]|[.,][0-9])"
_MONTH_FIRST = re.compile(
    rf"(?P<month>{_MONTH})\.?[ -]{_DAY}(?:st|nd|rd|th)?(?![0-9:]|[.,/][0-9])"
    rf"(?:(?P<comma>,?)[ -]{_YEAR})?",
    re.I,
)
_MONTH_YEAR = re.compile(rf"(?P<month>{_MONTH})\.?,?[ -]{_YEAR}", re.I)
_DAY_FIRST = re.compile(
    rf"{_DAY}(?:st|nd|rd|th)?(?: of)?[ -](?P<month>{_MONTH}|(?i:may)(?=,? [12]))(?![A-Za-z])\.?"
    rf"(?:(?P<comma>,?)[ -]{_YEAR})?",
    re.I,
)
_YEAR_FIRST = re.compile(
    r"(?P<year>(?:1[0-9]|20)[0-9]{2})(?P<mark>[-/.])(?P<month>1[0-2]|0?[1-9])(?P=mark)"
    rf"{_DAY}(?![0-9]|[-/.][0-9])"
)
_SLASHES = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<mark>[/.-])(?P<second>[0-9]{1,2})(?P=mark)"
    r"(?P<year>(?:1[0-9]|20)[0-9]{2})(?![0-9]|[-/.][0-9])"
)


def read_month(text: str, start: int) -> Reading | None:
    """A date that begins with its month."""
    match = _MONTH_FIRST.match(text, start)
    if match:
        comma = match["comma"] or ""
        spoken = f"{_name(match['month'])} {ordinal(int(match['day']))}{comma}"
        return Reading(
            spoken + (f" {year(int(match['year']))}" if match["year"] else ""), match.end(), "date"
        )
    match = _MONTH_YEAR.match(text, start)
    if match:
        return Reading(f"{_name(match['month'])} {year(int(match['year']))}", match.end(), "date")
    return None


def read_date(text: str, start: int, *, day_first: bool = False) -> Reading | None:
    """A date that begins with a number.

    Args:
        text: The sentence.
        start: Where the date begins.
        day_first: Read 3/4/2021 as the third of April, as outside the United States.
    """
    if text[start - 1 : start].isalnum() or text[start - 1 : start] in {"/", "-", "."}:
        return None
    match = _DAY_FIRST.match(text, start)
    if match:
        article = "" if text[max(0, start - 4) : start].lower() == "the " else "the "
        spoken = f"{article}{ordinal(int(match['day']))} of {_name(match['month'])}"
        if match["year"]:
            spoken += f"{match['comma']} {year(int(match['year']))}"
        return Reading(spoken, match.end(), "date")
    match = _YEAR_FIRST.match(text, start)
    if match:
        return _full(int(match["month"]), int(match["day"]), int(match["year"]), match.end())
    match = _SLASHES.match(text, start)
    if match is None:
        return None
    first, second = int(match["first"]), int(match["second"])
    day, month = (first, second) if (day_first or first > 12) and second <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _full(month, day, int(match["year"]), match.end())


def _full(month: int, day: int, value: int, end: int) -> Reading:
    return Reading(f"{_MONTHS[month - 1]} {ordinal(day)} {year(value)}", end, "date")


def _name(written: str) -> str:
    return _SHORT[written[:3].lower()]
