"""English dates and times: names of days and months, years, clock times, dates."""

import re

from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import cardinal, digits, ordinal, pairs, plural, year
from speech.text.reading import Reading, word_after, word_before

# English months and weekdays written short, alone: `Sept.`, `on Mon.`, `Mon-Fri`.

_MONTH_NAMES = {
    "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "Jun": "June",
    "Jul": "July", "Aug": "August", "Sep": "September", "Sept": "September", "Oct": "October",
    "Nov": "November", "Dec": "December",
}  # fmt: skip
_DAY_NAMES = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Weds": "Wednesday",
    "Thu": "Thursday", "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday",
    "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_CALENDAR_NAMES = {**_MONTH_NAMES, **_DAY_NAMES}
CALENDAR = frozenset({*_CALENDAR_NAMES, *(name.upper() for name in _CALENDAR_NAMES)})
"""The forms; all capitals are read as well."""

# Words, or names of people, unless a neighbour says otherwise.
_WORDS_TOO = frozenset(["Jan", "Mar", "Jun", "Mon", "Wed", "Sat", "Sun", "Dec"])
_BEFORE = frozenset(
    """in on since until till by from last next this every each early late mid through during
    before after between of to and""".split()
)
_ANY = "|".join(sorted(CALENDAR, key=len, reverse=True))
_FORM = re.compile(rf"(?P<form>{_ANY})(?P<dot>\.?)(?!\w|'|\.\w)")
_TO = re.compile(rf"\.? ?[-–—/] ?(?P<until>{_ANY})(?P<dot>\.?)(?!\w)")
# e.g. ` and Feb`
_NEXT = re.compile(
    rf"(?:,? ?[0-9]|,? (?:(?:and|or|to|through|thru|&) )?(?:{_ANY})(?!\w)"
    r"|, (?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"| (?:at|morning|afternoon|evening|night|noon)(?!\w))"
)

_LISTED = re.compile(rf"(?<!\w)(?:{_ANY})\.?(?:, |,? (?:and|or|to|&) )$")


def read_calendar(text: str, start: int) -> Reading | None:
    """A month or weekday in full, with the one it lasts until."""
    match = _FORM.match(text, start)
    if match is None:
        return None
    form = match["form"] if match["form"] in _CALENDAR_NAMES else match["form"].capitalize()
    until = _TO.match(text, start + len(match["form"]))
    if until:
        second = until["until"].capitalize()
        if (form in _DAY_NAMES) is (second in _DAY_NAMES):
            end = until.end() - (1 if until["dot"] and _is_last(text, until.end()) else 0)
            return Reading(f"{_CALENDAR_NAMES[form]} to {_CALENDAR_NAMES[second]}", end, "date")
    end = match.end()
    shouted = match["form"] not in _CALENDAR_NAMES
    if form in _WORDS_TOO or shouted:
        helped = (
            word_before(text, start).lower() in _BEFORE
            or _NEXT.match(text, end)
            or _LISTED.search(text, max(0, start - 16), start)
        )
        if not helped and not (match["dot"] and not _is_last(text, end) and not shouted):
            return None
        if (
            form in {"Sat", "Sun"}
            and not match["dot"]
            and not (_NEXT.match(text, end) or _LISTED.search(text, max(0, start - 16), start))
        ):
            return None
    if match["dot"] and (_is_last(text, end) or word_after(text, end)[:1].isupper()):
        end -= 1
    return Reading(_CALENDAR_NAMES[form], end, "date")


def _is_last(text: str, end: int) -> bool:
    return not text[end : end + 4].strip(" \"')]") and end + 4 >= len(text)


# English years: `1905`, `AD 79`, `44 BC`, `1980s`, `'90s`, `mid-80s`, `'21`, `FY2024`, `2Q22`.

