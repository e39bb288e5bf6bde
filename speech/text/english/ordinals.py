"""English ordinals: `1st`, `22nd`, `9,000th`."""

import re

from speech.text.english.numbers import digits, ordinal, whole_words
from speech.text.reading import Reading

_FORM = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3}){1,12}+|[0-9]{1,9})[ºª]?(?P<suffix>st|nd|rd|th|ˢᵗ|ⁿᵈ|ʳᵈ|ᵗʰ)"
    r"(?![A-Za-z0-9])",
    re.I,
)
_RAISED = str.maketrans("ˢᵗⁿᵈʳʰ", "stndrh")
_TURNS = re.compile(
    r"[0-9]{1,2}(?:st|nd|rd|th) ?[-–—] ?(?=[0-9]{1,2}(?:st|nd|rd|th)(?![A-Za-z0-9]))", re.I
)


def read_ordinal(text: str, start: int) -> Reading | None:
    """A position, or two joined by a hyphen; a wrong ending such as `3th` is said as written."""
    match = _FORM.match(text, start)
    if match is None:
        return None
    written, suffix = match["whole"], match["suffix"].translate(_RAISED)
    if len(written) > 1 and written[0] == "0":
        return Reading(f"{digits(written)} {suffix}", match.end(), "ordinal")
    value = int(written.replace(",", ""))
    if suffix.lower() != _ending(value):
        return Reading(f"{whole_words(written)} {suffix}", match.end(), "ordinal")
    turns = _TURNS.match(text, start)
    if turns:
        return Reading(f"{ordinal(value)} to", turns.end(), "range")
    return Reading(ordinal(value), match.end(), "ordinal")


def _ending(value: int) -> str:
    if value % 100 in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
