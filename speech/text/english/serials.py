"""Names made of letters and digits: codes, serials and models, telephone and account numbers."""

import re

from speech.text.english.dates import read_decade
from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import cardinal, digits, pairs, plural
from speech.text.reading import Reading

# English codes of groups: `order #45-88231`, `CVE-2024-3094`, `INV-2024-00123`, `21-cv-0456`.
#
# A number that names a case, an order or a document is given sign by sign, its groups apart.

_GROUPS = re.compile(r"[0-9]{1,10}(?:-(?:[0-9]{1,10}|[A-Za-z]{1,3})){1,5}(?![A-Za-z0-9-]|\.[0-9])")
# e.g. `policy`
_NAME = re.compile(
    r"(?i:(?<![a-z])(?:order|invoice|ticket|tracking|account|policy|case|part|serial|model|item|sku|ref"
    r"|reference|claim|docket|permit|confirmation|booking|batch|lot)"
    r"(?: (?:number|id|code|no\.?|is))?:? ?|(?<![a-z])no\. ?|# ?)$"
)
_CODE_LETTERS = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,5}-$")
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
        _CODE_LETTERS.search(text, max(0, start - 8), start) and _LONG.search(match[0])
    ):
        return None
    groups = [
        digits(group) if group.isdecimal() else " ".join(group.upper())
        for group in match[0].split("-")
    ]
    return Reading(", ".join(groups), match.end(), "serial")


# English serials: digits joined to letters, and numbers that follow the noun they name.
#
# `A320`, `B2A23C`, `ab9453`, `covid-19`, `F-150`, `133-ABC`, `Flight 370`, `Room 101`, `RTX 4090`.

_RUN = re.compile(r"[0-9]++(?!\.[0-9]|[,:/][0-9]|%|°)")
# e.g. `Vitamin B-`
_LETTER_BEFORE = re.compile(
    r"(?:[A-Za-z]|(?<![a-z])[A-Z]{1,4}-|[A-Za-z][0-9]{1,4}-|(?i:covid|sars|cov)-|[A-Z][a-z]{1,6}-|(?<![A-Za-z])[A-Z]\.)$"
)
_HYPHENS = re.compile(r"[0-9]{1,8}(?:-[0-9]{1,8}){0,4}-(?:[A-Z]|[a-z]{1,2}(?![a-z]))")
# e.g. `Apt. #`
_NAMED = re.compile(
    r"(?:[Ff]light|[Rr]oute|[Hh]ighway|[Hh]wy\.?|[Ii]nterstate|[Rr]oom|[Ss]uite|[Aa]partment|Apt\.?"
    r"|Boeing|Airbus|Unit|[Ff]orm|Area|[Cc]hannel|[Bb]us|[Pp]ort|[Ee]rror|Section|Train|Gate|Porsche|Ferrari|Peugeot"
    r"|Mazda|BMW|Xbox|Fahrenheit|Ext\.?|[Ee]xtension|[Cc]abin|Building|Bldg\.?|[A-Z]{2,5}) #?$"
)
# e.g. `401(k)`
_PLAN = re.compile(
    r"(?:401\(?k|403\(?b|501\(?c)(?![a-z0-9])|(?:1099|1098|1095|1040)(?=-[a-z]| form|s(?![a-z]))"
    r"|1031(?= exchange)|[45]0[0-9](?= (?:errors?|page|not found|status|response)(?![a-z]))",
    re.I,
)
# e.g. `.38 cal`
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
# e.g. `several `
_COUNTED = re.compile(
    r"(?<![a-z])(?:two|three|four|five|six|seven|eight|nine|ten|some|all|both|these|those|of|many"
    r"|several|old|new|pair|the|her|his|their|my|roll(?:ed)?|size|in) $"
)
# e.g. `lasted `
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


# English digit groups: telephone numbers, extensions, emergency calls, accounts, ISBN.

_GROUPED = re.compile(r"[+(]|[0-9]{1,7}[ .()-]{1,3}[0-9A-Z(]|[0-9X*]{3,}")
"""What any group of digits begins like; most numbers do not."""

