"""From a network's sound to a phrase: no silence at its ends, its speed, its loudness."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from speech.engines.level import QUIET, sounding
from speech.engines.stretching import stretch
from speech.limiter import levelled
from speech.types import Samples

Floats = npt.NDArray[np.float32]

_TOLERANCE = 0.03
"""Relative error of the duration that is left alone rather than stretched."""


class Spoken(NamedTuple):
    """A phrase's sound, and how long each of its ids lasts in it."""

    samples: Samples
    seconds: Floats
    """[T]; together as long as the samples."""


def spoken(
    wave: Floats,
    edges: npt.NDArray[np.floating],
    normal: npt.NDArray[np.floating],
    *,
    speed: float,
    lead: float,
    gain: float,
    sample_rate: int,
) -> Spoken:
    """Cut the silence at a wave's ends, bring it to its length and loudness, and tell its times.

    Args:
        wave: As the network made it, at whatever speed.
        edges: Where each id begins and the last one ends, in samples of the wave, [T + 1].
        normal: The same had the network spoken at speed 1, which the length is reckoned from.
        speed: Rate of speech that is wanted.
        lead: Samples by which sounds come before the time of their id.
        gain: Factor from the wave to -16 LUFS.
        sample_rate: Hertz.
    """
    start, end = sounding(wave, QUIET / gain)
    said = wave[start:end]
    wanted = np.diff(np.interp((start, end), edges, normal)).item() / speed
    if speed != 1.0 and abs((factor := (end - start) / wanted) - 1.0) > _TOLERANCE:
        said = stretch(said, factor, sample_rate)
    samples = np.rint(levelled(said, gain) * np.float32(32767)).astype(np.int16)
    begins = edges.copy()
    begins[1:-1] = np.maximum(edges[1:-1] - lead, edges[0])
    kept = np.diff(np.clip(begins, start, end))
    seconds = kept * (len(samples) / kept.sum() / sample_rate)
    return Spoken(samples, seconds.astype(np.float32))
