"""Characters spelt one way: NFC, plain quotes and digits, nothing invisible.

Compatibility forms are folded only where nothing is lost: full-width letters, ligatures, letters
in fancy alphabets, enclosed numbers, unit signs. Superscripts, subscripts and vulgar fractions
stay, because they are evidence (m², H₂O, ½).
"""

import re
import unicodedata

from speech.text.edits import Edit

MAX_MARKS = 8
"""Combining marks kept on one letter; no script needs more, and stacked ones are decoration."""

MAX_GROWTH = 2048
"""Characters a text may grow by what folds to many, such as ﷺ (18); beyond, those are left out."""

_TYPOGRAPHIC = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "ʼ": "'", "´": "'", "‹": "'", "›": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "−": "-", "―": "—", "…": "...", "⁄": "/", "∕": "/",
    "\u2028": "\n", "\u2029": "\n", "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\r": "\n",
    "\t": " ", "\ufffc": " ", "\ufffd": " ",
}  # fmt: skip
# Full-width punctuation is kept: it ends sentences in scripts without spaces.
_WIDE_SIGNS = frozenset("＃＄％＆＊＋－／＜＝＞＠＼＾＿｀｜～￠￡￥￦")
_WIDE_POINTS = {"．": ".", "，": ",", "：": ":"}
# Compatibility forms that mean no more than what they fold to.
_FOLDED = tuple(
    range(low, high + 1)
    for low, high in (
        (0x0132, 0x0133), (0x0149, 0x0149), (0x01C4, 0x01CC), (0x01F1, 0x01F3), (0x203C, 0x203C),
        (0x2047, 0x2049), (0x2100, 0x2115), (0x2119, 0x211F), (0x2124, 0x214F), (0x2160, 0x217F),
        (0x2460, 0x24FF), (0x3200, 0x33FF), (0xFB00, 0xFB06), (0xFB1D, 0xFDFB), (0xFE70, 0xFEFC),
        (0xFF65, 0xFF9F), (0x1D400, 0x1D7FF), (0x1EE00, 0x1EEFF), (0x1F100, 0x1F10C),
        (0x1F110, 0x1F16B),
    )
)  # fmt: skip
_ENCLOSED = frozenset((*range(0x2460, 0x2500), *range(0x2776, 0x2794), *range(0x1F100, 0x1F170)))
# Characters that nothing here changes, each alone and after any other.
_FINE = (
    " -~\n¡-ª¬®-³µ-º¼-ı\u0134-\u0148\u014a-\u01c3\u01cd-\u01f0\u01f4-\u02bb\u02bd-\u02ff"
    "\u0391-\u03a1\u03a3-\u03ff\u0400-\u0482\u048a-\u052f\u05d0-\u05ea\u0620-\u064a"
    "\u1e00-\u1eff–—₠-⃀\u3001\u3002\u3008-\u3011\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff"
    "\uac00-\ud7a3"
)
_NOT_FINE = re.compile(f"[^{_FINE}]")
# A mark changes the letter before it, so that comes along.
_SUSPECT = re.compile(f"[{_FINE}]?[^{_FINE}]+")


def character_edits(text: str) -> list[Edit]:
    """What must be spelt otherwise; the text holds no lone surrogates.

    Private characters are kept: what may be there of them, passes before this have decided.
    """
    edits: list[Edit] = []
    if _NOT_FINE.search(text) is None:
        return edits
    growth = 0
    for match in _SUSPECT.finditer(text):
        for start, end in _clusters(match[0]):
            start, end = start + match.start(), end + match.start()  # noqa: PLW2901
            spelt = _spelt(text, start, end)
            if spelt == text[start:end]:
                continue
            growth += max(0, len(spelt) - (end - start))
            if growth > MAX_GROWTH:
                spelt = ""
            # Words stay apart, so that each can be told where it was written.
            if edits and edits[-1].end == start and " " not in (spelt, edits[-1].text[-1:]):
                edits[-1] = edits[-1]._replace(end=end, text=edits[-1].text + spelt)
            else:
                edits.append(Edit(start, end, spelt, "typography"))
    return edits


def _clusters(run: str) -> list[tuple[int, int]]:
    """A run cut into characters with what combines with them."""
    starts = [
        index for index, character in enumerate(run) if index == 0 or not _combines(character)
    ]
    return list(zip(starts, [*starts[1:], len(run)], strict=True))


def _combines(character: str) -> bool:
    # Vowels and final consonants of Korean, and voicing marks of half-width kana, are letters.
    return (
        unicodedata.category(character)[0] == "M"
        or "\u1160" <= character <= "\u11ff"
        or character in "\uff9e\uff9f"
    )


def _spelt(text: str, start: int, end: int) -> str:
    """A cluster as it is spelt; empty for what has neither sound nor meaning."""
    first = _character(text, start)
    marks = [c for c in text[start + 1 : end] if not _selects(c)][:MAX_MARKS]
    if not marks:
        return unicodedata.normalize("NFC", first)
    if "\uff65" <= text[start] <= "\uff9f":
        return unicodedata.normalize("NFKC", text[start] + "".join(marks))
    return unicodedata.normalize("NFC", first + "".join(marks))


def _selects(mark: str) -> bool:
    """Whether a mark only chooses between pictures: variation selectors and the keycap."""
    return "\ufe00" <= mark <= "\ufe0f" or "\U000e0100" <= mark <= "\U000e01ef" or mark == "\u20e3"


def _character(text: str, index: int) -> str:  # noqa: PLR0911 (one line for each class)
    character = text[index]
    if (plain := _TYPOGRAPHIC.get(character)) is not None:
        return plain
    code = ord(character)
    category = unicodedata.category(character)
    if category[0] == "Z":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Co" or character == "\n":
        return character
    if category[0] == "C" or _selects(character):
        return ""  # control, zero width, bidirectional, soft hyphen, tags, unassigned
    if code in _ENCLOSED:
        return _enclosed(text, index)
    if 0xFF01 <= code <= 0xFFE6 and (character.isalnum() or character in _WIDE_SIGNS):
        return unicodedata.normalize("NFKC", character)
    if character in _WIDE_POINTS and _between_digits(text, index):
        return _WIDE_POINTS[character]
    if any(code in block for block in _FOLDED):
        folded = unicodedata.normalize("NFKC", character)
        if 0x3371 <= code <= 0x33DF and folded[-1] in "23":
            return folded[:-1] + "²³"[int(folded[-1]) - 2]  # a unit's power stays one: ㎡ is m²
        return folded
    return character


def _enclosed(text: str, index: int) -> str:
    """The number or letter in a circle or brackets, apart from what follows."""
    character = text[index]
    value = unicodedata.numeric(character, None)
    inner = unicodedata.normalize("NFKC", character).strip("().,")
    spoken = inner if value is None else str(int(value))
    return f"{spoken} " if text[index + 1 : index + 2].isalnum() else spoken


def _between_digits(text: str, index: int) -> bool:
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    return before.isdecimal() and after.isdecimal()
