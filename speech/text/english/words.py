"""English words that may be read otherwise than written: found by their spelling, read by kind."""

import re

from speech.text.english import (
    abbreviations,
    acronyms,
    addresses,
    calendar,
    chemistry,
    homographs,
    interjections,
    music,
    romans,
)
from speech.text.reading import Reader, Reading, word_before

_LETTER = r"[^\W\d_⁰¹²³⁴-⁹ⁿ₀-₉π∆½¼¾⅐-⅞]"
PATTERN = rf"(?<![^\W_]){_LETTER}++(?:'{_LETTER}++)*+"
"""A word with its apostrophes; no letter or digit stands before it, raised figures end it."""

_WORD = re.compile(PATTERN)
_LETTERS = re.compile(r"(?P<first>[A-Z])-(?P<last>[A-Z])(?![\w-])")


def _read_letters(text: str, start: int) -> Reading | None:
    """`Rows A-F`: letters behind a plural are a range."""
    match = _LETTERS.match(text, start)
    if match is None or match["first"] >= match["last"]:
        return None
    before = word_before(text, start)
    if not before.endswith("s") or not before.isalpha():
        return None
    first, last = acronyms.letters(match["first"]), acronyms.letters(match["last"])
    return Reading(f"{first} to {last}", match.end(), "range")


_CAPITALS: tuple[Reader, ...] = (
    _read_letters,
    music.read_chord,
    chemistry.read_formula,
    chemistry.read_blood_type,
    romans.read_roman,
    acronyms.read_acronym,
)


def _by_word() -> dict[str, tuple[Reader, ...]]:
    readers: dict[str, tuple[Reader, ...]] = {}
    for heads, reader in (
        (addresses.HEADS, addresses.read_place),
        (calendar.HEADS, calendar.read_calendar),
        (abbreviations.HEADS, abbreviations.read_abbreviation),
        (acronyms.HEADS, acronyms.read_acronym),
        (romans.SMALL, romans.read_small_roman),
        (chemistry.HEADS, chemistry.read_formula),
        (music.HEADS, music.read_chord),
        (interjections.HEADS, interjections.read_sound),
        (homographs.HEADS, homographs.read_homograph),
    ):
        for head in heads:
            readers[head] = (*readers.get(head, ()), reader)
    return readers


_READERS = _by_word()


def is_plain(word: str) -> bool:
    """Whether no reader asks for a word: nearly every word of a sentence, so this is cheap."""
    return word[1:].islower() and word not in _READERS


def read_word(text: str, start: int) -> Reading | None:
    """The form that begins with the word at an index; None where it is said as it is written."""
    match = _WORD.match(text, start)
    if match is None:
        return None
    word = match[0]
    readers = _READERS.get(word, ())
    if not word[1:].islower():
        if text[match.end() : match.end() + 1] == ".":
            readers = (*readers, abbreviations.read_initials)
        readers = (*readers, *_CAPITALS)
    for reader in readers:
        found = reader(text, start)
        if found is not None:
            return found
    return None
