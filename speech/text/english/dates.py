"""English dates: `2006-08-05`, `12/31/2020`, `Jan. 15, 2020`, `16 July 1943`, `Mon, May 5-7`."""

import re

from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import cardinal, ordinal, year
from speech.text.english.times import clock, offset
from speech.text.reading import Reading

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_SHORT = {name[:3].lower(): name for name in _MONTHS}
_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
    "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
# `may` and `march` are words first: as months they need their capital, which `(?-i:` asks for.
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|(?-i:M(?:ar(?:ch)?|AR(?:CH)?))|apr(?:il)?|(?-i:M(?:ay|AY))"
    r"|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
MONTH_HEAD = rf"{_MONTH}\.?,?[ -]'?(?=[0-9])"
"""A month's name before a number; case-insensitive."""

_WEEKDAY = r"(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)(?![A-Za-z])"
WEEKDAY_HEAD = (
    rf"{_WEEKDAY}(?=\.?,? (?:(?i:{_MONTH})(?![a-z])|(?:the )?[0-9])|\.?(?: ?[-–—] ?|/){_WEEKDAY}"
    r"|\.(?! [A-Z]|$)"
    rf"|(?<=[-–/].{{3}})|(?<=[-–/].{{4}})|(?<=[-–/].{{5}}))"
)
"""A short weekday before a date, before another one or with a dot."""

_ENDING = r"(?:st|nd|rd|th)?"
_DAY = r"(?P<day>3[01]|[12][0-9]|0?[1-9])"
_YEAR = r"(?:(?P<year>(?:1[0-9]|20|21)[0-9]{2})|'(?P<two>[0-9]{2}))(?![0-9:%]|[.,][0-9])"
_UNTIL = rf"(?: ?[-–—] ?(?P<last>3[01]|[12][0-9]|0?[1-9]){_ENDING}(?![0-9A-Za-z:/]|[.,-][0-9]))?"
_MONTH_FIRST = re.compile(
    rf"(?P<month>{_MONTH})\.?,?[ -]{_DAY}{_ENDING}(?![0-9A-Za-z:%]|[.,/][0-9]){_UNTIL}"
    rf"(?:(?P<comma>,?)[ -]{_YEAR})?",
    re.I,
)
_MONTH_YEAR = re.compile(rf"(?P<month>{_MONTH})\.?,?[ -]{_YEAR}", re.I)
_DAY_FIRST = re.compile(
    rf"{_DAY}{_ENDING}{_UNTIL}(?: of)?[ -](?P<month>{_MONTH}|(?i:may)(?=,? [12]))(?![A-Za-z])\.?"
    rf"(?:(?P<comma>,?)[ -]{_YEAR})?",
    re.I,
)
_DASHED = re.compile(
    rf"{_DAY}[-/](?P<month>{_MONTH})[-/](?P<year>(?:19|20)?[0-9]{{2}})(?![0-9A-Za-z])", re.I
)
_YEAR_FIRST = re.compile(
    r"(?P<year>(?:1[0-9]|20)[0-9]{2})(?P<mark>[-/.])(?P<month>1[0-2]|0?[1-9])(?P=mark)"
    rf"{_DAY}(?![0-9]|[-/.][0-9])"
)
_YEAR_MONTH = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2})-(?P<month>0[1-9]|1[0-2])(?![0-9A-Za-z%-]|[.,:/][0-9])"
)
_STAMP = re.compile(r"(?:T|,? )(?=[0-2][0-9]:[0-5][0-9])")
_ZERO_SECONDS = re.compile(r"(?P<time>[0-2][0-9]:[0-5][0-9]):00(?:\.0{1,6})?(?![0-9:.])")
_NUMBERS = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<mark>[/.-])(?P<second>[0-9]{1,2})(?P=mark)"
    r"(?P<year>(?:1[0-9]|20)[0-9]{2}|[0-9]{2})"
    r"(?![0-9A-Za-z]|[/.][0-9]|-[0-9]{1,4}(?![0-9/]))"
)
_MONTH_OF_YEAR = re.compile(
    r"(?P<month>1[0-2]|0?[1-9])/(?P<year>(?:19|20)[0-9]{2})(?![0-9A-Za-z/]|\.[0-9])"
)
_TWO_NUMBERS = re.compile(
    r"(?P<first>1[0-2]|0?[1-9])/(?P<second>3[01]|[12][0-9]|0?[1-9])(?![0-9A-Za-z/]|\.[0-9])"
)
_UNTIL_MONTH = re.compile(rf" ?[-–—] ?(?={_MONTH}(?![a-z])\.?,? ?'?[0-9])", re.I)
_UNTIL_DATE = re.compile(
    rf" ?[-–—] ?(?=[0-9]{{1,2}}{_ENDING} {_MONTH}(?![a-z])|[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{2}})",
    re.I,
)
_AFTER_ARTICLE = re.compile(r"the $|(?:st|nd|rd|th),? (?:and|or|to|&) $")
_SCALED = re.compile(
    r"(?<![a-z])(?:multipl|divid|scal|reduc|increas|decreas|grow|grew|shr[iu]nk|rose|fell|cut|enlarg"
    r"|extend|raise|lower|exceed|short|widen)[a-z]*(?: [a-z]+){0,3} by $"
)
_STAY = re.compile(
    r"[0-9]{1,2}/(?P<one>[0-9]{1,2}) ?[-–—] ?(?:1[0-2]|0?[1-9])/(?P<two>[0-9]{1,2})(?![0-9A-Za-z/])"
)
_SHARES = frozenset([2, 3, 4, 5, 6, 8, 10, 12, 16, 32])
_BEHIND_DAY = re.compile(r"(?<![0-9/])[0-9]{1,2}/(?:7|9|1[13-57-9]|2[0-9]|3[01]) ?[-–—] ?$")
_UNTIL_DAY_OF = re.compile(rf" ?[-–—] ?(?={_WEEKDAY}|(?:1[0-2]|0?[1-9])/[0-9]{{1,2}}(?![0-9/]))")
_BEHIND_DATE = re.compile(r"[0-9]/[0-9]{2,4} ?-$")
_DATED = re.compile(
    r"(?<![a-z])(?:(?:on|as of|week of|thru|valid|by|until|till|before|after|since|due"
    r"|dated|from|through|starting|starts|begins|ends"
    r"|expires?|deadline|born|posted|updated|date|[a-z]{3,6}day|mon|tues?|wed"
    r"|thu|thurs|fri|sat|sun),?:?)"
    r" (?:[0-9]{1,2}/[0-9]{1,2}(?: or| and| to| through|,| -|-) ?)?$"
)


