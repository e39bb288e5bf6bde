"""What a teacher hands out for one sentence: phones with their ends, and parameters per frame."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

TEACHER_FRAME = 0.005
"""Seconds from one frame of a teacher to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warp:
    """How a mel-cepstrum is to be read: log|H| = sum of c_m cos(m w~), w~ the warped frequency."""

    sample_rate: int
    """Hertz."""
    alpha: float
    """All-pass constant of the bilinear warping (Tokuda et al., ICSLP 1994)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """One sentence as a teacher speaks it."""

    phones: tuple[str, ...]
    """The teacher's own phone names, pauses included."""
    ends: Floats
    """Seconds at which each phone ends, [phones]."""
    log_f0: Floats
    """Natural logarithm of hertz, [frames]; 0 where unvoiced."""
    cepstra: Floats
    """Mel-cepstra, [frames, order + 1]."""
    strengths: Floats
    """Voicing of five bands from 0 to 1, [frames, 5], or [frames, 0] where there are none."""

    def save(self, path: Path) -> None:
        """Write as .npz, whole or not at all; cepstra lose precision beyond 3 digits."""
        partial = path.with_suffix(".part.npz")
        np.savez(
            partial,
            phones=np.array(self.phones),
            ends=self.ends,
            log_f0=self.log_f0,
            cepstra=self.cepstra.astype(np.float16),
            strengths=self.strengths.astype(np.float16),
        )
        partial.rename(path)

    @classmethod
    def load(cls, path: Path) -> "Tracks":
        """Read what `save` wrote."""
        with np.load(path) as data:
            return cls(
                phones=tuple(str(name) for name in data["phones"]),
                ends=data["ends"],
                log_f0=data["log_f0"],
                cepstra=data["cepstra"].astype(np.float32),
                strengths=data["strengths"].astype(np.float32),
            )


def parse_durations(text: str) -> tuple[tuple[str, ...], Floats]:
    """Phones and their ends in seconds out of hts_engine's `-od`.

    A line is `start end context`, times in 100 ns; the context reads `x^x-PHONE+x=x@...`.

    Raises:
        ValueError: the text holds no phones.
    """
    phones: list[str] = []
    ends: list[float] = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) != 3:
            continue
        phones.append(fields[2].split("-", 1)[1].split("+", 1)[0])
        ends.append(int(fields[1]) * 1e-7)
    if not phones:
        raise ValueError("no phones in the durations")
    return tuple(phones), np.array(ends, np.float32)


def parse_log_f0(raw: bytes) -> Floats:
    """Log F0 out of hts_engine's `-of`: native floats, -1e10 where unvoiced, which becomes 0."""
    values = np.frombuffer(raw, np.float32)
    return np.where(values > 0, values, np.float32(0)).astype(np.float32)


def warped(frequencies: npt.ArrayLike, warp: Warp) -> npt.NDArray[np.float64]:
    """Warped angular frequency, 0 to pi, of frequencies in hertz below half the sample rate."""
    omega = 2 * np.pi * np.asarray(frequencies, np.float64) / warp.sample_rate
    bend = warp.alpha * np.sin(omega) / (1 - warp.alpha * np.cos(omega))
    return np.asarray(omega + 2 * np.arctan(bend))


def cosines(frequencies: npt.ArrayLike, order: int, warp: Warp) -> npt.NDArray[np.float64]:
    """Matrix [frequencies, order + 1] from mel-cepstra to log magnitudes (natural)."""
    return np.asarray(np.cos(np.outer(warped(frequencies, warp), np.arange(order + 1))))


def postfiltered(cepstra: Floats, warp: Warp, beta: float) -> Floats:
    """Formants made deeper by 1 + beta, at the same energy: mel-cepstra as MLSA synthesisers use.

    In coefficients of the MLSA filter, b_m + alpha b_(m+1) = c_m, those from the second on grow
    (Koishida et al., ICASSP 1995; the form is that of HTS's vocoder).
    """
    top = cepstra.shape[1] - 1
    filters = cepstra.astype(np.float64)
    for m in range(top - 1, -1, -1):
        filters[:, m] -= warp.alpha * filters[:, m + 1]
    filters[:, 1] -= beta * warp.alpha * cepstra[:, 2]
    filters[:, 2:] *= 1 + beta
    deeper = filters.copy()
    deeper[:, :-1] += warp.alpha * filters[:, 1:]
    read = cosines(np.linspace(0, warp.sample_rate / 2, 257), top, warp).T
    energy, before = (np.exp(2 * (c @ read)).mean(1) for c in (deeper, cepstra))
    deeper[:, 0] += 0.5 * np.log(before / energy)
    return deeper.astype(np.float32)


@cache
def conversion(order: int, source: Warp, target_order: int, target: Warp) -> tuple[Floats, Floats]:
    """Matrix [order + 1, target_order + 1] and offset that read mel-cepstra under another warping.

    Least squares over 512 points evenly spaced on the target's warped axis. Above the source's
    band the envelope goes on from its value at 0.93 of the band with a fall of 30 dB per octave:
    speech of a 16 kHz teacher then fades out instead of ending at a wall. At 9 dB per octave its
    /s/ held so much above 8 kHz that the limiter worked on every one of them.
    """
    grid = np.linspace(0, target.sample_rate / 2, 2049)
    places = np.linspace(0, np.pi, 512)
    frequencies = np.interp(places, warped(grid, target), grid)
    edge = 0.93 * source.sample_rate / 2
    inside = cosines(np.minimum(frequencies, edge), order, source)
    octaves = np.log2(np.maximum(frequencies, edge) / edge)
    fall = -octaves * 30 * np.log(10) / 20
    read = np.linalg.pinv(cosines(frequencies, target_order, target))
    return (read @ inside).T.astype(np.float32), (read @ fall).astype(np.float32)
