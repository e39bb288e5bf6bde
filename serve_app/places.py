"""Time marks of texts that are more than one text: SSML with marks of its own, and dialogues."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from serve_app.marks import Mark, Marker, MarkKind
from serve_app.schemas import Asked
from speech.ssml import Bookmark
from speech.types import SpokenWord


@dataclass(frozen=True, slots=True)
class _Placed(Mark):
    """A mark that says more of its place."""

    turn: int | None = None
    """Number of its turn, in whose text its place counts."""
    name: str | None = None
    """Of a `mark` of SSML."""

    def wire(self) -> dict[str, Any]:
        """See `Mark`."""
        more = {"turn": self.turn, "name": self.name}
        # Named, because a class with slots is another one than `super()` would see.
        wire = Mark.wire(self)
        return {**wire, **{name: it for name, it in more.items() if it is not None}}


def marker_of(text: str, kind: MarkKind, asked: Asked) -> Marker:
    """What marks a text of an asked reply; of a dialogue, the texts of all turns as one."""
    if asked.turns or asked.bookmarks:
        return _PlaceMarker(text, kind, asked.turns, asked.bookmarks)
    return Marker(text, kind)


class _PlaceMarker(Marker):
    """Puts the marks of SSML between those of words, and tells the turn of each."""

    def __init__(
        self, text: str, kind: MarkKind, turns: Sequence[int], bookmarks: Sequence[Bookmark]
    ) -> None:
        super().__init__(text, kind)
        self._turns = turns
        self._ahead = deque(bookmarks)
        self._reached: deque[_Placed] = deque()
        """Bookmarks whose time is known."""
        self._end = 0.0
        """When the last word was over."""

    def take(self, words: Sequence[SpokenWord]) -> list[Mark]:
        """See `Marker`."""
        for word in words:
            while self._ahead and self._ahead[0].place <= word.written[0]:
                self._reach(word.start)
            self._end = word.end
        return self._placed(super().take(words))

    def rest(self) -> list[Mark]:
        """See `Marker`; a bookmark behind the last word is where that ends."""
        marks = super().rest()
        while self._ahead:
            self._reach(self._end)
        return [*self._placed(marks), *self._reached]

    def _reach(self, time: float) -> None:
        bookmark = self._ahead.popleft()
        turn, begin = self._turn(bookmark.place)
        place = bookmark.place - begin
        self._reached.append(
            _Placed("", (place, place), "", time, time, turn=turn, name=bookmark.name)
        )

    def _placed(self, marks: Sequence[Mark]) -> list[Mark]:
        placed: list[Mark] = []
        for mark in marks:
            turn, begin = self._turn(mark.written[0])
            start, end = mark.written[0] - begin, mark.written[1] - begin
            while self._reached and (self._reached[0].turn or 0, self._reached[0].written[0]) <= (
                turn or 0,
                start,
            ):
                placed.append(self._reached.popleft())
            if turn is None:
                placed.append(mark)
            else:
                placed.append(
                    _Placed(
                        mark.text,
                        (start, end),
                        mark.spoken,
                        mark.start,
                        mark.end,
                        sounds=mark.sounds,
                        turn=turn,
                    )
                )
        return placed

    def _turn(self, place: int) -> tuple[int | None, int]:
        """The turn that a place of all texts is in, and where that begins."""
        if not self._turns:
            return None, 0
        turn = bisect_right(self._turns, place) - 1
        return turn, self._turns[turn]
