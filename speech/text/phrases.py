"""Spoken sentences to phrases: what is synthesised in one piece, and the silence after it.

Lengths are characters of spoken text. It knows punctuation, spaces and a few words of some
languages; sentences are found before, on the written form (`sentences`).

A cut within a clause is audible: the voice falls as if the sentence were over. So a sentence is
cut only where a reader would breathe, and within a clause only if it is longer than any phrase
may be. The first phrase alone is worth a cut that is not needed: half the phrase is half the time
to the first byte. A first sentence longer than `first_max_characters` is cut

1. at the last clause mark, or else before the last conjunction that begins a clause, that leaves
   the first phrase between a quarter of `first_max_characters` and all of it;
2. failing that, at the first such place beyond it; failing that not at all, up to
   `max_characters`;
3. if it is longer still and has no such place, between two words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from speech.config import PauseConfig, PhraseConfig
from speech.text import marks
from speech.text.cleanup import is_speakable

_CLOSERS = "\"')\\]}”’»」』）】"
# Marks of scripts written without spaces end a clause wherever they stand.
_FULL_WIDTH_ENDS, _FULL_WIDTH_CLAUSES = "。！？｡．", "、，；：､"
# e.g. `?!`
_END = re.compile(
    r"(?P<ellipsis>\.{2,}|…)|(?P<question>[?؟？]+[!！]*)|(?P<exclamation>[!！]+)"
    r"|(?P<sentence>[.۔।॥。｡．])|(?P<semicolon>[;؛；])|(?P<colon>[:：])|(?P<dash>[—–])"
    r"|(?P<comma>[,،、，､)\]）】])"
)
_TAIL = re.compile(rf"[^\w\s]*[{_CLOSERS}]*$")
_NO_SPACE_AFTER = re.compile(rf"[{_FULL_WIDTH_ENDS}{_FULL_WIDTH_CLAUSES}][」』）】”’]*$")

# Where a sentence may be cut; a match's end is the place.
# e.g. `。」`
_SENTENCES = re.compile(
    # A dot behind a single letter is an initial's: U.S., J. Smith.
    rf"(?:(?<!\b\w)\.|[!?…;؟۔।॥])[{_CLOSERS}]*(?=\s)|[{_FULL_WIDTH_ENDS}][」』）】”’]*"
)
# Three dots within a sentence end a phrase, because espeak-ng makes nothing of them.
# e.g. `...",`
_ELLIPSIS = re.compile(rf"(?:(?<!\.)\.{{2,}}+|…)[{_CLOSERS}]*[,;:]?(?=\s+[^\W_]|[\u3041-\u9fff])")
_CLAUSES = re.compile(rf"[,;:—–)\]،؛][{_CLOSERS}]*(?=\s)|[{_FULL_WIDTH_CLAUSES}]")
_SPACE = re.compile(r"\s")
_NOWHERE = re.compile(r"(?!)")


def _before(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?=\s(?:{words})\s)", re.IGNORECASE)


# Conjunctions that begin a clause, and those that may join anything.
_CLAUSE_WORDS: Mapping[str, re.Pattern[str]] = {
    "en": _before(
        "because|but|although|though|unless|until|whereas|while|when|where|which|who|whose|if"
        "|so that|since|before|after"
    ),
    "de": _before("aber|weil|dass|obwohl|wenn|während|sondern|denn|als|damit|bevor|nachdem"),
    "fr": _before("mais|parce que|qui|que|quand|lorsque|si|où|car|donc|puisque|tandis que"),
    "es": _before("pero|porque|que|cuando|donde|si|aunque|mientras|sino"),
    "it": _before("ma|perché|che|quando|dove|se|mentre|anche se"),
    "pt": _before("mas|porque|que|quando|onde|se|embora|enquanto"),
    "nl": _before("maar|omdat|dat|wanneer|waar|als|terwijl|want|hoewel"),
    "pl": _before("ale|ponieważ|że|kiedy|gdzie|jeśli|który|która|które|gdy"),
}
_JOINING_WORDS: Mapping[str, re.Pattern[str]] = {
    # "and" within a number is no place: one hundred and five.
    "en": re.compile(
        r"(?<!hundred)(?<!thousand)(?<!million)(?<!billion)(?=\s(?:and|or|nor|that|with|for)\s)",
        re.IGNORECASE,
    ),
    "de": _before("und|oder"),
    "fr": _before("et|ou|ni"),
    "es": _before("y|o|e|u|ni"),
    "it": _before("e|o|ed|né"),
    "pt": _before("e|ou|nem"),
    "nl": _before("en|of"),
    "pl": _before("i|oraz|lub|albo"),
}


class Piece(NamedTuple):
    """A stretch of one spoken sentence."""

    sentence: int
    """Its number in the text, from 0."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A phrase before it has phonemes."""

    text: str
    """Spoken text; phonemes that were given are still marked (`marks`)."""
    pause_after: float
    """Seconds."""
    pieces: tuple[Piece, ...] = field(default=(), compare=False)
    """What the text is joined of, with a blank between where the script has blanks."""
    pause_before: float = 0.0
    """Seconds; only the first phrase has one."""

    def before(self, pause: float) -> "Cut":
        """The same phrase before another silence, in seconds."""
        return replace(self, pause_after=pause)


