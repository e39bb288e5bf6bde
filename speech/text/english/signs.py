"""English signs: single ones, and those of mathematics, music and chemistry."""

import re
import unicodedata

from speech.text.english.acronyms import letters
from speech.text.english.numbers import cardinal, digits
from speech.text.english.units import plural, read_unit
from speech.text.reading import Reading, word_before

# Musical signs: `B♭`, `F♯ minor`, `C#m7`, `4/4 time`, and the letter A of a key.

ACCIDENTALS = {"♭": "flat", "♯": "sharp", "♮": "natural", "𝄪": "double sharp", "𝄫": "double flat"}
"""Accidentals; each is said wherever it stands."""

CHORDS = frozenset(
    ["Ab", "Bb", "Db", "Eb", "Gb"]
    + [f"{note}{quality}" for note in "ABCDEFG" for quality in ("m", "maj", "min", "dim", "sus")]
)
"""Notes that look like words."""

_QUALITIES = {
    "m": "minor", "min": "minor", "maj": "major", "M": "major", "dim": "diminished",
    "aug": "augmented", "sus": "suspended", "add": "add",
}  # fmt: skip
# e.g. `C♯m7`
_CHORD = re.compile(
    r"(?P<note>[A-G])(?P<sign>[#♯♭♮]|b(?= (?:major|minor|clarinet|trumpet)))"
    r"(?P<quality>maj|min|dim|aug|sus|add|m|M)?(?P<number>[0-9]{1,2})?(?![A-Za-z0-9+#])"
)
# e.g. `3/4 time`
_METER = re.compile(
    r"(?P<beats>[2-9]|1[0-9])/(?P<value>1|2|4|8|16)"
    r"(?=[ -](?:time|meter|metre|beat|rhythm|measure|signature|groove|waltz|march)(?![a-z]))"
)

# e.g. `Cmaj7`
_PLAIN = re.compile(
    r"(?P<note>[A-G])(?P<quality>maj|min|dim|aug|sus|add|m)(?P<number>[0-9]{1,2})(?![A-Za-z0-9])"
)


def read_chord(text: str, start: int) -> Reading | None:
    """A note with its accidental, and the chord built on it."""
    plain = _PLAIN.match(text, start)
    if plain:
        words = [letters(plain["note"]), _QUALITIES[plain["quality"]]]
        return Reading(f"{' '.join(words)} {cardinal(int(plain['number']))}", plain.end(), "music")
    match = _CHORD.match(text, start)
    if match is None:
        return None
    sign = {"#": "sharp", "b": "flat"}.get(match["sign"]) or ACCIDENTALS[match["sign"]]
    words = [letters(match["note"]), sign]
    if match["quality"]:
        words.append(_QUALITIES[match["quality"]])
    if match["number"]:
        words.append(cardinal(int(match["number"])))
    return Reading(" ".join(words), match.end(), "music")


def read_meter(text: str, start: int) -> Reading | None:
    """`4/4 time` is four four time, not a fraction or a score."""
    match = _METER.match(text, start)
    if match is None or text[start - 1 : start] in {"/", "."}:
        return None
    return Reading(
        f"{cardinal(int(match['beats']))} {cardinal(int(match['value']))}", match.end(), "music"
    )


# English symbols between words and numbers.

_SPOKEN = {
    "&": "and", "+": "plus", "@": "at", "%": "percent", "‰": "per mille", "°": "degrees",
    "º": "degrees", "§": "section", "¶": "paragraph", "©": "copyright", "®": "registered",
    "™": "trademark", "℠": "service mark", "$": "dollar", "€": "euro", "£": "pound", "¥": "yen",
    "¢": "cent", "₹": "rupee", "₽": "ruble", "₩": "won", "₿": "bitcoin", "₺": "lira",
    "₴": "hryvnia", "₪": "shekel", "₫": "dong", "µ": "micro", "№": "number",
    "℃": "degrees Celsius", "℉": "degrees Fahrenheit", "Ω": "ohm", "→": "to", "⇒": "implies",
    "⟶": "to", "➔": "to", "➜": "to", "←": "from", "⇐": "is implied by", "↔": "to and from",
    "⇔": "if and only if", "↑": "up", "↓": "down", "✓": "check", "✔": "check", "★": "star",
    "☆": "star", "℅": "care of", "℗": "published", "♩": "quarter note", "♪": "eighth note",
    "♫": "eighth notes", "♬": "sixteenth notes", "∴": "therefore", "∵": "because", "¬": "not",
    **ACCIDENTALS, "∧": "and", "∨": "or", "∠": "angle", "⊥": "perpendicular to",
}  # fmt: skip
_SILENT = frozenset("*_|^~`\\<>•·‣◦▪▫■□●○◆◇►▶†‡#/")
SIGNS = "".join(_SPOKEN) + "".join(sorted(_SILENT))
"""Every character this file reads."""

