"""English measures: number and unit, `5 km`, `12kg`, `4 1/2 lbs`, `5-10 °C`, `2x8 m2`, `5'11"`."""

import re

from speech.text.english.dates import read_decade
from speech.text.english.neighbours import FUNCTION_WORDS, before, counts
from speech.text.english.numbers import Number, cardinal, fraction, pairs, parse_number
from speech.text.english.numbers import plural as plural_number
from speech.text.english.units import plural, read_unit
from speech.text.reading import Reading, word_after, word_before

_JOIN = re.compile(r" ?(?P<sign>[-–—]|x|×|X|±|/(?=[0-9]{1,3}(?:[ -]?[a-z]|\"))) ?(?=\.?[0-9])")
_GAP = re.compile(r"[ -]?")
_SCALE = re.compile(r"[ -](?P<word>hundred|thousand|million|billion|trillion)(?= ?[A-Za-z°])")
_AGAIN = re.compile(r" ?(?P<sign>[-–—]|x|×) ?(?=[0-9])")
# e.g. `5'10"`
_HEIGHT = re.compile(
    r"(?P<feet>[0-9]{1,2})' ?(?P<inches>[0-9]{1,2}(?:\.5)?)"
    r"(?:\"|''|(?![0-9'A-Za-z]|\.[0-9]))"
)
_TALL = re.compile(r"(?<![A-Za-z])[Aa]n? $")
# e.g. `6' tall`
_FEET = re.compile(
    r"(?P<feet>[0-9]{1,4})'(?= ?[x×] ?[0-9]| (?:tall|long|high|wide|deep)|(?<=[x×][0-9]')"
    r"|(?<=[x×][0-9]{2}')|(?<=[x×] [0-9]')|(?<=[x×] [0-9]{2}'))"
)
_LOOK = 48
_COMPASS = {"N": "north", "S": "south", "E": "east", "W": "west"}
# e.g. `51.5° N`
_ANGLE = re.compile(
    r"(?P<degrees>[0-9]{1,3}(?:\.[0-9]{1,8})?)[°º] ?"
    r"(?:(?P<minutes>[0-9]{1,2}(?:\.[0-9]{1,6})?)' ?)?"
    r"(?:(?P<seconds>[0-9]{1,2}(?:\.[0-9]{1,6})?)(?:\"|'') ?)?(?P<side>[NSEW](?![A-Za-z]))?"
)
# e.g. `1920x1080`
_SCREEN = re.compile(
    r"(?P<across>[0-9]{3,4}) ?[x×] ?(?P<down>[0-9]{3,4})(?P<scan>p)?(?![0-9A-Za-z]|\.[0-9])"
)
# e.g. `2x4s`
_SIDES = re.compile(
    r"[0-9]{1,4}(?:\.[0-9]{1,3})?(?: ?x ?[0-9]{1,4}(?:\.[0-9]{1,3})?){1,3}"
    r"(?P<many>s)?"
    r"(?![0-9A-Za-z^²³]|\.[0-9])(?! ?[=^])"
)
# e.g. `1080p60`
_LINES = re.compile(
    r"(?P<lines>144|240|360|480|540|576|720|1080|1440|2160|4320)(?P<scan>[pi])(?P<rate>[0-9]{2})?"
    r"(?![A-Za-z0-9])"
)
_QUOTE = re.compile(r"(?<![0-9])\"")
_DOT = re.compile(r"\.(?= [a-z0-9])")
# e.g. ` wide`
_WIDTH = re.compile(
    r"\.(?! [A-Z])| ?(?:$|[,;)x×=]|by |wide|long|tall|thick|deep|high|diameter"
    r"|of (?:rain|snow|water))"
)
_NO_UNIT = frozenset(["", *"()[]{};!?,:'&"])
# e.g. `Seat `
_PLACE = re.compile(
    r"(?:Route|Exit|Gate|Seat|Room|Apt\.?|Unit|Row|Flat|Suite|Platform|Highway|Hwy\.?|Bus"
    r"|Section|Figure|Table|Class|Block|Bay|Hall|Floor|Zone|Door|Aisle|Pier|Terminal|Level"
    r"|(?i:seat|gate)) $|(?<![A-Za-z])[A-Z]{1,3}-$"
)
_PINT = re.compile(r"\.? (?:of )?[a-z]{3,}|\.,")
_PARTS = frozenset([2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 32, 64, 100])
_DESCRIBED = frozenset(
    """dash race sprint relay hurdles freestyle backstroke butterfly breaststroke radius bottle bag
    drive disk ssd battery adapter charger cable monitor screen lens engine bulb lamp rope fence
    hike zone limit tank angle turn rotation view video camera bend arc spin panel laptop drum
    bucket jug glass mug box steak roll tape screw bolt nail hole drill board pipe wire resistor
    capacitor speaker sensor outlet circuit fuse motor signal display pool hose ladder truck
    timeout timer delay countdown window pause
    break dumbbell kettlebell barbell plate tire wheel gun cannon shell round cartridge""".split()
)
# Words and letters in their own right: they are units right behind the number or with a slash.
_AMBIGUOUS_APART = frozenset(
    {"in", "A", "d", "K", "N", "B", "pt", "mo", "M", "F", "t", "us", "J", "V", "T", "l", "am", "pp"}
)
# A letter behind a number names things more often than it measures: 5A, 3d; 12V and 24h are fine.
_AMBIGUOUS_CLOSE = frozenset({"A", "d", "B", "N", "J", "K", "M", "F", "t", "T", "us", "kt", "ac"})


