"""English numbers side by side: scores, ratios and odds, `3-2`, `3:1`; ranges, `10-12`, `A-F`."""

import re

from speech.text.english.dates import read_decade, read_year
from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import VULGAR, cardinal, ordinal, read_plain, whole_words, year
from speech.text.reading import Reading

# English scores, ratios and odds: `won 3-2`, `6-4, 6-3`, `16:9`, `3:1`, `odds of 5/1`.

# e.g. `won `
_SAID = re.compile(
    r"(?<![a-z])(?:w[io]n(?:s|ning)?|beat(?:s|en|ing)?|lo(?:st|se|ses|sing|ss)|le(?:d|ad|ads|ading)"
    r"|scor(?:e|ed|es|ing)|defeat(?:ed|s)?|ti(?:e|ed|es)|draw|drew|drawn|victory|record|sets?|match"
    r"|halftime|half-time|full-time|final|innings?|quarter|up|down|ahead|trail(?:s|ed|ing)?|thrash(?:ed)?"
    r"|edged?|crushed|downed|routed|aggregate|game)(?![a-z])"
)
_PAIR = re.compile(r"[0-9]{1,3}-[0-9]{1,3}(?![0-9A-Za-z-])")
_MORE = re.compile(r"(?:, ?| | and )[0-9]{1,2}-[0-9]{1,2}(?![0-9A-Za-z-])")
_LESS = re.compile(r"[0-9]{1,2}-[0-9]{1,2}(?:, ?| | and )$")
# e.g. ` in overtime`
_AFTER = re.compile(
    r" (?:win|loss|victory|defeat|draw|tie|lead|record|vote|score|final|in (?:the|overtime|extra))"
    r"(?![a-z])"
)
# e.g. `3:1`
_RATIO = re.compile(
    r"(?P<first>[0-9]{1,5}):(?P<second>[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,5})(?::(?P<third>[0-9]{1,5}))?(?![0-9A-Za-z:]|\.[0-9])"
)
# e.g. `ratio of `
_OF_RATIO = re.compile(
    r"(?<![a-z])(?:ratio|ratios|odds|scale|aspect|proportion|outnumbered|thin(?:ned)?|mixed?|dilut[a-z]+)(?![a-z])"
)
# e.g. ` favorite`
_AFTER_RATIO = re.compile(
    r" (?:ratio|odds|aspect|scale|favou?rite|underdog|split|mix|display|screen|video|dilution)"
    r"(?![a-z])"
)
# e.g. `Genesis `
_VERSE = re.compile(
    r"(?:Genesis|Exodus|Leviticus|Deuteronomy|Joshua|Judges|Ruth|Samuel|Kings|Chronicles|Job|Psalms?"
    r"|Proverbs|Ecclesiastes|Isaiah|Jeremiah|Ezekiel|Daniel|Matthew|Mark|Luke|John|Acts|Romans"
    r"|Corinthians|Galatians|Ephesians|Philippians|Colossians|Timothy|Titus|Hebrews|James|Peter"
    r"|Jude|Revelation|Quran|Surah) $"
)
# e.g. `1 Corinthians`
_BOOK = re.compile(
    r"(?P<number>[123]) (?:Corinthians|Kings|Samuel|Chronicles|Thessalonians|Timothy|Peter|John)"
    r"(?![A-Za-z])"
)
_VERSES = re.compile(r"[-–](?P<last>[0-9]{1,3})(?![0-9A-Za-z:-])")
_ODDS = re.compile(r"(?P<first>[0-9]{1,4})[/-](?P<second>[0-9]{1,2})(?![0-9A-Za-z/-]|\.[0-9])")
_BEFORE_ODDS = re.compile(r"(?:odds(?: of| are| at| were)?|priced at|bet at) $")
_AFTER_ODDS = re.compile(r" (?:odds|favou?rite|outsider|underdog|long ?shot|shot)(?![a-z])")


def is_score(text: str, start: int, end: int, left: str, right: str) -> bool:
    """Whether two numbers joined by a hyphen are points of a game and not a range."""
    if not (left.isdigit() and right.isdigit() and _PAIR.match(text, start)):
        return False
    if _MORE.match(text, end) or _LESS.search(text[max(0, start - 10) : start]):
        return True
    if int(left) >= int(right) and _SAID.search(before(text, start)):
        return True
    if int(left) < int(right) and counts(text, end):
        # Up 5-10 points.
        return False
    said = before(text, start)
    return bool(_SAID.search(said[-24:]) or _AFTER.match(text, end))


def read_score(text: str, start: int) -> Reading | None:
    """A ratio `16:9`, odds `5/1`, a verse `3:16`."""
    previous = text[start - 1 : start]
    if previous.isalnum() or previous in {":", ".", "/", "-"}:
        return None
    ratio = _RATIO.match(text, start)
    if ratio:
        if _VERSE.search(text, max(0, start - 16), start):
            said = f"{cardinal(int(ratio['first']))} {cardinal(int(ratio['second']))}"
            verses = _VERSES.match(text, ratio.end())
            if verses:
                said = f"{said} to {cardinal(int(verses['last']))}"
            end = verses.end() if verses else ratio.end()
            return Reading(said, end, "score") if not ratio["third"] else None
        if not _is_clock(ratio) or _is_ratio(text, start, ratio.end()):
            said = " to ".join(whole_words(part) for part in ratio.groups() if part)
            return Reading(said, ratio.end(), "score")
        return None
    book = _BOOK.match(text, start)
    if book:
        return Reading(ordinal(int(book["number"])), book.end("number"), "ordinal")
    odds = _ODDS.match(text, start)
    if odds and (_BEFORE_ODDS.search(before(text, start)) or _AFTER_ODDS.match(text, odds.end())):
        said = f"{cardinal(int(odds['first']))} to {cardinal(int(odds['second']))}"
        return Reading(said, odds.end(), "score")
    return None


def _is_clock(ratio: re.Match[str]) -> bool:
    return len(ratio["first"]) <= 2 and len(ratio["second"]) == 2 and ratio["second"] < "60"


def _is_ratio(text: str, start: int, end: int) -> bool:
    return before(text, start)[-4:] != " at " and bool(
        _OF_RATIO.search(before(text, start)) or _AFTER_RATIO.match(text, end)
    )


# English ranges and other pairs of numbers with a hyphen: `5-10`, `1980-86`, `1-2=5`, `won 3-2`.
#
# Which word stands for the hyphen is decided here for every class that reads pairs of plain
# numbers.

_GAP = re.compile(rf"(?:(?<=[{VULGAR}]) — | ?[-–] ?)(?=[$]?[0-9{VULGAR}])")
# e.g. `calculate `
_CALCULATE = re.compile(
    r"(?<![a-z])(?:calculate|compute|evaluate|solve|what(?:'s| is)|how much(?:'s| is)|work out) $"
)
_EQUATION = re.compile(r"[0-9.,]{1,12} ?[-–—] ?[0-9.,]{1,12} ?(?:=|≠|≈)")
# e.g. `1914-18`
_YEARS = re.compile(
    r"(?P<first>[12][0-9]{3})(?P<gap> ?[-–] ?)(?P<second>[0-9]{2})(?![0-9A-Za-z-]|[.,:/][0-9])"
)
# e.g. `meeting `
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
# e.g. `rows `
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
