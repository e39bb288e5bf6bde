"""Captions of a spoken text: its words in short lines, with the times they are shown.

The defaults are what broadcasters ask for (BBC Subtitle Guidelines; Netflix Timed Text Style Guide,
English): two lines of 42 characters, 17 characters a second, 5/6 s to 7 s.
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from serve_app.marks import Mark

CaptionFormat = Literal["srt", "vtt", "json"]

_SHORTEST, _LONGEST = 5 / 6, 7.0
"""Seconds a caption is shown."""
_EARLY = 0.6
"""A break at a comma is better than one later, where this part of the aimed length is reached."""
_PUNCTUATION = r""".,;:!?…‥。、，．！？；：·"'“”„‟‘’«»‹›()（）「」『』《》〈〉【】¿¡%"""
_BEHIND = re.compile(rf"[{_PUNCTUATION}–—]*")
_BEFORE = re.compile(rf"[{_PUNCTUATION}]*\Z")
_DASH = re.compile(r"[ \t]([–—-])[ \t]")
_MARKUP = re.compile(r"[<>*`]|\]\(")
_UNSEEN = re.compile(r"\]\([^()\s]*\)|<[^<>]*>|\[pause:[^\]]*\]")
"""Addresses of links, tags and pauses."""
_JOINT = re.compile(r"[^\w\s<>*`\[\]]+")
_STOP = re.compile(r"""[,;:–—，、；：]["'”’»)\]]*\Z""")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionRules:
    """What a caption may be."""

    line_characters: int = 42
    lines: int = 2
    characters_per_second: float = 17.0


