"""G.711, the codec of telephones: each sample one byte, by mu-law or A-law, without a header.

ITU-T Recommendation G.711 (1988). Both laws are segments of a curve that is steep near zero: three
bits choose the segment, four the place in it. Silence is 0xFF in mu-law and 0xD5 in A-law.
"""

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from speech.types import Samples

Law = Literal["mulaw", "alaw"]
Table = npt.NDArray[np.uint8]

_BIAS, _CLIP = 132, 32_635
"""Of mu-law at 16 bits: what is added so that every segment doubles, and what then still fits."""


class G711Writer:
    """Encodes by a table of all samples."""

    def __init__(self, law: Law) -> None:
        self._table = _table(law)

    def write(self, samples: Samples) -> bytes:
        """Return a byte for each sample."""
        return self._table[samples.view(np.uint16)].tobytes()

    def finish(self) -> bytes:
        """Nothing is held back."""
        return b""

    @property
    def head(self) -> bytes:
        """There is no header."""
        return b""


@cache
def _table(law: Law) -> Table:
    """The byte of every sample, by its 16 bits as an unsigned number."""
    samples = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    return _mulaw(samples) if law == "mulaw" else _alaw(samples)


def _mulaw(samples: npt.NDArray[np.int32]) -> Table:
    magnitude = np.minimum(np.abs(samples), _CLIP) + _BIAS
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    place = (magnitude >> (segment + 3)) & 0x0F
    code = (samples < 0) << 7 | segment << 4 | place
    table: Table = (~code & 0xFF).astype(np.uint8)
    return table


def _alaw(samples: npt.NDArray[np.int32]) -> Table:
    # 13 bits; what is below zero is counted from -1.
    magnitude = np.where(samples >= 0, samples, ~samples) >> 3
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    place = (magnitude >> np.maximum(segment, 1)) & 0x0F
    code = (samples >= 0) << 7 | segment << 4 | place
    table: Table = (code ^ 0x55).astype(np.uint8)
    return table