_CHOICES = frozenset(
    {
        ("he", "she"), ("she", "he"), ("his", "her"), ("him", "her"), ("her", "his"), ("yes", "no"),
        ("her", "him"), ("his", "hers"), ("himself", "herself"), ("mother", "father"),
        ("mom", "dad"), ("male", "female"), ("man", "woman"), ("true", "false"),
        ("husband", "wife"), ("boy", "girl"), ("pass", "fail"), ("is", "are"), ("was", "were"),
        ("this", "that"), ("men", "women"),
    }
)  # fmt: skip
_RATED = re.compile(r" (?:hotels?|resorts?|ratings?|reviews?|restaurants?)(?![a-z])")
_KEY = re.compile(r"\*(?P<number>[0-9]{1,3})(?![0-9*])")
_CAPITALS = re.compile(r"[A-Z0-9]{1,5}/[A-Z0-9]{1,5}(?![A-Za-z0-9])")


_EACH_SHORT = {"mo": "month", "yr": "year", "wk": "week", "hr": "hour", "min": "minute"}
# e.g. `night`
_EACH = re.compile(
    r"(?:day|week|month|year|hour|minute|second|night|person|user|unit|item|head|student|seat|page"
    r"|word|share|ticket|session|piece|room|lesson|visit|mo|yr|wk|hr|min)(?![\w/-])"
)


def read_symbol(text: str, start: int) -> Reading:
    """One symbol, or a run of the same; what marks up rather than means is not said."""
    sign = text[start]
    end = start + 1
    if sign == "*" and text[start - 1 : start].isdigit() and _RATED.match(text, end):
        return Reading("star", end, "symbol")
    key = _KEY.match(text, start)
    if key and not text[start - 1 : start].strip():
        return Reading(f"star {digits(key['number'])}", key.end(), "telephone")
    if sign not in "+/%":
        # A run of signs is said once.
        while text[end : end + 1] == sign:
            end += 1
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if sign == "/" and before.isdigit() and (share := _share(text, end)):
        return share
    return Reading(_say(text, start, end, before, after), end, "symbol")


def _share(text: str, start: int) -> Reading | None:
    """`/kg` or `/day` behind a number."""
    noun = _EACH.match(text, start)
    if noun:
        return Reading(f"per {_EACH_SHORT.get(noun[0], noun[0])}", noun.end(), "measure")
    unit = read_unit(text, start)
    if unit is None or (len(unit[0]) == 1 and unit[0] not in "gLlhs"):
        return None
    return Reading(f"per {unit[1]}", unit[2], "measure")


def _say(text: str, start: int, end: int, before: str, after: str) -> str:
    sign = text[start]
    if sign == "#":
        return _hash(text, start, before, after)
    if sign == "/":
        return _slash(text, start, before, after)
    if sign in "<>":
        return _angle(sign, end - start, before, after)
    if sign == "~" and (after.isdigit() or (after and after in "$€£")):
        return "about"
    if sign == "§" and end - start > 1:
        return "sections"
    if sign in "®™℠" and before.strip():
        # Behind a name it is the lawyers' mark and not said.
        return ""
    if sign == "º" and not before.isdigit():
        return ""
    return _SPOKEN.get(sign, "")


def _angle(sign: str, count: int, before: str, after: str) -> str:
    word = "less" if sign == "<" else "greater"
    if count == 2 and before == " " and after == " ":
        return f"much {word} than"
    apart = not before.strip() or before.isdigit()
    if count == 1 and apart and (not after.strip() or after.isdigit() or after in "$€£."):
        return f"{word} than"
    return ""


