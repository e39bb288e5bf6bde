"""Chemical formulas and ions, letter by letter: `H2O`, `NaCl`, `C6H12O6`, `Fe2+`, `pH`.

Letters with digits are mostly names of other things (A320, MP3, W3C): a formula needs the names of
elements throughout, and either a place in the list or a form that other names do not have.
"""

import re

from speech.text.english.acronyms import letters
from speech.text.english.numbers import cardinal
from speech.text.reading import Reading, word_before

_ELEMENTS = frozenset(
    """H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se
    Br Kr Rb Sr Y Zr Nb Mo Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Nd Sm Eu Gd W Re Os Ir Pt Au
    Hg Tl Pb Bi Po At Rn Fr Ra Ac Th U Pu Am""".split()
)
HEADS = frozenset(
    element
    for element in _ELEMENTS
    if len(element) == 2 and element not in {"He", "In", "As", "At"}
)
"""Formulas of elements that are not written in capitals begin with these."""

_KNOWN = frozenset(
    """H2O CO2 O2 N2 O3 Cl2 Br2 NO2 NO3 N2O SO2 SO3 SO4 CH4 NH3 NH4 H2S HNO3 NaCl NaOH HCl KCl KOH
    HBr LiOH CaO MgO ZnO FeO CuO TiO2 SiO2 PO4 CO3 OH C2H4 C2H6 C3H8 CN HCN BaCl2 KI KBr CaCl2 D2O
    P2O5 H2 CuSO4 AgCl AgNO3 PbO NaF LiCl MgCl2 AlCl3 GaN GaAs InP SiC WO3 UO2 UF6 SF6 CF4 PH3 PM2
    NaHCO3 Na2CO3 CaCO3 HClO NaClO KMnO4 CCl4 CHCl3 CH3OH C2H5OH C60""".split()
) - {"OH", "CN", "KI", "PM2", "C60"}
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_PART = r"(?:[A-Z][a-z]?|[()])[0-9₀-₉]{0,3}"
_FORMULA = re.compile(
    rf"(?P<formula>[A-Z][a-z]?[0-9₀-₉]{{0,3}}(?:{_PART}){{0,12}})"
    r"(?P<charge>[0-9²³]?[+⁺⁻](?![A-Za-z0-9+]))?(?![A-Za-z0-9₀-₉]|\.[0-9])"
)
_GROUP = re.compile(r"(?P<element>[A-Z][a-z]?)(?P<count>[0-9₀-₉]*)|[()](?P<times>[0-9₀-₉]*)")
_CHARGES = {"²": "two", "³": "three", "+": "plus", "⁺": "plus", "⁻": "minus"}
_BLOOD = re.compile(
    r"(?P<type>A|B|AB|O)(?P<sign>[+-])(?![A-Za-z0-9])(?P<noun> (?:blood|donors?|plasma))?"
)
_ACID = re.compile(r"pH(?![A-Za-z])")


def read_blood_type(text: str, start: int) -> Reading | None:
    """`type O-`, `AB+ blood`: negative and positive, not a grade's minus and plus."""
    match = _BLOOD.match(text, start)
    if match is None:
        return None
    if not (
        match["noun"] or word_before(text, start) in {"type", "blood", "is", "group", "factor"}
    ):
        return None
    if not match["noun"] and "blood" not in text[max(0, start - 32) : start].lower():
        return None
    sign = "negative" if match["sign"] == "-" else "positive"
    return Reading(f"{letters(match['type'])} {sign}", match.end("sign"), "chemical")


def read_formula(text: str, start: int) -> Reading | None:
    """A formula, or `pH`; None for other names of letters and digits."""
    if _ACID.match(text, start):
        return Reading("P H", start + 2, "chemical")
    match = _FORMULA.match(text, start)
    if match is None:
        return None
    formula, charge = match["formula"], match["charge"] or ""
    groups = list(_GROUP.finditer(formula))
    if not _is_formula(formula, charge, groups):
        return None
    words: list[str] = []
    for group in groups:
        if group["element"]:
            words.append(letters(group["element"]))
        count = (group["count"] or group["times"] or "").translate(_DIGITS)
        if count:
            words.append(cardinal(int(count)))
    words.extend(_CHARGES.get(sign) or cardinal(int(sign)) for sign in charge)
    return Reading(" ".join(words), match.end(), "chemical")


def _is_formula(formula: str, charge: str, groups: list[re.Match[str]]) -> bool:
    elements = [group["element"] for group in groups if group["element"]]
    if not elements or not _ELEMENTS.issuperset(elements):
        return False
    plain = formula.translate(_DIGITS)
    if plain in _KNOWN or plain != formula:
        return True
    digits = sum(any(map(str.isdigit, group[0])) for group in groups)
    two_lettered = any(len(element) == 2 for element in elements)
    if charge and two_lettered and len(groups) == 1:
        # `Fe2+`
        return True
    if not digits or len(set(elements)) < 2:
        return False
    # `W3C` and `B2B` have two letters and one digit; `BBC2` has no second digit.
    return (two_lettered and len(groups) > 1) or (len(groups) > 2 and digits > 1)
