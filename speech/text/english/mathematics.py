"""English mathematics: operators, comparisons, powers, roots: `2+2=4`, `x^2`, `5²`, `<=`, `√9`.

What is also a mark of text (`*`, `/`, `x`) is an operator between numbers alone.
"""

import re
import unicodedata

from speech.text.english.numbers import cardinal, digits
from speech.text.english.units import plural, read_unit
from speech.text.reading import Reading

_SPOKEN = {
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
_SIGNS = "".join(sign for sign in _SPOKEN if len(sign) == 1)
HEAD = (
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
        spoken = _SPOKEN.get(sign[0]) or _SPOKEN.get(sign[0][:2]) or "equals"
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
