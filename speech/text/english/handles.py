"""Names of the social web: `#ThrowbackThursday`, `@john_doe99`, `r/askscience`."""

import re

from speech.text.english.numbers import cardinal, digits, year
from speech.text.english.pieces import spell_name
from speech.text.reading import Reading

_TAG = re.compile(r"[#＃](?P<name>[^\W_][\w]{0,99})(?P<close>[#＃])?")
_HANDLE = re.compile(r"@(?P<name>\w[\w.]{0,62}\w|\w)(?![\w@])")
_PLACE = re.compile(r"/?(?P<kind>[ru])/(?P<name>[A-Za-z0-9_-]{2,24})(?![\w/])")
_RUN = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]|[0-9]+|_+")


def read_handle(run: str, start: int) -> Reading | None:
    """The name at the beginning of a run of characters.

    Args:
        run: Characters without white space.
        start: Where the run begins in its sentence.
    """
    match = _TAG.match(run)
    if match and match["close"] and match["name"].isdigit():
        # A code for the telephone's keys.
        spoken = f"pound {digits(match['name'])} pound"
        return Reading(spoken, start + match.end(), "telephone")
    if match and not match["name"].isdigit():
        if match["close"]:
            return Reading(f"hash {match['name']} hash", start + match.end(), "handle")
        return Reading(f"hashtag {_tag(match['name'])}", start + match.end(), "handle")
    match = _HANDLE.match(run)
    if match:
        return Reading(f"at {spell_name(match['name'])}", start + match.end(), "handle")
    match = _PLACE.match(run)
    if match:
        return Reading(
            f"{match['kind']} slash {spell_name(match['name'])}", start + match.end(), "handle"
        )
    return None


def _tag(name: str) -> str:
    """A hashtag's words, cut at its capitals and digits."""
    words = []
    for piece in _RUN.findall(name):
        if piece.isdigit() and piece.isascii():
            words.append(_number(piece))
        elif piece[0] != "_":
            words.append(piece)
    return " ".join(words)


def _number(piece: str) -> str:
    if len(piece) == 4 and piece[:2] in {"18", "19", "20"}:
        return year(int(piece))
    if len(piece) > 4 or (piece[0] == "0" and len(piece) > 1):
        return digits(piece)
    return cardinal(int(piece))
