"""Musical signs: `B♭`, `F♯ minor`, `C#m7`, `4/4 time`, and the letter A of a key."""

import re

from speech.text.english.acronyms import letters
from speech.text.english.numbers import cardinal
from speech.text.reading import Reading

SIGNS = {"♭": "flat", "♯": "sharp", "♮": "natural", "𝄪": "double sharp", "𝄫": "double flat"}
"""Accidentals; each is said wherever it stands."""

HEADS = frozenset(
    ["Ab", "Bb", "Db", "Eb", "Gb"]
    + [f"{note}{quality}" for note in "ABCDEFG" for quality in ("m", "maj", "min", "dim", "sus")]
)
"""Notes that look like words."""

_QUALITIES = {
    "m": "minor", "min": "minor", "maj": "major", "M": "major", "dim": "diminished",
    "aug": "augmented", "sus": "suspended", "add": "add",
}  # fmt: skip
_CHORD = re.compile(
    r"(?P<note>[A-G])(?P<sign>[#♯♭♮]|b(?= (?:major|minor|clarinet|trumpet)))"
    r"(?P<quality>maj|min|dim|aug|sus|add|m|M)?(?P<number>[0-9]{1,2})?(?![A-Za-z0-9+#])"
)
_METER = re.compile(
    r"(?P<beats>[2-9]|1[0-9])/(?P<value>1|2|4|8|16)"
    r"(?=[ -](?:time|meter|metre|beat|rhythm|measure|signature|groove|waltz|march)(?![a-z]))"
)

_PLAIN = re.compile(
    r"(?P<note>[A-G])(?P<quality>maj|min|dim|aug|sus|add|m)(?P<number>[0-9]{1,2})(?![A-Za-z0-9])"
)


def read_chord(text: str, start: int) -> Reading | None:
    """A note with its accidental, and the chord built on it."""
    plain = _PLAIN.match(text, start)
    if plain:
        words = [letters(plain["note"]), _QUALITIES[plain["quality"]]]
        return Reading(f"{' '.join(words)} {cardinal(int(plain['number']))}", plain.end(), "music")
    match = _CHORD.match(text, start)
    if match is None:
        return None
    sign = {"#": "sharp", "b": "flat"}.get(match["sign"]) or SIGNS[match["sign"]]
    words = [letters(match["note"]), sign]
    if match["quality"]:
        words.append(_QUALITIES[match["quality"]])
    if match["number"]:
        words.append(cardinal(int(match["number"])))
    return Reading(" ".join(words), match.end(), "music")


def read_meter(text: str, start: int) -> Reading | None:
    """`4/4 time` is four four time, not a fraction or a score."""
    match = _METER.match(text, start)
    if match is None or text[start - 1 : start] in {"/", "."}:
        return None
    return Reading(
        f"{cardinal(int(match['beats']))} {cardinal(int(match['value']))}", match.end(), "music"
    )
