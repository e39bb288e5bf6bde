"""Text that arrives in pieces, cut into stretches that can be spoken before the rest is there.

It knows no rule of its own of what a sentence is: it asks the front end what the text so far is
cut into, and what it would be with some things that may follow. Where all answers agree, a stretch
is given away for good. It looks at the text character by character, so the pieces do not matter.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice

Sentences = Callable[[str], list[str]]
"""What a written text is cut into, cleaned."""

LONGEST = 800
"""Characters that are held back at most, for a quotation or a block that does not end."""
_QUESTIONS = 300
"""How often the front end is asked about a stretch before it is held back until `LONGEST`."""
_TRIED = 64
"""Places that are tried where a text must end."""

_CLOSERS = "\"')\\]}”’»*_`~"
# Where a stretch may end; the blanks behind are its own.
# e.g. `. `
_ENDS = re.compile(rf"[.!?…;:؟۔।॥][{_CLOSERS}]*\s+|\s*\n\s*|[。！？｡．]+[」』）】”’]*\s*")
# e.g. `, `
_CLAUSE_ENDS = re.compile(rf"[,;:—–)\]،؛][{_CLOSERS}]*\s+|[、，；：､]")
# A last word that tells nothing of a boundary before the next one is whole: U.S. C...
_SHORT_END = re.compile(r"(?:^|[\s\W])(?:\S*[.\d]\S*|[^\W\d_]{1,2})[.!?…]\W*$")
# What looks like a whole sentence: it ends with a word, or a number that is no amount of money.
_WHOLE = re.compile(rf"(?:[^\W\d_]{{2,}}|\s\d[\d:,]*)[.!?…]+[{_CLOSERS}]*\s*$")
_NEXT = (" A x", " 5 x")
"""With one of these behind it, an abbreviation is seen for what it is."""
_CLOSED_BY = {
    '"': '"', "“": "”", "„": "“", "«": "»", "‘": "’", "'": "'", "(": ")", "[": "](u)", "「": "」",
    "『": "』", "（": "）", "【": "】", "{": "}", "`": "`", "*": "*", "_": "_", "$": "$", "~": "~~",
    "<": ">",
}  # fmt: skip
"""What begins something that may end behind a boundary, and how."""
_MORE = ("x x", " x x", "ST x", "5 x", ".\nX")
"""What may follow what is there: the last word goes on, the next one comes, a line ends."""
_WRAPPED = "\nx"
"""What may follow, too: the line goes on in the next one. It is not asked whether what is behind a
place would be joined to that, alone as together: that depends on how long the line was before, and
would keep every sentence waiting until the next one is as long as a line."""
_FENCES = ("**", "```", "$$", "__")
_OPENED = re.compile(r"<([A-Za-z][\w-]{0,63})[^<>]*>")


class ArrivingText:
    """One text. What is given away in all is the text, character by character.

    Args:
        sentences: Cuts a whole text.
        first_characters: A first sentence that is longer is cut at a clause; 0 for never.
    """

    def __init__(self, sentences: Sentences, first_characters: int = 0) -> None:
        self._sentences = sentences
        self._first_characters = first_characters
        self._held = ""
        self._is_first = True
        self._start_over()

    def _start_over(self) -> None:
        self._from = 0
        """Where the next place may be: all before are no ends."""
        self._asked = 0
        self._again = 0
        """Characters that must be held for the next look at a place that is open."""
        self._doubt = ""
        """What, if it followed, made the difference last."""

    @property
    def held(self) -> str:
        """What is not given away yet."""
        return self._held

    @property
    def likely(self) -> str:
        """What is held, where it looks as if it were given away next, whatever follows."""
        if not _WHOLE.search(self._held[-24:]):
            return ""
        alone = self._ask(self._held)
        whole = len(alone) == 1 and all(self._cuts(alone, self._held, more) for more in _NEXT)
        return self._held if whole else ""

    def add(self, piece: str) -> list[str]:
        """More of the text; the stretches that are certain with it."""
        return [stretch for character in piece if (stretch := self._next(character))]

    def pause(self) -> list[str]:
        """Nothing came for a while: what ends with a mark is not waited for any longer."""
        places = [match.end() for match in _ENDS.finditer(f"{self._held} ")]
        return self._given(min(max(places, default=0), len(self._held)))

    def finish(self) -> list[str]:
        """All that is left, in its sentences; what comes then is another text."""
        found = []
        while self._held:
            places = islice(self._places(0), _TRIED)
            place = next((place for place in places if self._is_end(place)), 0)
            found += self._given(place or len(self._held))
        self._is_first = True
        return found

    def _given(self, place: int) -> list[str]:
        stretch, self._held = self._held[:place], self._held[place:]
        self._start_over()
        if stretch:
            self._is_first = False
        return [stretch] if stretch else []

    def _next(self, character: str) -> str:
        """Take a character; the stretch that is certain with it, or nothing."""
        before = self._held[-1:]
        self._held += character
        if len(self._held) > LONGEST:
            return self._given(self._anywhere())[0]
        if character.isspace() == before.isspace() and before < "\u2e80":
            return ""  # within a word, or between two
        may_ask = len(self._held) >= self._again and self._asked < _QUESTIONS
        if may_ask and (place := self._decided()):
            return self._given(place)[0]
        if self._is_first and 0 < self._first_characters < len(self._held):
            return "".join(self._given(self._clause()))
        return ""

    def _decided(self) -> int:
        """Where what is held ends for certain; 0 where nothing is certain yet."""
        for place in self._places(self._from):
            verdict = self._verdict(place)
            if verdict:
                return place
            if verdict is None:
                # What is open for long may stay so: it is looked at ever more seldom.
                self._again = len(self._held) + (len(self._held) - place) // 8
                return 0
            self._from = place
        return 0

    def _places(self, start: int) -> Iterator[int]:
        """Where what is held may end, of those places behind which something is there."""
        for match in _ENDS.finditer(self._held, max(0, start - 1)):
            if start < match.end() < len(self._held):
                yield match.end()

    def _verdict(self, place: int) -> bool | None:
        """Whether what is held ends at a place; None as long as what follows may decide it."""
        head, tail = self._held[:place], self._held[place:]
        alone = self._ask(head)
        if not alone:
            return False
        if _SHORT_END.search(head[-24:]) and not any(map(str.isspace, tail)):
            return None
        if "|" in self._held and self._held[place - 2 : place] != "\n\n":
            return None  # rows of a table are read together
        answer = self._cuts(alone, head, tail)
        for more in (self._doubt, *_MORE, *self._closings()):
            if self._cuts(alone, head, tail + more) != answer:
                self._doubt = more
                return None
        together = self._ask(head + tail + _WRAPPED)
        if answer and together[: len(alone)] != alone:
            return None
        return answer

    def _cuts(self, alone: list[str], head: str, tail: str) -> bool:
        """Whether both sides of a place are alone what they are together."""
        return alone + self._ask(tail) == self._ask(head + tail)

    def _ask(self, text: str) -> list[str]:
        self._asked += 1
        return self._sentences(text)

    def _is_end(self, place: int) -> bool:
        """Whether what is held may be cut at a place, if nothing follows."""
        head = self._held[:place]
        return self._cuts(self._ask(head), head, self._held[place:])

    def _closings(self) -> Iterator[str]:
        """What may end something that is open."""
        for begin, end in _CLOSED_BY.items():
            begun = self._held.count(begin)
            is_open = begun % 2 if begin == end else begun > self._held.count(end[0])
            if is_open or (begin == "'" and begun):
                yield f"{end} x"
                yield f"x{end} x"
                yield f"x.{end} x"
        for fence in _FENCES:
            if fence in self._held:
                yield f"x{fence} x"
        for name in {*_OPENED.findall(self._held)}:
            yield f"</{name}> x"

    def _clause(self) -> int:
        """The last end of a clause that leaves a first phrase of some length; 0 for none."""
        limit = self._first_characters
        ends = [*_CLAUSE_ENDS.finditer(self._held, limit // 4, limit)]
        if not ends or self._asked >= _QUESTIONS:
            return 0
        together = " ".join(self._ask(self._held))
        for match in reversed(ends):
            head, tail = self._held[: match.end()], self._held[match.end() :]
            if tail and " ".join(self._ask(head) + self._ask(tail)) == together:
                return match.end()
        return 0

    def _anywhere(self) -> int:
        """Where a text ends that is held no longer."""
        places = [*self._places(0)][: -_TRIED - 1 : -1]
        end = next((place for place in places if self._is_end(place)), 0)
        return end or max(self._held.rfind(" "), self._held.rfind("\n")) + 1 or len(self._held)
