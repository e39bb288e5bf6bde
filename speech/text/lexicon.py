"""Words a lexicon says otherwise: found in a text, longest first, and put in place of readings.

A lexicon is a table of words (or several words, or names with signs such as `C++`) and what is said
for them: phonemes, or other words. If several match at a place, the longest wins, then the
request's before the server's, `exact` case before any, the higher priority, the later entry. One
pass over the words of a text finds everything, so an entry costs nothing where its first word does
not occur.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from speech.config import LexiconDetail, LexiconWords
from speech.errors import InvalidInputError
from speech.text import marks
from speech.text.cleanup import clean
from speech.text.phonemes import tidy_ipa, unknown_symbol
from speech.text.reading import Span
from speech.types import MAX_INPUT_CHARACTERS, LexiconEntry, Vocabulary

MAX_WORD, MAX_PHONEMES, MAX_SAY = 64, 96, 256
"""Characters of a word, of its phonemes and of the words said instead."""
MAX_REQUEST_ENTRIES = 100
MAX_SPOKEN = 2 * MAX_INPUT_CHARACTERS
"""Characters a text may gain by lexicons: what is admitted is counted as it is written."""

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_NUMBERED = 4
"""A word of so many letters may be followed by a number (Qwen3); a shorter one not (MP3)."""


class Match(NamedTuple):
    """A word of a lexicon in a text."""

    start: int
    end: int
    entry: LexiconEntry


def lexicon_entries(words: LexiconWords) -> tuple[LexiconEntry, ...]:
    """Entries as they are written in YAML and in requests, tidied.

    A value between slashes is phonemes, any other the words that are said.

    Raises:
        ValueError: an entry says nothing or too much; the message counts entries from 1.
    """
    entries = []
    for number, (written, value) in enumerate(words.items(), 1):
        detail = _detail(value) if isinstance(value, str) else value
        word, say = clean(written), clean(detail.say)
        phonemes = tidy_ipa(detail.phonemes.strip().strip("/"))
        if not word or not (say or phonemes):
            raise ValueError(f"entry {number} has no word, or neither phonemes nor words to say")
        if len(word) > MAX_WORD or len(phonemes) > MAX_PHONEMES or len(say) > MAX_SAY:
            raise ValueError(
                f"entry {number} is too long: a word may have {MAX_WORD} characters, its phonemes "
                f"{MAX_PHONEMES}, the words said for it {MAX_SAY}"
            )
        if max(word + phonemes + say) > "\ud7ff":
            raise ValueError(f"entry {number} has characters no voice can say")
        entries.append(
            LexiconEntry(
                word=word,
                phonemes=phonemes,
                say=say,
                case=detail.case,
                priority=detail.priority,
            )
        )
    return tuple(entries)


def _detail(value: str) -> LexiconDetail:
    bare = value.strip()
    if len(bare) > 2 and bare[0] == bare[-1] == "/":
        return LexiconDetail(phonemes=bare)
    return LexiconDetail(say=bare)


class Lexicon:
    """Entries by word. Immutable."""

    def __init__(self, entries: Iterable[LexiconEntry] = ()) -> None:
        self._entries: dict[str, list[LexiconEntry]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        """By the first token of a word, the lengths such words have, longest first."""
        lengths: dict[str, set[int]] = {}
        for entry in entries:
            folded = _folded(entry.word)
            self._entries.setdefault(folded, []).append(entry)
            first = _TOKEN.match(folded)
            lengths.setdefault(first[0] if first else folded[0], set()).add(len(folded))
        for same in self._entries.values():
            same.reverse()
            same.sort(key=lambda entry: (entry.case == "any", -entry.priority))
        for first_token, found in lengths.items():
            self._lengths[first_token] = tuple(sorted(found, reverse=True))

    def __bool__(self) -> bool:
        return bool(self._entries)

    def at(self, text: str, folded: str, start: int, end: int) -> LexiconEntry | None:
        """The longest entry for the words at a place.

        Args:
            text: The text.
            folded: The same in small letters, character by character.
            start: Where a token begins, with no letter or digit right before it.
            end: Where that token ends.
        """
        for length in self._lengths.get(folded[start:end], ()):
            stop = start + length
            if stop > len(text) or not _ends(text, start, stop):
                continue
            for entry in self._entries.get(folded[start:stop], ()):
                if entry.case == "any" or entry.word == text[start:stop]:
                    return entry
        return None


def find_words(text: str, lexicons: Sequence[Lexicon]) -> list[Match]:
    """Words of the lexicons in a text, in order and apart; earlier lexicons come first."""
    folded = _folded(text)
    found: list[Match] = []
    free = 0
    for token in _TOKEN.finditer(folded):
        start, end = token.span()
        if start < free or (start > 0 and text[start - 1].isalnum()):
            continue
        best: LexiconEntry | None = None
        for lexicon in lexicons:
            entry = lexicon.at(text, folded, start, end)
            if entry is not None and (best is None or len(entry.word) > len(best.word)):
                best = entry
        if best is not None:
            free = start + len(best.word)
            found.append(Match(start, free, best))
    return found


class LexiconReader:
    """Puts the words of lexicons into one text, sentence by sentence."""

    def __init__(self, lexicons: Iterable[Lexicon]) -> None:
        self._lexicons = [lexicon for lexicon in lexicons if lexicon]
        self._gained = 0

    def spans(self, text: str, spans: list[Span]) -> list[Span]:
        """The spans of a written sentence with the words of the lexicons.

        A word of a lexicon takes the place of what was read of it alone (`C++`, `k8s`); where it
        is part of a longer reading (`kubernetes.io`) the reading stays, and the word is looked for
        in what is said.

        Raises:
            InvalidInputError: the text has grown by more than MAX_SPOKEN characters (`param` is
                `lexicon`).
        """
        if not self._lexicons:
            return spans
        made: list[Span] = []
        here = 0
        for start, end, entry in find_words(text, self._lexicons):
            while here < len(spans) and spans[here].end <= start:
                made.append(self._within(spans[here]))
                here += 1
            first = here
            while here < len(spans) and spans[here].start < end:
                here += 1
            if all(span.start >= start and span.end <= end for span in spans[first:here]):
                made.append(Span(start, end, self._said(entry, text[start:end]), "lexicon"))
            else:
                here = first
        return [*made, *map(self._within, spans[here:])]

    def _within(self, span: Span) -> Span:
        """A reading with the words of lexicons in it."""
        matches = find_words(span.spoken, self._lexicons)
        if not matches:
            return span
        parts: list[str] = []
        position = 0
        for start, end, entry in matches:
            parts += (span.spoken[position:start], self._said(entry, span.spoken[start:end]))
            position = end
        return span._replace(spoken="".join((*parts, span.spoken[position:])))

    def _said(self, entry: LexiconEntry, written: str) -> str:
        self._gained += max(0, len(entry.say) - len(written), len(entry.phonemes) - len(written))
        if self._gained > MAX_SPOKEN:
            raise InvalidInputError(
                f"lexicon: it makes this text more than {MAX_SPOKEN} characters longer", "lexicon"
            )
        if entry.phonemes:
            return marks.pronounced(entry.say or written, entry.phonemes)
        return entry.say


def check_entries(entries: Iterable[LexiconEntry], vocabulary: Vocabulary | None) -> None:
    """Refuse phonemes a voice cannot say.

    Raises:
        InvalidInputError: naming the entry by its number (`param` is `lexicon`).
    """
    for number, entry in enumerate(entries, 1):
        if symbol := unknown_symbol(entry.phonemes, vocabulary):
            raise InvalidInputError(
                f"lexicon, entry {number}: this voice has no phoneme {symbol!r} "
                f"(U+{ord(symbol):04X})",
                "lexicon",
            )


def _ends(text: str, start: int, stop: int) -> bool:
    """Whether a word may end at a place."""
    last, after = text[stop - 1], text[stop : stop + 1]
    if not last.isalnum() or not after.isalnum():
        return True
    return after.isdecimal() and last.isalpha() and stop - start >= _NUMBERED


def _folded(text: str) -> str:
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
