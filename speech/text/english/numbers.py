"""English numbers as words, and numbers as they are written; the readers of the classes use both.

Words are joined by spaces, not hyphens: espeak-ng reads `45` and `forty five` alike, but stresses
`forty-five` as one word.
"""

import re
import unicodedata
from typing import NamedTuple

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("_", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = (
    *("_", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion"),
    *("sextillion", "septillion", "octillion", "nonillion", "decillion", "undecillion"),
)
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5),
    "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8),
    "⅝": (5, 8), "⅞": (7, 8), "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
VULGAR = "".join(_VULGAR)
MAX_CARDINAL_DIGITS = 9
"""An ungrouped run of more digits is an identifier and is read digit by digit."""

# At most twelve groups, so that no text is scanned twice: the largest is below 10**39. Groups are
# marked by commas, by apostrophes as in Switzerland, by pairs as in India, or by spaces or
# dots, which group for certain only where there are two of them or where the last group is round.
WHOLE = (
    r"(?:[0-9]{1,3}(?:(?:,[0-9]{3}){1,12}+|(?:'[0-9]{3}){1,12}+|(?:,[0-9]{2}){1,4},[0-9]{3}"
    r"|(?:\.[0-9]{3}){2,12}+(?!\.[0-9])"
    r"|(?: [0-9]{3}){2,12}+|(?:(?<=[0-9]{2}) [0-9]00| 000))(?![0-9]|[,'][0-9])|[0-9]++)"
)
"""A whole number as written, with its marks between groups."""

_NUMBER = re.compile(rf"(?P<whole>{WHOLE}|(?=\.[0-9]))(?P<parts>(?:\.[0-9]++)*+)")
_MIXED = re.compile(
    rf"(?: ?(?P<vulgar>[{VULGAR}])|[ -](?P<top>[1-9][0-9]{{0,2}})/(?P<low>[1-9][0-9]{{0,2}}))"
    r"(?![0-9A-Za-z/]|[.,][0-9])"
)
_DIGIT = re.compile(r"[0-9]")
_MARKS = re.compile(r"[, '.]")


class Number(NamedTuple):
    """A number as parsed: its words, where it ends, and whether a noun after it is singular."""

    spoken: str
    end: int
    is_one: bool


def cardinal(value: int, *, joined: bool = True) -> str:
    """Words of a number from 0 to 10**39 - 1.

    Args:
        value: The number.
        joined: Say `and` before the last two digits: one hundred and five.
    """
    if value < 20:
        return _ONES[value]
    groups = []
    rest = value
    while rest:
        rest, group = divmod(rest, 1000)
        groups.append(group)
    words = []
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if not group:
            continue
        hundreds, small = divmod(group, 100)
        if hundreds:
            words += [_ONES[hundreds], "hundred"]
        if small:
            if joined and index == 0 and words:
                words.append("and")
            words += [_ONES[small]] if small < 20 else _two_digits(small)
        if index:
            words.append(_SCALES[index])
    return " ".join(words)


def ordinal(value: int) -> str:
    """Words of a position, e.g. 21 to `twenty first`."""
    head, _, last = cardinal(value, joined=False).rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return f"{head} {last}".lstrip()


def digits(text: str) -> str:
    """Words of each digit in turn; other characters are passed over."""
    return " ".join(_ONES[int(character)] for character in text if "0" <= character <= "9")


def plural(words: str) -> str:
    """More than one of a number, `six` to `sixes`, `forty` to `forties`."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")


def without_digits(spoken: str) -> str:
    """Words whatever a reader left of them: a spoken form never holds a digit of any script."""
    if spoken.isascii() and not _DIGIT.search(spoken):
        return spoken
    return "".join(
        f" {_ONES[unicodedata.digit(character)]} " if character.isdigit() else character
        for character in spoken
    )


def year(value: int) -> str:
    """Words of a year from 1 to 9999, e.g. 1905 to `nineteen oh five`."""
    century, rest = divmod(value, 100)
    if century == 0:
        return cardinal(value)
    if 2000 <= value < 2010 or value % 1000 == 0:
        return cardinal(value, joined=False)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    head = cardinal(century)
    return f"{head} oh {_ONES[rest]}" if rest < 10 else f"{head} {cardinal(rest)}"


def fraction(top: int, low: int) -> str:
    """Words of a fraction, e.g. 3/4 to `three quarters`."""
    if low == 2:
        part = "half" if top == 1 else "halves"
    elif low in {0, 1}:
        return f"{cardinal(top)} over {cardinal(low)}"
    else:
        part = "quarter" if low == 4 else ordinal(low)
        part += "" if top == 1 else "s"
    return f"{cardinal(top, joined=False)} {part}"


def whole_words(written: str, *, most: int = MAX_CARDINAL_DIGITS) -> str:
    """Words of an unsigned whole number: grouped, plain, or an identifier such as 007.

    Args:
        written: Digits, with or without marks between their groups.
        most: Digits a number without marks may have before it is an identifier.
    """
    plain = _MARKS.sub("", written)
    if plain != written:
        return cardinal(int(plain))
    if len(written) > most or (len(written) > 1 and written[0] == "0"):
        return digits(written)
    return cardinal(int(written))


def pairs(written: str) -> str:
    """Words of a name of two to four digits, as said in pairs: 370 to `three seventy`."""
    if len(written) < 2 or written[0] == "0" or len(written) > 4:
        return digits(written)
    if len(written) == 2:
        return cardinal(int(written))
    head, rest = written[:-2], written[-2:]
    if rest == "00":
        round_thousand = len(head) == 2 and head[1] == "0"
        return cardinal(int(written)) if round_thousand else f"{cardinal(int(head))} hundred"
    tail = f"oh {_ONES[int(rest)]}" if rest[0] == "0" else cardinal(int(rest))
    return f"{cardinal(int(head))} {tail}"


def parse_number(text: str, start: int) -> Number | None:
    """Parse an unsigned number: `1,234`, `3.50`, `.5`, `2 1/2`, `2½`, `½`, `1.2.3`."""
    if text[start : start + 1] in _VULGAR:
        return Number(fraction(*_VULGAR[text[start]]), start + 1, is_one=True)
    match = _NUMBER.match(text, start)
    if match is None:
        return None
    whole, parts = match["whole"], match["parts"]
    spoken = whole_words(whole) if whole else ""
    if parts:
        tails = parts[1:].split(".")
        if len(tails) == 1:
            spoken = f"{spoken} point {digits(tails[0])}"
        else:
            # A version: its parts are numbers, not decimals.
            spoken = f"{spoken} point " + " point ".join(whole_words(tail) for tail in tails)
        return Number(spoken.lstrip(), match.end(), is_one=False)
    mixed = _MIXED.match(text, match.end()) if len(whole) <= 3 else None
    if mixed:
        above, below = (
            _VULGAR[mixed["vulgar"]] if mixed["vulgar"] else (int(mixed["top"]), int(mixed["low"]))
        )
        if below > 1:
            part = "a half" if (above, below) == (1, 2) else fraction(above, below)
            return Number(f"{spoken} and {part}", mixed.end(), is_one=False)
    return Number(spoken, match.end(), is_one=whole == "1")


def _two_digits(value: int) -> list[str]:
    tens, ones = divmod(value, 10)
    return [_TENS[tens], _ONES[ones]] if ones else [_TENS[tens]]
