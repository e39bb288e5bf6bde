"""English serials: digits joined to letters, and numbers that follow the noun they name.

`A320`, `B2A23C`, `ab9453`, `covid-19`, `F-150`, `133-ABC`, `Flight 370`, `Room 101`, `RTX 4090`.
"""

import re

from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import cardinal, digits, pairs, plural
from speech.text.english.years import read_decade
from speech.text.reading import Reading

_RUN = re.compile(r"[0-9]++(?!\.[0-9]|[,:/][0-9]|%|°)")
_LETTER_BEFORE = re.compile(
    r"(?:[A-Za-z]|(?<![a-z])[A-Z]{1,4}-|[A-Za-z][0-9]{1,4}-|(?i:covid|sars|cov)-|[A-Z][a-z]{1,6}-|(?<![A-Za-z])[A-Z]\.)$"
)
_HYPHENS = re.compile(r"[0-9]{1,8}(?:-[0-9]{1,8}){0,4}-(?:[A-Z]|[a-z]{1,2}(?![a-z]))")
_NAMED = re.compile(
    r"(?:[Ff]light|[Rr]oute|[Hh]ighway|[Hh]wy\.?|[Ii]nterstate|[Rr]oom|[Ss]uite|[Aa]partment|Apt\.?"
    r"|Boeing|Airbus|Unit|[Ff]orm|Area|[Cc]hannel|[Bb]us|[Pp]ort|[Ee]rror|Section|Train|Gate|Porsche|Ferrari|Peugeot"
    r"|Mazda|BMW|Xbox|Fahrenheit|Ext\.?|[Ee]xtension|[Cc]abin|Building|Bldg\.?|[A-Z]{2,5}) #?$"
)
_PLAN = re.compile(
    r"(?:401\(?k|403\(?b|501\(?c)(?![a-z0-9])|(?:1099|1098|1095|1040)(?=-[a-z]| form|s(?![a-z]))"
    r"|1031(?= exchange)|[45]0[0-9](?= (?:errors?|page|not found|status|response)(?![a-z]))",
    re.I,
)
_CALIBER = re.compile(
    r"\.(?P<number>[0-9]{2,3})(?=[ -](?:cal|Magnum|magnum|ACP|revolver|pistol|rifle))"
)
_CAPITALS = re.compile(r"(?P<number>[0-9]{1,3})(?P<letters>[A-Z]{2,4})(?![A-Za-z0-9'])")
_PLURAL = re.compile(r"(?P<number>[0-9]{1,4})(?P<mark>'?)s(?![A-Za-z0-9])")
_CROWD = re.compile(r"1(?P<zeros>000?)'?s(?= of )")
_TEAM = re.compile(r"(?P<number>[0-9]{2})ers(?![A-Za-z0-9])")
_AVERAGE = re.compile(r"\.(?P<number>[0-9]{3})(?![0-9])")
_BATTING = re.compile(r"(?<![a-z])(?:batting|hitting|hit|bats|batted|slugging|average(?: of)?) $")
_JET_PLURAL = re.compile(r"7[0-9]7$|3[0-9]0$")
_COUNTED = re.compile(
    r"(?<![a-z])(?:two|three|four|five|six|seven|eight|nine|ten|some|all|both|these|those|of|many"
    r"|several|old|new|pair|the|her|his|their|my|roll(?:ed)?|size|in) $"
)
_LASTING = re.compile(
    r"(?<![a-z])(?:for|after|within|every|wait|last(?:s|ed)?|took|takes|in|by|under|over|about|than"
    r"|hold|rest|is|was) $"
)
_GAP = re.compile(r" ?[-–—] ?")
_LETTERS = re.compile(r"(?<![A-Za-z])[A-Za-z]{1,2}$")
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-z]{2,3}(?![A-Za-z])")
_TOKEN_BEFORE = re.compile(r"[A-Za-z0-9]+$")
_TOKEN_AFTER = re.compile(r"[A-Za-z0-9]+")
_JET = re.compile(r"7[0-9]7(?= (?:MAX|Max|Dreamliner|jets?|airliner)(?![A-Za-z]))")
_HYPHENATED = re.compile(r"(?P<first>7[0-9]7)-(?P<second>[0-9]{3}|8|9|10)(?![0-9])")


