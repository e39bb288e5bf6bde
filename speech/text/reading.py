"""What a reader of one class of written forms returns, and how readings make a sentence.

A reader that knows how a word sounds, where espeak-ng would say it otherwise (homographs), puts
`marks.pronounced(word, ipa)` in place of the word anywhere in `spoken`: voices with a vocabulary
speak the phonemes, engines that read text themselves are given the plain word, and so is whoever
shows the reading (`marks.plain`). Phonemes are IPA as espeak-ng writes the language: look with
`speech.espeak.phonemize`.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from speech.text.edits import Edit, Kind, applied

_SPACES = re.compile(r" {2,}")
_UNTIDY = re.compile(r"\A\s+|\s+\Z| {2,}")


class Reading(NamedTuple):
    """A stretch of written text, read."""

    spoken: str
    """Words, some perhaps with their phonemes given; empty for what is not said."""
    end: int
    """Index behind the stretch in the written text."""
    kind: Kind
    rule: str = ""
    """Name of the reader, where it is known."""


class Span(NamedTuple):
    """A stretch of a written sentence with its place, read."""

    start: int
    end: int
    spoken: str
    kind: Kind
    rule: str = ""
    """Name of the rule that read it, e.g. `measures.temperature`."""


def rule_name(reader: Callable[..., object]) -> str:
    """The name of a rule by the function that reads it: its module and its name."""
    function = getattr(reader, "func", reader)
    name = function.__name__.removeprefix("read").strip("_")
    return f"{function.__module__.rpartition('.')[2]}.{name}"


Reader = Callable[[str, int], Reading | None]
"""Reads the form that begins at an index of a sentence, or returns None where it is another form.

A reader looks at its neighbours but never scans further than the form it reads: a whole sentence
is read in one pass and in linear time.
"""


def spoken_sentence(sentence: str, spans: Iterable[Span]) -> str:
    """The sentence with its spans, which are in order and do not overlap, as they are spoken."""
    return _SPACES.sub(" ", applied(sentence, _reading_edits(sentence, spans))).strip()


def spoken_passes(sentence: str, spans: Iterable[Span]) -> tuple[list[Edit], list[Edit]]:
    """The edits by which `spoken_sentence` comes about, in two passes."""
    edits = _reading_edits(sentence, spans)
    text = applied(sentence, edits)
    blanks = [
        Edit(start, end, " " if start > 0 and end < len(text) else "", "space")
        for start, end in (match.span() for match in _UNTIDY.finditer(text))
    ]
    return edits, blanks


def merged(first: list[Span], second: list[Span]) -> list[Span]:
    """All spans in order; of the second, those that overlap none of the first."""
    if not second:
        return first
    places = iter(first)
    place = next(places, None)
    kept = []
    for span in second:
        while place is not None and place.end <= span.start:
            place = next(places, None)
        if place is None or span.end <= place.start:
            kept.append(span)
    return sorted(first + kept)


def word_before(text: str, start: int) -> str:
    """The word that ends before `start`, across white space; bounded to 32 characters."""
    words = text[max(0, start - 32) : start].split()
    return words[-1] if words else ""


def word_after(text: str, end: int) -> str:
    """The word that begins behind `end`, across white space; bounded to 32 characters."""
    words = text[end : end + 32].split(None, 1)
    return words[0] if words else ""


def _reading_edits(sentence: str, spans: Iterable[Span]) -> list[Edit]:
    """Readings, with the blanks that keep their words apart from their neighbours'."""
    edits: list[Edit] = []
    last = " "
    position = 0
    for start, end, spoken, kind, rule in spans:
        if start > position:
            if edits and _meet(last, sentence[position]):
                edits[-1] = edits[-1]._replace(text=f"{edits[-1].text} ")
            last = sentence[start - 1]
        if spoken:
            text = f" {spoken}" if _meet(last, spoken[0]) else spoken
            last = spoken[-1]
        else:
            text = ""
        edits.append(Edit(start, end, text, kind, rule))
        position = end
    if edits and position < len(sentence) and _meet(last, sentence[position]):
        edits[-1] = edits[-1]._replace(text=f"{edits[-1].text} ")
    return edits


def _meet(last: str, first: str) -> bool:
    """Whether two characters side by side would make one word of two, or hide a mark."""
    # Given phonemes, written in private planes, stand for a word.
    return (first.isalnum() or first > "\uffff") and (
        last.isalnum() or last in ".,;:!?" or last > "\uffff"
    )
