"""`say-as`: a stretch of text whose kind the writer names.

What the writer means is written the one way that the language's own readers cannot take for
anything else (a date in ISO order, a telephone number in its groups), and they say it. What does
not have the form of its kind is not touched: the caller has it read as any text.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from speech.text.english import numbers as english
from speech.text.english.acronyms import letters
from speech.text.english.romans import value as roman
from speech.text.english.runs import SIGNS
from speech.text.languages import language_table
from speech.text.languages.numerals import Form, numeral_tag
from speech.text.languages.numerals import words as numeral
from speech.text.languages.signs import minus
from speech.text.normalize import spans
from speech.text.reading import spoken_sentence
from speech.types import Kind

BLEEP = 0.3
"""Seconds of silence in place of an expletive."""
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
# e.g. `-1,234.5`
_NUMBER = re.compile(r"(?P<sign>[-+−]?)(?P<whole>[0-9]{1,39})(?:\.(?P<part>[0-9]{1,39}))?")
# e.g. `1,234.5`
_COMMA_GROUPS = re.compile(r"[-+−]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_ROMAN = re.compile(r"(?=.)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ORDINAL = re.compile(r"(?P<number>[0-9]{1,15})(?:\.|º|ª|[a-zè]{1,3})?")
# e.g. `3+1/2`
_FRACTION = re.compile(
    r"(?:(?P<whole>[0-9]{1,9})[ +]+)?(?P<top>[0-9]{1,9}) ?[/⁄] ?(?P<low>[0-9]{1,9})"
)
_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?P<minute>[0-9]{2})(?P<rest>\D*)")
_DATE_PART = re.compile(r"[0-9?]+")
_WIDTHS = {"y": 4, "m": 2, "d": 2}
_FIELDS = frozenset("ymd")


class Said(NamedTuple):
    """How a stretch is said."""

    spoken: str
    kind: Kind


_Reader = Callable[[str, str, str], str]
"""Text, format and language to what is said; empty where the text is nothing of the kind."""


def say_as(text: str, kind: str, form: str, language: str) -> Said | None:
    """A stretch as what `interpret-as` calls it.

    Args:
        text: Without markup.
        kind: Value of `interpret-as`.
        form: Value of `format`, or nothing.
        language: Tag the text is read in.

    Returns:
        What is said, of an expletive nothing, for BLEEP; or None where the text is nothing of the
        kind, as it is where `is_known` does not know that.
    """
    reader = _READERS.get(kind)
    text = " ".join(text.split())
    if reader is None or not text:
        return None
    read, what = reader
    spoken = read(text, form.lower(), language)
    return Said(spoken, what) if spoken or what == "pause" else None


def is_known(kind: str) -> bool:
    """Whether there is such a value of `interpret-as`."""
    return kind in _READERS


def _is_english(language: str) -> bool:
    return language.partition("-")[0] == "en"


def _as_written(text: str, form: str, language: str) -> str:
    """What the language's own readers make of it."""
    del form
    return spoken_sentence(text, spans(text, language))


def _whole(number: int, language: str, form: Form = "cardinal") -> str:
    if _is_english(language):
        say = {"cardinal": english.cardinal, "ordinal": english.ordinal, "year": english.year}
        return say[form](number) if number or form != "year" else ""
    return numeral(str(number), numeral_tag(language), form)


def _cardinal(text: str, form: str, language: str) -> str:
    del form
    if _ROMAN.fullmatch(text):
        return _whole(roman(text), language)
    match = _NUMBER.fullmatch(_without_groups(text, language))
    if match is None:
        return ""
    if _is_english(language):
        words = english.cardinal(int(match["whole"]))
        words += f" point {english.digits(match['part'])}" if match["part"] else ""
        return f"minus {words}" if match["sign"] in {"-", "−"} else words
    words = numeral(match[0].lstrip("-+−"), numeral_tag(language))
    if not words or match["sign"] not in {"-", "−"}:
        return words
    table = language_table(language)
    return f"{table.minus if table else minus(language.partition('-')[0])} {words}".strip()


def _without_groups(text: str, language: str) -> str:
    """A number with a dot before its decimals and nothing between groups of three."""
    table = language_table(language)
    if table is not None:
        decimal = table.decimal_sign
    elif _is_english(language) or _COMMA_GROUPS.fullmatch(text):
        decimal = "."
    else:
        decimal = "," if "," in text else "."
    other = "." if decimal == "," else ","
    plain = re.sub(rf"(?<=[0-9])[{other}'\u202f\u00a0 ](?=[0-9]{{3}}(?![0-9]))", "", text)
    return plain.replace(decimal, ".") if other not in plain else ""


def _ordinal(text: str, form: str, language: str) -> str:
    del form
    if _ROMAN.fullmatch(text):
        return _whole(roman(text), language, "ordinal")
    match = _ORDINAL.fullmatch(text)
    return _whole(int(match["number"]), language, "ordinal") if match else ""


def _digits(text: str, form: str, language: str) -> str:
    del form
    return " ".join(filter(None, (_digit(character, language) for character in text)))


def _digit(character: str, language: str) -> str:
    if not character.isdecimal():
        return character if character in ",." else ""
    return _whole(int(character), language) or character


def _characters(text: str, form: str, language: str) -> str:
    del form
    said = []
    for character in text:
        if character.isdecimal():
            said.append(_digit(character, language))
        elif character.isalpha():
            said.append(letters(character) if _is_english(language) else character.upper())
        elif _is_english(language) and character in SIGNS:
            said.append(SIGNS[character])
    return " ".join(said)


