"""English words that may be read otherwise than written: found by their spelling, read by kind."""

import re

from speech.text.english import abbreviations, romans
from speech.text.reading import Reader, Reading

_LETTER = r"[^\W\d_⁰¹²³⁴-⁹ⁿ₀-₉π∆½¼¾⅐-⅞]"
PATTERN = rf"(?<![^\W_]){_LETTER}++(?:'{_LETTER}++)*+"
"""A word with its apostrophes; no letter or digit stands before it, raised figures end it."""

_WORD = re.compile(PATTERN)
_READERS: dict[str, tuple[Reader, ...]] = {
    **dict.fromkeys(romans.HEADS, (romans.read_roman,)),
    **dict.fromkeys(abbreviations.HEADS, (abbreviations.read_abbreviation,)),
}


def is_plain(word: str) -> bool:
    """Whether no reader asks for a word: nearly every word of a sentence, so this is cheap."""
    return word not in _READERS


def read_word(text: str, start: int) -> Reading | None:
    """The form that begins with the word at an index; None where it is said as it is written."""
    match = _WORD.match(text, start)
    for reader in _READERS.get(match[0], ()) if match else ():
        found = reader(text, start)
        if found is not None:
            return found
    return None
