"""WAV and headerless PCM: 16-bit signed little-endian, mono."""

import struct

import numpy as np

from speech.types import Samples

_UNKNOWN_SIZE = 0xFFFFFFFF
"""Both sizes of a stream whose length is not known; what OpenAI's own streamed WAV carries."""


class PlainWriter:
    """Samples as they are, behind a header that may be empty."""

    def __init__(self, header: bytes = b"", total_samples: int | None = None) -> None:
        self._header = header
        self._missing = total_samples

    def write(self, samples: Samples) -> bytes:
        """Return the samples' bytes, with the header in front of the first."""
        if self._missing is not None:
            self._missing -= len(samples)
        header, self._header = self._header, b""
        return header + pcm_bytes(samples)

    def finish(self) -> bytes:
        """Return the header, should nothing have been written.

        Raises:
            ValueError: not as many samples were written as the header says.
        """
        if self._missing:
            raise ValueError(f"{self._missing} samples are missing from those announced")
        header, self._header = self._header, b""
        return header


def pcm_bytes(samples: Samples) -> bytes:
    """int16 samples as little-endian bytes."""
    return samples.astype(np.dtype("<i2"), copy=False).tobytes()


def wav_header(sample_rate: int, total_samples: int | None) -> bytes:
    """The 44 bytes before the samples: RIFF, a `fmt ` chunk of 16 bytes and a `data` chunk.

    Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991).

    Args:
        sample_rate: Hertz.
        total_samples: Exact length, or None for a stream: both sizes are then 0xFFFFFFFF.
    """
    size = _UNKNOWN_SIZE if total_samples is None else 2 * total_samples
    riff = _UNKNOWN_SIZE if total_samples is None else 36 + size
    fmt = struct.pack("<HHIIHH", 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", riff, b"WAVE", b"fmt ", 16)
        + fmt
        + struct.pack("<4sI", b"data", size)
    )
