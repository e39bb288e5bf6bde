"""Edits of a text, pass by pass, and what several passes together did to the text as written.

A pass finds its places in the text that it is given and never changes another pass's edits.
`applied` gives the text alone. `composed` shows what became of which characters, and `Origin` leads
back from a stretch of the result.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from speech.types import Edit, Kind, Stretch

__all__ = ["Edit", "Kind", "Origin", "applied", "composed"]

_CLEANUP: dict[Kind, int] = {"space": 0, "typography": 1, "markup": 2, "emoji": 3}
_READING = 4


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with its edits, which are in order and do not overlap."""
    if not edits:
        return text
    parts: list[str] = []
    position = 0
    for edit in edits:
        parts.append(text[position : edit.start])
        parts.append(edit.text)
        position = edit.end
    parts.append(text[position:])
    return "".join(parts)


def composed(first: Sequence[Edit], second: Sequence[Edit]) -> list[Edit]:
    """One list of edits that does what `first` does, then `second` on what came out.

    Linear in the edits and their texts. Edits that touch the same characters become one, of the
    kind that says more: a reading before an emoji, markup, typography and white space.
    """
    second = list(_apart(first, second))
    made: list[Edit] = []
    shift = 0  # index in the text between minus index in the first text
    here = there = 0
    while here < len(first) or there < len(second):
        a = first[here] if here < len(first) else None
        b = second[there] if there < len(second) else None
        if a is not None and (b is None or a.start + shift + len(a.text) <= b.start):
            made.append(a)
            shift += len(a.text) - (a.end - a.start)
            here += 1
            continue
        if b is not None and (a is None or b.end <= a.start + shift):
            made.append(b._replace(start=b.start - shift, end=b.end - shift))
            there += 1
            continue
        cluster = _Cluster(first, here, second, there, shift)
        made.append(cluster.edit)
        here, there, shift = cluster.here, cluster.there, cluster.shift
    return made


def _apart(first: Sequence[Edit], second: Iterable[Edit]) -> Iterator[Edit]:
    """The second edits; white space that several of the first wrote is each one's own.

    So a picture and a tag side by side stay two edits although the blanks between them became one.
    """
    here = shift = 0
    for blank in second:
        edit = blank
        if edit.kind != "space":
            yield edit
            continue
        while here < len(first):
            written = first[here]
            end = written.start + shift + len(written.text)
            if end >= edit.end:
                break
            if end > edit.start:
                yield edit._replace(end=end)
                edit = edit._replace(start=end, text="")
            here += 1
            shift += len(written.text) - (written.end - written.start)
        yield edit


class Origin:
    """Where the characters of an edited text stood before it was edited."""

    def __init__(self, passes: Iterable[Sequence[Edit]]) -> None:
        """Edits by pass, in the order they were applied; each in order and without overlap."""
        self._passes = [_Back(edits) for edits in passes if edits]
        self._passes.reverse()

    def of(self, start: int, end: int) -> Stretch:
        """The stretch that a stretch of what came out was made of.

        A character that an edit wrote stands for all that the edit took the place of, so the
        stretch is empty only where nothing but characters that were put in is asked for.
        """
        for back in self._passes:
            start, end = back.of(start, end)
        return start, end


class _Back:
    """The way back through one pass."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._starts: list[int] = []
        """Where each edit's text begins in what came out."""
        shift = 0
        for edit in edits:
            self._starts.append(edit.start + shift)
            shift += len(edit.text) - (edit.end - edit.start)

    def of(self, start: int, end: int) -> Stretch:
        first = self._character(start)
        return first[0], max(first[0], self._character(end - 1)[1] if end > start else first[0])

    def _character(self, place: int) -> Stretch:
        number = bisect_right(self._starts, place) - 1
        if number < 0:
            return place, place + 1
        edit, start = self._edits[number], self._starts[number]
        behind = place - start - len(edit.text)
        if behind < 0:
            return edit.start, edit.end
        return edit.end + behind, edit.end + behind + 1


class _Cluster:
    """Edits of two passes that overlap in the text between, as one edit."""

    def __init__(
        self, first: Sequence[Edit], here: int, second: Sequence[Edit], there: int, shift: int
    ) -> None:
        start = min(first[here].start + shift, second[there].start)
        origin = start - shift
        end = start + 1
        written: list[tuple[int, str]] = []
        read: list[Edit] = []
        made: list[Edit] = []
        while True:
            if here < len(first) and first[here].start + shift < end:
                edit = first[here]
                written.append((edit.start + shift, edit.text))
                end = max(end, edit.start + shift + len(edit.text))
                shift += len(edit.text) - (edit.end - edit.start)
                made.append(edit)
                here += 1
            elif there < len(second) and second[there].start < end:
                read.append(second[there])
                end = max(end, second[there].end)
                there += 1
            else:
                break
        self.here, self.there, self.shift = here, there, shift
        made += read
        told = max(reversed(made), key=lambda edit: _CLEANUP.get(edit.kind, _READING))
        self.edit = told._replace(start=origin, end=end - shift, text=_text(written, read, end))


def _text(written: list[tuple[int, str]], read: list[Edit], end: int) -> str:
    """What comes out of a cluster: what was read, and what of the first pass's text stays."""
    parts: list[str] = []
    position = 0
    pieces = iter(written)
    begin, text = next(pieces, (end, ""))
    for edit in [*read, Edit(end, end, "", "space")]:
        while begin < edit.start:
            parts.append(text[max(0, position - begin) : edit.start - begin])
            if begin + len(text) > edit.start:
                break
            begin, text = next(pieces, (end, ""))
        parts.append(edit.text)
        position = edit.end
    return "".join(parts)