def read_serial(text: str, start: int) -> Reading | None:
    """Digits that name: in pairs as models are said, or digit by digit where they are a code."""
    caliber = _CALIBER.match(text, start)
    if caliber is None and _BATTING.search(before(text, start)):
        caliber = _AVERAGE.match(text, start)
    if caliber:
        return Reading(pairs(caliber["number"]), caliber.end(), "serial")
    match = _RUN.match(text, start)
    if match is None:
        return None
    written, end = match[0], match.end()
    previous = text[start - 1 : start]
    if not previous.isalnum() and (_PLAN.match(text, start) or _JET.match(text, start)):
        return Reading(pairs(written), end, "serial")
    capitals = _CAPITALS.match(text, start)
    if capitals and not previous.isalnum() and previous != "-":
        said = f"{_number(capitals['number'])} {' '.join(capitals['letters'])}"
        return Reading(said, capitals.end(), "serial")
    tail = _CONSONANTS.match(text, end)
    if tail and (previous.isalpha() or text[tail.end() : tail.end() + 1].isdigit()):
        # Letters of a code are spelt.
        said = f"{_number(written)} {' '.join(tail[0])}"
        return Reading(said, tail.end(), "serial")
    if _in_code(text, start, end):
        return Reading(digits(written), end, "serial")
    head = text[max(0, start - 8) : start]
    if _LETTER_BEFORE.search(head):
        said = _after_letters(written)
        many = _PLURAL.match(text, start)
        if many and not many["mark"]:
            return Reading(plural(said), end + 1, "serial")
        return _until(text, start, Reading(said, end, "serial"))
    if previous == "-" and text[start - 2 : start - 1].isalnum():
        follows = text[end : end + 1] == "-" and text[end + 1 : end + 2].isalnum()
        if follows or text[end : end + 1].isalpha():
            return Reading(_number(written), end, "serial")
        return None
    jet = _HYPHENATED.match(text, start)
    if jet:
        return Reading(f"{pairs(jet['first'])} {pairs(jet['second'])}", jet.end(), "serial")
    if len(written) in {3, 4} and previous in {" ", "#"}:
        if _NAMED.search(text, max(0, start - 14), start) and not counts(text, end):
            return Reading(_name(written), end, "serial")
        return None
    if text[end : end + 1] == "-" and previous.strip("\"'([") == "" and _HYPHENS.match(text, start):
        return Reading(_number(written), end, "serial")
    return None


def read_plural(text: str, start: int) -> Reading | None:
    """More than one of a name or a number: `747s`, `F-16s`, `two 6s`; not `15s` of a clip."""
    team = _TEAM.match(text, start)
    if team:
        return Reading(
            f"{cardinal(int(team['number'])).removesuffix('e')}ers", team.end(), "serial"
        )
    crowd = _CROWD.match(text, start)
    if crowd:
        said = "thousands" if crowd["zeros"] == "000" else "hundreds"
        return Reading(said, crowd.end(), "number")
    match = _PLURAL.match(text, start)
    previous = text[start - 1 : start]
    if match is None or previous.isalnum():
        return None
    number = match["number"]
    named = _LETTER_BEFORE.search(text[max(0, start - 8) : start])
    jet = _JET_PLURAL.match(number)
    said_of = before(text, start)
    lasting = len(number) > 1 or _LASTING.search(said_of)
    counted = bool(_COUNTED.search(said_of))
    if match["mark"] and not counted:
        # Formula 1's season
        return None
    if read_decade(text, start) or (lasting and not (named or jet or counted)):
        return None
    said = pairs(number) if len(number) > 2 else _number(number)
    return Reading(plural(said), match.end(), "serial")


def _until(text: str, start: int, serial: Reading) -> Reading:
    """With the hyphen to a later one of the same letters: `Q3-Q4`, `A1-A4`."""
    letters = _LETTERS.search(text, max(0, start - 4), start)
    gap = _GAP.match(text, serial.end)
    if letters is None or gap is None:
        return serial
    more = _RUN.match(text, gap.end() + len(letters[0]))
    same = text.startswith(letters[0], gap.end())
    if more is None or not same or int(more[0]) <= int(text[start : serial.end]):
        return serial
    return Reading(f"{serial.spoken} to", gap.end(), "serial")


def _in_code(text: str, start: int, end: int) -> bool:
    """Whether digits stand in a long mixture of letters and digits, all of which are spelt."""
    token = _TOKEN_BEFORE.search(text, max(0, start - 20), start)
    rest = _TOKEN_AFTER.match(text, end, end + 20)
    whole = (token[0] if token else "") + text[start:end] + (rest[0] if rest else "")
    letters = sum(map(str.isalpha, whole))
    return len(whole) >= 9 and letters >= 2 and len(whole) - letters >= 6


def _after_letters(written: str) -> str:
    if len(written) == 3 or (len(written) == 4 and written.endswith("00")):
        return pairs(written)
    return _number(written)


def _name(written: str) -> str:
    # ISO 9001 is nine thousand one.
    if len(written) == 4 and written[1:3] == "00":
        return cardinal(int(written), joined=False)
    return pairs(written)


def _number(written: str) -> str:
    if len(written) > 3 or written[0] == "0":
        return digits(written)
    return cardinal(int(written), joined=False)
