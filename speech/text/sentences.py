"""Written text to paragraphs of sentences: sentencex, and our rules where it knows less.

The written form is what is cut, because the dot of an abbreviation is evidence. sentencex knows
abbreviations, initials, decimals, quotes and the marks of most scripts. Ours are lines, list items
and what the corpus of hard cases in the tests showed it to miss.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple, Protocol, cast

from speech.text.languages.abbreviations import is_within

_BULLET = re.compile(r"(?:[-*+•‣◦▪·–—] +)+")
# A line that ends like this and goes on in small letters is one sentence in two lines.
_WRAPPED_LENGTH = 40
_NARROWEST = 20
_SHORT_LINE = 12
_SHORTEST = 8
# Behind these a sentence goes on.
# e.g. `one of the`
_UNFINISHED = re.compile(
    r"(?<=[\w,] )(?:the|an?|of|to|and|or|but|in|on|at|by|for|from|with|is|are|was|were|that|which"
    r"|your|my|our|their|der|die|das|den|dem|des|und|oder|mit|von|für|ein|eine|einen|le|la|les|des|du|et"
    r"|ou|de|avec|pour|el|los|las|y|con|para|il|lo|gli|di|che|per|o|os|as|e|com|het|een|en|van)$"
)
_LINE_END = re.compile(r"[.!?:;…؟۔।。！？][\"')\]}”’»」』）]*$")

# Words that begin sentences often enough to tell an ending letter (Plan B. He) from an initial.
_STARTERS = frozenset(
    (
        *("A", "After", "All", "An", "And", "As", "At", "But", "By", "For", "From", "He", "Her"),
        *("His", "How", "However", "I", "If", "In", "It", "Its", "My", "No", "Not", "Now", "Of"),
        *("On", "One", "Or", "Our", "She", "So", "Some", "That", "The", "Their", "Then", "There"),
        *("These", "They", "This", "Those", "To", "We", "What", "When", "Where", "Which"),
        *("While", "Who", "Why", "With", "Yes", "You", "Your"),
    )
)
# What is no sentence on its own: the number of a list item or heading.
_NUMERAL = re.compile(r"[(\[]?(?:[0-9]{1,3}(?:\.[0-9]{1,3})*|[A-Za-z]|[ivx]{1,5})[.)\]]+")
# An abbreviation that never ends a sentence before what follows it.
_JOINS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    # 5 p.m. EST, 3 p.m. Monday
    (
        re.compile(r"\b[ap]\.? ?m\.$", re.IGNORECASE),
        re.compile(
            r"\(?(?:[ECMP][SD]?T|AK[SD]T|HST|GMT|UTC|BST|CES?T|EES?T|WES?T|IST|JST|A[CEW][SD]T|MSK"
            r"|NZ[SD]T|Z|Eastern|Central|Mountain|Pacific|Zulu)\b|[a-z]|on [A-Z]"
            r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
        ),
    ),
    # approx. 5 km; No. 5; vol. 2
    (
        re.compile(
            r"\b(?:approx|ca|no|nos|nr|vol|fig|figs|eq|ch|sec|art|pp?|est|max|min|ext|tel|op|ver|v"
            r"|app|pop|rte|rt|hwy|chap|para|pgs?|vols|eqs|ep|apt|rm|ste|bldg|fl|n°)\.$",
            re.IGNORECASE,
        ),
        re.compile(r"[$€£#~]?[0-9]"),
    ),
    # the U.S. Army, and nothing that is as likely to begin a sentence
    (
        re.compile(r"\b(?:U\.S|U\.K|U\.N|E\.U|U\.S\.A)\.$"),
        re.compile(
            r"(?:Air|Army|Navy|Marines?|Coast|Government|Congress|Senate|House|Supreme|President"
            r"|Department|Dept|Treasury|Attorney|Ambassador|Embassy|Constitution|Capitol|Open"
            r"|Secretary|Dollars?|Census|Customs|Federal|District|Court|Security|General|Bank"
            r"|Patent|Postal|Steel|Trade|Food|Geological|Fish|Forest|Soccer|Olympic)\b|[a-z0-9$]"
        ),
    ),
    # im 19. Jahrhundert, w 19. wieku: an ordinal behind its article or preposition; la 2.ª vez
    (
        re.compile(
            r"\b(?:[AaIi]m|[Vv]om|[Zz]u[mr]|[Dd](?:er|ie|as|e[mns])|[Bb]eim|[Bb]is|[Ss]eit|[Aa]b|[Nn]ach"
            r"|[Ee]iner?|[Jj]ede[rsmn]?|[Ww]e?|[Oo]d|[Dd]o) [0-9]{1,3}\.$"
        ),
        re.compile(r"[^\W\d_]"),
    ),
    (re.compile(r"[0-9]\.$"), re.compile(r"[ªº]|er\b")),
    (re.compile(r"[0-9]\. ?[-–] ?[0-9]{1,3}\.$"), re.compile(r"[^\W\d_]")),
    (re.compile(r"(?:^|[\s(])[0-9]{1,3}\.$"), re.compile("[a-zß-ÿáąćčďęěłńňřśšťůźżž]{2}")),
    # spätestens 12. Dez. 2024
    (
        re.compile(r"(?:^|[ -])[0-3]?[0-9]\.$"),
        re.compile(
            r"(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)(?:[a-zä]{0,6}\.?)(?: |,|$)"
        ),
    ),
    # 3 lbs. of it
    (
        re.compile(r"[0-9] ?(?:lbs?|oz|ft|yds?|mi|hrs?|mins?|secs?|yrs?|mos?|wks?|gal|sq|cu)\.$"),
        re.compile(r"[a-z]"),
    ),
    # M. Dupont, J. Smith
    (re.compile(r"(?:^|[\s(])(?:[A-HJ-Z]|MM|Mme|Mlle|Mgr|Me)\.$"), re.compile(r"[A-ZÀ-Þ][a-zß-ÿ]")),
    # Is this Mr. Right?
    (
        re.compile(
            r"(?:^|[\s(\"'])(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Maj|Capt|Lt|Sgt|Sen|Rep|Gov|Rev|Hon|Fr"
            r"|Mt|Ft|Assoc|Asst|Pres|Supt|Det|Atty|Cmdr|Adm)\.$"
        ),
        re.compile(r"[A-ZÀ-Þ]"),
    ),
    # ASP.NET and .NET
    (re.compile(r"(?:^|\s)(?:ASP|VB)?\.$"), re.compile(r"NET\b")),
    # Mon.-Fri.
    (re.compile(r"\.$"), re.compile(r"[-–/&+]\S")),
    # "Stop!" he said.
    (re.compile(r"[.!?…][\"'”’»)\]]+$"), re.compile(r"[a-zß-ÿ]")),
)  # fmt: skip
# Ends that sentencex does not see: (He left.) She stayed; I live on Main St. It is quiet; No. I
# won't; full-width marks in any language.
# e.g. `St. It`
_MISSED = re.compile(
    r"[.!?…][\"'”’]?[)\]](?= [A-ZÀ-Þ(\[\"“])"
    rf"|(?:\b(?:St|Ave|Rd|Blvd|Ln|Inc|Ltd|Co|Corp|Jr|Sr|etc)|(?:^|(?<=[\"'“]))No)\."
    rf"(?= (?:{'|'.join(sorted(_STARTERS))})\b)"
    r"|\b(?:usw|ecc|itd|itp|atd|apod|enz|osv)\.(?= [A-ZÀ-ÞĄ-Ž])"
    r"|(?<![。！？｡．])[。！？｡．]++[」』）】”’]*+(?=[^\s」』）】”’。！？｡．])"
)
_WIDE_SPACE = re.compile(r"[^\S ]")


_ITEM = re.compile(r"[(\[]?(?:[0-9]{1,3}(?:\.[0-9]{1,3})*|[a-z])[.)\]] ")


class Sentence(NamedTuple):
    """A written sentence and where it stands."""

    start: int
    """Index in the cleaned text."""
    text: str
    """Those characters of the cleaned text; a newline a long line ran over is a space."""


class Paragraph(NamedTuple):
    """Sentences of one line, or of lines that belong together."""

    sentences: tuple[Sentence, ...]
    ended: bool
    """Its last sentence has its mark; a heading, a list item or a verse often has none."""


class _Segmenter(Protocol):
    def __call__(self, language: str, text: str) -> list[str]: ...


@cache
def _segmenter() -> _Segmenter:
    # Imported with the first text: a process that only plans or encodes never loads it.
    from sentencex import segment  # noqa: PLC0415

    return cast(_Segmenter, segment)


def paragraphs(text: str, language: str) -> list[Paragraph]:
    """Written sentences by paragraph; a newline ends a paragraph unless a long line runs on.

    Args:
        text: Cleaned written text; its dots and capitals are the evidence.
        language: Tag such as `en-us`; unknown ones are cut by the rules of a related language.
    """
    family = language.partition("-")[0]
    found = []
    for start, line in _lines(text):
        sentences = tuple(_sentences(start, line, family))
        if sentences:
            found.append(Paragraph(sentences, bool(_LINE_END.search(line, max(0, len(line) - 8)))))
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without bullets and with their places; those joined that were broken at a width."""
    places: list[tuple[int, int]] = []
    follows: list[bool] = []
    """Whether a line may go on the one before it."""
    position = 0
    for line in text.split("\n"):
        start = position
        position += len(line) + 1
        bullet = _BULLET.match(line)
        if bullet:
            start += bullet.end()
        if start >= position - 1:
            continue
        goes_on = bool(places) and not bullet and _may_run_on(text, places[-1], start)
        places.append((start, position - 1))
        follows.append(goes_on)
    first = 0
    for index in range(1, len(places) + 1):
        if index < len(places) and follows[index]:
            continue
        yield from _block(text, places[first:index])
        first = index


