"""English postal addresses: `12 S 1st St`, `Apt. 4B`, `Springfield, IL 62704-1234`, `N.W.`.

Evidence is the place: a house's number before a street, a city before a state, a state before a ZIP
code.
"""

import re

from speech.text.english.acronyms import letters
from speech.text.english.numbers import cardinal, digits, ordinal, pairs
from speech.text.reading import Reading, word_after, word_before

_STREETS = {
    "st": "Street", "street": "Street", "ave": "Avenue", "avenue": "Avenue", "av": "Avenue",
    "rd": "Road", "road": "Road", "blvd": "Boulevard", "boulevard": "Boulevard", "dr": "Drive",
    "drive": "Drive", "ln": "Lane", "lane": "Lane", "way": "Way", "ct": "Court", "court": "Court",
    "pl": "Place", "place": "Place", "expy": "Expressway", "pkwy": "Parkway", "hwy": "Highway",
    "sq": "Square", "square": "Square", "ter": "Terrace", "terr": "Terrace", "terrace": "Terrace",
    "cir": "Circle", "circle": "Circle", "parkway": "Parkway", "highway": "Highway",
    "fwy": "Freeway", "broadway": "Broadway", "trl": "Trail", "trail": "Trail", "plz": "Plaza",
    "plaza": "Plaza", "aly": "Alley", "alley": "Alley", "loop": "Loop", "row": "Row",
    "cres": "Crescent", "crescent": "Crescent", "close": "Close", "walk": "Walk",
}  # fmt: skip
_SIDES = {
    "N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest",
    "SE": "Southeast", "SW": "Southwest",
}  # fmt: skip
_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah",
    "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia",
    "WI": "Wisconsin", "WY": "Wyoming", "PR": "Puerto Rico",
}  # fmt: skip
# Before the post office's two letters, and in newspapers still.
_OLD_STATES = {
    "Ala": "Alabama", "Ariz": "Arizona", "Ark": "Arkansas", "Calif": "California",
    "Colo": "Colorado", "Conn": "Connecticut", "Del": "Delaware", "Fla": "Florida",
    "Ill": "Illinois", "Ind": "Indiana", "Kan": "Kansas", "Mass": "Massachusetts",
    "Mich": "Michigan", "Minn": "Minnesota", "Miss": "Mississippi", "Mont": "Montana",
    "Neb": "Nebraska", "Nev": "Nevada", "Okla": "Oklahoma", "Ore": "Oregon", "Penn": "Pennsylvania",
    "Tenn": "Tennessee", "Tex": "Texas", "Wash": "Washington", "Wis": "Wisconsin", "Wyo": "Wyoming",
}  # fmt: skip
_PARTS_OF_NAMES = {"St": "Saint", "Mt": "Mount", "Ft": "Fort", "Dr": "Doctor", "Pt": "Point"}
HEADS = frozenset({*_STATES, *_OLD_STATES, *_SIDES, "DC", "P", "PO", "I", "US", "SR"})
"""Words an address's part may begin with."""

