"""English numbers: as words, as they are written, and read as cardinals, ordinals and fractions.

Words are joined by spaces, not hyphens: espeak-ng reads `45` and `forty five` alike, but stresses
`forty-five` as one word. The readers of the other classes use what is here.
"""

import re
import unicodedata
from typing import NamedTuple

from speech.text.english.neighbours import before, counts
from speech.text.english.units import per
from speech.text.reading import Reading, word_after

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
# e.g. ` 1/2`
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


# English ordinals: `1st`, `22nd`, `9,000th`.

# e.g. `10,000th`
_ORDINAL = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3}){1,12}+|[0-9]{1,9})[ºª]?(?P<suffix>st|nd|rd|th|ˢᵗ|ⁿᵈ|ʳᵈ|ᵗʰ)"
    r"(?![A-Za-z0-9])",
    re.I,
)
_RAISED = str.maketrans("ˢᵗⁿᵈʳʰ", "stndrh")
# e.g. `1st-3rd`
_TURNS = re.compile(
    r"[0-9]{1,2}(?:st|nd|rd|th) ?[-–—] ?(?=[0-9]{1,2}(?:st|nd|rd|th)(?![A-Za-z0-9]))", re.I
)


def read_ordinal(text: str, start: int) -> Reading | None:
    """A position, or two joined by a hyphen; a wrong ending such as `3th` is said as written."""
    match = _ORDINAL.match(text, start)
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


# English fractions: `1/2`, `3/4th`; marks `9/10`, names `24/7`, blood pressure `120/80`.

# e.g. `1200 / 300`
_FRACTION = re.compile(
    r"(?P<top>[0-9]{1,4})(?: ?/ ?)(?P<low>[0-9]{1,4})(?:th|TH|rd|RD|nd|ND)?[sS]?"
    r"(?![0-9A-Za-z/]|[.,][0-9])"
)
_MARK = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?/(?P<of>5|10|20|25|50|100)(?![0-9A-Za-z/]|\.[0-9])")
# e.g. `scored`
_RATED = re.compile(
    r"(?<![a-z])(?:rat(?:e|ed|ing)|scor(?:e|ed|es|ing)|grad(?:e|ed)|gave|give|gives|giving|got|mark(?:ed|s)?"
    r"|review(?:ed)?|pain|solid|index)(?![a-z])"
)
_RATES = re.compile(r" (?:stars?|points?|would|marks?|rating|score|on |from )")
_PRESSURE = re.compile(r"(?:blood pressure|\bbp)(?![a-z])")
_MERCURY = re.compile(r" mm ?Hg(?![A-Za-z])")
_OF_PRESSURE = re.compile(r" (?:mm ?Hg|blood pressure)")
_CHAIN = re.compile(r"[0-9]{1,6}(?:/[0-9]{1,6}){1,4}+(?![0-9A-Za-z])")
_NAMES = {
    "1/1": "January first",
    "24/7": "twenty four seven",
    "9/11": "nine eleven",
    "24/7/365": "twenty four seven three sixty five",
    "50/50": "fifty fifty",
    "20/20": "twenty twenty",
    "80/20": "eighty twenty",
    "60/40": "sixty forty",
    "70/30": "seventy thirty",
}
_BEAT = re.compile(r" (?:time|meter|metre|beat|signature|rhythm)(?![a-z])")
_UNTIL = re.compile(r" ?[-–] ?(?=[0-9½¼¾⅓⅔])")
# e.g. `week `
_STEP = re.compile(
    r"(?<![a-z])(?:step|page|part|chapter|episode|lesson|slide|question|item|photo|image|round|day"
    r"|week|level|stage|lap|game|match|track|disc|file|frame) \(?$"
)
_EQUALS = re.compile(r" ?=")
_SHARE = re.compile(r"(?P<number>[0-9]{1,6})/(?P<of>[A-Za-z])(?![A-Za-z0-9/])")