@dataclass(frozen=True, slots=True)
class Caption:
    """Some lines, and the seconds of the audio from and to which they are shown."""

    lines: tuple[str, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Token:
    """What stays together in a line."""

    text: str
    start: float
    end: float
    blank: bool
    """Whether there is one before it."""
    opens: bool = False
    """Whether another sentence begins with it."""

    @property
    def size(self) -> int:
        return len(self.text) + self.blank


def captions(text: str, words: Sequence[Mark], rules: CaptionRules) -> list[Caption]:
    """The captions of a text.

    A caption ends with its sentence, or in the middle of a longer one, at a comma if one is near.
    It is shown until it can be read at the given speed, as far as the next one leaves time.

    Args:
        text: As written.
        words: Marks of all its words.
        rules: What a caption may be.
    """
    tokens = _fitting(_tokens(text, words), rules.line_characters)
    shown = [
        (_lines(part, rules), part[0].start, part[-1].end)
        for sentence in _sentences(tokens)
        for part in _parts(sentence, rules)
    ]
    found = []
    for (lines, start, end), (_, limit, _) in pairwise([*shown, ((), float("inf"), 0.0)]):
        wanted = max(_SHORTEST, sum(map(len, lines)) / rules.characters_per_second)
        found.append(Caption(lines, start, max(end, min(start + wanted, limit))))
    return found


def written(found: Iterable[Caption], kind: Literal["srt", "vtt"]) -> str:
    """Captions as a file: SubRip, or WebVTT (W3C, https://www.w3.org/TR/webvtt1/)."""
    head, point = ("WEBVTT\n\n", ".") if kind == "vtt" else ("", ",")
    parts = [head]
    for number, caption in enumerate(found, 1):
        lines = "\n".join(caption.lines)
        if kind == "vtt":
            lines = lines.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        span = f"{_clock(caption.start, point)} --> {_clock(caption.end, point)}"
        parts.append(f"{number}\n{span}\n{lines}\n\n")
    return "".join(parts)


def _clock(seconds: float, point: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{thousandths:03}"


def _tokens(text: str, words: Sequence[Mark]) -> Iterator[_Token]:
    """Words with the punctuation around them; what is not said, and markup, is not shown."""
    if not words:
        return
    edges = [text[: words[0].written[0]]]
    edges += (text[one.written[1] : two.written[0]] for one, two in pairwise(words))
    edges.append(text[words[-1].written[1] :])
    edges = [_UNSEEN.sub("", edge) for edge in edges]
    held: _Token | None = None
    sentence = words[0].sentence
    for word, before, behind in zip(words, edges, edges[1:], strict=False):
        blank = any(map(str.isspace, before))
        shown = word.spoken if _MARKUP.search(word.text) else " ".join(word.text.split())
        opens, sentence = word.sentence != sentence, word.sentence
        joined = _JOINT.fullmatch(before) if held is not None else None
        if held is not None and not (blank or _is_wide(held.text[-1]) or _is_wide(shown[0])):
            text = held.text[: len(held.text) - len(_trailing(before))]
            text += before if joined else _trailing(before)
            text += shown + _trailing(behind)
            held = _Token(text, held.start, word.end, held.blank, held.opens)
            continue
        if held is not None:
            yield held
        shown = (_leading(before) if blank or held is None else "") + shown + _trailing(behind)
        held = _Token(shown, word.start, word.end, blank and held is not None, opens)
    if held is not None:
        yield held


def _leading(gap: str) -> str:
    found = _BEFORE.search(gap)
    return found[0] if found else ""


def _trailing(gap: str) -> str:
    found = _BEHIND.match(gap)
    near = found[0] if found else ""
    dash = _DASH.search(gap)
    return f"{near} {dash[1]}" if dash else near


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _fitting(tokens: Iterable[_Token], width: int) -> Iterator[_Token]:
    """Tokens no longer than a line: longer ones are cut, and share their time by length."""
    for token in tokens:
        if len(token.text) <= width:
            yield token
            continue
        parts = [part.strip() for part in textwrap.wrap(token.text, width)]
        share = (token.end - token.start) / sum(map(len, parts))
        since = token.start
        for number, part in enumerate(parts):
            until = token.end if number == len(parts) - 1 else since + share * len(part)
            first = number == 0
            yield _Token(part, since, until, token.blank or not first, token.opens and first)
            since = until


def _sentences(tokens: Iterable[_Token]) -> Iterator[list[_Token]]:
    """Tokens by sentence; one that is over too soon goes with the next."""
    held: list[_Token] = []
    for token in tokens:
        if token.opens and held and token.start - held[0].start >= _SHORTEST:
            yield held
            held = []
        held.append(token)
    if held:
        yield held


def _parts(sentence: Sequence[_Token], rules: CaptionRules) -> Iterator[Sequence[_Token]]:
    """A sentence in captions of about one length."""
    left = list(sentence)
    while left:
        most = _most(left, rules)
        if most < len(left):
            room = rules.line_characters * rules.lines
            size = sum(token.size for token in left)
            aim = size / max(2, -(-size // room))
            most = _best(left, most, aim)
        yield left[:most]
        del left[:most]


def _most(tokens: Sequence[_Token], rules: CaptionRules) -> int:
    """How many tokens one caption can hold."""
    lines, length = 1, 0
    for number, token in enumerate(tokens):
        if length and length + token.size > rules.line_characters:
            lines, length = lines + 1, 0
        length += token.size if length else len(token.text)
        late = token.end - tokens[0].start > _LONGEST
        if number and (lines > rules.lines or late):
            return number
    return len(tokens)


def _best(tokens: Sequence[_Token], most: int, aim: float) -> int:
    """Where to end a caption of at most so many tokens: at a comma, or where the aim is reached."""
    size, comma, near = 0, 0, most
    for number, token in enumerate(tokens[:most], 1):
        size += token.size
        if size >= _EARLY * aim and _STOP.search(token.text):
            comma = number
        if size >= aim:
            near = min(near, number)
    return comma or near


def _lines(tokens: Sequence[_Token], rules: CaptionRules) -> tuple[str, ...]:
    """As few lines as can be, of about one length."""
    low, high = 1, rules.line_characters
    few = len(_filled(tokens, high))
    while low < high:
        width = (low + high) // 2
        if len(_filled(tokens, width)) <= few and all(len(t.text) <= width for t in tokens):
            high = width
        else:
            low = width + 1
    return tuple(_filled(tokens, high))


def _filled(tokens: Sequence[_Token], width: int) -> list[str]:
    lines = [tokens[0].text]
    for token in tokens[1:]:
        if len(lines[-1]) + token.size <= width:
            lines[-1] += f"{' ' * token.blank}{token.text}"
        else:
            lines.append(token.text)
    return lines
