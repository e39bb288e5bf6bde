"""SSML as XML: elements and text with their places, from a stranger's document.

expat reads it. A document type, which could bring entities, is refused, and so is what is nested
deeper than MAX_DEPTH. Comments, instructions and CDATA are part of XML and cost nothing.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Literal
from xml.parsers import expat

from speech.errors import InvalidInputError

MAX_DEPTH = 32
"""Elements within each other."""


@dataclass(frozen=True, slots=True)
class Event:
    """What begins at a place of the source; it lasts until the next one begins."""

    kind: Literal["open", "close", "text", "other"]
    start: int
    """Index of its first code point in the source; a tag that closes itself does so at its end."""
    data: str = ""
    """Name of an element, or text without entities."""
    attributes: Mapping[str, str] = field(default_factory=dict)


class Source:
    """A document's text, and what can be said of its places."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._ends: Sequence[int] = ()
        """Bytes of UTF-8 up to each code point, where these are not the same."""
        if not text.isascii():
            sizes = (len(character.encode("utf-8", "surrogatepass")) for character in text)
            self._ends = list(accumulate(sizes, initial=0))

    def index(self, byte: int) -> int:
        """The code point that begins at a byte of UTF-8."""
        return bisect_left(self._ends, byte) if self._ends else byte

    def error(self, place: int, message: str) -> InvalidInputError:
        """What is wrong at a place, which is told as line and column, both from 1."""
        line = self.text.count("\n", 0, place) + 1
        column = place - self.text.rfind("\n", 0, place)
        return InvalidInputError(f"SSML, line {line}, column {column}: {message}", "input")


def read_events(source: Source) -> list[tuple[Event, int]]:
    """Everything in a document, in order, each with the place behind it.

    Raises:
        InvalidInputError: it is not well-formed, has a document type, or is too deep; the message
            has line and column (`param` is `input`).
    """
    reader = _Reader(source)
    try:
        reader.parser.Parse(source.text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        place = source.index(max(0, reader.parser.ErrorByteIndex))
        raise source.error(place, expat.ErrorString(error.code)) from None
    end = Event("other", len(source.text))
    return [(event, after.start) for event, after in pairwise([*reader.events, end])]


class _Reader:
    """Takes expat's events."""

    def __init__(self, source: Source) -> None:
        self.events: list[Event] = []
        self._source = source
        self._depth = 0
        # The text is Unicode already, whatever encoding a declaration names.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._text
        # Comments, instructions, declarations and the marks of CDATA.
        self.parser.DefaultHandler = self._other

    @property
    def _place(self) -> int:
        return self._source.index(self.parser.CurrentByteIndex)

    def _refuse(self, *_: object) -> None:
        raise self._source.error(self._place, "a document type is not allowed")

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._source.error(self._place, f"elements are nested deeper than {MAX_DEPTH}")
        self.events.append(Event("open", self._place, name, attributes))

    def _close(self, name: str) -> None:
        self._depth -= 1
        self.events.append(Event("close", self._place, name))

    def _text(self, text: str) -> None:
        self.events.append(Event("text", self._place, text))

    def _other(self, text: str) -> None:
        del text
        self.events.append(Event("other", self._place))