# A blank stands in `1980 s`; `80 s` are seconds.
# e.g. `1980's`
_DECADE = re.compile(r"'?(?P<year>(?:[12][0-9])?[0-9]0)(?:(?<=[0-9]{4}) )?'?s(?![A-Za-z])")
_UNTIL_DECADE = re.compile(r" ?[-–—] ?(?='?(?:[12][0-9])?[0-9]0'?s(?![A-Za-z]))")
_YEAR = re.compile(r"[12][0-9]{3}(?![0-9]|[.,][0-9]|[A-Za-z%°²³])")
_OLD = re.compile(r"[1-9][0-9]{0,4}(?= ?(?:A\.?D|B\.?C|C\.?E)\b)")
_AFTER_ERA = re.compile(r"(?<![A-Za-z])(?:AD|A\.D\.|CE) $")
_SEASON = re.compile(r"(?P<first>(?:19|20)[0-9]{2})/(?P<second>[0-9]{2})(?![0-9/]|\.[0-9])")
SHORT_HEAD = r"'(?=[0-9]{2}(?:s?(?![A-Za-z0-9'])|'s))"
"""The apostrophe of `'90s` and of `'21`."""

_SHORT_YEAR = re.compile(r"'(?P<year>[0-9]{2})(?![0-9A-Za-z'])")
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
# e.g. `1879-`
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
        return bool(_UNTIL_YEAR.match(text, match.end()))
    return (word.strip("(") in _LIKELY and value % 100 != 0 and value >= 1066) or after in {
        "was",
        "saw",
    }


_UNTIL_YEAR = re.compile(r"[-–][12][0-9]{3}(?![0-9])|[-–][0-9]{2}(?![0-9])")


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
    match = _SHORT_YEAR.match(text, start)
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


# English clock times: `3:45`, `3:45 pm EST`, `15:30`, `5-7pm`, `10:30 GMT+2`, `0800 hours`.

# e.g. `3:45:10.5`
_CLOCK = re.compile(
    r"(?P<hour>[01]?[0-9]|2[0-4]):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9]))?(?:[.,](?P<part>[0-9]{1,6}))?(?![0-9:])"
)
_DOTTED = re.compile(r"(?P<hour>1[0-2]|0?[1-9])[.h](?P<minute>[0-5][0-9])(?= ?[ap]\.?m\b)", re.I)
_HOUR = re.compile(r"(?P<hour>1[0-2]|0?[1-9])(?= ?[ap]\.?m\b)", re.I)
_HALF = re.compile(r" ?(?P<half>[ap])(?:m|\.m(?P<dot>\.?))(?![A-Za-z]{4})", re.I)
_TIME = r"(?:1[0-2]|0?[1-9])(?:[:.][0-5][0-9])? ?[ap]\.?m\b"
_HOUR_UNTIL = re.compile(rf"(?P<hour>1[0-2]|0?[1-9]) ?[-–—] ?(?={_TIME})", re.I)
_UNTIL_TIME = re.compile(r" ?[-–—] ?(?=[0-9]{1,2}(?::[0-9]{2}| ?[ap]\.?m\b)|noon|midnight)", re.I)
_HOUR_AFTER = re.compile(r" ?[-–—] ?(?P<hour>1[0-2]|0?[1-9])(?![0-9A-Za-z:%$-]|[.,][0-9])")
# e.g. ` EST`
_ZONE = re.compile(
    r" ?(?P<zone>e\.s\.t|p\.s\.t|c\.s\.t|[ecmphb][sd]t|ak[sd]t|a[ecw][sd]t|nz[sd]t|cet|cest|eet"
    r"|eest|wet|gmt|utc|ist|jst|kst|msk|sgt|hkt|(?-i:ET|CT|MT|PT))(?![A-Za-z])",
    re.I,
)
_OFFSET = re.compile(r" ?(?P<sign>[+-])(?P<hour>[01]?[0-9])(?::?(?P<minute>[0-5][0-9]))?(?![0-9])")
_MILITARY = re.compile(r"(?P<hour>[01][0-9]|2[0-3])(?P<minute>[0-5][0-9]) (?:hours|hrs)(?![a-z])")
_PACE = re.compile(r" ?(?:min)?/ ?(?P<of>km|mi(?:le)?)(?![A-Za-z0-9])")
_HOURS = re.compile(r" (?:hours|hrs)(?![a-z])")
_ISH = re.compile(r"-?ish(?![a-z])")
_EARLY = re.compile(r"(?P<hour>0[0-9])(?P<minute>[0-5][0-9])(?![0-9A-Za-z]|[.,:/-][0-9])")
_AT = re.compile(r"(?<![A-Za-z])(?:at|by|until|from|before|after|since) $")
_LETTER = re.compile(r"(?P<hour>1[0-2]|[1-9])(?P<half>[ap])(?![A-Za-z0-9])")
# e.g. `open until `
_AT_LETTER = re.compile(
    r"(?<![a-z])(?:(?:at|by|until|till)|[0-9][ap](?:,? and|,? or|,? to|,| -)) ?$|[0-9][ap]-$"
)
# e.g. `12d 3h 20m`
_DURATION = re.compile(
    r"[0-9]{1,3} ?(?:d|h|hrs?|m|mins?)\.?"
    r"(?:[ ,]{0,2}[0-9]{1,2} ?(?:h|hrs?|m|mins?|s|secs?)(?![A-Za-z])){1,3}(?![0-9A-Za-z])"
    r"|[0-9]{1,2}h[0-5][0-9](?![0-9A-Za-z])"
)
_PART = re.compile(r"(?P<number>[0-9]{1,3}) ?(?P<of>[dhms]?)")
_CLOCK_UNITS = {"d": "day", "h": "hour", "m": "minute", "s": "second"}


