"""What became of a text, told in places of the text as the caller wrote it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce

from speech.text import marks
from speech.text.edits import Edit, applied, composed
from speech.text.reading import Span
from speech.types import Change

Read = tuple[int, Sequence[Span]]
"""Where a sentence begins in a cleaned text, and what is read in it."""


def changes(
    written: str,
    cleaned: str,
    passes: Iterable[Sequence[Edit]],
    sentences: Iterable[Read],
    normalized: str,
) -> tuple[Change, ...]:
    """Every stretch of a text that is spoken otherwise than written, in order.

    What lies between the changes, and their readings, make the normalized text, white space aside.

    Args:
        written: The text as the caller wrote it.
        cleaned: The text after its cleanup.
        passes: What made that of the written text.
        sentences: The sentences of the cleaned text in order, with their readings.
        normalized: What is spoken in the end; what cannot be heard is missing in it.
    """
    readings = [
        Edit(start + span.start, start + span.end, span.spoken, span.kind, span.rule)
        for start, spans in sentences
        for span in spans
    ]
    nothing: Sequence[Edit] = ()
    marked: Sequence[Edit] = reduce(composed, [*passes, readings], nothing)
    text = applied(cleaned, readings)
    plain = _unmarked(text)
    unheard = _unheard(applied(text, plain), normalized)
    given = {
        edit.start: " ".join(map(marks.phonemes_of, marks.PRONOUNCED.finditer(edit.text)))
        for edit in marked
    }
    return tuple(_changes(written, composed(composed(marked, plain), unheard), given))


def _changes(written: str, edits: Iterable[Edit], given: Mapping[int, str]) -> Iterator[Change]:
    """Edits without the white space at their ends, and without those that change nothing else.

    `given` has the phonemes that a reading brought along, by the start of its edit.
    """
    for start, end, text, kind, rule in edits:
        original, reading = written[start:end].strip(), text.strip()
        phonemes = given.get(start, "")
        if original == reading and not phonemes:
            continue
        begin = written.index(original, start) if original else start
        yield Change(
            start=begin,
            end=begin + len(original),
            reading=reading,
            phonemes=phonemes,
            kind=kind,
            why=rule or kind,
        )


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
