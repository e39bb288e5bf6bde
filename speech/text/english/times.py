"""English clock times: `3:45`, `3:45 pm EST`, `15:30`, `5-7pm`, `10:30 GMT+2`, `0800 hours`."""

import re

from speech.text.english.numbers import cardinal, digits
from speech.text.reading import Reading

_CLOCK = re.compile(
    r"(?P<hour>[01]?[0-9]|2[0-4]):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9]))?(?:[.,](?P<part>[0-9]{1,6}))?(?![0-9:])"
)
_DOTTED = re.compile(r"(?P<hour>1[0-2]|0?[1-9])[.h](?P<minute>[0-5][0-9])(?= ?[ap]\.?m\b)", re.I)
_HOUR = re.compile(r"(?P<hour>1[0-2]|0?[1-9])(?= ?[ap]\.?m\b)", re.I)
_HALF = re.compile(r" ?(?P<half>[ap])(?:m|\.m(?P<dot>\.?))(?![A-Za-z]{4})", re.I)
_TIME = r"(?:1[0-2]|0?[1-9])(?:[:.][0-5][0-9])? ?[ap]\.?m\b"
_HOUR_UNTIL = re.compile(rf"(?P<hour>1[0-2]|0?[1-9]) ?[-–—] ?(?={_TIME})", re.I)
_UNTIL = re.compile(r" ?[-–—] ?(?=[0-9]{1,2}(?::[0-9]{2}| ?[ap]\.?m\b)|noon|midnight)", re.I)
_HOUR_AFTER = re.compile(r" ?[-–—] ?(?P<hour>1[0-2]|0?[1-9])(?![0-9A-Za-z:%$-]|[.,][0-9])")
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
_AT_LETTER = re.compile(
    r"(?<![a-z])(?:(?:at|by|until|till)|[0-9][ap](?:,? and|,? or|,? to|,| -)) ?$|[0-9][ap]-$"
)
_DURATION = re.compile(
    r"[0-9]{1,3} ?(?:d|h|hrs?|m|mins?)\.?"
    r"(?:[ ,]{0,2}[0-9]{1,2} ?(?:h|hrs?|m|mins?|s|secs?)(?![A-Za-z])){1,3}(?![0-9A-Za-z])"
    r"|[0-9]{1,2}h[0-5][0-9](?![0-9A-Za-z])"
)
_PART = re.compile(r"(?P<number>[0-9]{1,3}) ?(?P<of>[dhms]?)")
_NAMES = {"d": "day", "h": "hour", "m": "minute", "s": "second"}


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
    until = _UNTIL.match(text, half.end() if half else end)
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
        until = _UNTIL.match(text, end)
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
    said = " ".join(_count(number, _NAMES[of]) for number, of in parts)
    return Reading(said, match.end(), "time")


def _count(value: int, unit: str) -> str:
    return f"{cardinal(value)} {unit}{'' if value == 1 else 's'}"
