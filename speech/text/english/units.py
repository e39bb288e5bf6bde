"""Units of measure as written, and how English names them: `km/h`, `m/s²`, `kWh`, `sq ft`, `°C`."""

import re

from speech.text.reading import Reading

_PREFIXED = {
    "m": "meter", "g": "gram", "W": "watt", "Wh": "watt hour", "Hz": "hertz", "V": "volt",
    "J": "joule", "Pa": "pascal", "cal": "calorie", "eV": "electron volt", "A": "amp",
    "Ah": "amp hour", "L": "liter", "l": "liter", "N": "newton", "mol": "mole", "Sv": "sievert",
    "F": "farad", "Ω": "ohm", "bar": "bar", "t": "ton",
}  # fmt: skip
_PREFIXES = {
    "T": "tera", "G": "giga", "M": "mega", "k": "kilo", "h": "hecto", "d": "deci", "c": "centi",
    "m": "milli", "µ": "micro", "μ": "micro", "n": "nano", "p": "pico",
}  # fmt: skip
_NAMES = {
    # length, area, volume, mass
    "in": "inch", "ft": "foot", "yd": "yard", "yds": "yard", "mi": "mile", "nmi": "nautical mile",
    "ha": "hectare", "ac": "acre", "sqm": "square meter", "sqft": "square foot",
    "sq ft": "square foot", "sq m": "square meter", "sq km": "square kilometer",
    "sq mi": "square mile", "sq in": "square inch", "sq yd": "square yard", "cu ft": "cubic foot",
    "cu m": "cubic meter", "cu in": "cubic inch", "lb": "pound", "lbs": "pound", "oz": "ounce",
    "fl oz": "fluid ounce", "gal": "gallon", "qt": "quart", "pt": "point",
    "pts": "point", "tsp": "teaspoon",
    "tbsp": "tablespoon", "cc": "C C", "ly": "light year", "gr": "gram", "grs": "gram",
    # time
    "s": "second", "sec": "second", "secs": "second", "ms": "millisecond", "µs": "microsecond",
    "μs": "microsecond", "us": "microsecond", "ns": "nanosecond", "min": "minute",
    "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "d": "day", "wk": "week",
    "wks": "week", "mo": "month", "mos": "month", "yr": "year", "yrs": "year",
    # data
    "B": "byte", "kB": "kilobyte", "KB": "kilobyte", "MB": "megabyte", "GB": "gigabyte",
    "TB": "terabyte", "PB": "petabyte", "EB": "exabyte", "kb": "kilobyte", "mb": "megabyte",
    "gb": "gigabyte", "tb": "terabyte", "KiB": "kibibyte", "MiB": "mebibyte", "GiB": "gibibyte",
    "TiB": "tebibyte", "Kb": "kilobit", "Mb": "megabit", "Gb": "gigabit", "kbit": "kilobit",
    "Mbit": "megabit", "Gbit": "gigabit", "kbps": "kilobit per second",
    "Kbps": "kilobit per second", "mbps": "megabit per second", "Mbps": "megabit per second",
    "gbps": "gigabit per second", "Gbps": "gigabit per second", "Tbps": "terabit per second",
    "MBps": "megabyte per second", "GBps": "gigabyte per second", "px": "pixel",
    "MP": "megapixel", "fps": "frame per second", "dpi": "dot per inch", "ppi": "pixel per inch",
    # speed, rate
    "mph": "mile per hour", "MPH": "mile per hour", "kph": "kilometer per hour",
    "KPH": "kilometer per hour", "kmh": "kilometer per hour", "kmph": "kilometer per hour",
    "kn": "knot", "kt": "knot", "kts": "knot", "rpm": "revolution per minute",
    "RPM": "revolution per minute", "bpm": "beat per minute", "BPM": "beat per minute",
    "mpg": "mile per gallon", "MPG": "mile per gallon", "ppm": "part per million",
    "ppb": "part per billion", "bp": "basis point", "bps": "basis point",
    "pp": "percentage point",
    # others
    "dB": "decibel", "db": "decibel", "dBA": "decibel", "dBm": "D B M", "psi": "P S I",
    "PSI": "P S I", "hp": "horsepower", "HP": "horsepower", "bhp": "brake horsepower",
    "kcal": "kilocalorie", "kCal": "kilocalorie", "Btu": "B T U", "BTU": "B T U", "lm": "lumen",
    "kΩ": "kilohm", "MΩ": "megohm",
    "lx": "lux", "mmHg": "millimeter of mercury", "atm": "atmosphere", "Nm": "newton meter",
    "VA": "volt ampere", "kVA": "kilovolt ampere", "ct": "carat", "rad": "radian",
    "K": "K", "IU": "I U", "mEq": "milliequivalent", "M": "molar", "mM": "millimolar",
    # letters in the wrong case, or more of them
    "Tbsp": "tablespoon", "TBSP": "tablespoon", "tbs": "tablespoon", "Tbs": "tablespoon",
    "Tsp": "teaspoon", "TSP": "teaspoon", "NM": "nautical mile", "Oz": "ounce", "Lb": "pound",
    "Ft": "foot", "Min": "minute", "Mins": "minute", "Hr": "hour", "Hrs": "hour", "HR": "hour",
    "HRS": "hour", "Sec": "second", "SQFT": "square foot", "gm": "gram", "gms": "gram",
    "cms": "centimeter", "mls": "milliliter", "Kcal": "kilocalorie", "Cal": "calorie",
    "cals": "calorie", "GBs": "gigabyte", "MBs": "megabyte", "deg": "degree",
    "KM": "kilometer", "Km": "kilometer", "KMS": "kilometer", "kms": "kilometer",
    "CM": "centimeter", "MM": "millimeter", "KG": "kilogram", "Kg": "kilogram",
    "KGS": "kilogram", "kgs": "kilogram", "mcg": "microgram", "ML": "milliliter",
    "LB": "pound", "LBS": "pound", "Lbs": "pound", "OZ": "ounce", "FT": "foot",
    "Ghz": "gigahertz", "ghz": "gigahertz", "GHZ": "gigahertz", "Mhz": "megahertz",
    "mhz": "megahertz", "MHZ": "megahertz", "Khz": "kilohertz", "KHz": "kilohertz",
    "khz": "kilohertz", "hz": "hertz", "KW": "kilowatt", "kw": "kilowatt",
    "KWh": "kilowatt hour", "kwh": "kilowatt hour", "KWH": "kilowatt hour", "mah": "milliamp hour",
    "MAH": "milliamp hour",
    # signs
    "°C": "degree Celsius", "°F": "degree Fahrenheit", "°K": "degree Kelvin", "°": "degree",
    "℃": "degree Celsius", "℉": "degree Fahrenheit", "Ω": "ohm",
    "%": "percent", "‰": "per mille",
}  # fmt: skip
_UNITS = {
    **{p + u: prefix + name for u, name in _PREFIXED.items() for p, prefix in _PREFIXES.items()},
    **_PREFIXED,
    **_NAMES,
}
# A prefix before a letter may spell a word, a half of the day or a state instead.
for _word in ("at", "am", "pm", "Am", "Pm", "PA", "Mt", "MA", "GA", "TA", "pt", "dt", "ht", "ct"):
    if _word not in _NAMES:
        _UNITS.pop(_word, None)