def read_time(text: str, start: int) -> Reading | None:
    """A time of day, with its half of the day and its zone; or hours, minutes and seconds."""
    previous = text[start - 1 : start]
    if previous.isalnum() or previous in {":", "."}:
        return None
    military = _MILITARY.match(text, start)
    if military:
        said = _military(military["hour"], military["minute"])
        return Reading(f"{said} hours", military.end(), "time")
    early = _EARLY.match(text, start)
    if early and _AT.search(text, max(0, start - 8), start):
        return Reading(_military(early["hour"], early["minute"]), early.end(), "time")
    duration = _DURATION.match(text, start)
    found = _duration(duration) if duration else None
    if found:
        return found
    letter = _LETTER.match(text, start)
    if letter and _AT_LETTER.search(text[max(0, start - 10) : start].lower()):
        half = letter["half"].upper()
        return Reading(f"{cardinal(int(letter['hour']))} {half}M", letter.end(), "time")
    return clock(text, start)


def clock(text: str, start: int) -> Reading | None:
    """A time of day as `read_time` reads it, whatever stands before it."""
    match = _CLOCK.match(text, start)
    if match is None:
        match = _DOTTED.match(text, start)
        if match:
            return _finish(text, match.end(), _hour_minute(match), "")
        until = _HOUR_UNTIL.match(text, start)
        if until:
            return Reading(f"{cardinal(int(until['hour']))} to", until.end(), "time")
        match = _HOUR.match(text, start)
        return _finish(text, match.end(), cardinal(int(match["hour"])), "") if match else None
    part = f" point {digits(match['part'])}" if match["part"] else ""
    if match["second"]:
        hour, minute, second = (int(match[name]) for name in ("hour", "minute", "second"))
        words = f"{_count(hour, 'hour')} {_count(minute, 'minute')} and "
        words += f"{cardinal(second)}{part} second{'' if second == 1 and not part else 's'}"
        return _finish(text, match.end(), words, "")
    if part:
        return Reading(_hour_minute(match) + part, match.end(), "time")
    full = " o'clock" if match["minute"] == "00" else ""
    return _finish(text, match.end(), _hour_minute(match), full)


def _hour_minute(match: re.Match[str]) -> str:
    spoken, minute = cardinal(int(match["hour"])), int(match["minute"])
    if not minute:
        return spoken
    return f"{spoken} oh {cardinal(minute)}" if minute < 10 else f"{spoken} {cardinal(minute)}"


