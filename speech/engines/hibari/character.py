"""Another speaker out of the same network: its pitch and its vocal tract are changed on the way."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

BINS = 601
_TOP = BINS - 1
_WIDTH = 20.0
"""Hertz of a bin."""
_KNEE = 0.8
"""Of half the sample rate: above it the warp turns, so that no band is left empty or lost."""
_KNOT = 8
"""Bins between two knots of an envelope, 160 Hz."""
_LEAST = 80.0
"""Hertz; the network's lower pitches are of frames that a voice dies in."""
_LOUDEST = 7.0
"""Logarithms of magnitudes are bounded, as in the package."""


class Character:
    """What becomes of spectra where pitch or formants are not those of the network's voice.

    What the network says of the harmonic branch is true at the harmonics of its own pitch and
    arbitrary between them, so each new harmonic takes its magnitude from the two old ones beside
    the place that it comes from, and its phase from the nearer. The other branches keep their
    phases, which hold transients together, and only their envelope moves.
    """

    def __init__(self, pitch: float, formants: float) -> None:
        self.pitch = pitch
        """Factor of the fundamental frequency, and with it of its range."""
        self._formants = formants
        # The warp is two lines: through 0, and to the same end.
        knee = _KNEE * _TOP
        self._rest = (_TOP - knee / max(formants, 1)) / (_TOP - knee * min(formants, 1))
        bins = np.arange(BINS, dtype=np.float32)
        here, there = _hats(bins), _hats(self._source(bins))
        self._average = here / here.sum(axis=0)
        self._shift = np.ascontiguousarray((there - here).T)
        self._bins = bins

    def move(self, logarithms: Floats) -> None:
        """Move the envelopes of log-magnitudes [N, 601], in place."""
        logarithms += (logarithms @ self._average) @ self._shift

    def filters(self, block: Floats, pitch: Floats) -> Complex:
        """The harmonic branch's filter [N, 601], from spectra [N, 3005] and pitch [N], Hertz."""
        old = np.maximum(pitch, _LEAST)[:, None] / np.float32(_WIDTH)
        new = old * np.float32(self.pitch)
        count = int(_TOP / new.min()) + 2
        place = self._source(new * np.arange(count, dtype=np.float32)) / old
        np.maximum(place, 1, out=place)
        below = np.floor(place)
        share = place - below
        numbers = block.reshape(-1)
        rows = (np.arange(len(old)) * block.shape[1])[:, None]
        lower, upper, nearer = (
            np.take(numbers, start + np.rint(np.minimum(number * old, _TOP)).astype(np.intp))
            for start, number in (
                (rows, below),
                (rows, below + 1),
                (rows + BINS, below + (share > 0.5)),
            )
        )
        upper -= lower
        upper *= share
        upper += lower
        filters = polar(np.minimum(upper, _LOUDEST), np.tanh(nearer))
        # Every bin belongs to the harmonic beside it: midway between two there is no energy.
        owner = (self._bins * (1 / new) + np.float32(0.5)).astype(np.intp)
        owner += (np.arange(len(old)) * count)[:, None]
        return np.take(filters, owner)

    def _source(self, bins: npt.NDArray[np.floating]) -> Floats:
        """Where a bin's energy comes from, in bins."""
        below = bins / np.float32(self._formants)
        above = _TOP - (_TOP - bins) * np.float32(self._rest)
        lines: Floats = (np.minimum if self._formants < 1 else np.maximum)(below, above)
        return lines


def polar(logarithms: Floats, angles: Floats) -> Complex:
    """Complex numbers of these magnitudes' logarithms and of angles in units of pi."""
    sizes, turns = np.exp(logarithms), angles * np.float32(np.pi)
    numbers = np.empty(sizes.shape, np.complex64)
    np.multiply(np.cos(turns), sizes, out=numbers.real)
    np.multiply(np.sin(turns), sizes, out=numbers.imag)
    return numbers


def _hats(bins: Floats) -> Floats:
    """How much each knot counts at places in bins [N]: [N, knots], a row's sum being 1."""
    knots = np.arange(0, BINS, _KNOT, dtype=np.float32)
    hats: Floats = np.maximum(0, 1 - np.abs(bins[:, None] - knots) / np.float32(_KNOT))
    return hats
