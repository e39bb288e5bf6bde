"""Raw Unicode to plain written text: what cannot be said goes, what can is spelt one way.

It knows characters, not languages: nothing here reads a word or a number. Each pass returns edits,
which say of every character of the result where it was written.
"""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

from speech.errors import InvalidInputError
from speech.text.characters import character_edits
from speech.text.citations import citation_edits
from speech.text.edits import Edit, applied, composed
from speech.text.emoji import picture_edits
from speech.text.latex import latex_edits
from speech.text.markup import entity_edits, markdown_edits
from speech.types import Normalization

# ASCII, and letters that no pass changes, alone or beside others.
# e.g. `Grün, für 5 €.`
_PLAIN = re.compile(r"[A-Za-z0-9 !\"'(),.:;?$%/+@¡¿£€§°ªºÀ-ÖØ-öø-ıĴ-ňŊ-ƃΑ-ΡΣ-ωά-ώЀ-ҁҊ-ԯא-ת-]*")
# e.g. `----`
_ORNAMENT = re.compile(
    r"([*_=~#\-—|<>^`])\1{2,}|(?<=[^\s\d])--(?=[^\S\n]|\w)|(?<=\d)--(?=[^\S\n]|[^\W\d])"
    r"|(?P<dots>(?<!\.) ?\.(?: \.){2,3}|(?<=[^\W\d_]{2})\.{3,4}(?=[^\W\d_]{2}))"
)
_MAYBE_ORNAMENT = re.compile(r"[*_=~#\-—|<>^`]{2}|\.(?:\.| \.)")
_DOTTED = re.compile(r"\. \.|[^\W\d_]\.{3,4}[^\W\d_]")
_UNTIDY = re.compile(r"[^\S \n]|\s{2}|^\s|\s\Z")
_SPACES = re.compile(r"[^\S\n]*\n\s*|[^\S\n]+")
# White space is one character wide where this looks. A dash between digits is a range.
_DASH = re.compile(r"(?<=\d)(?:–|--)(?=[\d$€£¥])|(?: ?(?:[—–]|(?<=\s)--?(?=\s)))+ ?")
# A scheme or `www.` makes an address certain; a bare name needs a path behind it.
# e.g. `https://www.a.de/b`
_LINK = re.compile(
    r"(?<![\w@./-])(?:(?P<scheme>[A-Za-z]{2,8}://)(?:[^\s/@<>\"']{1,128}@)?|(?P<www>www\.))?"
    r"(?P<host>(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}|localhost|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?"
    r"(?P<path>[/?#][^\s<>\"']*)?"
)
_ENDS_LINK = frozenset(".,;:!?")
_TRAILING = ".,;:!?)]}'\""
_DEFAULT = Normalization()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A regular text, and how it came about."""

    text: str
    passes: tuple[list[Edit], ...] = ()

    def edits(self) -> list[Edit]:
        """What was done to the text as written, all passes as one."""
        nothing: list[Edit] = []
        return reduce(composed, self.passes, nothing)


def cleaned(
    text: str,
    wanted: Normalization = _DEFAULT,
    language: str = "en-us",
    max_characters: int = sys.maxsize,
) -> Cleaned:
    """Make written text regular: NFC, no invisible characters, no markup, tidy white space.

    Runs of white space become one space, or one newline where they held a line break: newlines
    are kept as the evidence of paragraphs.

    Args:
        text: As the caller wrote it.
        wanted: What becomes of emoji, Markdown and addresses.
        language: Emoji are named in it.
        max_characters: What may come out of any pass.

    Raises:
        InvalidInputError: the text holds a lone surrogate, or becomes too long (`param` is
            `input`).
    """
    if _is_tidy(text) and (wanted.urls == "spell" or "." not in text):
        return Cleaned(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInputError("the text holds a lone surrogate", "input") from None
    passes: list[list[Edit]] = []
    for find in _finders(wanted, language):
        if edits := find(text):
            passes.append(edits)
            text = applied(text, edits)
            if len(text) > max_characters:
                raise too_long(len(text), max_characters)
    return Cleaned(text, tuple(passes))


def clean(text: str, wanted: Normalization = _DEFAULT, language: str = "en-us") -> str:
    """The text alone of what `cleaned` makes."""
    return cleaned(text, wanted, language).text


def too_long(characters: int, max_characters: int) -> InvalidInputError:
    """The error of a text that is short as it is written, and long as it is spoken."""
    return InvalidInputError(
        f"the text becomes {characters} characters or more as it is spoken, and at most "
        f"{max_characters} are",
        "input",
    )


def is_speakable(text: str) -> bool:
    """Whether anything in a text has a sound of its own: a letter, a digit, a spoken symbol."""
    if any(map(str.isalnum, text)):
        return True
    return any(
        character >= "\U000f0000"  # its phonemes are given
        or character in "%‰&@+=#°§©"
        or unicodedata.category(character) in {"Sc", "Nl", "No"}
        for character in text
    )


def _is_tidy(text: str) -> bool:
    """Whether no pass but that of addresses would change the text; in doubt it says no."""
    return bool(
        _PLAIN.fullmatch(text)
        and "  " not in text
        and "--" not in text
        and not _DOTTED.search(text)
        and " - " not in text
        and not text.startswith((" ", "- ", "+ "))
        and not text.endswith((" ", " -"))
        and text.count("$") < 2
    )


_Finder = Callable[[str], list[Edit]]


def _finders(wanted: Normalization, language: str) -> Iterable[_Finder]:
    yield entity_edits
    yield lambda text: picture_edits(text, wanted.emoji, language)
    yield character_edits
    yield lambda text: latex_edits(text, language)
    yield lambda text: citation_edits(text, language, drop=wanted.citations == "drop")
    if wanted.markdown:
        yield markdown_edits
    if wanted.urls != "spell":
        yield lambda text: _link_edits(text, short=wanted.urls == "short")
    yield _ornament_edits
    yield _space_edits
    yield _dash_edits


def _ornament_edits(text: str) -> list[Edit]:
    if _MAYBE_ORNAMENT.search(text) is None:
        return []
    return [
        Edit(*match.span(), " " if match[1] else "... " if match["dots"] else " — ", "typography")
        for match in _ORNAMENT.finditer(text)
    ]


def _space_edits(text: str) -> list[Edit]:
    edits: list[Edit] = []
    if _UNTIDY.search(text) is None:
        return edits
    for match in _SPACES.finditer(text):
        start, end = match.span()
        space = "\n" if "\n" in match[0] else " "
        if start == 0 or end == len(text):
            space = ""
        if space != match[0]:
            edits.append(Edit(start, end, space, "space"))
    return edits


def _dash_edits(text: str) -> list[Edit]:
    edits: list[Edit] = []
    if not ("—" in text or "–" in text or "--" in text or " -" in text):
        return edits
    for match in _DASH.finditer(text):
        start, end = match.span()
        if (
            match[0] in {"–", "--"}
            and start > 0
            and text[start - 1].isdigit()
            and _opens(text, end)
        ):
            dash = "-"
        else:
            before = "" if start == 0 or text[start - 1] == "\n" else " "
            after = "" if end == len(text) or text[end] == "\n" else " "
            dash = f"{before}—{after}"
        if dash != match[0]:
            edits.append(Edit(start, end, dash, "typography"))
    return edits


def _opens(text: str, place: int) -> bool:
    """Whether a number or an amount begins at a place."""
    return text[place : place + 1].isdigit() or text[place : place + 1] in {"$", "€", "£", "¥"}


def _link_edits(text: str, *, short: bool) -> list[Edit]:
    """Addresses of the web as their host alone, or as nothing.

    E-mail addresses are left: there is no shorter way to say one.
    """
    edits: list[Edit] = []
    if "." not in text and "://" not in text:
        return edits
    for match in _LINK.finditer(text):
        if not (match["scheme"] or match["www"] or match["path"]):
            continue
        end = match.start() + len(match[0].rstrip(_TRAILING))
        end = max(end, match.end("host"))
        start = match.start()
        # In small letters no sentence ends at one of its dots.
        spoken = match["host"].removeprefix("www.").lower() if short else ""
        if not spoken and text[end : end + 1] in _ENDS_LINK and text[start - 1 : start] == " ":
            start -= 1
        if spoken != text[start:end]:
            edits.append(Edit(start, end, spoken, "electronic"))
    return edits
