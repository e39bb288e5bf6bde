"""Languages without a table of their own: plain numbers and money, where num2words knows them."""

import re

from speech.text.edits import Kind
from speech.text.languages.numerals import MAX_DIGITS, amount, words
from speech.text.reading import Span

# Of the languages num2words knows, these write a decimal point and group with commas.
_POINT = frozenset({"ja", "ko", "th", "he", "te", "kn", "bn", "cy"})
_CURRENCIES = {"€": "EUR", "EUR": "EUR", "$": "USD", "USD": "USD", "£": "GBP", "₽": "RUB",
               "руб.": "RUB", "₴": "UAH", "грн": "UAH", "Kč": "CZK", "kr": "SEK"}  # fmt: skip
_SIGN = "|".join(re.escape(sign) for sign in _CURRENCIES)
# e.g. `1.234,50`
_NUMBER = re.compile(
    r"(?<![\w,:/-])(?<![0-9]\.)"
    rf"(?:(?P<before>[€$£]) ?)?(?P<whole>[0-9]{{1,3}}(?P<mark>[.,' ])[0-9]{{3}}"
    rf"(?:(?P=mark)[0-9]{{3}}){{0,2}}|[0-9]{{1,{MAX_DIGITS}}})(?:(?P<point>[.,])(?P<part>[0-9]{{1,6}}))?"
    rf"(?: ?(?P<behind>{_SIGN})(?!\w))?(?![\w:/%°-]|[.,][0-9])"
)
_DIGIT = re.compile(r"[0-9]")


def number_spans(text: str, tag: str) -> list[Span]:
    """Spell out the plain numbers and amounts of a sentence.

    Separators are read as the language writes them, or the number is left to espeak-ng: so are
    dates, times, ordinals and codes, which this does not know.

    Args:
        text: A cleaned sentence.
        tag: num2words' name of the language.
    """
    if _DIGIT.search(text) is None:
        return []
    found = []
    for match in _NUMBER.finditer(text):
        spoken, kind = _spell(match, tag)
        if spoken:
            found.append(Span(match.start(), match.end(), spoken, kind))
    return found


def _spell(match: re.Match[str], tag: str) -> tuple[str, Kind]:
    """Words, or nothing for what is left to espeak-ng."""
    whole = match["whole"]
    decimal = "." if tag[:2] in _POINT else ","
    mark, point, part = match["mark"], match["point"], match["part"]
    behind = match.string[match.end() : match.end() + 1]
    if mark == decimal or (point and point != decimal) or (len(whole) > 1 and whole[0] == "0"):
        return "", "number"
    # A dot behind a bare number may make an ordinal: only a clear number is spelt out.
    if behind == "." and match.string[match.end() + 1 :].strip():
        return "", "number"
    plain = whole.replace(mark, "") if mark else whole
    number = f"{plain}.{part}" if part else plain
    if sign := match["before"] or match["behind"]:
        return amount(number, tag, _CURRENCIES[sign]), "money"
    return words(number, tag), "number"
