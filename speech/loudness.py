"""Loudness and peaks of speech, by ITU-R BS.1770-4: K-weighting, 400 ms blocks, two gates."""

import numpy as np
import numpy.typing as npt

# Biquads of BS.1770 at 48 kHz: a shelf for the head, and a high pass.
_SHELF = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))

Wave = npt.NDArray[np.floating]


def loudness(wave: Wave, sample_rate: int) -> float:
    """Integrated loudness in LUFS of a mono wave, full scale at 1; -inf for silence.

    The filters' magnitudes are applied in the frequency domain, so any rate below 48 kHz will do.
    """
    return integrated(block_energies(wave, sample_rate))


def block_energies(wave: Wave, sample_rate: int) -> npt.NDArray[np.float64]:
    """Weighted energies of the blocks of 400 ms that begin every 100 ms; one of a shorter wave."""
    spectrum = np.fft.rfft(wave)
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(len(wave), 1 / sample_rate) / 48_000)
    for over, under in (_SHELF, _HIGH_PASS):
        spectrum *= np.abs(np.polyval(over[::-1], z) / np.polyval(under[::-1], z))
    weighted = np.fft.irfft(spectrum, len(wave))
    size, step = int(0.4 * sample_rate), int(0.1 * sample_rate)
    if len(weighted) < size:
        weighted = np.pad(weighted, (0, size - len(weighted)))
    energy = np.concatenate(([0.0], np.cumsum(weighted**2)))
    starts = np.arange(0, len(weighted) - size + 1, step)
    blocks: npt.NDArray[np.float64] = (energy[starts + size] - energy[starts]) / size
    return blocks


def integrated(blocks: npt.NDArray[np.float64]) -> float:
    """Loudness in LUFS of all blocks that pass both gates; -inf where none does."""
    loud = blocks[_lufs(blocks) > -70.0]
    if not len(loud):
        return float("-inf")
    loud = loud[_lufs(loud) > _lufs(loud.mean()) - 10.0]
    return float(_lufs(loud.mean()))


def true_peak(wave: Wave) -> float:
    """Highest magnitude between samples, in dB of full scale, by four times oversampling."""
    spectrum = np.fft.rfft(wave)
    dense = np.fft.irfft(spectrum, 4 * len(wave)) * 4
    return float(20 * np.log10(np.max(np.abs(dense)) + 1e-12))


def _lufs(energy: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(np.asarray(energy, np.float64), 1e-12))
