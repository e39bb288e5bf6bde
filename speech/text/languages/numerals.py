"""Numbers in words through num2words: the one place that knows the library."""

import threading
from decimal import Decimal
from functools import cache, lru_cache
from typing import Literal, Protocol, cast

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
