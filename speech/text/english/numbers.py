"""English numbers: cardinals, decimals, ordinals, fractions, years, decades, ranges, digits.

Words are joined by spaces, not hyphens: espeak-ng reads `45` and `forty five` alike, but stresses
`forty-five` as one word.
"""

import re
from typing import NamedTuple

from speech.text.reading import Reading, word_after, word_before

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["_", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = [
    "_",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
    "septillion",
    "octillion",
    "nonillion",
    "decillion",
    "undecillion",
]
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
    "½": "1/2",
    "⅓": "1/3",
    "⅔": "2/3",
    "¼": "1/4",
    "¾": "3/4",
    "⅕": "1/5",
    "⅖": "2/5",
    "⅗": "3/5",
    "⅘": "4/5",
    "⅙": "1/6",
    "⅚": "5/6",
    "⅛": "1/8",
    "⅜": "3/8",
    "⅝": "5/8",
    "⅞": "7/8",
}
VULGAR = "".join(_VULGAR)
MAX_CARDINAL_DIGITS = 9
"""An ungrouped run of more digits is an identifier and is read digit by digit."""

# At most twelve groups, so that no text is scanned twice: the largest is below 10**39.
_NUMBER = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3}){1,12}+(?![0-9])|[0-9]++|(?=\.[0-9]))"
    r"(?P<parts>(?:\.[0-9]++)*+)"
)
_MIXED = re.compile(rf"(?: ?(?P<vulgar>[{VULGAR}])| (?P<top>[0-9]{{1,3}})/(?P<low>[0-9]{{1,3}}))")
_FRACTION = re.compile(
    r"(?P<top>[0-9]{1,4}) ?/ ?(?P<low>[0-9]{1,4})(?:th|TH|rd|nd)?(?![0-9A-Za-z/]|\.[0-9])"
)
_ORDINAL = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3}){1,12}+|[0-9]{1,9})(?P<suffix>st|nd|rd|th)\b", re.I
)
_DECADE = re.compile(r"'?(?P<year>(?:1[0-9]|20)?[0-9]0) ?'?s(?![A-Za-z])")
_YEAR = re.compile(r"(?:1[0-9]|20)[0-9]{2}(?![0-9]|[.,][0-9]|[A-Za-z%°])")
_RANGE = re.compile(r" ?- ?(?=[0-9])")
_YEAR_WORDS = frozenset(
    [
        "in",
        "since",
        "by",
        "until",
        "till",
        "of",
        "from",
        "before",
        "after",
        "circa",
        "around",
        "during",
        "year",
        "early",
        "late",
        "mid",
    ]
)
_NAMES = frozenset({(24, 7), (9, 11)})
_ERAS = frozenset({"AD", "BC", "CE", "BCE", "A.D.", "B.C."})


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


def year(value: int) -> str:
    """Words of a year from 1000 to 2099, e.g. 1905 to `nineteen oh five`."""
    century, rest = divmod(value, 100)
    if 2000 <= value < 2010 or value % 1000 == 0:
        return cardinal(value, joined=False)
    if rest == 0:
        return f"{_ONES[century]} hundred"
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


def whole_words(written: str) -> str:
    """Words of an unsigned whole number: grouped, plain, or an identifier such as 007."""
    if "," in written:
        return cardinal(int(written.replace(",", "")))
    if len(written) > MAX_CARDINAL_DIGITS or (len(written) > 1 and written[0] == "0"):
        return digits(written)
    return cardinal(int(written))


def parse_number(text: str, start: int) -> Number | None:
    """Parse an unsigned number: `1,234`, `3.50`, `.5`, `2 1/2`, `2½`, `½`, `1.2.3`."""
    if text[start : start + 1] in _VULGAR:
        top, low = _VULGAR[text[start]].split("/")
        return Number(_part_of(int(top), int(low)), start + 1, is_one=True)
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
    mixed = _MIXED.match(text, match.end())
    if mixed and not text[mixed.end() : mixed.end() + 1].isalnum():
        top, _, low = (_VULGAR.get(mixed["vulgar"] or "", "") or "").partition("/")
        above, below = int(top or mixed["top"]), int(low or mixed["low"])
        if below > 1:
            return Number(f"{spoken} and {_part_of(above, below)}", mixed.end(), is_one=False)
    return Number(spoken, match.end(), is_one=whole == "1")


def _part_of(top: int, low: int) -> str:
    return "a half" if (top, low) == (1, 2) else fraction(top, low)