def read_measure(text: str, start: int) -> Reading | None:
    """A number, or some joined by hyphens or crosses, with a unit behind the last or each."""
    if text[start - 1 : start].isalnum() or read_decade(text, start):
        return None
    first = parse_number(text, start)
    if first is None or text[first.end : first.end + 1] in _NO_UNIT:
        return None
    joined = _JOIN.match(text, first.end)
    if joined and joined["sign"] == "/":
        return _part(text, start, joined)
    said, end, is_one = first.spoken, first.end, first.is_one
    for _ in range(3):
        joined = _JOIN.match(text, end)
        other = parse_number(text, joined.end()) if joined and joined["sign"] != "/" else None
        if joined is None or other is None or text[start - 1 : start] == "-":
            break
        word = {"-": "to", "–": "to", "—": "to", "±": "plus or minus"}.get(joined["sign"], "by")
        said, end, is_one = f"{said} {word} {other.spoken}", other.end, False
    scale = _SCALE.match(text, end)
    if scale:
        # 5 million km
        said, end, is_one = f"{said} {scale['word']}", scale.end(), False
    number = Number(said, end, is_one)
    return _measure(text, start, number) or (
        _measure(text, start, first) if number.end != first.end else None
    )


# A letter C or F behind a number is a temperature where the words around it say so.
# e.g. `20-25C`
_TEMPERATURE = re.compile(
    r"(?P<sign>-)?(?P<low>[0-9]{1,4}(?:\.[0-9]{1,2})?)(?P<high> ?[-–] ?[0-9]{1,4})?(?P<blank> ?)"
    r"(?P<scale>[CF])"
    r"(?![\w'&+#]|[-./][A-Za-z])(?P<or> ?/ ?(?=[0-9]{1,4}[CF](?![\w])))?"
)
# e.g. `at `
_AT = re.compile(
    r"(?:(?<![A-Za-z])(?:at|to|is|was|are|were|of|around|about|below|above|under|over|from|between"
    r"|and|or|near|nearly|hit|hits|reach|reached|reaches|minus|plus|by|than|exceeds|exactly|only"
    r"|approximately|roughly|oven|temperature|temp|fever|it's|feels like|up|down|a|the) |^"
    r"|[(/~≈:] ?)$",
    re.I,
)
# e.g. ` outside`
_WEATHER = re.compile(
    r"[-\w, ]{0,24}\b(?:outside|oven|water|heat|weather|temperatures?|degrees|fan|warm|hot|cold"
    r"|cool|bake|roast|cook|boil|fever|today|tonight|tomorrow|night|summer|winter|room|shade|sun"
    r"|sunny|cloudy|wind|breeze|chill|freezing|freezes|inside|indoors|ambient|melts|wash|heatwave"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b",
    re.I,
)
# e.g. `size `
_NAMED = re.compile(
    r"(?:seats?|gates?|apartments?|apt\.?|room|row|flat|unit|suite|block|bus|bay|exit|model|size|type"
    r"|grade|section|class|form|question|route|highway|line|platform|bra|cup|house|number|no\.|figure"
    r"|table|appendix|tower|building|door|level|page|chapter|track|channel|zone|version)"
    r" (?:is |to |at )?$",
    re.I,
)
_KEY = re.compile(r"[- ](?:sharp|flat|major|minor)")
_HOTTEST = {"C": 2000, "F": 3000}


