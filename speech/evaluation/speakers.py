"""What tells one speaker from another: the pitch, and where the resonances lie."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from speech.evaluation.hearing import RATE, Wave

_FRAME = 1024
"""Samples, 64 ms at RATE."""
_LOWEST, _HIGHEST = 60, 400
"""Hertz that a pitch is looked for between."""
_SMOOTH = 40
"""Cepstral coefficients of an envelope."""
_BAND = slice(300 * _FRAME // RATE, 5_000 * _FRAME // RATE)
"""Bins that resonances are compared in: 300 to 5,000 Hz."""


def median_pitch(wave: Wave) -> float:
    """Hertz of the loud stretches of a wave at RATE, by autocorrelation."""
    power = np.abs(np.fft.rfft(_loud(wave), 2 * _FRAME, axis=1)) ** 2
    lags = slice(RATE // _HIGHEST, RATE // _LOWEST)
    likeness = np.fft.irfft(power, axis=1)[:, lags]
    return float(np.median(RATE / (lags.start + likeness.argmax(axis=1))))


def formant_factor(waves: Sequence[Wave], others: Sequence[Wave]) -> float:
    """By what the resonances of one speaker lie higher than another's who said the same.

    The factor of the frequency axis, in steps of 0.01, under which both mean envelopes agree best.
    """
    one, other = _envelope(waves), _envelope(others)
    bins = np.arange(len(one), dtype=np.float64)
    factors = np.arange(0.75, 1.335, 0.01)
    likeness = [
        np.corrcoef(one[_BAND], np.interp(bins[_BAND] / factor, bins, other))[0, 1]
        for factor in factors
    ]
    return float(factors[int(np.argmax(likeness))])


def _envelope(waves: Sequence[Wave]) -> npt.NDArray[np.float64]:
    """Mean log spectrum of the loud stretches, without the harmonics."""
    spectrum = np.mean(
        [
            np.log(np.abs(np.fft.rfft(_loud(wave), axis=1)) ** 2 + 1e-9).mean(axis=0)
            for wave in waves
        ],
        axis=0,
    )
    cepstrum = np.fft.irfft(spectrum)
    cepstrum[_SMOOTH : 1 - _SMOOTH] = 0
    envelope: npt.NDArray[np.float64] = np.fft.rfft(cepstrum).real
    return envelope


def _loud(wave: Wave) -> npt.NDArray[np.float64]:
    """Windowed frames [N, 1024] that are at most 17 dB below the loudest."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, _FRAME)[:: _FRAME // 4]
    found: npt.NDArray[np.float64] = frames * np.hanning(_FRAME)
    energy = np.sum(found**2, axis=1)
    loud: npt.NDArray[np.float64] = found[energy > 0.02 * energy.max()]
    return loud
