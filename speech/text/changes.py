"""What became of a text, told in places of the text as the caller wrote it."""

from collections.abc import Iterable, Sequence
from functools import reduce

from speech.text import marks
from speech.text.cleanup import Cleaned
from speech.text.edits import Edit, applied, composed
from speech.text.reading import Span
from speech.types import Change

Read = tuple[str, Sequence[Span]]
"""A sentence of a cleaned text and what is read in it."""


def changes(cleaned: Cleaned, sentences: Iterable[Read], normalized: str) -> tuple[Change, ...]:
    """Every stretch of the text that is spoken otherwise than written, in order.

    What lies between the changes, and their readings, make the normalized text, white space aside.

    Args:
        cleaned: The text's cleanup, from the text as written.
        sentences: The sentences of the cleaned text in order, with their readings.
        normalized: What is spoken in the end; what cannot be heard is missing in it.
    """
    passes = [*cleaned.passes, _readings(cleaned.text, sentences)]
    text = applied(cleaned.text, passes[-1])
    passes.append(_unmarked(text))
    text = applied(text, passes[-1])
    passes.append(_unheard(text, normalized))
    nothing: list[Edit] = []
    return tuple(
        Change(start=edit.start, end=edit.end, reading=edit.text.strip(), kind=edit.kind)
        for edit in reduce(composed, passes, nothing)
        if edit.kind != "space"
    )


def _readings(text: str, sentences: Iterable[Read]) -> list[Edit]:
    edits: list[Edit] = []
    position = 0
    for sentence, spans in sentences:
        start = text.index(sentence, position)
        position = start + len(sentence)
        edits += [
            Edit(start + span.start, start + span.end, span.spoken, span.kind) for span in spans
        ]
    return edits


def _unmarked(text: str) -> list[Edit]:
    """Marks as the words they stand for; each lies within an edit, whose kind it leaves."""
    found = [
        *((match, marks.word_of(match)) for match in marks.PRONOUNCED.finditer(text)),
        *((match, "") for match in marks.PAUSE.finditer(text)),
    ]
    return sorted(Edit(match.start(), match.end(), word, "space") for match, word in found)


def _unheard(text: str, normalized: str) -> list[Edit]:
    """What of a text is not in what is spoken in the end: marks that stand alone."""
    heard = iter(normalized.split())
    edits: list[Edit] = []
    rest = ""
    for index, character in enumerate(text):
        if character.isspace():
            continue
        if not rest:
            rest = next(heard, "")
        if rest[:1] == character:
            rest = rest[1:]
        elif edits and edits[-1].end == index:
            edits[-1] = edits[-1]._replace(end=index + 1)
        else:
            edits.append(Edit(index, index + 1, "", "symbol"))
    return edits
