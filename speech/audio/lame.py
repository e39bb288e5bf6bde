"""LAME, called as a library: PCM in, whole MP3 frames out.

The library is in the wheel of `lameenc`, which exports LAME's own functions: its Python class has
no switch for the bit reservoir. PyAV's wheel has the same LAME, compiled without optimization: it
gives the same audio in three times the processor time.
"""

import ctypes
import weakref
from ctypes import byref, c_int, c_void_p
from functools import cache

import lameenc
import numpy as np

from speech.types import Samples

MPEG1_FROM = 32_000
"""Lowest rate of MPEG-1: 1,152 samples in a frame; below it, MPEG-2 and 2.5, 576."""
BIT_RATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
BIT_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""Bit rates of layer III by index in kbit/s, for MPEG-1 and for MPEG-2 and 2.5."""
_MONO = 3
_FLUSH_BYTES = 7200
"""Room that LAME asks for beside 1.25 bytes a sample."""


class LameEncoder:
    """Encodes mono at a constant bit rate without bit reservoir.

    Owned by one reply and called from one thread at a time; LAME runs without the GIL.

    Args:
        sample_rate: Hertz of the samples and of the audio.
        bit_rate: Bits per second; the nearest that the format has is taken.
        quality: LAME's own, 0 (slowest) to 9.

    Raises:
        RuntimeError: LAME refuses the settings.
    """

    def __init__(self, *, sample_rate: int, bit_rate: int, quality: int) -> None:
        lame = _lame()
        self._handle = c_void_p(lame.lame_init())
        weakref.finalize(self, lame.lame_close, self._handle)
        for name, value in (
            ("in_samplerate", sample_rate),
            ("out_samplerate", sample_rate),
            ("num_channels", 1),
            ("mode", _MONO),
            ("brate", bit_rate // 1000),
            ("quality", quality),
            ("disable_reservoir", 1),
            ("bWriteVbrTag", 0),
        ):
            getattr(lame, f"lame_set_{name}")(self._handle, value)
        if lame.lame_init_params(self._handle) < 0:
            raise RuntimeError(f"LAME takes no {sample_rate} Hz at {bit_rate} bit/s")
        self._rest = b""

    def encode(self, samples: Samples) -> list[bytes]:
        """Encode one-dimensional int16 of any length; what fills no frame yet is kept."""
        samples = np.ascontiguousarray(samples, np.int16)
        data, room = samples.ctypes.data, len(samples) * 5 // 4 + _FLUSH_BYTES
        encoded = ctypes.create_string_buffer(room)
        size = _lame().lame_encode_buffer(
            self._handle, c_void_p(data), c_void_p(data), c_int(len(samples)), encoded, c_int(room)
        )
        return self._frames(encoded, size)

    def flush(self) -> list[bytes]:
        """Encode what was kept; the encoder is not used again."""
        encoded = ctypes.create_string_buffer(_FLUSH_BYTES)
        size = _lame().lame_encode_flush(self._handle, encoded, c_int(_FLUSH_BYTES))
        return self._frames(encoded, size)

    def _frames(self, encoded: "ctypes.Array[ctypes.c_char]", size: int) -> list[bytes]:
        if size < 0:
            raise RuntimeError(f"LAME failed with {size}")
        data, start, frames = self._rest + ctypes.string_at(byref(encoded), size), 0, []
        while len(data) >= start + 4 and len(data) >= (end := start + _frame_bytes(data, start)):
            frames.append(data[start:end])
            start = end
        self._rest = data[start:]
        return frames


def _frame_bytes(data: bytes, start: int) -> int:
    """Size of the frame whose header stands there (ISO/IEC 11172-3 and 13818-3, 2.4.3.1)."""
    version, rates = data[start + 1] >> 3 & 3, data[start + 2]
    is_first = version == 3  # MPEG-1; 2 is MPEG-2, 0 MPEG-2.5
    kilobits = (BIT_RATES_1 if is_first else BIT_RATES_2)[rates >> 4]
    sample_rate = (44_100, 48_000, 32_000)[rates >> 2 & 3] >> {3: 0, 2: 1, 0: 2}[version]
    return (144 if is_first else 72) * 1000 * kilobits // sample_rate + (rates >> 1 & 1)


@cache
def _lame() -> ctypes.CDLL:
    library = ctypes.CDLL(lameenc.__file__)
    library.lame_init.restype = c_void_p
    return library