def read_temperature(text: str, start: int) -> Reading | None:
    """A temperature without its sign: `190C`, `72F`, `20-25C`, `180C/350F`; no seat, no size."""
    match = _TEMPERATURE.match(text, start)
    if match is None or text[start - 1 : start].isalnum():
        return None
    if match["blank"] and (len(match["low"]) < 2 or _KEY.match(text, match.end())):
        return None
    head, end = text[max(0, start - _LOOK) : start], match.end()
    if _NAMED.search(head) or float(match["low"]) > _HOTTEST[match["scale"]]:
        return None
    after = word_after(text, end).strip(".,;:!?)")
    if text[end : end + 1] == " " and after[:1].isupper() and not match["or"]:
        # 25C Elm Street
        return None
    last = word_before(text, start).lower()
    doubtful = last in {"a", "the", "", "and", "or"} or (
        last in {"at", "to"} and not (after or match["high"] or match["or"])
    )
    is_weather = (
        bool(match["sign"])
        or "." in match["low"]
        or bool(_WEATHER.match(text, end) or _HOT.search(head))
    )
    if not is_weather and (doubtful or match["blank"] or not _AT.search(head)):
        return None
    name = {"C": "Celsius", "F": "Fahrenheit"}[match["scale"]]
    low = parse_number(match["low"], 0)
    if low is None:
        return None
    said = f"minus {low.spoken}" if match["sign"] else low.spoken
    is_one = low.is_one
    if match["high"]:
        high = parse_number(match["high"].strip(" -–"), 0)
        said, is_one = f"{said} to {high.spoken if high else ''}", False
    single = is_one or _adjective(text, start, end)
    said = f"{said} {'degree' if single else 'degrees'} {name}{' or' if match['or'] else ''}"
    return Reading(said, end, "measure")


def read_scale(text: str, start: int) -> Reading | None:
    """The letter behind the word: `20 degrees C`."""
    name = {"C": "Celsius", "F": "Fahrenheit"}.get(text[start])
    if name is None or text[start + 1 : start + 2].isalnum():
        return None
    is_scale = word_before(text, start) in {"degree", "degrees"}
    return Reading(name, start + 1, "measure") if is_scale else None


# e.g. `heat `
_HOT = re.compile(
    r"(?<![A-Za-z])(?:oven|bake|baked|heat|heated|preheat|cook|roast|temperatures?|temp|weather|fever"
    r"|cool|cooled|warm|warmed|boils?|freez\w*|melts?|thermostat|forecast|expect(?:s|ed|ing)?|degrees|highs?|lows?|water"
    r"|wash(?:ed)?|rinse|runs|running|rose|rises|risen|fell|falls|drop(?:s|ped)|climb(?:s|ed)|mercury"
    r"|thermometer|stored?|serve[ds]?|idles|idling|incubated?|ferment(?:ed)?|brew(?:ed)?|steep|sear"
    r"|grill|smoke|simmer|balmy|chilly|scorching|sweltering|mild|peak(?:s|ed)|hover(?:s|ed)|ambient"
    r"|outside|inside|indoors)"
    r"(?![A-Za-z])[^.!?]*$|(?:between|from) -?[0-9.]{1,6} ?[CF] (?:and|to) $",
    re.I,
)


