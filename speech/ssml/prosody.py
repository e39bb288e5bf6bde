"""The values of SSML's attributes: times, strengths, rates, pitches and volumes."""

import re
from math import inf, log10

from speech.config import PauseConfig

# Speeds of the words for a rate, as Azure's documentation gives them in numbers.
_RATES = {
    "x-slow": 0.5, "slow": 0.64, "medium": 1.0, "default": 1.0, "fast": 1.55, "x-fast": 2.0,
}  # fmt: skip
_VOLUMES = {
    "silent": -inf, "x-soft": -12.0, "soft": -6.0, "medium": 0.0, "default": 0.0, "loud": 4.0,
    "x-loud": 8.0,
}  # fmt: skip
"""Gain in dB."""
_PITCHES = {
    "x-low": 0.55, "low": 0.8, "medium": 1.0, "default": 1.0, "high": 1.2, "x-high": 1.45,
}  # fmt: skip
"""Factors, as Azure's documentation has them."""
QUIETEST, LOUDEST = -96.0, 12.0
"""Gain in dB; the first is silence in 16 bits."""
EMPHASIS = {
    "strong": (0.85, 2.0), "moderate": (0.92, 1.0), "none": (1.0, 0.0), "reduced": (1.1, -3.0),
}  # fmt: skip
"""Speed and gain in dB by level."""
# e.g. `1.5s`
_TIME = re.compile(r"\+?(?P<number>[0-9]{1,8}(?:\.[0-9]{0,8})?|\.[0-9]{1,8}) ?(?P<unit>ms|s|)")
# e.g. `+20%`
_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<number>[0-9]{1,6}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})(?P<unit>%|dB|)", re.I
)
# e.g. `-10%`
_PITCH = re.compile(
    r"(?P<sign>[-+]?)(?P<number>[0-9]{1,6}(?:\.[0-9]{0,6})?|\.[0-9]{1,6}) ?(?P<unit>%|st|hz)"
)


def seconds(time: str) -> float | None:
    """A time such as `500ms` or `1.5s`; one without a unit is in seconds."""
    match = _TIME.fullmatch(time.strip().lower())
    return float(match["number"]) / (1000 if match["unit"] == "ms" else 1) if match else None


def strength(word: str, pauses: PauseConfig) -> float | None:
    """Seconds of a pause by its strength: those of the marks that pause so."""
    table = {
        "none": 0.0,
        "x-weak": pauses.comma / 2,
        "weak": pauses.comma,
        "medium": pauses.semicolon,
        "strong": pauses.sentence,
        "x-strong": pauses.paragraph,
    }
    return table.get(word.strip().lower())


def speed(rate: str) -> float | None:
    """How many times as fast a rate is: a word, `80%`, `+20%` or `1.2`."""
    rate = rate.strip().lower()
    if rate in _RATES:
        return _RATES[rate]
    match = _NUMBER.fullmatch(rate)
    if match is None or match["unit"] == "db":
        return None
    number = float(match["number"]) / (100 if match["unit"] else 1)
    if match["sign"] == "-":
        number = -number
    factor = 1 + number if match["sign"] else number
    return factor if factor > 0 else None


def pitch(written: str, hertz: float) -> float | None:
    """How many times as high a pitch is: a word, `+2st`, `-10%`, `80%`, `+20Hz` or `180Hz`.

    Args:
        written: The attribute.
        hertz: About what the voice has.
    """
    written = written.strip().lower()
    if written in _PITCHES:
        return _PITCHES[written]
    match = _PITCH.fullmatch(written)
    if match is None:
        return None
    number = float(f"{match['sign']}{match['number']}")
    if match["unit"] == "st":
        return float(2.0 ** (min(max(number, -24.0), 24.0) / 12))
    factor = number / (100 if match["unit"] == "%" else hertz) + bool(match["sign"])
    return factor if factor > 0 else None


def gain(volume: str) -> float | None:
    """Gain in dB of a volume: a word, `+6dB`, `80` of 100, or `+20%` of the amplitude."""
    volume = volume.strip().lower()
    if volume in _VOLUMES:
        return _VOLUMES[volume]
    match = _NUMBER.fullmatch(volume)
    if match is None:
        return None
    number = float(f"{match['sign']}{match['number']}")
    if match["unit"] == "db":
        return number
    amplitude = number / 100
    if match["sign"]:
        amplitude = max(0.0, 1 + amplitude)
    return 20 * log10(amplitude) if amplitude > 0 else -inf
