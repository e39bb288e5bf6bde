"""English plain numbers: `5`, `-3.5`, `13,000`, `10k`, `2bn`, `1.2e-5`."""

import re

from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import cardinal, digits, parse_number
from speech.text.english.units import per
from speech.text.reading import Reading, word_after

_LONG = re.compile(r"[0-9]{5,9}(?![0-9A-Za-z]|[.,][0-9])")
_NAMED = re.compile(
    r"(?<![a-z])(?:ending in|ends in|ends with|pin|code|otp|password|passcode|zip|id|account|acct"
    r"|serial"
    r"|order|tracking|reference|confirmation|case|ticket|badge|invoice|license|member|policy)"
    r"(?: (?:is|was|number|no\.?|code|id))*:? ?#?$"
)
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