_UNCHANGED = frozenset(
    {"percent", "per mille", "P S I", "C C", "K", "D B M", "B T U", "I U", "molar", "lux"}
)
_LENGTHS = ("meter", "foot", "inch", "yard", "mile")
_SPELLING = (
    r"%|‰|deg\.? ?[CF](?![A-Za-z])|[°º] ?[CFK](?![A-Za-z])|[°º]|℃|℉"
    r"|(?:sq|fl|cu)\.? ?(?:ft|oz|km|mi|in|yd|m)(?![A-Za-z])"
    r"|[A-Za-zµμΩ]{1,4}(?:[·⋅*-][A-Za-z]{1,2}(?![A-Za-z]))?"
)
_DEGREE = re.compile(r"(?:[°º]|deg\.?) ?(?=[CFK]?$)")
_POWER = r"(?:\^?[23](?![0-9])|[²³])"
_UNIT = re.compile(rf"(?P<name>{_SPELLING})(?P<power>{_POWER})?")
_PER = re.compile(rf"/ ?(?P<name>{_SPELLING})(?P<power>{_POWER})?")
_PER_HUNDRED = re.compile(r"/ ?100 ?(?P<name>[a-z]{1,2})(?![A-Za-z0-9])")
# e.g. `/share`
_PER_WORD = re.compile(
    r"/(?P<word>second|minute|hour|day|night|week|month|quarter|year|person|mile|user|seat|share"
    r"|pound|gallon|unit|liter|litre|serving|game|sec|barrel)(?![A-Za-z0-9])"
)
_FOLLOWS = re.compile(r"[^\W_]|[&']|/[A-Za-z]")


