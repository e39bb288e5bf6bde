"""English years: `1905`, `AD 79`, `44 BC`, `1980s`, `'90s`, `mid-80s`, `'21`, `FY2024`, `2Q22`."""

import re

from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import cardinal, digits, ordinal, pairs, plural, year
from speech.text.reading import Reading, word_after, word_before

_DECADE = re.compile(r"'?(?P<year>(?:[12][0-9])?[0-9]0) ?'?s(?![A-Za-z])")
_UNTIL_DECADE = re.compile(r" ?[-–—] ?(?='?(?:[12][0-9])?[0-9]0'?s(?![A-Za-z]))")
_YEAR = re.compile(r"[12][0-9]{3}(?![0-9]|[.,][0-9]|[A-Za-z%°²³])")
_ERA = re.compile(r" ?(?:(?P<era>A\.?D|B\.?C\.?E|B\.?C|C\.?E)\.?(?![A-Za-z]))")
_OLD = re.compile(r"[1-9][0-9]{0,4}(?= ?(?:A\.?D|B\.?C|C\.?E)\b)")
_AFTER_ERA = re.compile(r"(?<![A-Za-z])(?:AD|A\.D\.|CE) $")
_SEASON = re.compile(r"(?P<first>(?:19|20)[0-9]{2})/(?P<second>[0-9]{2})(?![0-9/]|\.[0-9])")
SHORT_HEAD = r"'(?=[0-9]{2}(?:s?(?![A-Za-z0-9'])|'s))"
"""The apostrophe of `'90s` and of `'21`."""

_SHORT = re.compile(r"'(?P<year>[0-9]{2})(?![0-9A-Za-z'])")
PERIOD_HEAD = r"FY ?'?(?=(?:19|20)?[0-9]{2}(?![0-9]))"
"""A fiscal year."""

_PERIOD = re.compile(r"FY ?'?(?P<year>(?:19|20)?[0-9]{2})(?![0-9])")
_UNTIL_TWO = re.compile(r"[-–/](?P<year>[0-9]{2})(?![0-9A-Za-z])")
_QUARTER = re.compile(r"(?P<part>[1-4])(?P<of>Q|H) ?'?(?P<year>(?:19|20)?[0-9]{2})(?![0-9A-Za-z])")
_SURE = frozenset(
    """in since during until till year years early late mid circa ca ca. c. class summer winter
    spring fall autumn january february march april may june july august september october november
    december jan. feb. mar. apr. aug. sept. sep. oct. nov. dec. born died est est. established
    founded copyright © vintage season election elections christmas q1 q2 q3 q4 h1 h2""".split()
)
_LIKELY = frozenset("by of from before after around about between the through and to".split())
_SPAN = re.compile(
    r"[12][0-9]{3}(?: (?:and|or|to|through|until|till|into) |, (?:and )?| ?[-–—/] ?)$"
)


def read_year(text: str, start: int) -> Reading | None:
    """Four digits that are a year.

    Years of 1900 to 2099 are years unless they count something; earlier ones need a neighbour that
    says so, and so does any year with an era.
    """
    previous = text[start - 1 : start]
    if previous.isalnum() or previous in {"/", ":", "#"}:
        return None
    old = _OLD.match(text, start) or (
        _OLD_DIGITS.match(text, start)
        if _AFTER_ERA.search(text, max(0, start - 6), start)
        else None
    )
    if old:
        written = old[0]
        return Reading(
            year(int(written)) if len(written) < 5 else cardinal(int(written)), old.end(), "year"
        )
    match = _YEAR.match(text, start)
    if match is None or not _is_year(text, start, match):
        return None
    return Reading(year(int(match[0])), match.end(), "year")


_OLD_DIGITS = re.compile(r"[1-9][0-9]{0,3}(?![0-9]|[.,][0-9])")


def _is_year(text: str, start: int, match: re.Match[str]) -> bool:
    value = int(match[0])
    word = word_before(text, start).lower().lstrip("(\"'[")
    if word.rstrip(",") in _SURE or _SPAN.search(text, max(0, start - 16), start):
        return not counts(text, match.end()) or word in {"in", "since", "during", "year"}
    if counts(text, match.end()):
        return word == "the" and 1900 <= value < 2100
    if 1900 <= value < 2100:
        return True
    if not 1000 <= value < 1900:
        return False
    after = word_after(text, match.end()).strip(",;)")
    if text[match.end() : match.end() + 1] in {"-", "–"}:
        return bool(_UNTIL.match(text, match.end()))
    return (word.strip("(") in _LIKELY and value % 100 != 0 and value >= 1066) or after in {
        "was",
        "saw",
    }


_UNTIL = re.compile(r"[-–][12][0-9]{3}(?![0-9])|[-–][0-9]{2}(?![0-9])")


def read_season(text: str, start: int) -> Reading | None:
    """Two years that touch, `2019/20`."""
    season = _SEASON.match(text, start)
    if season is None or int(season["second"]) != (int(season["first"]) + 1) % 100:
        return None
    said = f"{year(int(season['first']))} {_two(season['second'])}"
    return Reading(said, season.end(), "year")


def read_decade(text: str, start: int) -> Reading | None:
    """`1980s`, `'80s`, `80s`, `1980's`, and the first of two of them."""
    match = _DECADE.match(text, start)
    if match is None or text[start - 1 : start].isalnum() or text[start - 1 : start] == "=":
        return None
    words = decade(match["year"])
    until = _UNTIL_DECADE.match(text, match.end())
    if until:
        return Reading(f"{words} to", until.end(), "year")
    return Reading(words, match.end(), "year")


def decade(written: str) -> str:
    """Words of a decade, `1980` to `nineteen eighties`."""
    value = int(written)
    words = year(value) if value >= 1000 else cardinal(value)
    if value == 0:
        words = "two thousand"
    return plural(words)


def read_short_year(text: str, start: int) -> Reading | None:
    """`'90s`, and `'21` as a year."""
    found = read_decade(text, start)
    if found:
        return found
    match = _SHORT.match(text, start)
    # A quotation may begin with a number.
    if match is None or (
        "'" in text[match.end() : match.end() + 32] and text[start - 1 : start] != " "
    ):
        return None
    return Reading(_two(match["year"]), match.end(), "year")


def read_period(text: str, start: int) -> Reading | None:
    """`FY2024` and `FY24` as fiscal years."""
    match = _PERIOD.match(text, start)
    if match is None:
        return None
    said = f"fiscal year {_short_or_full(match['year'])}"
    until = _UNTIL_TWO.match(text, match.end())
    if until:
        return Reading(f"{said} to {_two(until['year'])}", until.end(), "year")
    return Reading(said, match.end(), "year")


def read_quarter(text: str, start: int) -> Reading | None:
    """`2Q22` as `the second quarter of twenty two`, `1H2024` as a half."""
    match = _QUARTER.match(text, start)
    if match is None or text[start - 1 : start].isalnum():
        return None
    article = "" if before(text, start).endswith("the ") else "the "
    part = "quarter" if match["of"] == "Q" else "half"
    said = f"{article}{ordinal(int(match['part']))} {part} of {_short_or_full(match['year'])}"
    return Reading(said, match.end(), "year")


def _short_or_full(written: str) -> str:
    return _two(written) if len(written) == 2 else year(int(written))


def _two(written: str) -> str:
    """The last two digits of a year: `05` to `oh five`."""
    if written == "00":
        return "two thousand"
    return f"oh {digits(written[1])}" if written[0] == "0" else pairs(written)
