"""Fractions in languages that have a table: `1/2`, `¾`, `2½`."""

import unicodedata
from collections.abc import Mapping
from functools import cache

from speech.text.languages.grammar import Noun

VULGAR = "¼½¾⅐-⅞"
"""Pattern of the characters that are fractions."""

# By language: forms for a half to a tenth, for one and for many (and in Polish for more than four).
_TABLE = """
de|halb/halbe Drittel Viertel Fünftel Sechstel Siebtel Achtel Neuntel Zehntel
fr|demi/demis tiers quart/quarts cinquième/cinquièmes sixième/sixièmes septième/septièmes huitième/huitièmes neuvième/neuvièmes dixième/dixièmes
es|medio/medios tercio/tercios cuarto/cuartos quinto/quintos sexto/sextos séptimo/séptimos octavo/octavos noveno/novenos décimo/décimos
it|mezzo/mezzi terzo/terzi quarto/quarti quinto/quinti sesto/sesti settimo/settimi ottavo/ottavi nono/noni decimo/decimi
pt|meio/meios terço/terços quarto/quartos quinto/quintos sexto/sextos sétimo/sétimos oitavo/oitavos nono/nonos décimo/décimos
nl|half/halve derde kwart vijfde zesde zevende achtste negende tiende
ru|вторая/вторых третья/третьих четвёртая/четвёртых пятая/пятых шестая/шестых седьмая/седьмых восьмая/восьмых девятая/девятых десятая/десятых
cs|polovina/poloviny třetina/třetiny/třetin čtvrtina/čtvrtiny/čtvrtin pětina/pětiny/pětin šestina/šestiny/šestin sedmina/sedminy/sedmin osmina/osminy/osmin devítina/devítiny/devítin desetina/desetiny/desetin
sv|halv/halva tredjedel/tredjedelar fjärdedel/fjärdedelar femtedel/femtedelar sjättedel/sjättedelar sjundedel/sjundedelar åttondel/åttondelar niondel/niondelar tiondel/tiondelar
pl|druga/drugie/drugich trzecia/trzecie/trzecich czwarta/czwarte/czwartych piąta/piąte/piątych szósta/szóste/szóstych siódma/siódme/siódmych ósma/ósme/ósmych dziewiąta/dziewiąte/dziewiątych dziesiąta/dziesiąte/dziesiątych
"""  # noqa: E501 (a line for each language)
_FORMS: Mapping[str, list[list[str]]] = {
    line.partition("|")[0]: [forms.split("/") for forms in line.partition("|")[2].split()]
    for line in _TABLE.strip().splitlines()
}
_AND = {"fr": "et", "es": "y", "it": "e", "pt": "e", "nl": "en", "pl": "i", "de": "und", "ru": "и",
        "cs": "a", "sv": "och"}  # fmt: skip
_ONE = {"de": "ein", "fr": "un", "es": "un", "it": "un", "pt": "um", "nl": "een", "pl": "jedna",
        "ru": "одна", "cs": "jedna", "sv": "en"}  # fmt: skip
_TWO = {"pl": "dwie", "ru": "две", "cs": "dvě"}


def _halves(masculine: str, feminine: str = "", neuter: str = "") -> dict[str, str]:
    feminine = feminine or masculine
    return {"m": masculine, "f": feminine, "n": neuter or masculine, "": masculine}


_HALF = {
    "de": _halves("ein halber", "eine halbe", "ein halbes"), "fr": _halves("un demi", "une demi"),
    "es": _halves("medio", "media"), "it": _halves("mezzo", "mezza"),
    "pt": _halves("meio", "meia"), "nl": _halves("een halve", "een halve", "een half"),
    "pl": _halves("pół"), "ru": _halves("половина"), "cs": _halves("půl"),
    "sv": _halves("en halv", "en halv", "ett halvt"),
}  # fmt: skip
_WITH_HALF = {
    "fr": "et demi", "es": "y medio", "it": "e mezzo", "pt": "e meio", "nl": "en een half",
    "pl": "i pół", "ru": "с половиной", "cs": "a půl", "sv": "och en halv",
}  # fmt: skip
_OF = {"fr": "de ", "es": "de ", "it": "di ", "pt": "de "}


@cache
def vulgar(sign: str) -> tuple[int, int]:
    """Numerator and denominator of a character that is a fraction."""
    top, _, low = unicodedata.normalize("NFKC", sign).partition("\u2044")
    return int(top), int(low)


def fraction(
    family: str, cardinals: tuple[str, str], top: int, low: int, gender: str | None = None
) -> str:
    """A fraction in words; empty where the language has none for it.

    Args:
        family: A language without its region.
        cardinals: The whole number before it (or nothing) and the numerator, in words.
        top: Numerator.
        low: Denominator.
        gender: Of what it is a part of, right behind it; None where nothing is.
    """
    forms = _FORMS.get(family, [])
    if not 2 <= low < 2 + len(forms) or top < 1:
        return ""
    whole, count = cardinals
    if not whole and (top, low) == (1, 2) and gender is not None:
        return _HALF[family][gender]
    noun = forms[low - 2]
    if top == 1:
        count = _ONE[family]
    elif top == 2:
        count = _TWO.get(family, count)
    form = (
        noun[0] if top == 1 else noun[min(len(noun), 3) - 1 if top > 4 else min(1, len(noun) - 1)]
    )
    said = f"{count} {form}"
    if not whole:
        return said
    if low == 2 and family == "de":
        return f"{'ein' if whole == 'eins' else whole}einhalb"
    if low == 2 and family in _WITH_HALF:
        return f"{whole} {_WITH_HALF[family]}"
    return f"{whole} {_AND[family]} {said}"


def unit_of(family: str, unit: Noun, *, is_half: bool) -> str:
    """A unit behind a fraction of it."""
    if unit.part:
        return unit.part
    if is_half:
        return unit.one
    if family == "fr" and unit.one[0] in "hé":
        return f"d'{unit.one}"
    return f"{_OF.get(family, '')}{unit.one}"
