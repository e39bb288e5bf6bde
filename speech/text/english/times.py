"""English clock times and durations: `3:45`, `3:45 pm`, `15:30`, `9am`, `1:02:03`."""

import re

from speech.text.english.numbers import cardinal
from speech.text.reading import Reading

_CLOCK = re.compile(
    r"(?P<hour>[01]?[0-9]|2[0-4]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?(?![0-9:])"
)
_HOUR = re.compile(r"(?P<hour>1[0-2]|0?[1-9])(?= ?[ap]\.?m\b)", re.I)
_HALF = re.compile(r" ?(?P<half>[ap])\.?m(?P<dot>\.?)(?![A-Za-z]{4})", re.I)
_UNTIL = re.compile(r" ?- ?(?=[0-9]{1,2}(?::[0-9]{2}| ?[ap]\.?m\b))", re.I)
_ZONE = re.compile(
    r" ?(?P<zone>e\.s\.t|p\.s\.t|EST|PST|CST|MST|EDT|PDT|CDT|CET|CEST|GMT|UTC|BST)\b", re.I
)


def read_time(text: str, start: int) -> Reading | None:
    """A time of day, with its half of the day and its zone; or hours, minutes and seconds."""
    if text[start - 1 : start].isalnum() or text[start - 1 : start] in {":", "."}:
        return None
    match = _CLOCK.match(text, start)
    if match is None:
        match = _HOUR.match(text, start)
        return _finish(text, match.end(), cardinal(int(match["hour"])), "") if match else None
    hour, minute = int(match["hour"]), int(match["minute"])
    if match["second"]:
        second = int(match["second"])
        words = f"{_count(hour, 'hour')} {_count(minute, 'minute')} and {_count(second, 'second')}"
        return _finish(text, match.end(), words, "")
    spoken = cardinal(hour)
    if minute:
        spoken += f" oh {cardinal(minute)}" if minute < 10 else f" {cardinal(minute)}"
        return _finish(text, match.end(), spoken, "")
    return _finish(text, match.end(), spoken, " o'clock")


def _finish(text: str, end: int, spoken: str, full_hour: str) -> Reading:
    half = _HALF.match(text, end)
    if half:
        spoken += f" {half['half'].upper()}M"
        end = half.end()
    else:
        spoken += full_hour
    zone = _ZONE.match(text, end)
    if zone:
        return Reading(f"{spoken} {zone['zone'].replace('.', '').upper()}", zone.end(), "time")
    until = _UNTIL.match(text, end)
    if until:
        return Reading(f"{spoken} to", until.end(), "time")
    if half and half["dot"] and not text[end:].strip(" \"')]"):
        # The dot of `p.m.` is the sentence's own as well.
        end -= 1
    return Reading(spoken, end, "time")


def _count(value: int, unit: str) -> str:
    return f"{cardinal(value)} {unit}{'' if value == 1 else 's'}"
