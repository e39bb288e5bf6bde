"""Clicks: where sound begins or ends at once, what is too short to be speech, what stands out.

A join is known by its silence. Speech goes into a pause and comes out of it within some
milliseconds, and so do phrases whose edges are faded; a wave that is cut off leaves a step, which
has as much of high frequencies as of low ones. Inside speech, no absolute bound is right: a burst
of a `t` is as sudden as a click. There `surprise` says how far the most sudden moment stands out,
to be compared with the same voice earlier.
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, sosfiltfilt

from speech.evaluation.signals import silences
from speech.types import Samples

_LEAST = 0.1
"""Seconds of silence beside a click: before a `t` or a `k`, speech is silent for less."""
_INWARD = 0.0015
"""Seconds from silence into sound in which nothing sudden belongs."""
_LEVEL = 10 ** (-42 / 20)
"""Of full scale: high frequencies that are a click there."""
_NEAR, _FAR = 0.001, 0.02
"""Seconds around a moment: what is nearer belongs to it, what is farther is not compared."""
_FLOOR = 10 ** (-56 / 20)

Wave = npt.NDArray[np.float64]


def clicks(samples: Samples, sample_rate: int) -> list[float]:
    """Seconds at which it clicks at the edge of a pause or in it, or of the whole, in order."""
    if len(samples) < 64:
        return []
    quiet = round(_LEAST * sample_rate)
    # Before it begins and after it ends there is silence, too.
    wave = np.pad(samples / 32_768.0, quiet)
    high = _high(wave, 0.6)
    inward = round(_INWARD * sample_rate)
    found: list[int] = []
    for start, end in silences(wave, sample_rate, _LEAST):
        edges = (start - inward, start + inward), (end - inward, end + inward)
        for begin, behind in edges:
            stretch = high[max(0, begin) : behind]
            if len(stretch) and stretch.max() > _LEVEL:
                found.append(max(0, begin) + int(stretch.argmax()))
    once = [place for i, place in enumerate(found) if not i or place - found[i - 1] > 4 * inward]
    return [round((place - quiet) / sample_rate, 4) for place in once]


def surprise(samples: Samples, sample_rate: int) -> float:
    """By how many dB the most sudden moment is louder, at high frequencies, than what is around.

    From 1 to 20 ms before and behind it.
    """
    if len(samples) < 64:
        return 0.0
    near, far = round(_NEAR * sample_rate), round(_FAR * sample_rate)
    high = _high(np.pad(samples / 32_768.0, far), 0.75)
    side = far - near
    largest = np.pad(maximum_filter1d(high, side), far)
    at = np.arange(len(high)) + far
    middle = near + side // 2
    around = np.maximum(largest[at - middle], largest[at + middle])
    return float(20 * np.log10(np.max(high / np.maximum(around, _FLOOR)) + 1e-9))


def _high(wave: Wave, cut: float) -> Wave:
    """Magnitude of what lies above a share of the highest frequency."""
    found: Wave = np.abs(sosfiltfilt(butter(6, cut, "high", output="sos"), wave))
    return found
