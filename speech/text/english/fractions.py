"""English fractions: `1/2`, `3/4th`; marks `9/10`, names `24/7`, blood pressure `120/80`."""

import re

from speech.text.english.neighbours import before
from speech.text.english.numbers import cardinal, fraction, parse_number, whole_words
from speech.text.reading import Reading

_FORM = re.compile(
    r"(?P<top>[0-9]{1,4})(?: ?/ ?)(?P<low>[0-9]{1,4})(?:th|TH|rd|nd)?s?"
    r"(?![0-9A-Za-z/]|[.,][0-9])"
)
_MARK = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?/(?P<of>5|10|20|25|50|100)(?![0-9A-Za-z/]|\.[0-9])")
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
    match = _FORM.match(text, start)
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
    return Reading(
        f"{whole_words(match['number'])} per {match['of'].upper()}", match.end(), "fraction"
    )
