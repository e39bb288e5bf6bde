"""Numbers in English postal addresses: the house before a street, the ZIP code behind a state."""

import re

from speech.text.english.numbers import cardinal, digits
from speech.text.reading import Reading

_HOUSE = re.compile(
    r"(?P<number>[1-9][0-9]{2,3})"
    r"(?=(?: (?:[NSEW]\.?|[A-Z][a-z]{1,20}|[0-9]{1,3}(?:st|nd|rd|th))){1,3} "
    r"(?i:st|street|ave|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|way|court|ct|pl|place"
    r"|expy|pkwy|hwy)(?![A-Za-z]))"
)
_ZIP = re.compile(r"(?P<zip>[0-9]{5})(?P<more>-[0-9]{4})?(?![0-9A-Za-z])")
_STATE = re.compile(r", ?[A-Z]{2} $")


def read_place_number(text: str, start: int) -> Reading | None:
    """`1428` of `1428 Elm St` in pairs of digits, `95051` of `Santa Clara, CA 95051` in digits."""
    house = _HOUSE.match(text, start)
    if house and not text[start - 1 : start].isalnum():
        number = house["number"]
        head, tail = number[:-2], number[-2:]
        if tail == "00":
            said = f"{cardinal(int(head))} hundred" if head != "10" else "one thousand"
        elif tail[0] == "0":
            said = f"{cardinal(int(head))} oh {cardinal(int(tail))}"
        else:
            said = f"{cardinal(int(head))} {cardinal(int(tail))}"
        return Reading(said, house.end(), "address")
    code = _ZIP.match(text, start)
    if code and _STATE.search(text, max(0, start - 5), start):
        return Reading(
            ", ".join(digits(part) for part in code[0].split("-")), code.end(), "address"
        )
    return None