def read_fraction(text: str, start: int) -> Reading | None:
    """A share, a mark, a name; or a chain of numbers, whose slashes are not said."""
    if text[start - 1 : start] == "/":
        return None
    chain = _CHAIN.match(text, start)
    if chain and chain[0] in _NAMES:
        return Reading(_NAMES[chain[0]], chain.end(), "fraction")
    mark = _MARK.match(text, start)
    if mark and (
        _RATED.search(before(text, start)) or _RATES.match(text, mark.end()) or "." in mark[0]
    ):
        return _over(text, start, mark, "out of")
    match = _FRACTION.match(text, start)
    if match is None:
        return _chain(chain, text, start) if chain else _share(text, start)
    top, low = int(match["top"]), int(match["low"])
    if low >= 40 and (
        _PRESSURE.search(before(text, start)) or _OF_PRESSURE.match(text, match.end())
    ):
        mercury = _MERCURY.match(text, match.end())
        unit = " millimeters of mercury" if mercury else ""
        end = mercury.end() if mercury else match.end()
        return Reading(f"{cardinal(top)} over {cardinal(low)}{unit}", end, "fraction")
    if low >= top and _STEP.search(before(text, start)):
        return Reading(f"{cardinal(top)} of {cardinal(low)}", match.end(), "fraction")
    if low < 2 or match["low"][0] == "0":
        return _chain(chain, text, start) if chain else None
    if low in {2, 4, 8, 16} and _BEAT.match(text, match.end()):
        return Reading(f"{cardinal(top)} {cardinal(low)}", match.end(), "music")
    if top >= low and _EQUALS.match(text, match.end()):
        return Reading(f"{cardinal(top)} divided by {cardinal(low)}", match.end(), "math")
    if top == low:
        # A score, not a share.
        return Reading(f"{cardinal(top)} out of {cardinal(low)}", match.end(), "fraction")
    until = _UNTIL.match(text, match.end())
    if until and low <= 100:
        return Reading(f"{fraction(top, low)} to", until.end(), "range")
    return Reading(fraction(top, low), match.end(), "fraction")


def _over(text: str, start: int, mark: re.Match[str], word: str) -> Reading | None:
    top = parse_number(text, start)
    if top is None:
        return None
    return Reading(f"{top.spoken} {word} {cardinal(int(mark['of']))}", mark.end(), "fraction")


def _chain(chain: re.Match[str], text: str, start: int) -> Reading:
    said = ", ".join(whole_words(part, most=4) for part in chain[0].split("/"))
    return Reading(said, chain.end(), "fraction")


def _share(text: str, start: int) -> Reading | None:
    match = _SHARE.match(text, start)
    if match is None:
        return None
    of = "hour" if match["of"] == "h" else match["of"].upper()
    return Reading(f"{whole_words(match['number'])} per {of}", match.end(), "fraction")


# English plain numbers: `5`, `-3.5`, `13,000`, `10k`, `2bn`, `1.2e-5`.

_LONG = re.compile(r"[0-9]{5,9}(?![0-9A-Za-z]|[.,][0-9])")
# e.g. `ticket #`
_NAMED = re.compile(
    r"(?<![a-z])(?:ending in|ends in|ends with|pin|code|otp|password|passcode|zip|id|account|acct"
    r"|serial"
    r"|order|tracking|reference|confirmation|case|ticket|badge|invoice|license|member|policy)"
    r"(?: (?:is|was|number|no\.?|code|id))*:? ?#?$"
)
# e.g. `reached `
_QUANTITY = re.compile(
    r"(?<![a-z])(?:about|over|under|than|nearly|almost|around|roughly|approximately|some|exactly|least"
    r"|most"
    r"|of|to|by|cost|costs|earns?|earned|paid|worth|total|totals?|was|sold|reached|hit|counted"
    r"|only|just|every|population|between|and) $"
)
_MAGNITUDE = re.compile(r" ?(?P<word>[Bb]n|mn|MN|[Tt]n|[Tt]rn|mln|[KkMBm])(?![^\W_]|['/&-])")
_MAGNITUDES = {
    "k": "thousand", "m": "million", "mn": "million", "mln": "million", "b": "billion",
    "bn": "billion", "tn": "trillion", "trn": "trillion",
}  # fmt: skip
_SCIENTIFIC = re.compile(r"[eE](?P<sign>[+-]?)(?P<power>[0-9]{1,3})(?![0-9A-Za-z]|\.[0-9])")
_RUN = frozenset({"run", "race", "walk", "runs", "races", "screen", "tv", "video", "monitor"})
_VARIABLE = re.compile(r"x(?= ?[-+=*^<>—²³]| / )")
_RACE = re.compile(r"(?:^|[ (])(?:a|an|the|my|his|her|our|first|last|next|this|annual) $")
_TIMES = re.compile(r"[x×](?![A-Za-z0-9]| ?[0-9(])")


