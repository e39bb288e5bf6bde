"""From hibari's spectra to samples: what `hibari/dsp.py` computes, at less cost.

For each frame of 12.5 ms the network gives five spectra of 601 bins and a pitch. With E the
short-time spectrum of a pulse train of that pitch and Z complex Gaussian noise of unit variance,

    S = exp(lh) exp(i pi tanh(theta)) E  +  exp(ln) Z  +  exp(lr) exp(i phi)

and the sound is the inverse transform of S (Hann window of 1200, hop 300). Three things differ from
the package. A block of frames goes through all steps before the next, so that it stays in the
cache. Noise is read from a table rather than drawn, which was a third of the time. And frames
without a pulse have no first term to compute.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from speech.engines.hibari.character import BINS, Character, polar
from speech.engines.noise import SIZE, noise_table

Floats = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

SAMPLE_RATE = 24_000
HOP = 300
"""Samples of a frame."""
_SIZE = 1200
_OVERLAP = _SIZE // HOP
_BLOCK = 48
"""Frames at a time: their spectra take 577 kB."""
_LOUDEST = 7.0
"""Logarithms of magnitudes are bounded, as in the package."""
_LOWEST_PITCH = 40.0
"""Hertz; a frame below has no pulses."""
_HIGHEST_HARMONIC = 11_000.0
"""Hertz."""

_WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE)).astype(np.float32)
# A cosine of amplitude 1 has this peak in the transform, so exp(lh) is a harmonic's magnitude.
_ANALYSIS = _WINDOW / np.float32(_SIZE / 4)
# Four squared windows overlap, which makes 1.5 everywhere.
_SYNTHESIS = (_WINDOW / np.float32(1.5)).astype(np.float32)
# Sample j of frame k lies between the middles of frames k - 1 and k, or k and k + 1.
_AFTER = (((np.arange(HOP) + 0.5) / HOP - 0.5) % 1.0).astype(np.float32)


@cache
def _noise() -> Floats:
    """Gaussian noise, the beginning once more behind the end so that a block never wraps.

    A phrase comes round to where it began after 21 s.
    """
    table = noise_table()
    return np.concatenate([table, table[: _BLOCK * BINS]])


def waveform(
    spectra: Floats, pitch: Floats, start: int, character: Character | None = None
) -> Floats:
    """Samples of a stretch of frames.

    Args:
        spectra: [F, 3005]: `lh, theta, ln, lr, phi` of each frame.
        pitch: [F], Hertz.
        start: Where the noise begins, see `noise_start`.
        character: Who speaks; None is the network's own voice.

    Returns:
        Float32 [F * 300].
    """
    frames = len(pitch)
    pulses, voiced = _pulses(pitch, character.pitch if character else 1.0)
    windows = np.lib.stride_tricks.sliding_window_view(pulses, _SIZE)[::HOP]
    sound = np.zeros((frames + _OVERLAP - 1, HOP), np.float32)
    framed = np.empty((_BLOCK, _SIZE), np.float32)
    whole, harmonic = np.empty((2, _BLOCK, BINS), np.complex64)
    for first in range(0, frames, _BLOCK):
        block = spectra[first : first + _BLOCK]
        count = len(block)
        _rest(block, (start + first * BINS) % SIZE, character, whole[:count])
        # The harmonic branch, where there are pulses.
        sounding = np.flatnonzero(voiced[first : first + count])
        if len(sounding):
            some = slice(sounding[0], sounding[-1] + 1)
            pulse, out = framed[some], harmonic[some]
            np.multiply(windows[first : first + count][some], _ANALYSIS, out=pulse)
            np.fft.rfft(pulse, out=out)  # type: ignore[arg-type] # numpy has no type for float32
            if character:
                out *= character.filters(block[some], pitch[first : first + count][some])
            else:
                lh, theta = block[some, :BINS], block[some, BINS : 2 * BINS]
                out *= polar(np.minimum(lh, _LOUDEST), np.tanh(theta))
            whole[some] += out
        wave = framed[:count]
        np.fft.irfft(whole[:count], _SIZE, out=wave)  # type: ignore[arg-type]
        wave *= _SYNTHESIS
        quarters = wave.reshape(count, _OVERLAP, HOP)
        for k in range(_OVERLAP):
            sound[first + k : first + k + count] += quarters[:, k]
    half = _SIZE // 2
    return sound.reshape(-1)[half : half + frames * HOP]


def _rest(block: Floats, start: int, character: Character | None, out: Complex) -> None:
    """The noise and the free-phase branch of a block, into `out` [N, 601]."""
    sizes = np.minimum(block[:, 2 * BINS : 4 * BINS], _LOUDEST)
    if character:
        character.move(sizes[:, BINS:])
    np.exp(sizes, out=sizes)
    noise, free, phi = sizes[:, :BINS], sizes[:, BINS:], block[:, 4 * BINS :]
    table = _noise()
    for part, function, place in ((out.real, np.cos, 0), (out.imag, np.sin, SIZE // 2)):
        at = (start + place) % SIZE
        drawn = table[at : at + noise.size].reshape(noise.shape) * noise
        wave = function(phi)
        wave *= free
        np.add(drawn, wave, out=part)


def _pulses(pitch: Floats, factor: float) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The pulse train with half a window of rest at both ends; and which frames see any of it.

    Every harmonic up to 11 kHz at amplitude 1, in closed form: the sum of cos(h x) for h from 1 to
    H is sin((H + 1/2) x) / (2 sin(x / 2)) - 1/2.
    """
    frames = len(pitch)
    around = np.pad(pitch, 1, mode="edge")
    hertz = np.empty((frames, HOP), np.float32)
    half = HOP // 2
    for part, left in ((slice(0, half), 0), (slice(half, HOP), 1)):
        here, step = around[left : left + frames], np.diff(around[left : left + frames + 1])
        np.multiply(step[:, None], _AFTER[part], out=hertz[:, part])
        hertz[:, part] += here[:, None]
    voiced = hertz > _LOWEST_PITCH
    train = np.zeros((frames + _OVERLAP, HOP), np.float32)
    sounds: npt.NDArray[np.bool_] = np.any(voiced, axis=1)
    # In half-cycles, which is where sin(x / 2) repeats; double precision, because it only grows.
    np.maximum(hertz, _LOWEST_PITCH, out=hertz)
    if factor != 1.0:
        hertz *= np.float32(factor)
    cycles = np.cumsum(hertz.reshape(-1), dtype=np.float64).reshape(frames, HOP)
    for first in range(0, frames, _BLOCK):
        some = slice(first, first + _BLOCK)
        if not sounds[some].any():
            continue
        phase = cycles[some] / SAMPLE_RATE
        phase -= np.floor(phase)
        x = (phase * (2 * np.pi)).astype(np.float32)
        harmonics = np.floor(np.float32(_HIGHEST_HARMONIC) / hertz[some])
        harmonics += np.float32(0.5)
        below = np.sin(x * np.float32(0.5))
        below *= np.float32(2)
        peak = np.abs(below) <= 2e-3
        below[peak] = 1
        x *= harmonics
        np.sin(x, out=x)
        x /= below
        x[peak] = harmonics[peak]
        x -= np.float32(0.5)
        x *= voiced[some]
        train[_OVERLAP // 2 :][some][: len(x)] = x
    # Frame k's window covers frames k - 2 to k + 1.
    seen = np.convolve(sounds, np.ones(_OVERLAP))[1 : frames + 1] > 0
    return train.reshape(-1), seen
