"""English digit groups: telephone numbers, social security numbers, IP addresses."""

import re

from speech.text.english.numbers import digits
from speech.text.reading import Reading

_PHONE = re.compile(
    r"(?P<land>\+?[0-9]{1,3}[ -]?(?=\(|[0-9]{3}[ .-][0-9]{3}[ .-]))?"
    r"(?:\((?P<area>[0-9]{3})\)[ -]{0,2}|(?P<bare>[0-9]{3})[ .-])"
    r"(?P<office>[0-9]{3})[ .-](?P<line>[0-9]{4})(?:-(?P<more>[0-9]{4}))?(?![0-9])"
)
_SOCIAL = re.compile(r"(?P<a>[0-9]{3})-(?P<b>[0-9]{2})-(?P<c>[0-9]{4})(?![0-9-])")
_LOCAL = re.compile(r"(?P<a>[0-9]{3})-(?P<b>[0-9]{4})(?![0-9-])")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])")


def read_digit_groups(text: str, start: int) -> Reading | None:
    """A number that names rather than counts, read digit by digit in its groups."""
    if text[start - 1 : start].isalnum() or text[start - 1 : start] in {"-", "."}:
        return None
    match = _PHONE.match(text, start)
    if match:
        groups = [match["land"], match["area"] or match["bare"], match["office"], match["line"]]
        spoken = ", ".join(digits(group) for group in [*groups, match["more"]] if group)
        plus = "plus " if (match["land"] or "").startswith("+") else ""
        return Reading(plus + spoken, match.end(), "telephone")
    match = _SOCIAL.match(text, start) or _LOCAL.match(text, start)
    if match:
        return Reading(
            ", ".join(digits(group) for group in match.groups()), match.end(), "telephone"
        )
    match = _ADDRESS.match(text, start)
    if match:
        return Reading(
            " dot ".join(digits(part) for part in match[0].split(".")), match.end(), "telephone"
        )
    return None