def _measure(text: str, start: int, number: Number) -> Reading | None:
    said, end, is_one = number
    if text[end : end + 1] == '"' and _is_inch(text, start):
        single = is_one or _adjective(text, start, end + 1)
        return _go_on(text, f"{said} {'inch' if single else 'inches'}", end + 1)
    gap = _GAP.match(text, end)
    place = gap.end() if gap else end
    found = read_unit(text, place)
    if found is None:
        return None
    written, name, unit_end = found
    if (
        place > end
        and written in _AMBIGUOUS_APART
        and not _is_unit_apart(text, start, end, written, unit_end)
    ):
        return None
    if place == end and not _is_unit_close(text[start:end], written):
        return None
    if len(written) == 1 and written.isupper() and _PLACE.search(text, max(0, start - 12), start):
        # Route 9W
        return None
    if written == "s" and " by " in said:
        # 2x4s
        return None
    if place == end and written == "m" and counts(text, unit_end):
        # 2.5m people
        return None
    if written == "pt" and place > end:
        name = "pint"
    if written == "F":
        name = "degree Fahrenheit"
    if name == "basis point" and len(text[start:end]) > 3 and "." not in text[start:end]:
        name = "bit per second"
    single = is_one or text[place - 1] == "-" or _adjective(text, start, unit_end)
    words = f"{said} {name if single else plural(name)}"
    dot = _DOT.match(text, unit_end) if written.isalpha() else None
    return _go_on(text, words, dot.end() if dot else unit_end)


def _is_inch(text: str, start: int) -> bool:
    """Whether a mark behind a number does not close a quotation."""
    return len(_QUOTE.findall(text, max(0, start - 200), start)) % 2 == 0


def _go_on(text: str, said: str, end: int) -> Reading:
    """With what joins it to a second measure: `10 ft x 12 ft`, `5km-10km`."""
    again = _AGAIN.match(text, end)
    number = parse_number(text, again.end()) if again else None
    if again and number and (again["sign"] in "x×" or _has_unit(text, number.end)):
        word = "by" if again["sign"] in "x×" else "to"
        return Reading(f"{said} {word}", again.end(), "measure")
    return Reading(said, end, "measure")


def _has_unit(text: str, end: int) -> bool:
    gap = _GAP.match(text, end)
    return read_unit(text, gap.end() if gap else end) is not None


def _adjective(text: str, start: int, end: int) -> bool:
    """Whether a measure describes the noun behind it: `a 5 km run`, `100m dash`, `90° angle`."""
    word = word_after(text, end).rstrip(".,;:!?)") if text[end : end + 1] == " " else ""
    if not word.isalpha() or len(word) < 3:
        return word in {"TV", "PC"}
    if word.lower() in _DESCRIBED:
        return True
    head = before(text, start)
    if not head.endswith((" a ", " an ")) and head not in {"a ", "an "}:
        return False
    return word.islower() and word not in FUNCTION_WORDS and not counts(text, end)


def _is_unit_apart(text: str, start: int, end: int, written: str, unit_end: int) -> bool:
    if written == "in":
        exact = "." in text[start:end] or "/" in text[start:end]
        after_feet = before(text, start).rstrip().endswith((" ft", "feet", "foot", "ft,"))
        return exact or after_feet or bool(_WIDTH.match(text, unit_end))
    if written == "K":
        return text[start:end].isdigit() and "." not in text[start:end]
    if written == "pt":
        return bool(_PINT.match(text, unit_end))
    if written in {"A", "pp"}:
        return "." in text[start:end]
    return written in {"V", "J", "N", "l", "t"} and text[unit_end : unit_end + 1] in {
        "",
        ".",
        ",",
        " ",
    }


def _is_unit_close(number: str, written: str) -> bool:
    if written == "s":
        return len(number) > 1
    if written == "F":
        return len(number) == 3
    return written not in _AMBIGUOUS_CLOSE


