"""English codes of groups: `order #45-88231`, `CVE-2024-3094`, `INV-2024-00123`, `21-cv-0456`.

A number that names a case, an order or a document is given sign by sign, its groups apart.
"""

import re

from speech.text.english.numbers import digits
from speech.text.reading import Reading

_GROUPS = re.compile(r"[0-9]{1,10}(?:-(?:[0-9]{1,10}|[A-Za-z]{1,3})){1,5}(?![A-Za-z0-9-]|\.[0-9])")
_NAME = re.compile(
    r"(?i:(?<![a-z])(?:order|invoice|ticket|tracking|account|policy|case|part|serial|model|item|sku|ref"
    r"|reference|claim|docket|permit|confirmation|booking|batch|lot)"
    r"(?: (?:number|id|code|no\.?|is))?:? ?|(?<![a-z])no\. ?|# ?)$"
)
_LETTERS = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,5}-$")
# Few digits after such a word may be a range or a part: items 3-4, No. 12-B.
_TELLING = re.compile(r"[0-9]{4}|-.*-")
_LONG = re.compile(r"-[0-9]{3,}")


def read_code(text: str, start: int) -> Reading | None:
    """Groups behind a word or a sign that numbers things, or behind capitals."""
    match = _GROUPS.match(text, start)
    if match is None:
        return None
    named = _TELLING.search(match[0]) and _NAME.search(text, max(0, start - 32), start)
    if not named and not (
        _LETTERS.search(text, max(0, start - 8), start) and _LONG.search(match[0])
    ):
        return None
    groups = [
        digits(group) if group.isdecimal() else " ".join(group.upper())
        for group in match[0].split("-")
    ]
    return Reading(", ".join(groups), match.end(), "serial")
