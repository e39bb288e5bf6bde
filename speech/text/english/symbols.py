"""English symbols between words and numbers."""

from speech.text.reading import Reading

_SPOKEN = {
    "&": "and", "+": "plus", "@": "at", "%": "percent", "‰": "per mille", "°": "degrees",
    "§": "section", "©": "copyright", "$": "dollar", "€": "euro", "£": "pound", "¥": "yen",
    "¢": "cent", "₹": "rupee", "₽": "ruble", "₩": "won", "₿": "bitcoin", "µ": "micro",
    "№": "number",
}  # fmt: skip
_SILENT = frozenset("*_|^~`\\<>®™•·#/")
SIGNS = "".join(_SPOKEN) + "".join(sorted(_SILENT))
_CHOICES = frozenset(
    {("he", "she"), ("she", "he"), ("his", "her"), ("him", "her"), ("her", "his"), ("yes", "no")}
)


def read_symbol(text: str, start: int) -> Reading:
    """One symbol; what marks up rather than means is not said."""
    sign = text[start]
    before, after = text[start - 1 : start], text[start + 1 : start + 2]
    end = start + 1
    if sign == "$" and after == "$":
        # A run of signs is said once.
        while text[end : end + 1] == "$":
            end += 1
    spoken = _SPOKEN.get(sign, "")
    if sign == "#":
        spoken = _hash(text, start, before, after)
    elif sign == "/":
        spoken = _slash(text, start)
    elif sign in "<>" and (before in " " or before.isdigit()) and (after in " " or after.isdigit()):
        spoken = "less than" if sign == "<" else "greater than"
    elif sign == "*" and before.isdigit() and after.isdigit():
        spoken = "times"
    elif sign == "^" and before.isalnum() and after.isalnum():
        spoken = "to the power of"
    elif sign == "~" and after.isdigit():
        spoken = "about"
    return Reading(spoken, end, "symbol")


def _hash(text: str, start: int, before: str, after: str) -> str:
    if before in {"C", "F"} and not after.isalnum() and not text[start - 2 : start - 1].isalnum():
        return "sharp"
    if after.isdigit() and not before.isalnum():
        return "number"
    return "hash" if after.isalpha() else ""


def _slash(text: str, start: int) -> str:
    left = text[max(0, start - 12) : start].rsplit(None, 1)[-1:]
    right = text[start + 1 : start + 13].split(None, 1)[:1]
    if not left or not right:
        return ""
    pair = (left[0].lower(), right[0].lower().rstrip(".,;:!?"))
    if pair == ("and", "or"):
        # `and/or` is said without a sign.
        return ""
    return "or" if pair in _CHOICES else "slash"