def _finish(text: str, end: int, spoken: str, full_hour: str) -> Reading:
    half = _HALF.match(text, end)
    until = _UNTIL_TIME.match(text, half.end() if half else end)
    if half:
        spoken += f" {half['half'].upper()}M"
        end = half.end()
    elif not until and not _ISH.match(text, end):
        hours = _HOURS.match(text, end)
        if hours and full_hour:
            return Reading(f"{spoken} hundred hours", hours.end(), "time")
        spoken = "midnight" if full_hour and spoken == "zero" else spoken + full_hour
    pace = _PACE.match(text, end)
    if pace and not half:
        name = "kilometer" if pace["of"] == "km" else "mile"
        return Reading(f"{spoken.removesuffix(full_hour)} per {name}", pace.end(), "time")
    zone = _ZONE.match(text, end)
    if zone:
        name = zone["zone"].replace(".", "").upper()
        spoken, end = f"{spoken} {name}", zone.end()
        until = _UNTIL_TIME.match(text, end)
        if name in {"GMT", "UTC"}:
            spoken, end = offset(text, end, spoken)
    elif text[end : end + 1] == "Z" and not text[end + 1 : end + 2].isalnum():
        spoken, end = f"{spoken} UTC", end + 1
    if until:
        return Reading(f"{spoken} to", until.end(), "time")
    after = _HOUR_AFTER.match(text, end)
    if after:
        return Reading(f"{spoken} to {cardinal(int(after['hour']))}", after.end(), "time")
    if half and half["dot"] and not zone and not text[end:].strip(" \"')]"):
        # The dot of `p.m.` is the sentence's own as well.
        end -= 1
    return Reading(spoken, end, "time")


def offset(text: str, end: int, spoken: str) -> tuple[str, int]:
    """With the hours a zone is ahead or behind, `+2` or `-05:00`; the words and their end."""
    match = _OFFSET.match(text, end)
    if match is None:
        return spoken, end
    sign = "plus" if match["sign"] == "+" else "minus"
    said = f"{spoken} {sign} {cardinal(int(match['hour']))}"
    if match["minute"] and match["minute"] != "00":
        said += f" {cardinal(int(match['minute']))}"
    return said, match.end()


def _military(hour: str, minute: str) -> str:
    said = f"zero {cardinal(int(hour))}" if hour[0] == "0" else cardinal(int(hour))
    if minute == "00":
        return f"{said} hundred"
    return f"{said} {'zero ' if minute[0] == '0' else ''}{cardinal(int(minute))}"


def _duration(match: re.Match[str]) -> Reading | None:
    """Hours, minutes and seconds by their letters, largest first; `1h30` ends in minutes."""
    parts = [(int(part["number"]), part["of"] or "m") for part in _PART.finditer(match[0])]
    order = ["dhms".index(of) for _, of in parts]
    if order != sorted(set(order)):
        return None
    said = " ".join(_count(number, _CLOCK_UNITS[of]) for number, of in parts)
    return Reading(said, match.end(), "time")


def _count(value: int, unit: str) -> str:
    return f"{cardinal(value)} {unit}{'' if value == 1 else 's'}"


