"""Raw Unicode to plain written text: what cannot be said goes, what can is spelt one way.

It knows characters, not languages: nothing here reads a word or a number.
"""

import re
import unicodedata

from speech.errors import InvalidInputError

MAX_MARKS = 8
"""Combining marks kept on one letter; no script needs more, and stacked ones are decoration."""

_TYPOGRAPHIC = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "′": "'",
        "ʼ": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "‟": '"',
        "″": '"',
        "«": '"',
        "»": '"',
        "‹": "'",
        "›": "'",
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "−": "-",
        "―": "—",
        "…": "...",
        "⁄": "/",
        "\u2028": "\n",
        "\u2029": "\n",
        "\x0b": "\n",
        "\x0c": "\n",
        "\x85": "\n",
        "\r": "\n",
        "\t": " ",
        "\ufffc": " ",
        "\ufffd": " ",
    }
)
# Decoration in code points that are symbols but neither currency, nor mathematics, nor letters.
_PICTURES = (
    (0x2190, 0x21FF),  # arrows
    (0x2300, 0x23FF),  # technical
    (0x2500, 0x27BF),  # boxes, shapes, miscellaneous symbols, dingbats
    (0x2900, 0x297F),
    (0x2B00, 0x2BFF),
    (0x1F000, 0x1FAFF),  # emoji, cards, tiles
)
# Tags and keycap marks are pieces of emoji; U+3030 and U+303D are emoji outside the blocks.
_PICTURE_PIECES = frozenset({0x20E3, 0x3030, 0x303D, 0x3297, 0x3299})
_PLAIN = re.compile(r"[A-Za-z0-9 !\"'(),.:;?$%&/+@-]*")
_ORNAMENT = re.compile(r"([*_=~#\-—|<>^`])\1{2,}|(?<=\S)--(?=[^\S\n]|\w)")
_DASH_BETWEEN_DIGITS = re.compile(r"(?<=\d)–(?=[\d$€£¥])")
_DASH = re.compile(r"[^\S\n]*(?:—|(?<=\s)--?(?=\s)|–)[^\S\n]*")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def clean(text: str) -> str:
    """Make written text regular: NFC, no invisible characters, no emoji, tidy white space.

    Runs of white space become one space, or one newline where they held a line break: newlines
    are kept as the evidence of paragraphs.

    Raises:
        InvalidInputError: the text holds a lone surrogate (`param` is `input`).
    """
    if _PLAIN.fullmatch(text) and "  " not in text and "--" not in text and " - " not in text:
        return text.strip()
    if not text.isascii():
        text = _strip_invisible(unicodedata.normalize("NFC", text.translate(_TYPOGRAPHIC)))
    else:
        text = _strip_controls(text.replace("\r\n", "\n").translate(_TYPOGRAPHIC))
    text = _ORNAMENT.sub(lambda match: " " if match[1] else " — ", text)
    text = _DASH_BETWEEN_DIGITS.sub("-", text)
    text = _DASH.sub(" — ", text)
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def is_speakable(text: str) -> bool:
    """Whether anything in a text has a sound of its own: a letter, a digit, a spoken symbol."""
    if any(map(str.isalnum, text)):
        return True
    return any(
        character in "%‰&@+=#°§©" or unicodedata.category(character) in {"Sc", "Nl", "No"}
        for character in text
    )


def _strip_controls(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c for c in text if c.isprintable() or c == "\n")


def _strip_invisible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        if character < "\x7f":
            marks = 0
            if character >= " " or character == "\n":
                kept.append(character)
            continue
        category = unicodedata.category(character)
        if category == "Cs":
            raise InvalidInputError("the text holds a lone surrogate", "input")
        if category in {"Mn", "Mc", "Me"}:
            code = ord(character)
            # Variation selectors are marks by category.
            if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code in _PICTURE_PIECES:
                continue
            marks += 1
            if marks <= MAX_MARKS:
                kept.append(character)
            continue
        marks = 0
        if category in {"Zs", "Zl", "Zp"}:
            kept.append(" ")
        elif category[0] == "C" or _is_picture(ord(character)):
            # Cc, Cf (zero width, bidi, soft hyphen, tags), Co, Cn.
            continue
        else:
            kept.append(character)
    return "".join(kept)


def _is_picture(code: int) -> bool:
    if code < 0x2190:
        return False
    return code in _PICTURE_PIECES or any(low <= code <= high for low, high in _PICTURES)