_UNITS = {
    "apt": "apartment", "ste": "suite", "suite": "suite", "unit": "unit", "fl": "floor",
    "rm": "room", "bldg": "building", "apartment": "apartment", "room": "room",
}  # fmt: skip
_SIDE = r"(?:[NS]\.?[EW]\.?|[NSEW]\.?)"
# e.g. `12 NE 2nd Ct.`
_HOUSE = re.compile(
    r"(?P<number>[1-9][0-9]{0,4})(?P<letter>[A-Z])?"
    rf"(?: (?P<side>{_SIDE}(?= )))?"
    r"(?P<name>(?: (?:[A-Z][A-Za-z'.]{0,20}|[0-9]{1,3}(?:st|nd|rd|th|ST|ND|RD|TH))){1,4}?)"
    rf" (?P<street>(?i:{'|'.join(sorted(_STREETS, key=len, reverse=True))}))(?![A-Za-z'])"
    rf"(?P<dot>\.?)(?: (?P<end>{_SIDE})(?![A-Za-z]))?"
)
_NTH = re.compile(r"(?P<number>[0-9]{1,3})(?:st|nd|rd|th)", re.IGNORECASE)
_ZIP = re.compile(r"(?P<zip>[0-9]{5})(?P<more>-[0-9]{4})?(?![0-9A-Za-z])")
_STATE_BEFORE = re.compile(r"(?:, ?(?:[A-Z]{2}|[A-Z][a-z]+)| [A-Z]{2}|D\.C\.) $")
_CODE = re.compile(r"(?P<code>[A-Z]{2})(?![A-Za-z0-9'])(?P<zip> [0-9]{5}(?:-[0-9]{4})?(?![0-9]))?")
_PARTY = re.compile(r"\([DRI]-$")
# e.g. ` Market St`
_STREET_BEHIND = re.compile(
    r" (?:[0-9]{1,3}(?:st|nd|rd|th)|[A-Z][a-z]{1,20}) "
    r"(?:St|Ave|Rd|Blvd|Dr|Ln|Street|Avenue|Road|Boulevard|Drive|Lane)(?![a-z])"
)
_ROAD = re.compile(r"(?<![A-Za-z])(?:I|US|SR|Route|Hwy|Highway|Interstate)[- ][0-9]{1,3} $")
# e.g. `US-101 N`
_HIGHWAY = re.compile(
    r"(?P<road>I|US|SR)-(?P<number>[1-9][0-9]{0,2}) (?P<side>[NSEW])(?![A-Za-z.'&/-])"
)
_WAYS = frozenset("the blocks block miles mile head heading go going turn facing due feet".split())
_OLD_FORM = re.compile(rf"(?P<state>{'|'.join(_OLD_STATES)})\.(?!\w)")
_CITY_OR_PARTY = re.compile(r"(?:[A-Z][A-Za-z.'-]*, |\([DRI]-)$")
_CITY = re.compile(r"(?:^|[^A-Za-z])(?P<city>[A-Z][A-Za-z.'-]*),? $")
_BOX = re.compile(r"P\.? ?O\.? (?:[Bb]ox|BOX)(?: (?P<number>[0-9]{1,6}))?(?![A-Za-z0-9])")
_SIDE_FORM = re.compile(r"(?P<side>[NS]\.?[EW]|[NSEW])(?P<dot>\.?)(?![\w'&/-])")
# Words in capitals that the same letters are, so that a ZIP code or a known city must help.
_WORDS_TOO = frozenset(["OK", "HI", "OH", "ME", "IN", "OR", "PA", "MA", "ID", "LA", "AL"])
_NO_CITIES = frozenset(["Yes", "No", "Well", "So", "Oh", "Hey", "Hi", "Ok", "And", "But", "Please"])
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_YEARS_FOLLOW = frozenset(["in", "since", "by", "until", "from", "of", "after", "before", "the"])
# e.g. `Fifth Avenue `
_STREET_ENDS = re.compile(
    r"(?:St|Ave|Rd|Blvd|Dr|Ln|Ct|Pl|Street|Avenue|Road|Boulevard|Drive|Lane|Court|Place)\.?,? $"
)


def read_house(text: str, start: int) -> Reading | None:
    """A house's number with its street, `1428 Elm St.`; the number in pairs of digits."""
    if start and (text[start - 1].isalnum() or text[start - 1] in ".,$#/-:"):
        return None
    match = _HOUSE.match(text, start)
    if match is None or (match["street"].islower() and not match["dot"] and _is_sentence(match)):
        return None
    if _YEAR.fullmatch(match["number"]) and word_before(text, start).lower() in _YEARS_FOLLOW:
        return None
    words = [house_number(match["number"])]
    if match["letter"]:
        words.append(letters(match["letter"]))
    if match["side"]:
        words.append(_side(match["side"]))
    for word in match["name"].split():
        nth = _NTH.fullmatch(word)
        if nth:
            words.append(ordinal(int(nth["number"])))
        elif word.rstrip(".") in _PARTS_OF_NAMES:
            words.append(_PARTS_OF_NAMES[word.rstrip(".")])
        else:
            words.append(word.rstrip(".") if len(word) < 5 else word)
    words.append(_STREETS[match["street"].lower()])
    end = match.end()
    if match["end"]:
        words.append(_side(match["end"]))
    elif match["dot"] and (not text[end : end + 1].strip() and _ends(text, end)):
        end -= 1
    return Reading(" ".join(words), end, "address")