def _fraction(text: str, form: str, language: str) -> str:
    match = _FRACTION.fullmatch(text)
    if match is None:
        return ""
    top, low = int(match["top"]), int(match["low"])
    if not _is_english(language):
        whole = f"{match['whole']} " if match["whole"] else ""
        return _as_written(f"{whole}{top}/{low}", form, language)
    if not match["whole"]:
        return english.fraction(top, low)
    part = "a half" if (top, low) == (1, 2) else english.fraction(top, low)
    return f"{english.cardinal(int(match['whole']))} and {part}"


def _date(text: str, form: str, language: str) -> str:
    order = _order(form) or ("ymd" if re.match(r"[0-9]{4}", text) else _usual_order(language))
    if order == "y":
        return _year(text, language)
    found = _DATE_PART.findall(text)
    if any(character.isalpha() for character in text) and len(found) < len(order):
        return _as_written(text, form, language)
    if len(found) > len(order):
        return _as_written(text, form, language)
    if len(found) == 1 and len(order) > 1:
        found = _apart(found[0], order)
    values = dict(zip(order, found, strict=False))
    # `????0922` has no year.
    values = {name: written for name, written in values.items() if "?" not in written}
    if not values or (len(values) < len(order) and "?" not in text):
        return ""
    return _calendar({name: int(it) for name, it in values.items()}, language, values.get("y", ""))


def _order(form: str) -> str:
    """Fields of a format such as `mdy` or `yyyymmdd`, each once, in order."""
    order = "".join(dict.fromkeys(form))
    return order if _FIELDS.issuperset(order) else ""


def _usual_order(language: str) -> str:
    return "mdy" if language in {"en", "en-us"} else "dmy"


def _apart(run: str, order: str) -> list[str]:
    """Digits without signs between them, as the fields of a date."""
    widths = [_WIDTHS[name] for name in order]
    if len(run) == sum(widths) - 2 and "y" in order:
        widths[order.index("y")] = 2
    if len(run) != sum(widths):
        return []
    parts, place = [], 0
    for width in widths:
        parts.append(run[place : place + width])
        place += width
    return parts


def _calendar(values: Mapping[str, int], language: str, written_year: str) -> str:
    year, month, day = (values.get(name, 0) for name in "ymd")
    if "y" in values and len(written_year) == 2:
        year += 2000 if year < 69 else 1900  # as POSIX reads two digits
    if ("m" in values and not 1 <= month <= 12) or ("d" in values and not 1 <= day <= 31):
        return ""
    has = "".join(name for name in "ymd" if name in values)
    written = f"{year:04}-{month:02}-{day:02}" if has == "ymd" else ""
    spoken = _year(str(year), language) if has in {"y", "ym"} else ""
    if has == "d":
        spoken = _whole(day, language, "ordinal" if _is_english(language) else "cardinal")
    elif "m" in has and has != "ymd":
        name, written = _month_and_day(month, day, language)
        spoken = f"{name} {spoken}".strip() if name and has != "md" else ""
    return _as_written(written, "", language) if has in {"ymd", "md"} else spoken


def _month_and_day(month: int, day: int, language: str) -> tuple[str, str]:
    """The name of a month, and a day in it as it is written; empty where no table has the names."""
    if _is_english(language):
        return _MONTHS[month - 1], f"{_MONTHS[month - 1]} {day}"
    table = language_table(language)
    if table is None:
        return "", ""
    return table.months[month - 1], f"{day}{'.' * table.dot_ordinals} {table.months[month - 1]}"


def _year(text: str, language: str) -> str:
    if not re.fullmatch("[0-9]{1,4}", text):
        return ""
    return _whole(int(text), language, "year") or _whole(int(text), language)


def _time(text: str, form: str, language: str) -> str:
    match = _CLOCK.fullmatch(text)
    if match:
        text = f"{match['hour']}:{match['minute']}{match['rest']}"
    spoken = _as_written(text, form, language)
    return "" if re.search("[0-9]", spoken) else spoken


def _telephone(text: str, form: str, language: str) -> str:
    if form.isdecimal() and not text.startswith("+"):
        text = f"+{form} {text}"
    if _is_english(language):
        bare = re.fullmatch(
            r"(?P<land>\+?1)?[ -]?(?P<a>[2-9][0-9]{2})(?P<b>[0-9]{3})(?P<c>[0-9]{4})", text
        )
        if bare:
            land = f"{bare['land']} " if bare["land"] else ""
            text = f"{land}{bare['a']} {bare['b']} {bare['c']}"
        spoken = _as_written(text, form, language)
        if spoken != text and not re.search("[0-9]", spoken) and "," in spoken:
            return spoken
    groups = re.findall("[0-9]+|[^\\W\\d_]+", text)
    said = ", ".join(_digits(it, "", language) if it.isdecimal() else it for it in groups)
    return f"plus {said}" if text.startswith("+") and _is_english(language) else said


def _nothing(text: str, form: str, language: str) -> str:
    del text, form, language
    return ""


_READERS: Mapping[str, tuple[_Reader, Kind]] = {
    "address": (_as_written, "address"),
    "bleep": (_nothing, "pause"),
    "cardinal": (_cardinal, "number"),
    "characters": (_characters, "acronym"),
    "currency": (_as_written, "money"),
    "date": (_date, "date"),
    "digits": (_digits, "telephone"),
    "duration": (_time, "time"),
    "expletive": (_nothing, "pause"),
    "fraction": (_fraction, "fraction"),
    "number": (_cardinal, "number"),
    "number_digit": (_digits, "telephone"),
    "ordinal": (_ordinal, "ordinal"),
    "spell-out": (_characters, "acronym"),
    "telephone": (_telephone, "telephone"),
    "time": (_time, "time"),
    "unit": (_as_written, "measure"),
    "verbatim": (_characters, "acronym"),
}
