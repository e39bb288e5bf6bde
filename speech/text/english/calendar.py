"""English months and weekdays written short, alone: `Sept.`, `on Mon.`, `Mon-Fri`.

Dates with a number belong to `dates`.
"""

import re

from speech.text.reading import Reading, word_after, word_before

_MONTHS = {
    "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "Jun": "June",
    "Jul": "July", "Aug": "August", "Sep": "September", "Sept": "September", "Oct": "October",
    "Nov": "November", "Dec": "December",
}  # fmt: skip
_DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Weds": "Wednesday",
    "Thu": "Thursday", "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday",
    "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_NAMES = {**_MONTHS, **_DAYS}
HEADS = frozenset({*_NAMES, *(name.upper() for name in _NAMES)})
"""The forms; all capitals are read as well."""

# Words, or names of people, unless a neighbour says otherwise.
_WORDS_TOO = frozenset(["Jan", "Mar", "Jun", "Mon", "Wed", "Sat", "Sun", "Dec"])
_BEFORE = frozenset(
    """in on since until till by from last next this every each early late mid through during
    before after between of to and""".split()
)
_ANY = "|".join(sorted(HEADS, key=len, reverse=True))
_FORM = re.compile(rf"(?P<form>{_ANY})(?P<dot>\.?)(?!\w|'|\.\w)")
_TO = re.compile(rf"\.? ?[-–—/] ?(?P<until>{_ANY})(?P<dot>\.?)(?!\w)")
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
    form = match["form"] if match["form"] in _NAMES else match["form"].capitalize()
    until = _TO.match(text, start + len(match["form"]))
    if until:
        second = until["until"].capitalize()
        if (form in _DAYS) is (second in _DAYS):
            end = until.end() - (1 if until["dot"] and _is_last(text, until.end()) else 0)
            return Reading(f"{_NAMES[form]} to {_NAMES[second]}", end, "date")
    end = match.end()
    shouted = match["form"] not in _NAMES
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
    return Reading(_NAMES[form], end, "date")


def _is_last(text: str, end: int) -> bool:
    return not text[end : end + 4].strip(" \"')]") and end + 4 >= len(text)
