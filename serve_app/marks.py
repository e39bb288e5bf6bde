"""When what was written is said: spoken words, put together to marks of the written text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from speech.types import SpokenWord, Stretch

MarkKind = Literal["word", "phoneme", "sentence"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the written text, and when it is said."""

    text: str
    """As written."""
    written: Stretch
    """Code points of the written text."""
    spoken: str
    """As it is said."""
    start: float
    """Seconds of the delivered audio."""
    end: float
    sentence: int = 0
    """Code point at which its sentence begins."""
    sounds: tuple[tuple[str, float], ...] = ()
    """Phonemes, each with the second at which it is over; where they were asked for."""

    def wire(self) -> dict[str, Any]:
        """As JSON, see `schemas.TimeMark`."""
        mark: dict[str, Any] = {
            "text": self.text,
            "start_index": self.written[0],
            "end_index": self.written[1],
            "spoken": self.spoken,
            "start": self.start,
            "end": self.end,
        }
        if self.sounds:
            begins = (self.start, *(end for _, end in self.sounds))
            mark["phonemes"] = [
                {"phoneme": symbol, "start": begin, "end": end}
                for begin, (symbol, end) in zip(begins, self.sounds, strict=False)
            ]
        return mark


class Marker:
    """Takes words as they come; gives marks, in order and apart, as soon as they are complete.

    Words that one written form is said with are one mark: `$3.50`, "three dollars fifty".

    Args:
        text: As written.
        kind: What is marked; `phoneme` marks words, with the phonemes they were asked with.
    """

    def __init__(self, text: str, kind: MarkKind = "word") -> None:
        self._text = text
        self._by_sentence = kind == "sentence"
        self._held: list[SpokenWord] = []
        self._begin, self._behind = 0, 0
        """The stretch of what is held."""

    def take(self, words: Sequence[SpokenWord]) -> list[Mark]:
        """The marks that are complete with these words."""
        marks = []
        for word in words:
            if self._by_sentence and self._held and word.sentence != self._held[-1].sentence:
                marks.append(self._mark(word.sentence))
            if not self._held:
                self._begin = word.sentence if self._by_sentence else word.written[0]
            self._held.append(word)
            self._behind = max(self._behind, word.written[1])
            if not self._by_sentence and not word.continued:
                marks.append(self._mark(len(self._text)))
        return marks

    def rest(self) -> list[Mark]:
        """The marks that are still open, once there are no more words."""
        return [self._mark(len(self._text))] if self._held else []

    @property
    def _written(self) -> str:
        return self._text[self._begin : self._behind]

    def _mark(self, limit: int) -> Mark:
        """What is held; a sentence ends behind its last mark of punctuation, before `limit`."""
        words, self._held = self._held, []
        if self._by_sentence:
            while self._behind < limit and not self._text[self._behind].isspace():
                self._behind += 1
        return Mark(
            self._written,
            (self._begin, self._behind),
            _joined(words),
            words[0].start,
            words[-1].end,
            words[0].sentence,
            tuple(sound for word in words for sound in word.sounds),
        )


def punctuated(text: str, mark: Mark) -> str:
    """A mark with the signs of punctuation that stand behind it in the text."""
    end = mark.written[1]
    while end < len(text) and not (text[end].isspace() or text[end].isalnum()):
        end += 1
    return text[mark.written[0] : end]


def _joined(words: Sequence[SpokenWord]) -> str:
    """Words as one text: without blanks where they were written without."""
    spoken = words[0].text
    for before, word in pairwise(words):
        touch = before.written != word.written and before.written[1] == word.written[0]
        spoken += word.text if touch else f" {word.text}"
    return spoken
