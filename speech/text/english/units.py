"""English measures: a number and a unit, `5 km`, `12kg`, `4 1/2 lbs`, `90 km/h`, `20 °C`, `5%`."""

import re

from speech.text.english.numbers import cardinal, parse_number
from speech.text.english.years import read_decade
from speech.text.reading import Reading

_PREFIXED = {
    "m": "meter",
    "g": "gram",
    "W": "watt",
    "Wh": "watt hour",
    "Hz": "hertz",
    "V": "volt",
    "J": "joule",
    "Pa": "pascal",
    "cal": "calorie",
    "eV": "electron volt",
}
_PREFIXES = {
    "k": "kilo",
    "M": "mega",
    "G": "giga",
    "m": "milli",
    "c": "centi",
    "µ": "micro",
    "μ": "micro",
    "n": "nano",
}
_NAMES = {
    "A": "amp", "mA": "milliamp", "mAh": "milliamp hour", "Ah": "amp hour",
    "l": "liter", "L": "liter", "ml": "milliliter", "mL": "milliliter", "cl": "centiliter",
    "lb": "pound", "lbs": "pound", "oz": "ounce", "mi": "mile", "ft": "foot", "yd": "yard",
    "ha": "hectare", "gal": "gallon", "pt": "point", "px": "pixel", "in": "inch",
    "s": "second", "sec": "second", "secs": "second", "ms": "millisecond", "µs": "microsecond",
    "ns": "nanosecond", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour",
    "hrs": "hour", "wk": "week", "wks": "week", "mo": "month", "yr": "year", "yrs": "year",
    "d": "day", "B": "byte", "kB": "kilobyte", "KB": "kilobyte", "MB": "megabyte",
    "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte", "KiB": "kibibyte", "MiB": "mebibyte",
    "GiB": "gibibyte", "kbps": "kilobit per second", "Kbps": "kilobit per second",
    "mbps": "megabit per second", "Mbps": "megabit per second", "Gbps": "gigabit per second",
    "gbps": "gigabit per second", "dB": "decibel", "mph": "mile per hour",
    "kph": "kilometer per hour", "kmh": "kilometer per hour", "rpm": "revolution per minute",
    "fps": "frame per second", "psi": "P S I", "dpi": "D P I", "ppm": "part per million",
    "cc": "C C", "Ω": "ohm", "kΩ": "kilohm", "K": "K", "N": "newton",
    "mm²": "square millimeter", "cm²": "square centimeter", "m²": "square meter",
    "km²": "square kilometer", "m2": "square meter", "km2": "square kilometer",
    "cm2": "square centimeter", "ft²": "square foot", "ft2": "square foot",
    "sq ft": "square foot", "sq m": "square meter", "sq km": "square kilometer",
    "mm³": "cubic millimeter", "cm³": "cubic centimeter", "m³": "cubic meter",
    "km³": "cubic kilometer", "m3": "cubic meter", "cm3": "cubic centimeter",
    "°C": "degree Celsius", "°F": "degree Fahrenheit", "°": "degree", "º": "degree",
    "ºC": "degree Celsius", "ºF": "degree Fahrenheit", "℃": "degree Celsius",
    "℉": "degree Fahrenheit", "%": "percent", "‰": "per mille",
}  # fmt: skip
_UNITS = {
    **{p + u: prefix + name for u, name in _PREFIXED.items() for p, prefix in _PREFIXES.items()},
    **_PREFIXED,
    **_NAMES,
}
_UNCHANGED = frozenset({"percent", "per mille", "hertz", "P S I", "D P I", "C C", "K"})
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_MEASURE = re.compile(
    rf"(?P<gap>[ -]?)(?P<unit>{_UNIT})(?:/(?P<per>{_UNIT}|sq ?ft))?(?![A-Za-z0-9&'])"
)
_PER = re.compile(rf"/(?P<per>{_UNIT})(?![A-Za-z0-9])")
_SECOND = re.compile(r" ?(?P<sign>-|x|×) ?(?=[0-9])")
_HEIGHT = re.compile(r"(?P<feet>[0-9]{1,2})' ?(?P<inches>[0-9]{1,2})\"")
_DOT = re.compile(r"\.(?= [a-z])")
# Words and letters in their own right: they are units only right behind the number or a slash.
_AMBIGUOUS_APART = frozenset({"in", "A", "d", "K", "N", "B", "pt", "mo"})
# A letter behind a number names things more often than it measures: 2s, 5A, 3d, 4N, 1h is fine.
_AMBIGUOUS_CLOSE = frozenset({"s", "A", "d", "B", "N", "V", "in", "J", "K"})


def plural(name: str) -> str:
    """Plural of a unit's name; only its head changes: `feet`, `miles per hour`."""
    head, _, tail = name.partition(" per ")
    if name in _UNCHANGED or head.endswith("hertz"):
        return name
    if head.startswith("degree "):
        head = "degrees" + head[6:]
    elif head.endswith("foot"):
        head = head[:-4] + "feet"
    elif head.endswith("inch"):
        head += "es"
    else:
        head += "s"
    return f"{head} per {tail}" if tail else head


def per(text: str, start: int) -> Reading | None:
    """The price's or speed's share, `/mo` to `per month`."""
    match = _PER.match(text, start)
    return Reading(f"per {_UNITS[match['per']]}", match.end(), "measure") if match else None


def read_height(text: str, start: int) -> Reading | None:
    """Feet and inches, `6'2"` to `six feet two`."""
    match = _HEIGHT.match(text, start)
    if match is None:
        return None
    feet, inches = cardinal(int(match["feet"])), cardinal(int(match["inches"]))
    return Reading(f"{feet} {'foot' if feet == 'one' else 'feet'} {inches}", match.end(), "measure")


def read_measure(text: str, start: int) -> Reading | None:
    """A number, or two joined by a hyphen or a cross, with its unit."""
    number = parse_number(text, start)
    if number is None or text[start - 1 : start].isalpha() or read_decade(text, start):
        return None
    spoken, end, is_one = number.spoken, number.end, number.is_one
    second = _SECOND.match(text, end)
    if second and not text[start - 1 : start].isalnum() and text[start - 1 : start] != "-":
        other = parse_number(text, second.end())
        if other:
            word = "to" if second["sign"] == "-" else "by"
            spoken, end, is_one = f"{spoken} {word} {other.spoken}", other.end, False
    if text[end : end + 1] == '"' and text.count('"', max(0, start - 200), end) % 2 == 0:
        return Reading(f"{spoken} {'inch' if is_one else 'inches'}", end + 1, "measure")
    match = _MEASURE.match(text, end)
    if match is None:
        return None
    unit, name = match["unit"], _UNITS[match["unit"]]
    gap = match["gap"]
    if unit in (_AMBIGUOUS_APART if gap else _AMBIGUOUS_CLOSE) and not match["per"]:
        return None
    words = name if is_one or gap == "-" else plural(name)
    if match["per"]:
        words = f"{words} per {_UNITS[match['per']]}"
    end = match.end()
    dot = _DOT.match(text, end) if unit.isalpha() else None
    return Reading(f"{spoken} {words}", dot.end() if dot else end, "measure")