def unit_name(written: str, power: str = "") -> str | None:
    """Name of one unit in the singular, `m` with `²` as `square meter`; None where it is none."""
    written = _DEGREE.sub("°", written)
    if len(written) > 3 and written[:2] in {"sq", "fl", "cu"}:
        written = f"{written[:2]} {written[2:].lstrip('. ')}"
    name = _UNITS.get(written)
    if name is None:
        parts = re.split(r"[·⋅*-]", written)
        names = [_UNITS[part] for part in parts if part in _UNITS]
        return " ".join(names) if len(names) == len(parts) > 1 else None
    if not power:
        return name
    squared = power[-1] in "2²"
    if name.endswith(_LENGTHS):
        return f"{'square' if squared else 'cubic'} {name}"
    return f"{name} {'squared' if squared else 'cubed'}" if name == "second" else None


def plural(name: str) -> str:
    """Plural of a unit's name; only its head changes: `feet`, `miles per hour`."""
    head, mark, tail = name.partition(" per ")
    if not mark:
        head, mark, tail = name.partition(" of ")
    if head in _UNCHANGED or head == "bar" or head.endswith(("hertz", "horsepower")):
        return name
    if head.startswith("degree "):
        head = "degrees" + head[6:]
    elif head.endswith("foot"):
        head = head[:-4] + "feet"
    elif head.endswith("inch"):
        head += "es"
    else:
        head += "s"
    return head + mark + tail


def per(text: str, start: int) -> Reading | None:
    """The price's or speed's share, `/mo` to `per month`, `/kg/day` to both."""
    said = []
    end = start
    for _ in range(3):
        hundred = _PER_HUNDRED.match(text, end)
        if hundred and unit_name(hundred["name"]):
            said.append(f"per one hundred {plural(unit_name(hundred['name']) or '')}")
            end = hundred.end()
            continue
        word = _PER_WORD.match(text, end)
        if word:
            said.append(f"per {word['word']}")
            end = word.end()
            continue
        match = _PER.match(text, end)
        name = unit_name(match["name"], match["power"] or "") if match else None
        if match is None or name is None or text[match.end() : match.end() + 1].isalnum():
            break
        said.append(f"per {name}")
        end = match.end()
    return Reading(" ".join(said), end, "measure") if said else None


def read_unit(text: str, start: int) -> tuple[str, str, int] | None:
    """A unit at an index: as written without its share, its name in the singular, and its end."""
    match = _UNIT.match(text, start)
    if match is None:
        return None
    name = unit_name(match["name"], match["power"] or "")
    end = match.end()
    if name is None:
        return None
    share = per(text, end)
    if share:
        return match["name"] + "/", f"{name} {share.spoken}", share.end
    if _FOLLOWS.match(text, end) and match["name"] not in {"%", "‰"}:
        return None
    return match[0], name, end