# English dates: `2006-08-05`, `12/31/2020`, `Jan. 15, 2020`, `16 July 1943`, `Mon, May 5-7`.

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
_IN_YEAR = r"(?:(?P<year>(?:1[0-9]|20|21)[0-9]{2})|'(?P<two>[0-9]{2}))(?![0-9:%]|[.,][0-9])"
_UNTIL = rf"(?: ?[-–—] ?(?P<last>3[01]|[12][0-9]|0?[1-9]){_ENDING}(?![0-9A-Za-z:/]|[.,-][0-9]))?"
# e.g. `Nov 11-13, 2025`
_MONTH_FIRST = re.compile(
    rf"(?P<month>{_MONTH})\.?,?[ -]{_DAY}{_ENDING}(?![0-9A-Za-z:%]|[.,/][0-9]){_UNTIL}"
    rf"(?:(?P<comma>,?)[ -]{_IN_YEAR})?",
    re.I,
)
_MONTH_YEAR = re.compile(rf"(?P<month>{_MONTH})\.?,?[ -]{_IN_YEAR}", re.I)
# e.g. `5 May 2021`
_DAY_FIRST = re.compile(
    rf"{_DAY}{_ENDING}{_UNTIL}(?: of)?[ -](?P<month>{_MONTH}|(?i:may)(?=,? [12]))(?![A-Za-z])\.?"
    rf"(?:(?P<comma>,?)[ -]{_IN_YEAR})?",
    re.I,
)
# e.g. `3-May-2024`
_DASHED = re.compile(
    rf"{_DAY}[-/](?P<month>{_MONTH})[-/](?P<year>(?:19|20)?[0-9]{{2}})(?![0-9A-Za-z])", re.I
)
# e.g. `2023-11-07`
_YEAR_FIRST = re.compile(
    r"(?P<year>(?:1[0-9]|20)[0-9]{2})(?P<mark>[-/.])(?P<month>1[0-2]|0?[1-9])(?P=mark)"
    rf"{_DAY}(?![0-9]|[-/.][0-9])"
)
# e.g. `2020-12`
_YEAR_MONTH = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2})-(?P<month>0[1-9]|1[0-2])(?![0-9A-Za-z%-]|[.,:/][0-9])"
)
_STAMP = re.compile(r"(?:T|,? )(?=[0-2][0-9]:[0-5][0-9])")
_ZERO_SECONDS = re.compile(r"(?P<time>[0-2][0-9]:[0-5][0-9]):00(?:\.0{1,6})?(?![0-9:.])")
# e.g. `01/02/2030`
_NUMBERS = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<mark>[/.-])(?P<second>[0-9]{1,2})(?P=mark)"
    r"(?P<year>(?:1[0-9]|20)[0-9]{2}|[0-9]{2})"
    r"(?![0-9A-Za-z]|[/.][0-9]|-[0-9]{1,4}(?![0-9/]))"
)
# e.g. `02/2030`
_MONTH_OF_YEAR = re.compile(
    r"(?P<month>1[0-2]|0?[1-9])/(?P<year>(?:19|20)[0-9]{2})(?![0-9A-Za-z/]|\.[0-9])"
)
# e.g. `12/12`
_TWO_NUMBERS = re.compile(
    r"(?P<first>1[0-2]|0?[1-9])/(?P<second>3[01]|[12][0-9]|0?[1-9])(?![0-9A-Za-z/]|\.[0-9])"
)
_UNTIL_MONTH = re.compile(rf" ?[-–—] ?(?={_MONTH}(?![a-z])\.?,? ?'?[0-9])", re.I)
# e.g. `-7 May`
_UNTIL_DATE = re.compile(
    rf" ?[-–—] ?(?=[0-9]{{1,2}}{_ENDING} {_MONTH}(?![a-z])|[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{2}})",
    re.I,
)
_AFTER_ARTICLE = re.compile(r"the $|(?:st|nd|rd|th),? (?:and|or|to|&) $")
# e.g. `scaled by `
_SCALED = re.compile(
    r"(?<![a-z])(?:multipl|divid|scal|reduc|increas|decreas|grow|grew|shr[iu]nk|rose|fell|cut|enlarg"
    r"|extend|raise|lower|exceed|short|widen)[a-z]*(?: [a-z]+){0,3} by $"
)
# e.g. `5/1-5/7`
_STAY = re.compile(
    r"[0-9]{1,2}/(?P<one>[0-9]{1,2}) ?[-–—] ?(?:1[0-2]|0?[1-9])/(?P<two>[0-9]{1,2})(?![0-9A-Za-z/])"
)
_SHARES = frozenset([2, 3, 4, 5, 6, 8, 10, 12, 16, 32])
_BEHIND_DAY = re.compile(r"(?<![0-9/])[0-9]{1,2}/(?:7|9|1[13-57-9]|2[0-9]|3[01]) ?[-–—] ?$")
_UNTIL_DAY_OF = re.compile(rf" ?[-–—] ?(?={_WEEKDAY}|(?:1[0-2]|0?[1-9])/[0-9]{{1,2}}(?![0-9/]))")
_BEHIND_DATE = re.compile(r"[0-9]/[0-9]{2,4} ?-$")
# e.g. `on 9/1 or `
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