def read_month(text: str, start: int) -> Reading | None:
    """A date that begins with its month."""
    match = _MONTH_FIRST.match(text, start)
    if match and match["month"] in {"May", "March"} and counts(text, match.end()):
        # May 2 people enter?
        return None
    if match:
        comma = match["comma"] or ""
        spoken = f"{_name(match['month'])} {ordinal(int(match['day']))}"
        if match["last"]:
            spoken += f" to {ordinal(int(match['last']))}"
        return _until(text, Reading(spoken + _ending(match, comma), match.end(), "date"))
    match = _MONTH_YEAR.match(text, start)
    if match:
        said = f"{_name(match['month'])}{_ending(match, '')}"
        return _until(text, Reading(said, match.end(), "date"))
    return None


def _until(text: str, date: Reading) -> Reading:
    """With the dash to a second date."""
    gap = _UNTIL_MONTH.match(text, date.end) or _UNTIL_DATE.match(text, date.end)
    return Reading(f"{date.spoken} to", gap.end(), "date") if gap else date


def read_weekday(text: str, start: int) -> Reading | None:
    """A short weekday, and the hyphen to another one."""
    match = _SHORT_DAY.match(text, start)
    if match is None:
        return None
    name = _DAYS[match["day"][:3].lower()]
    until = _UNTIL_DAY.match(text, match.end("day"))
    if until:
        return Reading(f"{name} {'to' if until['mark'] != '/' else 'and'}", until.end(), "date")
    dot = match["dot"] and text[match.end() :].strip(" \"')]")
    return Reading(name, match.end() if dot else match.end("day"), "date")


_SHORT_DAY = re.compile(rf"(?P<day>{_WEEKDAY})(?P<dot>\.?)")
_UNTIL_DAY = re.compile(rf"\.? ?(?P<mark>[-–—/]) ?(?={_WEEKDAY})")