def _hash(text: str, start: int, before: str, after: str) -> str:
    alone = not text[max(0, start - 2) : start - 1].isalnum() if start else False
    if before and before in "ABCDEFGJ" and alone and not after.isalnum():
        return "sharp"
    if after.isdigit() and not before.isalnum():
        return "number"
    if before == " " and after in {"", " ", ".", ",", "?", "!"}:
        # The key of a telephone.
        return "pound"
    return "hash" if after.isalpha() or before.isalpha() else ""


def _slash(text: str, start: int, before: str, after: str) -> str:
    if before in {"<", "/"} or after in {">", "/"}:
        # A tag's, or a part of an address.
        return ""
    left = text[max(0, start - 12) : start].rsplit(None, 1)[-1:]
    right = text[start + 1 : start + 13].split(None, 1)[:1]
    if not left or not right:
        return ""
    pair = (left[0].lower().lstrip("(\"'"), right[0].lower().rstrip(".,;:!?)\"'"))
    if "or" in pair:
        # `and/or` is said without a sign.
        return ""
    if pair in _CHOICES:
        return "or"
    if before.isupper() and _CAPITALS.match(text, max(0, start - len(left[0]))):
        # `TCP/IP`, `AC/DC`
        return ""
    return "slash"


# English mathematics: operators, comparisons, powers, roots: `2+2=4`, `x^2`, `5²`, `<=`, `√9`.
#
# What is also a mark of text (`*`, `/`, `x`) is an operator between numbers alone.

_MATHEMATICAL = {
    "=": "equals", "==": "equals", "===": "equals", "≠": "not equal to", "!=": "not equal to",
    "≤": "less than or equal to", "<=": "less than or equal to", "≥": "greater than or equal to",
    ">=": "greater than or equal to", "≈": "approximately", "≃": "approximately",
    "≡": "is equivalent to", "±": "plus or minus", "+/-": "plus or minus", "∓": "minus or plus",
    "×": "times", "÷": "divided by", "⋅": "times", "∙": "times", "√": "square root of",
    "∛": "cube root of", "∞": "infinity", "π": "pi", "∑": "sum of", "∏": "product of",
    "∫": "integral of", "∂": "partial", "∈": "in", "∉": "not in", "⊂": "subset of",
    "⊆": "subset of", "∪": "union", "∩": "intersection", "∀": "for all", "∃": "there exists",
    "∅": "the empty set", "∝": "proportional to", "∆": "delta", "Δ": "delta", "∇": "nabla",
}  # fmt: skip
_BETWEEN = {"*": "times", "x": "times", "·": "times", "/": "divided by", "—": "minus", "-": "minus"}
_SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
# Digits of other scripts are decimal; those in circles, brackets and below a line are not.
_OTHER = (
    "₀-₉፩-፱᧚①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒"
    "\U00010a40-\U00010a43\U00010e60-\U00010e68\U00011052-\U0001105a\U0001f100-\U0001f10a"
)
_SIGNS = "".join(sign for sign in _MATHEMATICAL if len(sign) == 1)
MATHEMATICS_HEAD = (
    rf"[⁰¹²³⁴-⁹⁺⁻ⁿ]{{1,8}}|\^(?=[-({{]?[0-9A-Za-z])|[<>!=]=+|\+/-|[{_SIGNS}]"
    r"|(?<=[0-9)²³]) [*x·/] (?=[0-9(])|(?<=[0-9)²³])[*·](?=[0-9(])|(?<=[0-9])x(?=[0-9])"
    r"|(?<=[0-9²³][xyzn]) — (?=[0-9(])|(?<=[²³]) — (?=[0-9a-z(])"
    r"|(?<=[= (][a-z]) [*·—/] (?=[0-9]{1,9} ?=)"
    rf"|(?![0-9])\d{{1,20}}|[{_OTHER}]"
)
"""Where a sign, a power or a digit that is none of 0 to 9 may begin."""

