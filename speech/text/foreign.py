"""Numbers in languages other than English, through num2words; the rest is espeak-ng's."""

import re
import threading
from functools import cache, lru_cache
from typing import Protocol, cast

from speech.text.reading import Span

# Numbers have at most 12 digits here: a longer run is an identifier, which espeak-ng spells.
# num2words' Amharic counts its way up to the number: 999,999,999 took longer than a minute.
_TOO_SLOW = frozenset({"am"})
# Of the languages num2words knows, these write a decimal point and group with commas.
_POINT = frozenset({"ja", "ko", "th", "he", "te", "kn", "bn", "cy"})
_NUMBER = re.compile(
    r"(?<![\w.,:/-])"
    r"(?P<whole>[0-9]{1,3}(?P<mark>[.,' \u00a0\u202f])[0-9]{3}(?:(?P=mark)[0-9]{3}){0,3}"
    r"|[0-9]{1,12})(?:(?P<point>[.,])(?P<part>[0-9]{1,6}))?(?![\w:/%°-]|[.,][0-9])"
)
_DIGIT = re.compile(r"[0-9]")
# What num2words' converters raise for numbers they cannot say.
_REFUSALS = (
    NotImplementedError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError,
)  # fmt: skip


class _Converter(Protocol):
    def __call__(self, number: int | float, *, lang: str) -> str: ...


# Some converters keep the number they are saying in the object all callers share.
_LOCK = threading.Lock()


@cache
def _library() -> tuple[_Converter, frozenset[str]]:
    # Imported with the first number: it loads every language, 20 ms.
    from num2words import CONVERTER_CLASSES, num2words  # noqa: PLC0415

    return cast(_Converter, num2words), frozenset(CONVERTER_CLASSES) - _TOO_SLOW


def number_spans(text: str, language: str) -> list[Span]:
    """Spell out the plain numbers of a sentence where num2words knows the language.

    Separators are read as the language writes them, or the number is left to espeak-ng: so are
    dates, times, ordinals and codes, which this does not know.
    """
    if _DIGIT.search(text) is None:
        return []
    _, known = _library()
    family, _, region = language.partition("-")
    tag = f"{family}_{region.upper()}"
    if tag not in known:
        tag = family
    if tag not in known:
        return []
    spelt = ((match, _spell(match, tag)) for match in _NUMBER.finditer(text))
    return [Span(match.start(), match.end(), words, "number") for match, words in spelt if words]


def _spell(match: re.Match[str], tag: str) -> str:
    """Words, or nothing for what is left to espeak-ng."""
    whole = match["whole"]
    decimal = "." if tag[:2] in _POINT else ","
    mark, point = match["mark"], match["point"]
    if mark == decimal or (point and point != decimal):
        return ""
    # A dot behind a bare number may make an ordinal (3. Mai): only a clear number is spelt out.
    if (
        match.string[match.end() : match.end() + 1] == "."
        and match.string[match.end() + 1 :].strip()
    ):
        return ""
    if len(whole) > 1 and whole[0] == "0":
        return ""
    number = whole.replace(mark, "") if mark else whole
    return _words(number, match["part"] or "", tag)


@lru_cache(1024)
def _words(whole: str, part: str, tag: str) -> str:
    """Words, or nothing where the library cannot say this number."""
    convert, _ = _library()
    try:
        with _LOCK:
            return convert(float(f"{whole}.{part}") if part else int(whole), lang=tag)
    except _REFUSALS:
        return ""
