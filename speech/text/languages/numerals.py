"""Numbers through num2words: in words, and in languages without a table of their own."""

import re
import threading
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal, Protocol, cast

from speech.text.edits import Kind
from speech.text.languages import signs
from speech.text.reading import Span

# num2words' Amharic counts its way up to the number: 999,999,999 took longer than a minute.
_TOO_SLOW = frozenset({"am"})
MAX_DIGITS = 12
"""Longer runs of digits are identifiers, which espeak-ng spells."""
# What num2words' converters raise for numbers they cannot say.
_REFUSALS = (
    NotImplementedError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError,
)  # fmt: skip

Form = Literal["cardinal", "ordinal", "year"]


class _Converter(Protocol):
    def __call__(
        self, number: int | float | Decimal, *, lang: str, to: str, **options: str
    ) -> str: ...


# Some converters keep the number they are saying in the object all callers share.
_LOCK = threading.Lock()


@cache
def _library() -> tuple[_Converter, frozenset[str]]:
    # Imported with the first number: it loads every language, 20 ms.
    from num2words import CONVERTER_CLASSES, num2words  # noqa: PLC0415

    return cast(_Converter, num2words), frozenset(CONVERTER_CLASSES) - _TOO_SLOW


def numeral_tag(language: str) -> str:
    """The library's name of a language such as `fr-be`; empty where it knows none."""
    _, known = _library()
    family, _, region = language.partition("-")
    tag = f"{family}_{region.upper()}"
    return tag if tag in known else family if family in known else ""


@lru_cache(1024)
def words(number: str, tag: str, form: Form = "cardinal") -> str:
    """A whole number of at most MAX_DIGITS digits, or a decimal with a point, in words.

    Empty where the library cannot say it.
    """
    convert, _ = _library()
    try:
        with _LOCK:
            spoken = convert(float(number) if "." in number else int(number), lang=tag, to=form)
    except _REFUSALS:
        return ""
    # Brazilian numbers have commas, which would be pauses.
    return spoken.replace(",", "")


@lru_cache(1024)
def russian(number: str, case: str, gender: str) -> str:
    """A whole Russian number in the case of a letter, `g`, and of a gender."""
    convert, _ = _library()
    with _LOCK:
        return convert(int(number), lang="ru", to="cardinal", case=case, gender=gender or "m")


@lru_cache(256)
def amount(number: str, tag: str, currency: str) -> str:
    """An amount of money by its ISO code; empty where the library cannot say it."""
    convert, _ = _library()
    try:
        with _LOCK:
            spoken = convert(
                Decimal(number), lang=tag, to="currency", currency=currency, separator=" |"
            )
    except _REFUSALS:
        return ""
    major, _, minor = spoken.partition("|")
    whole = "." not in number or not number.partition(".")[2].strip("0")
    return major.strip() if whole else f"{major.strip()} {minor.strip()}"


# Languages without a table of their own: plain numbers and money, where num2words knows them.

# Of the languages num2words knows, these write a decimal point and group with commas.
_POINT = frozenset(
    [
        "ja",
        "ko",
        "th",
        "he",
        "te",
        "kn",
        "bn",
        "cy",
        "hi",
        "mr",
        "ta",
        "gu",
        "ur",
        "zh",
        "cmn",
        "yue",
        "ms",
    ]
)
_CURRENCIES = {"€": "EUR", "EUR": "EUR", "$": "USD", "USD": "USD", "£": "GBP", "₽": "RUB",
               "руб.": "RUB", "₴": "UAH", "грн": "UAH", "Kč": "CZK", "kr": "SEK"}  # fmt: skip
_SIGN = "|".join(re.escape(sign) for sign in _CURRENCIES)
# Of these num2words names foreign money in English.
_NO_MONEY = frozenset({"hu", "ro", "kn", "te"})


def _number(letter: str) -> re.Pattern[str]:
    """Numbers with their signs; `letter` is what may not stand beside one."""
    return re.compile(
        rf"(?<![,:/-])(?<!{letter})(?<![0-9]\.)"
        rf"(?P<minus>-)?(?:(?P<before>[%€$£₹¥]) ?)?"
        rf"(?P<whole>[0-9]{{1,3}}(?P<mark>[.,' ])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}}){{0,2}}"
        rf"|[0-9]{{1,{MAX_DIGITS}}})(?:(?P<point>[.,])(?P<part>[0-9]{{1,6}}))?"
        rf"(?: ?(?P<behind>{_SIGN}|{signs.SIGNS})(?:(?<=kr)\.(?= [a-zæøå]))?(?!{letter}))?"
        rf"(?!{letter}|[:/%°-]|[.,][0-9])"
        rf"|(?<!{letter})(?<!/)(?P<half>½)(?!{letter})"
    )


_NUMBER, _NUMBER_BESIDE_HAN = _number(r"\w"), _number(r"[^\W\u3040-\u9fff]")
_HAN = frozenset(["zh", "cmn", "yue", "ja"])
"""Written without blanks between words."""
_DIGIT = re.compile(r"[0-9½]")


def number_spans(text: str, language: str) -> list[Span]:
    """Spell out the plain numbers and amounts of a sentence.

    Separators are read as the language writes them, or the number is left to espeak-ng: so are
    dates, times, ordinals and codes, which this does not know.

    Args:
        text: A cleaned sentence.
        language: Its tag.
    """
    if _DIGIT.search(text) is None:
        return []
    tag, family = numeral_tag(language), language.partition("-")[0]
    found = []
    pattern = _NUMBER_BESIDE_HAN if family in _HAN else _NUMBER
    for match in pattern.finditer(text):
        spoken, kind = _spell(match, tag, family)
        if spoken:
            found.append(Span(match.start(), match.end(), spoken, kind, f"numerals.{kind}"))
    return found


def _spell(match: re.Match[str], tag: str, family: str) -> tuple[str, Kind]:
    """Words, or nothing for what is left to espeak-ng."""
    if match["half"]:
        return signs.half(family), "fraction"
    whole = match["whole"]
    decimal = "." if family in _POINT else ","
    mark, point, part = match["mark"], match["point"], match["part"]
    behind = match.string[match.end() : match.end() + 1]
    if mark == decimal or (point and point != decimal) or (len(whole) > 1 and whole[0] == "0"):
        return "", "number"
    # A dot behind a bare number may make an ordinal: only a clear number is spelt out.
    sign = match["before"] or match["behind"]
    if not sign and behind == "." and match.string[match.end() + 1 :].strip():
        return "", "number"
    plain = whole.replace(mark, "") if mark else whole
    number = f"{plain}.{part}" if part else plain
    negative = signs.minus(family) if match["minus"] else ""
    if match["minus"] and not negative:
        return "", "number"
    by_figures = not tag or family in signs.DIGITS_ARE_BETTER
    spoken = match.string[match.start("whole") : match.end("part" if part else "whole")]
    figures = signs.OWN_FIGURES.get(family)
    spoken = spoken.translate(figures) if figures else spoken
    if not by_figures:
        spoken = words(number, tag)
    kind: Kind = "number"
    if sign:
        kind = "money" if sign in _CURRENCIES or sign in "₹¥" else "measure"
        counted = signs.counted(number, spoken, sign, family) if spoken else ""
        if sign in _CURRENCIES and (part or not counted) and family not in _NO_MONEY:
            counted = (not by_figures and amount(number, tag, _CURRENCIES[sign])) or counted
        spoken = counted
    elif by_figures and not negative and not figures:
        return "", kind
    return f"{negative} {spoken}".strip() if spoken else "", kind