def read_date(text: str, start: int, *, day_first: bool = False) -> Reading | None:
    """A date that begins with a number.

    Args:
        text: The sentence.
        start: Where the date begins.
        day_first: Read 3/4/2021 as the third of April, as outside the United States.
    """
    previous = text[start - 1 : start]
    if previous.isalnum() or previous in {"/", "."}:
        return None
    if previous == "-" and not (
        _BEHIND_DATE.search(text[max(0, start - 12) : start])
        or _BEHIND_DAY.search(text[max(0, start - 9) : start])
        or _is_dated(before(text, start))
    ):
        return None
    match = _DASHED.match(text, start)
    if match:
        said = f"the {ordinal(int(match['day']))} of {_name(match['month'])}"
        said += f" {_full_year(match['year'])}"
        return Reading(said, match.end(), "date")
    match = _DAY_FIRST.match(text, start)
    if match:
        article = "" if _AFTER_ARTICLE.search(text[max(0, start - 12) : start].lower()) else "the "
        spoken = f"{article}{ordinal(int(match['day']))}"
        if match["last"]:
            spoken += f" to the {ordinal(int(match['last']))}"
        spoken += f" of {_name(match['month'])}{_ending(match, match['comma'] or '')}"
        return _until(text, Reading(spoken, match.end(), "date"))
    match = _YEAR_FIRST.match(text, start)
    if match:
        date = _full(int(match["month"]), int(match["day"]), match["year"], match.end())
        return _stamped(text, date) if match["mark"] == "-" else date
    whole_month = _year_month(text, start)
    if whole_month:
        return whole_month
    match = _NUMBERS.match(text, start)
    if match:
        if len(match["year"]) == 2 and (match["mark"] != "/" or match["year"] == "00"):
            return None
        found = _numbers(match, day_first=day_first)
        return _until(text, found) if found else None
    match = _MONTH_OF_YEAR.match(text, start)
    if match:
        said = f"{_MONTHS[int(match['month']) - 1]} {year(int(match['year']))}"
        return Reading(said, match.end(), "date")
    match = _TWO_NUMBERS.match(text, start)
    if match and (
        match["first"][0] == "0"
        or _is_dated(before(text, start))
        or _is_stay(text, start)
        or _BEHIND_DAY.search(text[max(0, start - 9) : start])
    ):
        first, second = int(match["first"]), int(match["second"])
        month, day = (second, first) if day_first and second <= 12 else (first, second)
        date = Reading(f"{_MONTHS[month - 1]} {ordinal(day)}", match.end(), "date")
        gap = _UNTIL_DAY_OF.match(text, date.end)
        return Reading(f"{date.spoken} to", gap.end(), "date") if gap else date
    return None


def _is_stay(text: str, start: int) -> bool:
    """Whether two days with a hyphen begin here, `3/15-3/18`; `1/2-3/4` are shares."""
    match = _STAY.match(text, start)
    return match is not None and not {int(match["one"]), int(match["two"])} <= _SHARES


def _is_dated(head: str) -> bool:
    """Whether what stands before two numbers with a slash tells of a day: `due by 3/4`."""
    return bool(_DATED.search(head)) and not _SCALED.search(head)


def _year_month(text: str, start: int) -> Reading | None:
    """`2020-12`, which ends before it begins where it is taken for years."""
    match = _YEAR_MONTH.match(text, start)
    if match is None or match["month"] > match["year"][2:]:
        return None
    said = f"{_MONTHS[int(match['month']) - 1]} {year(int(match['year']))}"
    return Reading(said, match.end(), "date")


def _numbers(match: re.Match[str], *, day_first: bool) -> Reading | None:
    first, second = int(match["first"]), int(match["second"])
    day, month = (first, second) if (day_first or first > 12) and second <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _full(month, day, match["year"], match.end())


def _stamped(text: str, date: Reading) -> Reading:
    """With the time of an ISO 8601 timestamp; seconds of zero are not said."""
    stamp = _STAMP.match(text, date.end)
    if stamp is None:
        return date
    even = _ZERO_SECONDS.match(text, stamp.end())
    # Cut to the longest timestamp there is, so that nothing is scanned twice.
    rest = text[even.end() : even.end() + 12] if even else ""
    time = clock(f"{even['time']}{rest}", 0) if even else clock(text, stamp.end())
    if time is None:
        return date
    end = even.end() - len(even["time"]) + time.end if even else time.end
    said, behind = offset(text, end, " UTC")
    if behind == end or text[stamp.start()] != "T":
        said, behind = "", end
    return Reading(f"{date.spoken}, {time.spoken}{said}", behind, "date")


def _full(month: int, day: int, written_year: str, end: int) -> Reading:
    said = f"{_MONTHS[month - 1]} {ordinal(day)} {_full_year(written_year)}"
    return Reading(said, end, "date")


def _full_year(written: str) -> str:
    value = int(written)
    if len(written) == 2:
        # As spreadsheets do: 00 to 49 are of this century.
        value += 2000 if value < 50 else 1900
    return year(value)


def _ending(match: re.Match[str], comma: str) -> str:
    if match["year"]:
        return f"{comma} {year(int(match['year']))}"
    if match["two"]:
        two = match["two"]
        return f"{comma} {'oh ' if two[0] == '0' else ''}{cardinal(int(two))}"
    return ""


def _name(written: str) -> str:
    return _SHORT[written[:3].lower()]