_RAISED = re.compile(r"[⁰¹²³⁴-⁹⁺⁻ⁿ]{1,8}")
_POWER = re.compile(r"\^[({]?(?P<power>[+-]?[0-9]{1,9}(?:[./][0-9]{1,4})?|[a-zA-Z])[)}]?")
_SIGN = re.compile(rf"[<>!=]=+|\+/-|[{_SIGNS}]")
_OPERATOR = re.compile(r" ?(?P<sign>[*x·/—-]) ?")
_DECIMALS = re.compile(r"\d{1,20}")


def read_mathematics(text: str, start: int) -> Reading | None:
    """One operator, comparison, power, or digit of another script."""
    raised = _RAISED.match(text, start)
    if raised:
        said = _power(raised[0].translate(_SUPER), text, start)
        return _measured(text, start, Reading(said, raised.end(), "math"))
    power = _POWER.match(text, start)
    if power:
        return _measured(
            text, start, Reading(_power(power["power"], text, start), power.end(), "math")
        )
    sign = _SIGN.match(text, start)
    if sign:
        spoken = _MATHEMATICAL.get(sign[0]) or _MATHEMATICAL.get(sign[0][:2]) or "equals"
        return Reading(spoken, sign.end(), "math")
    operator = _OPERATOR.match(text, start)
    if operator:
        return Reading(f" {_BETWEEN[operator['sign']]} ", operator.end(), "math")
    decimals = _DECIMALS.match(text, start)
    if decimals:
        values = "".join(str(unicodedata.decimal(c)) for c in decimals[0])
        return Reading(_whole(values), decimals.end(), "number")
    return Reading(cardinal(int(unicodedata.numeric(text[start], 0))), start + 1, "number")


def _measured(text: str, start: int, power: Reading) -> Reading:
    """With the unit that a power of a number counts: `10^8 m/s`."""
    found = read_unit(text, power.end + 1) if text[power.end : power.end + 1] == " " else None
    if found is None or not text[start - 1 : start].isdigit() or found[0] in {"in", "A", "d", "B"}:
        return power
    return Reading(f"{power.spoken} {plural(found[1])}", found[2], "measure")


def _power(written: str, text: str, start: int) -> str:
    """Words behind a base; a raised number without one is only said."""
    if not (text[start - 1 : start].isalnum() or text[start - 1 : start] in {")", "]"}):
        return _number(written)
    if written in {"2", "3"}:
        return "squared" if written == "2" else "cubed"
    return f"to the power of {_number(written)}"


def _number(written: str) -> str:
    sign = {"-": "minus ", "+": "plus "}.get(written[:1], "")
    rest = written.lstrip("+-")
    if rest.isdigit():
        return sign + _whole(rest)
    words = [_whole(part) if part.isdigit() else part for part in re.split(r"[./]", rest)]
    return sign + (" over " if "/" in rest else " point ").join(words)


def _whole(written: str) -> str:
    return cardinal(int(written)) if len(written) <= 9 and written[0] != "0" else digits(written)


# Chemical formulas and ions, letter by letter: `H2O`, `NaCl`, `C6H12O6`, `Fe2+`, `pH`.
#
# Letters with digits are mostly names of other things (A320, MP3, W3C): a formula needs the names
# of elements throughout, and either a place in the list or a form that other names do not have.

_ELEMENTS = frozenset(
    """H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se
    Br Kr Rb Sr Y Zr Nb Mo Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Nd Sm Eu Gd W Re Os Ir Pt Au
    Hg Tl Pb Bi Po At Rn Fr Ra Ac Th U Pu Am""".split()
)
FORMULAS = frozenset(
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
# e.g. `C6H12O6`
_FORMULA = re.compile(
    rf"(?P<formula>[A-Z][a-z]?[0-9₀-₉]{{0,3}}(?:{_PART}){{0,12}})"
    r"(?P<charge>[0-9²³]?[+⁺⁻](?![A-Za-z0-9+]))?(?![A-Za-z0-9₀-₉]|\.[0-9])"
)
_GROUP = re.compile(r"(?P<element>[A-Z][a-z]?)(?P<count>[0-9₀-₉]*)|[()](?P<times>[0-9₀-₉]*)")
_CHARGES = {"²": "two", "³": "three", "+": "plus", "⁺": "plus", "⁻": "minus"}
# e.g. `O-`
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