def cut_phrases(
    spoken: Iterable[tuple[Sequence[str], bool]], config: PhraseConfig, language: str = "en"
) -> list[Cut]:
    """Cut spoken sentences into phrases in reading order.

    Every sentence stands alone; later short ones of one paragraph are joined up to
    `target_characters`, where that is not 0. No phrase is longer than `max_characters`, but for a
    single word with given phonemes that is. A pause in the text ends a phrase and is the silence
    after it, whatever mark stands there; one before the first word is the silence before the first
    phrase. What has no sound is dropped. After the last phrase there is only a pause the text asks
    for.

    Args:
        spoken: By paragraph, its sentences, and whether it ends with the mark of a sentence.
        config: Lengths and pauses.
        language: Tag the text is read in.
    """
    cutter = _Cutter(config, language.partition("-")[0])
    for sentences, ended in spoken:
        for sentence in sentences:
            cutter.say(sentence)
        cutter.end_paragraph(config.pauses.paragraph if ended else config.pauses.line)
    return cutter.finish()


def first_phrase(
    spoken: Iterable[tuple[Iterable[str], bool]], config: PhraseConfig, language: str = "en"
) -> Cut | None:
    """What `cut_phrases` would return first, from no more sentences than it takes to know.

    Arguments are those of `cut_phrases`; both iterables are read lazily.

    Returns:
        The first phrase, or None where there is no second one.
    """
    cutter = _Cutter(config, language.partition("-")[0])
    for sentences, ended in spoken:
        for sentence in sentences:
            cutter.say(sentence)
            if (first := cutter.settled) is not None:
                return first
        cutter.end_paragraph(config.pauses.paragraph if ended else config.pauses.line)
    return None


def halves(cut: Cut, pauses: PauseConfig, language: str) -> tuple[Cut, ...]:
    """A phrase cut in two near its middle, at the best place there.

    One character, or one word with given phonemes, is not cut and comes alone.
    """
    text, family = cut.text, language.partition("-")[0]
    nowhere = _NOWHERE
    patterns = (
        *(_SENTENCES, _CLAUSES, _CLAUSE_WORDS.get(family, nowhere)),
        *(_JOINING_WORDS.get(family, nowhere), _SPACE),
    )
    wanted, quarter = len(text) // 2, len(text) // 4
    for pattern in patterns:
        places = list(_ends(pattern, text, len(text) - max(1, quarter), quarter))
        if places:
            place = min(places, key=lambda it: abs(it - wanted))
            break
    else:
        place = _between_characters(text, max(1, wanted))
    if not 0 < place < len(text):
        return (cut,)
    behind = len(text) - len(text[place:].lstrip())
    before = len(text[:place].rstrip())
    first = replace(
        cut,
        text=text[:before],
        pause_after=pause_after(text[:before], pauses),
        pieces=_within(cut, 0, before),
    )
    second = Cut(text[behind:], cut.pause_after, _within(cut, behind, len(text)))
    return first, second


def _within(cut: Cut, start: int, end: int) -> tuple[Piece, ...]:
    """Of the pieces of a phrase, what lies in a stretch of its text."""
    found, position = [], 0
    for sentence, begin, stop in cut.pieces:
        position += cut.text[position : position + 1] == " "
        length = stop - begin
        first, last = max(start, position), min(end, position + length)
        if first < last:
            found.append(Piece(sentence, begin + first - position, begin + last - position))
        position += length
    return tuple(found)


