"""What a reader of one class of written forms returns, and how readings make a sentence.

A reader that knows how a word sounds, where espeak-ng would say it otherwise (homographs), puts
`marks.pronounced(word, ipa)` in place of the word anywhere in `spoken`: voices with a vocabulary
speak the phonemes, engines that read text themselves are given the plain word, and so is whoever
shows the reading (`marks.plain`). Phonemes are IPA as espeak-ng writes the language: look with
`speech.espeak.phonemize`.
"""

import re
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

Kind = Literal[
    "abbreviation", "acronym", "address", "chemical", "date", "electronic", "emoji", "fraction",
    "handle", "homograph", "interjection", "lexicon", "markup", "math", "measure", "money",
    "music", "number",
    "ordinal", "path", "pause", "phonemes", "range", "roman", "score", "serial", "space", "symbol",
    "telephone", "time", "typography", "version", "year",
]  # fmt: skip
"""Classes of written forms, one file each; what `POST /v1/text/normalize` reports."""

_SPACES = re.compile(r" {2,}")


class Reading(NamedTuple):
    """A stretch of written text, read."""

    spoken: str
    """Words, some perhaps with their phonemes given; empty for what is not said."""
    end: int
    """Index behind the stretch in the written text."""
    kind: Kind


class Span(NamedTuple):
    """A stretch of a written sentence with its place, read."""

    start: int
    end: int
    spoken: str
    kind: Kind


Reader = Callable[[str, int], Reading | None]
"""Reads the form that begins at an index of a sentence, or returns None where it is another form.

A reader looks at its neighbours but never scans further than the form it reads: a whole sentence
is read in one pass and in linear time.
"""


def spoken_sentence(text: str, spans: Iterable[Span]) -> str:
    """The sentence with its spans, which are in order and do not overlap, as they are spoken."""
    spoken = _Spoken()
    position = 0
    for span in spans:
        spoken.written(text[position : span.start])
        spoken.read(span.spoken)
        position = span.end
    spoken.written(text[position:])
    return _SPACES.sub(" ", str(spoken)).strip()


def word_before(text: str, start: int) -> str:
    """The word that ends before `start`, across white space; bounded to 32 characters."""
    words = text[max(0, start - 32) : start].split()
    return words[-1] if words else ""


def word_after(text: str, end: int) -> str:
    """The word that begins behind `end`, across white space; bounded to 32 characters."""
    words = text[end : end + 32].split(None, 1)
    return words[0] if words else ""


class _Spoken:
    """The growing spoken sentence; keeps words apart where a reading meets its neighbours."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._last = " "
        self._seam = False

    def written(self, text: str) -> None:
        self._append(text)

    def read(self, words: str) -> None:
        self._seam = True
        self._append(words)
        self._seam = True

    def _append(self, text: str) -> None:
        if not text:
            return
        # Given phonemes, written in private planes, stand for a word.
        if (
            self._seam
            and (text[0].isalnum() or text[0] > "\uffff")
            and (self._last.isalnum() or self._last in ".,;:!?" or self._last > "\uffff")
        ):
            self._parts.append(" ")
        self._parts.append(text)
        self._last = text[-1]
        self._seam = False

    def __str__(self) -> str:
        return "".join(self._parts)
