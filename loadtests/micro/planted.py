"""Faults put into good speech, which detectors are tried on.

Every function takes int16 samples at a rate and returns others. What cannot be planted, because the
sentence has no such place, is None.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from speech.types import Samples

Wave = npt.NDArray[np.floating]
_HUSH = 0.12
"""Seconds of silence beside what is cut off."""
_FADE = 0.005
"""Seconds in which the joins of a server fade an edge in or out."""


def impulse(samples: Samples, rate: int, decibels: float) -> Samples:
    """One sample of so many dB of full scale in a silence behind the speech."""
    hush = np.zeros(round(_HUSH * rate))
    hush[len(hush) // 2] = 32_767 * 10 ** (decibels / 20)
    return _pcm(np.concatenate((samples, hush)))


def hole(samples: Samples, rate: int, fade: float) -> Samples:
    """A silence in the middle of the loudest vowel, as a join whose edges fade in so many seconds.

    0 is a join that forgot its fades.
    """
    place = _loudest(samples, rate)
    hush = np.zeros(round(_HUSH * rate))
    before, behind = samples[:place].astype(float), samples[place:].astype(float)
    if count := round(fade * rate):
        ramp = np.linspace(0, 1, count)
        before[-count:] *= ramp[::-1]
        behind[:count] *= ramp
    return _pcm(np.concatenate((before, hush, behind)))


def splice(samples: Samples, rate: int, seconds: float) -> Samples:
    """So many seconds are missing in the loudest vowel; no edge is faded."""
    place = _loudest(samples, rate)
    return _pcm(np.concatenate((samples[:place], samples[place + round(seconds * rate) :])))


def late_start(samples: Samples, rate: int, seconds: float, *, faded: bool) -> Samples:
    """The first seconds of sound are missing; a server's joins would fade the edge in."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 100)
    rest = samples[loud[0] + round(seconds * rate) :].astype(float)
    if faded:
        count = round(_FADE * rate)
        rest[:count] *= np.linspace(0, 1, count)
    return _pcm(rest)


def without_word(
    samples: Samples, rate: int, words: Sequence[tuple[str, float, float]]
) -> Samples | None:
    """One word in the middle is missing, cut out with faded edges.

    Args:
        samples: Int16.
        rate: Hertz.
        words: Words, and from which second to which each is said.
    """
    long = [(begin, end) for word, begin, end in words[1:-1] if len(word) > 2]
    if not long:
        return None
    begin, end = (round(max(0, it) * rate) for it in long[len(long) // 2])
    count = round(_FADE * rate)
    before, behind = samples[:begin].astype(float), samples[end:].astype(float)
    if len(before) <= count or len(behind) <= count:
        return None
    ramp = np.linspace(0, 1, count)
    joined = before[-count:] * ramp[::-1] + behind[:count] * ramp
    return _pcm(np.concatenate((before[:-count], joined, behind[count:])))


def louder(samples: Samples, _rate: int, decibels: float) -> Samples:
    """All of it, cut off at full scale."""
    return _pcm(samples.astype(float) * 10 ** (decibels / 20))


def _loudest(samples: Samples, rate: int) -> int:
    """The largest sample where the level of 20 ms is highest."""
    window = round(0.02 * rate)
    energy = np.convolve(samples.astype(float) ** 2, np.ones(window), "same")
    # Not at the ends, where nothing would be left on one side.
    inner = slice(len(energy) // 5, 4 * len(energy) // 5)
    around = inner.start + int(energy[inner].argmax())
    near = slice(around - window // 2, around + window // 2)
    return near.start + int(np.abs(samples[near].astype(np.int32)).argmax())


def _pcm(wave: Wave) -> Samples:
    return np.rint(np.clip(wave, -32_768, 32_767)).astype(np.int16)