def _block(text: str, lines: list[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """Lines that may be one, as those that they are."""
    begin, end = lines[0]
    wrapped = len(lines) > 1 and _is_wrapped(text, lines)
    for start, stop in lines[1:]:
        if wrapped or _runs_on(
            text, end, end - max(begin, text.rfind("\n", begin, end) + 1), start
        ):
            end = stop
            continue
        yield begin, text[begin:end].replace("\n", " ")
        begin, end = start, stop
    yield begin, text[begin:end].replace("\n", " ")


def _may_run_on(text: str, line: tuple[int, int], start: int) -> bool:
    """Whether a line without its mark may go on in the next, which begins at `start`."""
    begin, end = line
    if _LINE_END.search(text, max(begin, end - 8), end) or _ITEM.match(text, start):
        return False
    return text[start].islower() or bool(_UNFINISHED.search(text, max(begin, end - 12), end))


def _is_wrapped(text: str, lines: list[tuple[int, int]]) -> bool:
    """Whether a sentence was broken: at a width, where nowhere the next word had room, or anywhere.

    Verses and items of a list are of any length, begin with capitals or all alike, and the last of
    them seldom has a mark.
    """
    if not _LINE_END.search(text, lines[-1][1] - 1, lines[-1][1]):
        return False
    if text[lines[0][0]].isupper() and all(text[start].islower() for start, _ in lines[1:]):
        return all(end - start >= _SHORT_LINE for start, end in lines[:-1])
    width = max(end - start for start, end in lines)
    return width >= _NARROWEST and all(
        end - begin + 1 + len(text[start:stop].partition(" ")[0]) > width
        for (begin, end), (start, stop) in pairwise(lines)
    )


def _runs_on(text: str, end: int, width: int, start: int) -> bool:
    """Whether a line of a width that ends here goes on in the next, which begins at `start`."""
    if text[start].islower() and (width >= _WRAPPED_LENGTH or text[end - 1] == ","):
        return True
    return width >= _SHORTEST and bool(_UNFINISHED.search(text, max(0, end - 12), end))


def _sentences(offset: int, line: str, family: str) -> Iterator[Sentence]:
    begin = end = position = 0
    # sentencex panics on white space of several bytes behind an initial.
    for part in _segmenter()(family, _WIDE_SPACE.sub(" ", line)):
        for length in _lengths(part):
            start, position = position, position + length
            piece = line[start:position]
            bare = piece.strip()
            if not bare:
                continue
            start += len(piece) - len(piece.lstrip())
            if end and _belongs(line[begin:end], bare, family, is_first=begin == 0):
                end = start + len(bare)
                continue
            if end:
                yield Sentence(offset + begin, line[begin:end])
            begin, end = start, start + len(bare)
    if end:
        yield Sentence(offset + begin, line[begin:end])


def _lengths(part: str) -> Iterator[int]:
    """Lengths of the sentences in what sentencex takes for one."""
    position = 0
    for match in _MISSED.finditer(part):
        yield match.end() - position
        position = match.end()
    yield len(part) - position


def _belongs(left: str, right: str, family: str, *, is_first: bool) -> bool:
    """Whether what sentencex took apart is one sentence; `is_first`: `left` begins its line."""
    if len(left) <= 12 and _NUMERAL.fullmatch(left):
        return is_first or left[-1] != "."
    # An abbreviation before small letters, where the writer has capitals.
    if right[0].islower() and left[0].isupper() and left[-1] == "." and left[-2:-1] != ".":
        return True
    if is_within(left, right, family):
        return True
    tail = left[-16:]
    for ends, begins in _JOINS:
        if ends.search(tail) and begins.match(right):
            return right[:24].split(None, 1)[0].rstrip(",.!?") not in _STARTERS
    return False