class _Cutter:
    """The phrases so far, and the one that may still grow."""

    def __init__(self, config: PhraseConfig, family: str) -> None:
        self._config = config
        self._clause_words = _CLAUSE_WORDS.get(family, _NOWHERE)
        self._joining_words = _JOINING_WORDS.get(family, _NOWHERE)
        self._cuts: list[Cut] = []
        self._waiting = ""
        self._pieces: tuple[Piece, ...] = ()
        """Of what waits."""
        self._sentence = -1
        self._lead = 0.0
        """Seconds before the first phrase."""
        self._asked = False
        """The pause after the last phrase is the text's own wish."""

    @property
    def settled(self) -> Cut | None:
        """The first phrase once no sentence to come can change it or the pause after it."""
        return self._cuts[0] if self._waiting or len(self._cuts) > 1 else None

    def say(self, sentence: str) -> None:
        self._sentence += 1
        position = 0
        for mark in marks.PAUSE.finditer(sentence):
            self._hesitate(sentence, position, mark.start())
            self._pause(marks.milliseconds_of(mark[0]) / 1000)
            position = mark.end()
        self._hesitate(sentence, position, len(sentence))

    def end_paragraph(self, pause: float) -> None:
        self._flush()
        if self._cuts and not self._asked:
            self._cuts[-1] = self._cuts[-1].before(pause)

    def finish(self) -> list[Cut]:
        self._flush()
        if self._cuts and not self._asked:
            self._cuts[-1] = self._cuts[-1].before(0.0)
        return self._cuts

    def _hesitate(self, sentence: str, start: int, end: int) -> None:
        if "..." in sentence:
            for dots in _ELLIPSIS.finditer(sentence, start, end):
                self._add(sentence, start, dots.end())
                self._flush()
                start = dots.end()
        self._add(sentence, start, end)

    def _add(self, sentence: str, start: int, end: int) -> None:
        rest = sentence[start:end].rstrip()
        end = start + len(rest)
        limit = self._config.max_characters
        while rest := rest.lstrip():
            place = self._place(rest) if self._cuts else self._first_place(rest)
            text = rest[:place].rstrip()
            start = end - len(rest)
            rest = rest[place:]
            if not is_speakable(text):
                continue
            pieces = (Piece(self._sentence, start, start + len(text)),)
            if not self._cuts:
                self._append(text, pieces)
                continue
            joined = f"{self._waiting}{_glue(self._waiting)}{text}"
            if self._waiting and len(joined) > min(self._config.target_characters, limit):
                self._flush()
                joined = text
            self._waiting = joined
            self._pieces += pieces

    def _pause(self, seconds: float) -> None:
        self._flush()
        if self._cuts:
            before = self._cuts[-1].pause_after if self._asked else 0.0
            self._cuts[-1] = self._cuts[-1].before(before + seconds)
            self._asked = True
        else:
            self._lead += seconds

    def _flush(self) -> None:
        if self._waiting:
            self._append(self._waiting, self._pieces)
            self._waiting, self._pieces = "", ()

    def _append(self, text: str, pieces: tuple[Piece, ...]) -> None:
        pause = pause_after(text, self._config.pauses)
        self._cuts.append(Cut(text, pause, pieces, 0.0 if self._cuts else self._lead))
        self._asked = False

    def _first_place(self, text: str) -> int:
        longest = self._config.max_characters
        wanted = min(self._config.first_max_characters, longest)
        if len(text) <= wanted:
            return len(text)
        patterns = (_SENTENCES, _CLAUSES, self._clause_words)
        for pattern in patterns:
            if place := _last(pattern, text, wanted):
                return place
        beyond = [
            place
            for pattern in patterns
            if (place := next(_ends(pattern, text, longest, wanted), 0))
        ]
        if beyond:
            return min(beyond)
        return len(text) if len(text) <= longest else self._within(text, wanted)

    def _place(self, text: str) -> int:
        limit = self._config.max_characters
        if len(text) <= limit:
            return len(text)
        for pattern in (_SENTENCES, _CLAUSES, self._clause_words):
            if place := _last(pattern, text, limit):
                return place
        return self._within(text, limit)

    def _within(self, text: str, limit: int) -> int:
        """A place within a clause, for a text longer than `limit`."""
        if place := _last(self._joining_words, text, limit):
            return place
        # A sentence that needs one cut is cut near its middle.
        wanted = limit if len(text) > 2 * limit else max(len(text) // 2, len(text) - limit)
        spaces = [place for place in _ends(_SPACE, text, limit + 1) if place > 1]
        if spaces:
            return min(spaces, key=lambda place: abs(place - wanted))
        return _between_characters(text, limit)


def pause_after(text: str, pauses: PauseConfig) -> float:
    """Seconds of silence after a phrase, by its last mark; closing quotes and brackets aside."""
    tail = _TAIL.search(text, max(0, len(text) - 8))
    last = ""
    for match in _END.finditer(tail[0]) if tail else ():
        # A bracket that closes a sentence does not make it a clause.
        if not last or match.lastgroup != "comma":
            last = match.lastgroup or last
    return float(getattr(pauses, last)) if last else 0.0


def _glue(left: str) -> str:
    return "" if not left or _NO_SPACE_AFTER.search(left, max(0, len(left) - 8)) else " "


def _last(pattern: re.Pattern[str], text: str, limit: int) -> int:
    """The last place up to `limit`, 0 for none; a very early cut would play out too soon."""
    last = max(_ends(pattern, text, limit), default=0)
    return last if last >= limit // 4 else 0


def _ends(pattern: re.Pattern[str], text: str, limit: int, start: int = 0) -> Iterator[int]:
    # The lookahead may need the word behind the limit; its longest is 16 characters.
    for match in pattern.finditer(text, start, limit + 16):
        if match.end() > limit:
            return
        if match.end() > start:
            yield match.end()


def _between_characters(text: str, limit: int) -> int:
    """The last place up to `limit` that no combining mark and no given phonemes are cut by."""
    place = limit
    while place > 0 and (unicodedata.category(text[place])[0] == "M" or _inside(text, place)):
        place -= 1
    if place > 0:
        return place
    mark = marks.PRONOUNCED.match(text)
    return mark.end() if mark else limit


def _inside(text: str, place: int) -> bool:
    """Whether a place is between the characters of one mark."""
    before, behind = text[place - 1], text[place]
    if behind < "\U000f0000":
        return False
    return behind < "\U00100000" or before >= "\U00100000"