def read_zip(text: str, start: int) -> Reading | None:
    """`95051` of `Santa Clara, CA 95051`, digit by digit."""
    code = _ZIP.match(text, start)
    if code is None or not _STATE_BEFORE.search(text, max(0, start - 24), start):
        return None
    return Reading(", ".join(digits(part) for part in code[0].split("-")), code.end(), "address")


def read_place(text: str, start: int) -> Reading | None:
    """A state's code behind a city, a side of a street, or `P.O. Box`."""
    box = _BOX.match(text, start)
    if box:
        number = f" {house_number(box['number'])}" if box["number"] else ""
        return Reading(f"{letters('PO')} box{number}", box.end(), "address")
    highway = _HIGHWAY.match(text, start)
    if highway:
        road, number = letters(highway["road"]), highway["number"]
        words = pairs(number) if len(number) == 3 else cardinal(int(number))
        return Reading(f"{road} {words} {_side(highway['side'])}", highway.end(), "address")
    state = _CODE.match(text, start)
    if state and state["code"] in {*_STATES, "DC"} and _is_state(text, start, state):
        code = state["code"]
        spoken = letters("DC") if code == "DC" else _STATES[code]
        return Reading(spoken, start + 2, "address")
    old = _OLD_FORM.match(text, start)
    if old and _CITY_OR_PARTY.search(text, max(0, start - 24), start):
        closed = text[old.end() : old.end() + 1] == ")"
        end = old.end() - (1 if _ends(text, old.end()) and not closed else 0)
        return Reading(_OLD_STATES[old["state"]], end, "address")
    side = _SIDE_FORM.match(text, start)
    if side and (
        _STREET_ENDS.search(text, max(0, start - 14), start)
        or _ROAD.search(text, max(0, start - 16), start)
        or _STREET_BEHIND.match(text, side.end())
        or (side["dot"] and _is_way(text, start, side.end()))
    ):
        end = side.end() - (1 if side["dot"] and _ends(text, side.end()) else 0)
        return Reading(_side(side["side"]), end, "address")
    return None


def house_number(written: str) -> str:
    """Words of a house's number: `1428` is fourteen twenty eight, `708` seven zero eight."""
    if len(written) < 3:
        return cardinal(int(written))
    head, tail = written[:-2], written[-2:]
    if len(written) > 4 or (len(written) == 3 and tail[0] == "0" and tail != "00"):
        return digits(written)
    if tail == "00":
        return cardinal(int(written)) if head.endswith("0") else f"{cardinal(int(head))} hundred"
    if tail[0] == "0":
        return f"{cardinal(int(head))} oh {cardinal(int(tail))}"
    return f"{cardinal(int(head))} {cardinal(int(tail))}"


def _side(written: str) -> str:
    return _SIDES[written.replace(".", "")]


def _is_sentence(match: re.Match[str]) -> bool:
    """Whether a small word such as `way` or `close` is no street: `12 Angry men walk`."""
    return match["street"] not in {"st", "ave", "rd", "blvd", "dr", "ln", "ct", "street", "avenue"}


def _is_state(text: str, start: int, state: re.Match[str]) -> bool:
    before = text[max(0, start - 32) : start]
    if _PARTY.search(before) and text[start + 2 : start + 3] == ")":
        return True
    city = _CITY.search(before)
    if city is None or city["city"] in _NO_CITIES:
        return False
    if state["zip"]:
        return True
    if not before.endswith(", ") or city["city"].isupper():
        return False
    after = text[start + 2 : start + 3]
    if state["code"] in _WORDS_TOO:
        # `Tell Mary, OK?`
        return after in {"", ",", ".", ";", ")", " "} and state["code"] != "OK"
    return after in {"", ",", ".", ";", ")", " ", "?", "!", ":"}


def _is_way(text: str, start: int, end: int) -> bool:
    """Whether a side's letter is a direction: `two blocks N. on 3rd`, `the N. entrance`."""
    after = word_after(text, end)
    return after[:1].islower() and word_before(text, start) in _WAYS


def _ends(text: str, end: int) -> bool:
    return not text[end : end + 4].strip(" \"')]") or word_after(text, end)[:1].isupper()
