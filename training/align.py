"""Which of a teacher's phones belongs to which espeak-ng code point, and so how long each lasts.

Both sides come from one text but from different dictionaries: flite and festival say `ax l` where
espeak-ng writes `əl`, or `t` for `ɾ`. Edit distance over units of sound pairs them.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

PAUSES = frozenset({"pau", "h#", "brth", "sil"})
_MARKS = frozenset("ˈˌ_-'\"()")
"""Symbols without a sound of their own."""
_BREAKS = frozenset(" ,.:;!?")

# One unit of sound in espeak-ng's IPA: what is spoken by one phone, mostly.
_UNIT = re.compile(
    r"(?:aɪ|aʊ|eɪ|oʊ|ɔɪ|tʃ|dʒ|[aeiouyæɐɑɒɔəɚɛɜɪʊʌᵻɨ]|[bdfhjklmnpstvwzðŋɡgɹɾʃʒθʔxɬrçʲ])[ː̩̃]*"
)

_SAME: Mapping[str, str] = {
    "p": "p",
    "b": "b",
    "t": "t dx",
    "d": "d dx",
    "k": "k",
    "ɡ": "g",
    "g": "g",
    "m": "m em",
    "n": "n en",
    "ŋ": "ng",
    "f": "f",
    "v": "v",
    "θ": "th",
    "ð": "dh",
    "s": "s",
    "z": "z",
    "ʃ": "sh",
    "ʒ": "zh",
    "h": "hh hv",
    "ɹ": "r er axr",
    "r": "r",
    "l": "l el",
    "j": "y",
    "w": "w",
    "tʃ": "ch",
    "dʒ": "jh",
    "ɾ": "dx t d",
    "ʔ": "t",
    "n̩": "en n",
    "l̩": "el l",
    "x": "k hh",
    "iː": "iy",
    "i": "iy ih",
    "ɪ": "ih ix iy ax",
    "eɪ": "ey",
    "ɛ": "eh",
    "e": "eh",
    "æ": "ae",
    "ɑː": "aa ao",
    "ɑ": "aa ao",
    "ɒ": "aa ao",
    "ɔː": "ao aa",
    "ɔ": "ao",
    "oʊ": "ow",
    "oː": "ao ow",
    "o": "ow ao",
    "ʊ": "uh",
    "uː": "uw",
    "u": "uw uh",
    "ʌ": "ah ax",
    "ə": "ax ah ih ix uh",
    "ɐ": "ax ah ey",
    "ɚ": "er axr",
    "ɜː": "er",
    "ɜ": "er",
    "ᵻ": "ih ix ax",
    "aɪ": "ay",
    "aʊ": "aw",
    "ɔɪ": "oy",
    "aː": "aa",
    "a": "aa ae",
}
_VOWELS = frozenset(
    {
        *("aa", "ae", "ah", "ao", "aw", "ax", "axr", "ay", "eh", "el", "em", "en", "er", "ey"),
        *("ih", "ix", "iy", "ow", "oy", "uh", "uw"),
    }
)
# Manner of articulation: within one, a mistake is cheaper.
_MANNERS = tuple(
    frozenset(group.split())
    for group in ("p b t d k g dx", "f v th dh s z sh zh hh ch jh", "m n ng em en", "l r w y el er")
)
_INSERT, _DELETE, _INSERT_PAUSE = 0.9, 0.8, 0.6
# Share of a unit's time that its first code point gets: where a diphthong turns, where a closure
# ends, and all of it before a mark of length.
_FIRST = {"tʃ": 0.5, "dʒ": 0.5}


def align(symbols: Sequence[str], phones: Sequence[str], ends: Sequence[int]) -> tuple[Ints, float]:
    """Frames of each code point.

    Args:
        symbols: NFD code points with `^` before and `$` behind them, without pads.
        phones: The teacher's phones, pauses included.
        ends: Frame at which each phone ends.

    Returns:
        Frames per symbol, whose sum is the last end; and the cost of the pairing divided by the
        number of phones: 0 is perfect, above 0.3 the texts were read differently.
    """
    units = _units(symbols)
    pairs, cost = _pair([name for name, _ in units], phones)
    frames = np.zeros(len(symbols), np.int64)
    starts = [0, *ends[:-1]]
    owner = 0
    for phone, unit in enumerate(pairs):
        # A phone nobody claims lengthens the unit before it.
        owner = owner if unit is None else unit
        name, places = units[owner]
        length = ends[phone] - starts[phone]
        if len(places) == 1:
            frames[places[0]] += length
            continue
        share = _FIRST.get(name, 0.55)
        first = round(length * share)
        frames[places[0]] += first
        frames[places[1]] += length - first
    return frames, cost / max(1, len(phones))


def _units(symbols: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Units of sound and breaks with the places of their symbols: one or two that take time."""
    text = "".join(symbols)
    if len(text) != len(symbols):
        raise ValueError("symbols must be single code points")
    units: list[tuple[str, list[int]]] = []
    place = 0
    while place < len(text):
        match = _UNIT.match(text, place)
        if match:
            name = match.group()
            spoken = [i for i in range(place, match.end()) if text[i] not in "̩̃"]
            units.append((name, spoken[:2]))
            place = match.end()
            continue
        if text[place] in _BREAKS or text[place] in "^$":
            units.append((text[place], [place]))
        elif text[place] not in _MARKS:
            units.append(("?", [place]))
        place += 1
    return units


def _substitution(unit: str, phone: str) -> float:
    if unit in _BREAKS or unit in "^$":
        return 0.0 if phone in PAUSES else 9.0
    if phone in PAUSES:
        return 9.0
    bare = unit.rstrip("̃")
    known = (_SAME.get(bare) or _SAME.get(bare.rstrip("ː̩")) or "").split()
    if phone in known:
        return 0.0 if phone == known[0] else 0.1
    if known and (known[0] in _VOWELS) == (phone in _VOWELS):
        if phone in _VOWELS or any(known[0] in group and phone in group for group in _MANNERS):
            return 0.5
        return 1.2
    return 1.5


def _pair(units: Sequence[str], phones: Sequence[str]) -> tuple[list[int | None], float]:
    """For each phone the unit it speaks, or None; and the cost."""
    rows, columns = len(phones), len(units)
    best = np.full((rows + 1, columns + 1), np.inf)
    step = np.zeros((rows + 1, columns + 1), np.int8)
    skip = [0.0 if unit in _BREAKS else _DELETE for unit in units]
    best[0] = np.concatenate(([0.0], np.cumsum(skip)))
    step[0, 1:] = 2
    for i, phone in enumerate(phones):
        extra = _INSERT_PAUSE if phone in PAUSES else _INSERT
        best[i + 1, 0] = best[i, 0] + extra
        step[i + 1, 0] = 1
        for j, unit in enumerate(units):
            choices = (
                best[i, j] + _substitution(unit, phone),
                best[i, j + 1] + extra,
                best[i + 1, j] + skip[j],
            )
            step[i + 1, j + 1] = kind = int(np.argmin(choices))
            best[i + 1, j + 1] = choices[kind]
    pairs: list[int | None] = [None] * rows
    i, j = rows, columns
    while i or j:
        kind = step[i, j]
        if kind == 0:
            i, j = i - 1, j - 1
            pairs[i] = j
        elif kind == 1:
            i -= 1
        else:
            j -= 1
    return pairs, float(best[rows, columns])
