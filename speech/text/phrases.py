"""Text to phrases: sentences found on the written text, phrases cut and joined on the spoken one.

Lengths are characters of spoken text. It knows punctuation and spaces, no language.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from speech.config import PhraseConfig
from speech.text.cleanup import is_speakable

_CLOSERS = "\"')\\]}”’»」』）】"
# Marks of scripts written without spaces end a clause wherever they stand.
_FULL_WIDTH_ENDS, _FULL_WIDTH_CLAUSES = "。！？｡．", "、，；：､"
_SENTENCE_END = re.compile(rf"[.!?…؟۔।॥{_FULL_WIDTH_ENDS}][{_CLOSERS}]*$")
_CLAUSE_END = re.compile(rf"[,;:—–،؛{_FULL_WIDTH_CLAUSES}][{_CLOSERS}]*$")
_NO_SPACE_AFTER = re.compile(rf"[{_FULL_WIDTH_ENDS}{_FULL_WIDTH_CLAUSES}][」』）】”’]*$")
# Where a long sentence may be cut, best first; a match's end is the place.
_CUTS = (
    # A dot behind a single letter is an initial's: U.S., J. Smith.
    re.compile(rf"(?:(?<!\b\w)\.|[!?…;؟۔।॥])[{_CLOSERS}]*(?=\s)|[{_FULL_WIDTH_ENDS}][」』）】”’]*"),
    re.compile(rf"[,:—–)\]،؛][{_CLOSERS}]*(?=\s)|[{_FULL_WIDTH_CLAUSES}]"),
    re.compile(
        r"(?=\s(?:and|or|but|nor|because|which|who|that|when|while|where|if|unless|so|for|with"
        r"|und|oder|aber|weil|dass|et|ou|mais|que|y|o|pero|porque|e|ma|che|en|of|maar)\s)"
    ),
)
_SPACE = re.compile(r"\s")


class _Segmenter(Protocol):
    def __call__(self, language: str, text: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Cut:
    """A phrase before it has phonemes."""

    text: str
    pause_after: float
    """Seconds."""


@cache
def _segmenter() -> _Segmenter:
    # Imported with the first text: a process that only plans or encodes never loads it.
    from sentencex import segment  # noqa: PLC0415

    return cast(_Segmenter, segment)


def paragraphs(text: str, language: str) -> list[list[str]]:
    """Written sentences by paragraph; a newline ends a paragraph.

    Args:
        text: Cleaned written text; its dots and capitals are the evidence.
        language: Tag such as `en-us`; unknown ones are cut by the rules of a related language.
    """
    segment = _segmenter()
    family = language.partition("-")[0]
    found = []
    for line in text.split("\n"):
        sentences = [part.strip() for part in segment(family, line)] if line else []
        if sentences := [sentence for sentence in sentences if sentence]:
            found.append(sentences)
    return found


def cut_phrases(spoken: Iterable[Sequence[str]], config: PhraseConfig) -> list[Cut]:
    """Cut spoken sentences, grouped by paragraph, into phrases in reading order.

    The first phrase is never longer than `first_max_characters`, so that audio can begin early,
    and stands alone; later short sentences of one paragraph are joined up to
    `target_characters`. No phrase is longer than `max_characters`. What has no sound is dropped.
    The last phrase has no pause.
    """
    cuts: list[Cut] = []
    first_limit = min(config.first_max_characters, config.max_characters)
    for sentences in spoken:
        waiting = ""
        for sentence in sentences:
            rest = sentence.strip()
            while rest:
                piece, rest = _split(rest, config.max_characters if cuts else first_limit)
                if not is_speakable(piece):
                    continue
                if not cuts:
                    cuts.append(Cut(piece, _pause(piece, config)))
                    continue
                joined = f"{waiting}{_glue(waiting)}{piece}"
                if waiting and len(joined) > min(config.target_characters, config.max_characters):
                    cuts.append(Cut(waiting, _pause(waiting, config)))
                    joined = piece
                waiting = joined
        if waiting:
            cuts.append(Cut(waiting, 0.0))
        if cuts:
            cuts[-1] = Cut(cuts[-1].text, config.paragraph_pause)
    if cuts:
        cuts[-1] = Cut(cuts[-1].text, 0.0)
    return cuts


def _pause(text: str, config: PhraseConfig) -> float:
    if _SENTENCE_END.search(text, len(text) - 8 if len(text) > 8 else 0):
        return config.sentence_pause
    if _CLAUSE_END.search(text, len(text) - 8 if len(text) > 8 else 0):
        return config.clause_pause
    return 0.0


def _glue(left: str) -> str:
    return "" if not left or _NO_SPACE_AFTER.search(left, max(0, len(left) - 8)) else " "


def _split(text: str, limit: int) -> tuple[str, str]:
    """A first piece of at most `limit` characters at the best place, and what is left."""
    if len(text) <= limit:
        return text, ""
    place = _place(text, limit)
    return text[:place].rstrip(), text[place:].lstrip()


def _place(text: str, limit: int) -> int:
    # A very early cut would play out before the next phrase is ready.
    earliest = limit // 4
    for pattern in _CUTS:
        ends = [place for place in _ends(pattern, text, limit) if place >= earliest]
        if ends and ends[-1] > 0:
            return ends[-1]
    # Without a hint, a sentence that needs one cut is cut near its middle.
    wanted = limit if len(text) > 2 * limit else max(len(text) // 2, len(text) - limit)
    spaces = [place for place in _ends(_SPACE, text, limit + 1) if place > 1]
    if spaces:
        return min(spaces, key=lambda place: abs(place - wanted))
    place = limit
    while place > 0 and unicodedata.category(text[place])[0] == "M":
        place -= 1
    return place or limit


def _ends(pattern: re.Pattern[str], text: str, limit: int) -> Iterator[int]:
    # The lookahead may need the character behind the limit.
    for match in pattern.finditer(text, 0, limit + 1):
        if match.end() <= limit:
            yield match.end()