# e.g. `1-877-555-0110`
_PHONE = re.compile(
    r"(?P<land>\+?[1-9][0-9]{0,2}[ .-]?(?=\(|[0-9]{3}[ .-][0-9]{3}[ .-]))?"
    r"(?:\((?P<area>[0-9]{3})\)[ -]{0,2}|(?P<bare>[0-9]{3})[ .-])"
    r"(?P<office>[0-9]{3})[ .-](?P<line>[0-9]{4})(?:-(?P<more>[0-9]{4}))?(?![0-9])"
)
# With its country, or with the zero that dials another town: groups as the writer made them.
# e.g. `+44 20 7946 0018`
_INTERNATIONAL = re.compile(
    r"(?P<land>\+[0-9]{1,3})(?:[ .-]?\(0\)[ .-]?|[ .-]?)"
    r"(?P<rest>\(?[0-9]{1,5}\)?(?:[ .-]?[0-9]{2,7}){1,5})(?![0-9])"
)
# e.g. `(555) 010-9999`
_NATIONAL = re.compile(
    r"(?P<rest>\(?0[0-9]{1,5}\)?(?:[ -][0-9]{3,6}){1,3}|0[1-9](?:[ .][0-9]{2}){4}"
    r"|[0-9]{3}(?P<mark>[ -])[0-9]{4}(?P=mark)[0-9]{4})"
    r"(?![0-9]|[.,:/][0-9])"
)
# e.g. `1-800-FLOWERS`
_VANITY = re.compile(
    r"(?:(?P<land>1)[ -])?\(?(?P<area>8[0-9]{2}|9[0-9]{2})\)?[ -]"
    r"(?P<word>(?:[0-9]{1,3}-)?[A-Z]{1,9}(?:-[A-Z0-9]{1,7}){0,3})(?![A-Za-z0-9])"
)
_SOCIAL = re.compile(r"(?P<a>[0-9]{3})-(?P<b>[0-9]{2})-(?P<c>[0-9]{4})(?![0-9-])")
_LOCAL = re.compile(r"(?P<a>[0-9]{3})[-.](?P<b>[0-9]{4})(?![0-9-]|[.,][0-9])")
# e.g. `4111 1111 1111 1111`
_CARD = re.compile(
    r"[0-9X*]{4}(?P<mark>[ -])[0-9X*]{4}(?P=mark)[0-9X*]{4}(?:(?P=mark)[0-9X*]{1,4}){0,3}"
    r"(?![0-9A-Za-z-])"
    r"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{5}(?![0-9-])"
)
_BOOK = re.compile(r"[0-9]-[0-9]{2,7}-[0-9]{1,6}-[0-9X](?![0-9A-Za-z-])")
_SORT = re.compile(r"[0-9]{2}(?:-[0-9]{2}){2}(?![0-9A-Za-z-])")
_ISBN = re.compile(r"97[89]-(?:[0-9]{1,7}-){2,3}[0-9X](?![0-9-])|97[89][0-9]{10}(?![0-9])")
_SHORT = re.compile(r"[0-9]{3,6}(?![0-9A-Za-z-]|[.,:/%][0-9])")
# e.g. `call `
_CALLED = re.compile(
    r"(?<![a-z])(?:call(?:s|ed|ing)?|dial(?:s|ed|ing|led|ling)?|phone[ds]?|ring|rang"
    r"|text(?:ed|ing)?(?: [a-z]{1,12} to)?)(?: the)?"
    r"(?: [0-9]{3}(?:,| or| and))? $"
)
# e.g. `, ext. 305`
_EXTENSION = re.compile(
    r",? ?\(?(?:(?:[Ee]xt(?:ension)?|EXT)\.? ?|x ?|#)(?P<number>[0-9]{1,6})\)?(?![0-9A-Za-z])"
)
_WORD_EXTENSION = re.compile(r"(?<![a-z])ext(?:ension|\.)? $")
_STAR = re.compile(r"[*#][*#]?[0-9]{1,3}(?:[*#][0-9]{1,4}){0,2}#?(?![0-9A-Za-z])")
# e.g. `dial `
_DIALLED = re.compile(
    r"(?<![a-z])(?:dial|press|call|enter|hit|use|code|key|type|text)(?:ed|ing)? $"
)
_KEYS = {"*": "star", "#": "pound"}
_PLAIN = re.compile(r"[0-9]{1,8}(?![0-9A-Za-z]|[.,:/-][0-9])")
_NINE = re.compile(r"[0-9](?:-[0-9]){2}(?![0-9A-Za-z-])")


