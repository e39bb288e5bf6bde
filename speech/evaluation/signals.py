"""What a signal is, whoever speaks: levels, silences, offset, what is cut off."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

from speech.config import StrictModel
from speech.loudness import loudness, true_peak
from speech.types import Samples

Wave = npt.NDArray[np.float64]
_SILENT = 10 ** (-60 / 20)
"""Of full scale."""
_WINDOW = 0.005
"""Seconds within which the largest sample tells silence from sound."""
_FULL = 32_700
"""Magnitude of a sample that may have been cut off."""


class Signal(StrictModel):
    """What one wave is."""

    seconds: float
    loudness: float
    """LUFS."""
    true_peak: float
    """dB of full scale."""
    clipped: int
    """Samples at full scale that have such neighbours."""
    offset: float
    """Mean, dB of full scale (DC)."""
    before: float
    """Seconds of silence before the first sound."""
    behind: float
    """Seconds of silence behind the last one."""
    onset: float
    """Level of the first 5 ms of sound against the whole, in dB: high where a beginning is lost."""


def measured(samples: Samples, sample_rate: int) -> Signal:
    """Measure int16 audio; what is silent has a loudness of -99."""
    wave = samples / 32_768.0
    if not np.any(samples):
        return Signal(
            seconds=len(wave) / sample_rate, loudness=-99, true_peak=-99, clipped=0, offset=-99,
            before=len(wave) / sample_rate, behind=0, onset=-99,
        )  # fmt: skip
    full = np.abs(samples.astype(np.int32)) >= _FULL
    begin, end = _sound(wave, sample_rate)
    first = wave[begin : begin + round(_WINDOW * sample_rate)]
    level = float(np.sqrt(np.mean(wave[begin:end] ** 2)))
    return Signal(
        seconds=round(len(wave) / sample_rate, 4),
        loudness=round(max(-99.0, loudness(wave, sample_rate)), 2),
        true_peak=round(true_peak(wave), 2),
        clipped=int(np.sum(full[1:] & full[:-1])),
        offset=round(decibels(abs(float(np.mean(wave)))), 1),
        before=round(begin / sample_rate, 4),
        behind=round((len(wave) - end) / sample_rate, 4),
        onset=round(decibels(float(np.sqrt(np.mean(first**2))) / level), 1),
    )


def silences(wave: Wave, sample_rate: int, least: float) -> list[tuple[int, int]]:
    """Stretches of silence, of at least so many seconds; samples, those at both ends too."""
    quiet = np.abs(wave) < _SILENT
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False])).astype(np.int8)))
    # A wave crosses zero all the time: what is silent is so for a while.
    runs = edges.reshape(-1, 2)
    runs = runs[np.diff(runs, axis=1)[:, 0] >= max(1, least * sample_rate)]
    return [(int(start), int(end)) for start, end in runs]


def decibels(magnitude: float) -> float:
    """Of full scale."""
    return float(20 * np.log10(max(magnitude, 1e-5)))


def _sound(wave: Wave, sample_rate: int) -> tuple[int, int]:
    """Where the first sound begins and the last one ends, in samples."""
    envelope = maximum_filter1d(np.abs(wave), max(1, round(_WINDOW * sample_rate / 5)))
    loud = np.flatnonzero(envelope > max(_SILENT, 10 ** (-45 / 20) * np.abs(wave).max()))
    return int(loud[0]), int(loud[-1]) + 1