def read_number(text: str, start: int) -> Reading | None:
    """Any number that no other class claimed, with its range: `5`, `1980-1986`, `-3.5`."""
    first = _plain(text, start)
    if first is None:
        return None
    gap = _RANGE.match(text, first.end)
    before = text[start - 1 : start]
    alone = not before.isalnum() and before not in {"-", "/", ".", ":"}
    if gap and alone:
        second = _plain(text, gap.end())
        if second and not text.startswith(("-", "/"), second.end):
            word = _between(text, start, first.end, gap.end(), second.end)
            if word:
                return Reading(f"{first.spoken} {word} {second.spoken}", second.end, "range")
    return first


def read_fraction(text: str, start: int) -> Reading | None:
    """`1/2`, `3/4th`; refuses what is part of a longer chain of slashes."""
    match = _FRACTION.match(text, start)
    if match is None or text[start - 1 : start] == "/":
        return None
    top, low = int(match["top"]), int(match["low"])
    if low < 2:
        return None
    if top == low:
        # A score, not a share.
        said = "fifty fifty" if top == 50 else f"{cardinal(top)} out of {cardinal(low)}"
        return Reading(said, match.end(), "fraction")
    if (top, low) in _NAMES:
        return Reading(f"{cardinal(top)} {cardinal(low)}", match.end(), "fraction")
    return Reading(fraction(top, low), match.end(), "fraction")


def read_ordinal(text: str, start: int) -> Reading | None:
    """`1st`, `22nd`, `9,000th`; a wrong ending such as `3th` is not an ordinal."""
    match = _ORDINAL.match(text, start)
    if match is None:
        return None
    value = int(match["whole"].replace(",", ""))
    right = (
        "th" if value % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    )
    if match["suffix"].lower() != right:
        return Reading(f"{whole_words(match['whole'])} {match['suffix']}", match.end(), "ordinal")
    return Reading(ordinal(value), match.end(), "ordinal")


def read_decade(text: str, start: int) -> Reading | None:
    """`1980s`, `'80s`, `80s`, `1980's`."""
    match = _DECADE.match(text, start)
    if match is None or (text[start - 1 : start].isalnum()):
        return None
    value = int(match["year"])
    if value == 0:
        return None
    words = year(value) if value >= 1000 else cardinal(value)
    return Reading(words[:-1] + "ies" if words.endswith("y") else words + "s", match.end(), "year")


def read_year(text: str, start: int) -> Reading | None:
    """Four bare digits that are a year: 1900 to 2099, or earlier ones where a neighbour says so."""
    match = _YEAR.match(text, start)
    if match is None or text[start - 1 : start].isalnum() or text[start - 1 : start] in {"/", ":"}:
        return None
    value = int(match[0])
    if value < 1900:
        before = word_before(text, start).lower().strip("(,")
        after = word_after(text, match.end()).strip(",;)")
        if before not in _YEAR_WORDS and after not in _ERAS:
            return None
    return Reading(year(value), match.end(), "year")


def _plain(text: str, start: int) -> Reading | None:
    found = read_decade(text, start) or read_year(text, start)
    if found:
        return found
    attached = text[start - 1 : start].isalpha()
    match = _NUMBER.match(text, start)
    if attached and match and not match["parts"] and len(match["whole"]) >= 4:
        # A code such as ab9453; t2000 is still a number.
        whole = match["whole"].replace(",", "")
        if not whole.endswith("000"):
            return Reading(digits(whole), match.end(), "serial")
    number = parse_number(text, start)
    return Reading(number.spoken, number.end, "number") if number else None


def _between(text: str, start: int, end: int, second: int, second_end: int) -> str:
    """The word for a hyphen between two numbers, or nothing where it is part of a code."""
    if text[second_end : second_end + 2].lstrip()[:1] == "=":
        return "minus"
    if text[second_end - 1] == "s" and text[end - 1] == "s":
        return "to"
    left, right = text[start:end], text[second:second_end]
    if text[second_end : second_end + 1].isalpha() or len(left) > 12 or len(right) > 12:
        return ""
    try:
        low, high = float(left.replace(",", "")), float(right.replace(",", ""))
    except ValueError:
        return ""
    return "to" if high > low else ""


def read_minus(text: str, start: int) -> Reading | None:
    """A sign before a number: `-5`, ` -0.4`; a hyphen inside a word or range is not one."""
    before = text[start - 1 : start]
    if before and (before.isalnum() or before in "-/.,:)"):
        return None
    return Reading("minus", start + 1, "number")


def _two_digits(value: int) -> list[str]:
    tens, ones = divmod(value, 10)
    return [_TENS[tens], _ONES[ones]] if ones else [_TENS[tens]]
