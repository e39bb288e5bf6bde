"""Where speech of a neural voice begins and ends."""

import numpy as np
import numpy.typing as npt

from speech.types import Stretch

Floats = npt.NDArray[np.float32]

QUIET = 10 ** (-60 / 20)
"""Root mean square of 5 ms that counts as silence, full scale at 1, of speech at -16 LUFS.

Measured: an f, s, sh or h begins within 40 ms of -60 dBFS and lies at -35 to -25, the faintest
sound there is, a th, at -55 to -45 for 60 ms. Before all of them the network lets its own silence
rise from -100 for 100 ms or more.
"""
_FRAME = 120
"""Samples, 5 ms at 24 kHz."""
_BEFORE = 2 * _FRAME
_BEHIND = 4 * _FRAME
"""What is kept of the quiet at the ends: a release may ring on where an onset cannot begin."""


def sounding(wave: Floats, quiet: float) -> Stretch:
    """The samples from the first sound to the last, with a little of the quiet around them.

    Where nothing is louder than `quiet`, the middle.
    """
    count = len(wave) // _FRAME
    frames = wave[: count * _FRAME].reshape(count, _FRAME)
    loud = np.flatnonzero(np.einsum("ij,ij->i", frames, frames) > quiet * quiet * _FRAME)
    if not len(loud):
        middle = len(wave) // 2
        return max(0, middle - _BEFORE), min(len(wave), middle + _BEFORE)
    first, last = int(loud[0]) * _FRAME, int(loud[-1] + 1) * _FRAME
    return max(0, first - _BEFORE), min(len(wave), last + _BEHIND)