def _part(text: str, start: int, joined: re.Match[str]) -> Reading | None:
    """A share of a unit, `3/4 in` to `three quarters of an inch`, `1/2 lb` to `one half pound`."""
    top, _, low = text[start : start + 8].partition("/")
    below = re.match(r"[0-9]{1,3}", low)
    if below is None or not top.isdigit() or int(below[0]) not in _PARTS or int(top) == 0:
        return None
    end = joined.end() + below.end()
    gap = _GAP.match(text, end)
    found = read_unit(text, gap.end() if gap else end)
    if text[end : end + 1] == '"' and _is_inch(text, start):
        found = '"', "inch", end + 1
    if found is None or (found[0] in _AMBIGUOUS_APART and found[0] != "in"):
        return None
    share = fraction(int(top), int(below[0]))
    dot = _DOT.match(text, found[2]) if found[0].isalpha() else None
    if dot:
        found = found[0], found[1], dot.end()
    word = (
        word_after(text, found[2]).rstrip(".,;:!?)") if text[found[2] : found[2] + 1] == " " else ""
    )
    if top == "1" or (word.isalpha() and word.islower() and word not in FUNCTION_WORDS):
        return Reading(f"{share} {found[1]}", found[2], "measure")
    article = "an" if found[1][0] in "aeiou" else "a"
    return Reading(f"{share} of {article} {found[1]}", found[2], "measure")


def read_height(text: str, start: int) -> Reading | None:
    """Feet and inches, `6'2"` to `six feet two inches`; `4'33"` is minutes and seconds."""
    if text[start - 1 : start].isalnum():
        return None
    match = _HEIGHT.match(text, start)
    if match is None:
        feet = _FEET.match(text, start)
        if feet is None:
            return None
        said = f"{cardinal(int(feet['feet']))} {'foot' if feet['feet'] == '1' else 'feet'}"
        return _go_on(text, said, feet.end())
    large, small = int(match["feet"]), match["inches"]
    if float(small) >= 12:
        said = f"{_count(large, 'minute')} {_count(int(float(small)), 'second')}"
        return Reading(said, match.end(), "time")
    foot = "foot" if large == 1 or _TALL.search(text, max(0, start - 3), start) else "feet"
    inches = cardinal(int(float(small))) + (" and a half" if "." in small else "")
    said = f"{cardinal(large)} {foot} {inches}"
    return _go_on(text, said, match.end())


def read_angle(text: str, start: int) -> Reading | None:
    """Degrees of a place or an angle: `40°26'46"N`, `51.5° N`."""
    match = _ANGLE.match(text, start)
    if match is None or not (match["minutes"] or match["side"]):
        return None
    said = []
    for part, name in (("degrees", "degree"), ("minutes", "minute"), ("seconds", "second")):
        number = parse_number(match[part], 0) if match[part] else None
        if number:
            said.append(f"{number.spoken} {name}{'' if number.is_one else 's'}")
    if match["side"]:
        said.append(_COMPASS[match["side"]])
    return Reading(" ".join(said), match.end(), "measure")


def read_dimensions(text: str, start: int) -> Reading | None:
    """Sides without a unit: `1920x1080` in pairs, `8.5x11`; and lines of a picture, `1080p`."""
    if text[start - 1 : start].isalnum():
        return None
    lines = _LINES.match(text, start)
    if lines:
        rate = f" {cardinal(int(lines['rate']))}" if lines["rate"] else ""
        return Reading(
            f"{pairs(lines['lines'])} {lines['scan'].upper()}{rate}", lines.end(), "measure"
        )
    screen = _SCREEN.match(text, start)
    if screen:
        scan = " P" if screen["scan"] else ""
        return Reading(
            f"{pairs(screen['across'])} by {pairs(screen['down'])}{scan}", screen.end(), "measure"
        )
    sides = _SIDES.match(text, start)
    if sides is None:
        return None
    written = sides[0].removesuffix("s")
    numbers = [parse_number(part.strip(), 0) for part in written.split("x")]
    said = " by ".join(number.spoken for number in numbers if number)
    if sides["many"]:
        said = plural_number(said)
    return Reading(said, sides.end(), "measure")


def _count(value: int, unit: str) -> str:
    return f"{cardinal(value)} {unit}{'' if value == 1 else 's'}"
