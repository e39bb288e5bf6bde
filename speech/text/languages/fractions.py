"""Fractions in languages that have a table: `1/2`, `¾`, `2½`."""

import unicodedata
from collections.abc import Mapping

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
pl|druga/drugie/drugich trzecia/trzecie/trzecich czwarta/czwarte/czwartych piąta/piąte/piątych szósta/szóste/szóstych siódma/siódme/siódmych ósma/ósme/ósmych dziewiąta/dziewiąte/dziewiątych dziesiąta/dziesiąte/dziesiątych
"""  # noqa: E501 (a line for each language)
_FORMS: Mapping[str, list[list[str]]] = {
    line.partition("|")[0]: [forms.split("/") for forms in line.partition("|")[2].split()]
    for line in _TABLE.strip().splitlines()
}
_AND = {"fr": "et", "es": "y", "it": "e", "pt": "e", "nl": "en", "pl": "i", "de": "und"}
_ONE = {"de": "ein", "fr": "un", "es": "un", "it": "un", "pt": "um", "nl": "een", "pl": "jedna"}
_TWO = {"pl": "dwie"}


def vulgar(sign: str) -> tuple[int, int]:
    """Numerator and denominator of a character that is a fraction."""
    top, _, low = unicodedata.normalize("NFKC", sign).partition("\u2044")
    return int(top), int(low)


def fraction(family: str, cardinals: tuple[str, str], top: int, low: int) -> str:
    """A fraction in words; empty where the language has none for it.

    Args:
        family: A language without its region.
        cardinals: The whole number before it (or nothing) and the numerator, in words.
        top: Numerator.
        low: Denominator.
    """
    forms = _FORMS.get(family, [])
    if not 2 <= low < 2 + len(forms) or top < 1:
        return ""
    noun = forms[low - 2]
    whole, count = cardinals
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
    if low == 2 and family != "pl":
        said = form
    return f"{whole} {_AND[family]} {said}"
