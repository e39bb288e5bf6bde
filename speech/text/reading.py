"""What a reader of one class of written forms returns."""

from collections.abc import Callable
from typing import NamedTuple


class Reading(NamedTuple):
    """A stretch of written text, read."""

    spoken: str
    """Words; empty for what is not said."""
    end: int
    """Index behind the stretch in the written text."""


Reader = Callable[[str, int], Reading | None]
"""Reads the form that begins at an index of a sentence, or returns None where it is another form.

A reader looks at its neighbours but never scans further than the form it reads: a whole sentence
is read in one pass and in linear time.
"""


def word_before(text: str, start: int) -> str:
    """The word that ends before `start`, across white space; bounded to 32 characters."""
    words = text[max(0, start - 32) : start].split()
    return words[-1] if words else ""


def word_after(text: str, end: int) -> str:
    """The word that begins behind `end`, across white space; bounded to 32 characters."""
    words = text[end : end + 32].split(None, 1)
    return words[0] if words else ""
