"""What a caller may write into a text: `[word](/ipa/)` and `[pause:0.5s]`.

Only slashes at both ends make phonemes of what looks like a Markdown link, and no slash between
them, so that `[text](https://...)` and `[text](/a/path)` stay links. A pause is a number of
seconds or milliseconds; several in a row add up. What is neither is left as it is written, but a
pause that is begun and closed must be right: read aloud it would say its own markup.
"""

import re
from collections.abc import Callable

from speech.config import PauseConfig
from speech.errors import InvalidInputError
from speech.text import marks
from speech.text.edits import Edit
from speech.text.phonemes import tidy_ipa

MAX_WORD, MAX_PHONEMES = 64, 96
"""Characters of a word, and of its phonemes."""

# e.g. `[pause:0.5s]`
_INLINE = re.compile(
    r"\[pause:(?P<length>[^\[\]\n]{0,24})\]"
    r"|\[(?P<word>[^\[\]\n]+)\]\(/(?P<ipa>[^/()\[\]\n]+)/\)"
    r"|[\ue000-\uf8ff\U000f0000-\U0010ffff]+",
    re.IGNORECASE,
)
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
# What may stand right before a word: quotes and brackets, and the first half of a compound.
_APART = re.compile(r"\s[\"'(\[{“‘«„¿¡–—-]*(?:[^\W\d_]+-)*$")
_LENGTH = re.compile(r" *(?P<number>[0-9]{1,8}(?:\.[0-9]{0,8})?|\.[0-9]{1,8}) *(?P<unit>ms|s) *")


def inline_edits(text: str, pauses: PauseConfig, unknown: Callable[[str], str]) -> list[Edit]:
    """What makes marks of a text's inline forms, and takes out what could pass for marks.

    Linear in the text. `unknown` gives the first symbol of some IPA that the voice neither has nor
    can replace, or nothing.

    Raises:
        InvalidInputError: a pause or phonemes that cannot be spoken; the message names the place,
            counted in characters from 1 (`param` is `input`).
    """
    if "[" not in text and (text.isascii() or max(text) < "\ue000"):
        return []
    edits: list[Edit] = []
    silence = 0
    for match in _INLINE.finditer(text):
        start, end = match.span()
        if match["length"] is not None:
            milliseconds = _milliseconds(match, pauses)
            silence += milliseconds
            if silence > pauses.max_inline_total * 1000:
                raise _error(match, f"all pauses together exceed {pauses.max_inline_total:g} s")
            # Blanks on both sides: neither a word nor a number goes through a pause.
            edits.append(Edit(start, end, f" {marks.pause(milliseconds)} ", "pause"))
        elif match["word"] is not None:
            mark = _pronounced(match, unknown)
            # An address or a code that stands right before would go on through it.
            apart = _APART.search(f" {text[max(0, start - 40) : start]}"[-40:])
            edits.append(Edit(start, end, mark if apart else f" {mark}", "phonemes"))
        else:
            edits.append(Edit(start, end, "", "typography"))
    return edits


def _milliseconds(match: re.Match[str], pauses: PauseConfig) -> int:
    length = _LENGTH.fullmatch(match["length"].lower())
    if length is None:
        raise _error(match, "a pause is written [pause:0.5s] or [pause:300ms]")
    seconds = float(length["number"]) / (1000 if length["unit"] == "ms" else 1)
    if seconds > pauses.max_inline:
        raise _error(match, f"a pause may last {pauses.max_inline:g} s at most")
    return round(seconds * 1000)


def _pronounced(match: re.Match[str], unknown: Callable[[str], str]) -> str:
    word, ipa = _PRIVATE.sub("", match["word"]).strip(), tidy_ipa(match["ipa"])
    if not word or not ipa:
        raise _error(match, "a word and its phonemes are written [word](/ipa/)")
    if len(word) > MAX_WORD or len(ipa) > MAX_PHONEMES:
        raise _error(match, f"at most {MAX_WORD} characters have {MAX_PHONEMES} of phonemes")
    if symbol := unknown(ipa):
        raise _error(match, f"this voice has no phoneme {symbol!r} (U+{ord(symbol):04X})")
    try:
        return marks.pronounced(word, ipa)
    except ValueError:
        raise _error(match, "a word with phonemes has only letters and marks of words") from None


def _error(match: re.Match[str], message: str) -> InvalidInputError:
    return InvalidInputError(f"input, character {match.start() + 1}: {message}", "input")
