"""Louder or softer, with peaks held below a ceiling."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

CEILING = 10 ** (-2.2 / 20)
"""Highest value of the samples and of the points midway between them."""
_STEP = 24
"""Samples, 1 ms at 24 kHz, for which one gain is found."""
_HALF = 16
_AROUND = _STEP + 2 * _HALF - 1
_KERNEL = np.sinc(np.arange(-_HALF, _HALF) + 0.5) * np.kaiser(2 * _HALF, 3)
_MIDWAY = np.array([np.pad(_KERNEL, (j, _STEP - 1 - j)) for j in range(_STEP)], np.float32).T
"""From the samples around a step to the points midway between those of the step. In an s, close to
half the sample rate, such a point may lie 2 dB higher than they, and this finds it 0.4 dB too low.
"""
_SUSPECT = CEILING / 1.5
"""A step whose samples are all lower has no such point above the ceiling."""
_BETWEEN = (((np.arange(_STEP) + 0.5) / _STEP - 0.5) % 1.0).astype(np.float32)
"""How far a sample of a step is on its way from one middle to the next."""
_REACH = 10
"""Steps that a gain takes to come and to go: more than the period of a low voice in all."""


def levelled(wave: Floats, gain: float) -> Floats:
    """A wave made louder, its peaks held below `CEILING` by a limiter that looks ahead.

    The gain of a step is the least that any within reach needs, averaged over as many, so it moves
    slowly and is never more than a peak can bear.
    """
    louder = wave * np.float32(gain)
    if not len(louder):
        return louder
    peaks = np.maximum.reduceat(np.abs(louder), np.arange(0, len(louder), _STEP))
    loud = np.flatnonzero(peaks > _SUSPECT)
    if len(loud):
        padded = np.pad(louder, (_HALF - 1, _AROUND))
        around = np.lib.stride_tricks.sliding_window_view(padded, _AROUND)[loud * _STEP]
        peaks[loud] = np.maximum(peaks[loud], np.abs(around @ _MIDWAY).max(axis=1))
    if peaks.max() <= CEILING:
        return louder
    needed = np.minimum(1.0, CEILING / np.maximum(peaks, CEILING))
    width = 2 * _REACH + 1
    # One step further than is averaged, because between two steps the gain is interpolated.
    least = _lowest(np.pad(needed, 2 * _REACH + 1, constant_values=1.0), width + 2)
    window = np.hanning(width + 2)[1:-1]
    smooth = np.convolve(least, window / window.sum(), mode="valid")
    # From the middle of a step to the next the gain goes in a straight line.
    edges = np.pad(smooth, 1, mode="edge").astype(np.float32)
    half = _STEP // 2
    steps = len(peaks)
    gains = np.empty((steps, _STEP), np.float32)
    for part, left in ((slice(0, half), 0), (slice(half, _STEP), 1)):
        slope = np.diff(edges[left : left + steps + 1])
        np.multiply(slope[:, None], _BETWEEN[part], out=gains[:, part])
        gains[:, part] += edges[left : left + steps, None]
    louder *= gains.reshape(-1)[: len(louder)]
    return louder


def _lowest(values: Floats, width: int) -> Floats:
    """The lowest of each `width` neighbours, [N - width + 1]."""
    reach = 1
    while 2 * reach <= width:
        values = np.minimum(values[:-reach], values[reach:])
        reach *= 2
    rest = width - reach
    lowest: Floats = np.minimum(values[: len(values) - rest], values[rest:])
    return lowest