def read_digit_groups(text: str, start: int) -> Reading | None:
    """A number that names rather than counts, read digit by digit in its groups."""
    previous = text[start - 1 : start]
    if previous.isalnum() or previous in {"-", "."} or (previous == "+" and text[start] != "+"):
        return None
    if not _GROUPED.match(text, start):
        return _extension(text, start)
    vanity = _VANITY.match(text, start)
    if vanity and any(map(str.isupper, vanity["word"])):
        return _vanity(vanity)
    match = _PHONE.match(text, start)
    if match:
        area = match["area"] or match["bare"]
        land = match["land"] or ""
        said = [_toll_free(area) if land.strip("+ -.") == "1" else digits(area)]
        said = [digits(land), *said] if land else said
        said += [digits(match[name]) for name in ("office", "line", "more") if match[name]]
        plus = "plus " if land.startswith("+") else ""
        return _extended(text, match.end(), plus + ", ".join(said))
    match = _INTERNATIONAL.match(text, start)
    if match and 7 <= sum(map(str.isdigit, match[0])) <= 15:
        said = [digits(part) for part in re.split(r"[ .()-]+", match["rest"]) if part]
        return _extended(text, match.end(), ", ".join([f"plus {digits(match['land'])}", *said]))
    for pattern in (_SOCIAL, _LOCAL):
        match = pattern.match(text, start)
        if match and (pattern is _SOCIAL or text[match.end("a")] == "-"):
            return _extended(text, match.end(), ", ".join(map(digits, match.groups())))
    match = _NATIONAL.match(text, start)
    if match and 8 <= sum(map(str.isdigit, match[0])) <= 12:
        said = [digits(part) for part in re.split(r"[ .()-]+", match["rest"]) if part]
        return _extended(text, match.end(), ", ".join(said))
    return _account(text, start) or _extension(text, start) or _short(text, start)


def read_star(text: str, start: int) -> Reading | None:
    """What is dialled with star and pound: `dial *69`, `press #31#`."""
    match = _STAR.match(text, start)
    if match is None or not _DIALLED.search(before(text, start)):
        return None
    said = [_KEYS.get(part) or digits(part) for part in re.findall(r"[*#]|[0-9]+", match[0])]
    return Reading(" ".join(said), match.end(), "telephone")


def _account(text: str, start: int) -> Reading | None:
    match = _CARD.match(text, start) or _ISBN.match(text, start) or _BOOK.match(text, start)
    if match is None and "sort code" in before(text, start):
        match = _SORT.match(text, start)
    if match:
        said = ", ".join(_masked(part) for part in re.split(r"[ -]", match[0]))
        return Reading(said, match.end(), "telephone")
    return None


def _extension(text: str, start: int) -> Reading | None:
    """The number behind `ext.`."""
    match = _PLAIN.match(text, start)
    if match and _WORD_EXTENSION.search(text[max(0, start - 12) : start].lower()):
        return Reading(digits(match[0]), match.end(), "telephone")
    return None


def _short(text: str, start: int) -> Reading | None:
    """`call 911`, `9-1-1`."""
    said = before(text, start)
    match = _NINE.match(text, start)
    if match and (_CALLED.search(said) or match[0] == "9-1-1"):
        return Reading(digits(match[0]), match.end(), "telephone")
    match = _SHORT.match(text, start)
    if match and (
        (_CALLED.search(said) and not counts(text, match.end()))
        or (match[0] == "911" and not counts(text, match.end()) and "porsche" not in said)
    ):
        return Reading(digits(match[0]), match.end(), "telephone")
    return None


def _extended(text: str, end: int, said: str) -> Reading:
    match = _EXTENSION.match(text, end)
    if match is None:
        return Reading(said, end, "telephone")
    return Reading(f"{said}, extension {digits(match['number'])}", match.end(), "telephone")


def _vanity(match: re.Match[str]) -> Reading:
    land = "one, " if match["land"] else ""
    words = [digits(part) if part.isdigit() else part for part in match["word"].split("-")]
    return Reading(
        f"{land}{_toll_free(match['area'])}, {' '.join(words)}", match.end(), "telephone"
    )


def _toll_free(area: str) -> str:
    return f"{digits(area[0])} hundred" if area.endswith("00") else digits(area)


def _masked(part: str) -> str:
    return digits(part) if part.isdigit() else " ".join(digits(c) or c for c in part if c != "*")