def read_plain(text: str, start: int) -> Reading | None:
    """A number with its magnitude or power of ten; long ones by what their neighbours say."""
    number = parse_number(text, start)
    if number is None:
        return None
    attached = text[start - 1 : start].isalnum()
    power = _SCIENTIFIC.match(text, number.end)
    if power and not attached:
        sign = "minus " if power["sign"] == "-" else ""
        said = f"{number.spoken} times ten to the power of {sign}{cardinal(int(power['power']))}"
        return Reading(said, power.end(), "math")
    if attached:
        return Reading(number.spoken, number.end, "number")
    magnitude = _MAGNITUDE.match(text, number.end)
    if magnitude and _is_magnitude(text, start, number.end, magnitude):
        said = f"{number.spoken} {_MAGNITUDES[magnitude['word'].lower()]}"
        return Reading(said, magnitude.end(), "number")
    times = _TIMES.match(text, number.end)
    if times and not _VARIABLE.match(text, number.end):
        said = f"{number.spoken} {'time' if number.is_one else 'times'}"
        share = per(text, times.end())
        if share:
            return Reading(f"{said} {share.spoken}", share.end, "number")
        return Reading(said, times.end(), "number")
    if _is_name(text, start, number.end):
        return Reading(digits(text[start : number.end]), number.end, "number")
    return Reading(number.spoken, number.end, "number")


def _is_magnitude(text: str, start: int, end: int, magnitude: re.Match[str]) -> bool:
    """Whether a letter behind a number multiplies it: `10k followers`, not `a 4K screen`."""
    word = magnitude["word"]
    close = magnitude.start("word") == end
    if len(word) > 1:
        return True
    if not close:
        return False
    if word == "m":
        return counts(text, magnitude.end())
    if word in {"k", "K"}:
        after = word_after(text, magnitude.end()).lower().rstrip(".,;:!?")
        if after in _RUN or (text[start:end] in {"2", "4", "8"} and word == "K"):
            return counts(text, magnitude.end()) and after not in _RUN
        # A 5K or 10K is run; ten thousand of something has its noun.
        is_race = text[start:end] in {"5", "10"} and _RACE.search(before(text, start))
        return not is_race or counts(text, magnitude.end())
    return "." in text[start:end] or counts(text, magnitude.end()) or word == "M"


def _is_name(text: str, start: int, end: int) -> bool:
    """Whether a run of digits names rather than counts, so that its digits are said."""
    said = before(text, start)
    written = text[start:end]
    if not written.isdigit():
        return False
    if len(written) >= 3 and _NAMED.search(said):
        return not counts(text, end)
    if not _LONG.match(text, start):
        return False
    # Without marks between its groups a long number counts only where something says so.
    return not (counts(text, end) or _QUANTITY.search(said) or (said and written.endswith("000")))


def read_minus(text: str, start: int) -> Reading | None:
    """A sign before a number, `-5`, ` -0.4`, or behind a mark or blood group, `B-`, `AB-`.

    A hyphen inside a word or range is none.
    """
    previous = text[start - 1 : start]
    if previous.isalpha() and not text[start + 1 : start + 3].strip(".$€£¥")[:1].isdigit():
        head = before(text, start)
        blood = previous in {"O", "B"} and (previous == "O" or head.endswith("ab"))
        said = " negative" if blood or "blood" in head or "donor" in head else " minus"
        return Reading(said, start + 1, "symbol")
    if previous and (previous.isalnum() or previous in "-/.,:)"):
        return None
    return Reading("minus", start + 1, "number")
