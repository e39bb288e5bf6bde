"""English symbols between words and numbers; the signs of mathematics are `mathematics`."""

import re

from speech.text.english.music import SIGNS as _ACCIDENTALS
from speech.text.english.numbers import digits
from speech.text.reading import Reading

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
    **_ACCIDENTALS, "∧": "and", "∨": "or", "∠": "angle", "⊥": "perpendicular to",
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
    return Reading(_say(text, start, end, before, after), end, "symbol")


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
    if sign == "\\" and before.isalnum() and after.isalnum():
        return "backslash"
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
