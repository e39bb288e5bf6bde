"""MP3: bare frames for a stream; behind an Info frame, and so exact, for a whole file."""

import struct

import numpy as np

from speech.audio.packets import PacketEncoder
from speech.config import AudioConfig
from speech.types import Samples

SAMPLE_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Rates of MPEG-1, MPEG-2 and MPEG-2.5 layer III (ISO/IEC 11172-3 and 13818-3)."""

_MPEG1_FROM = 32_000
"""Lowest rate of MPEG-1: 1,152 samples in a frame; below it 576."""
_BIT_RATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BIT_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""Bit rates of layer III by index in kbit/s, for MPEG-1 and for MPEG-2 and 2.5."""
_ENCODER_DELAY = 576
"""LAME's delay in samples, as its own Info frame states it."""
_DECODER_DELAY = 529
"""Samples a decoder adds: its filter bank's 481 and the overlap; every gapless player knows it."""
_INFO_BYTES = 156
"""Info tag with frame count, byte count, seek table and quality (120) and LAME extension (36)."""


def _crc16_of_byte(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


_CRC16_TABLE = tuple(map(_crc16_of_byte, range(256)))


class Mp3Writer:
    """Encodes MP3 at a constant bit rate without bit reservoir: no frame needs an earlier one.

    A whole file begins with an Info frame as LAME writes it, by which players drop the encoder's
    delay and padding: exact to the sample where a decoder reads it. A stream cannot know its
    padding; below 32 kHz its first frame, which would hold nothing but 576 samples of delay, is
    left out, and what remains too long is 529 samples of delay and less than one frame: at most
    46 ms at 24 kHz.

    Quality 7 of LAME is the first without its costly noise shaping. On 16 s of speech at 24 kHz
    and 64 kbit/s (noise to masking threshold, lower is better): 7 took 4.1 ms per second for
    -7.2 dB, 5 6.9 ms for -8.0 dB, 3, LAME's default, 8.1 ms for -8.3 dB, 0 38.7 ms for -7.6 dB;
    8 and 9 equal 7. Leaving out the reservoir costs 0.3 dB.
    """

    def __init__(self, sample_rate: int, config: AudioConfig, *, whole: bool) -> None:
        self._encoder = PacketEncoder(
            "libmp3lame",
            sample_rate=sample_rate,
            sample_format="s16p",
            bit_rate=config.mp3_bit_rate,
            options={"compression_level": "7", "reservoir": "0"},
        )
        self._rate = sample_rate
        self._frame_size = 1152 if sample_rate >= _MPEG1_FROM else 576
        self._samples = 0
        self._frames = 0
        self._held: list[bytes] | None = [] if whole else None
        self._drop = 0 if whole or sample_rate >= _MPEG1_FROM else 1

    def write(self, samples: Samples) -> bytes:
        """Return every frame that is complete; of a whole file, nothing yet."""
        self._samples += len(samples)
        return self._take(self._encoder.encode(samples))

    def finish(self) -> bytes:
        """Return the rest: the last frames, or the whole file."""
        if not self._samples:  # LAME gives no frame for nothing, and no bytes are no file
            self._encoder.encode(np.zeros(1, np.int16))
        # LAME may end on a frame more than the delays need: 24 ms of silence at 24 kHz. Players
        # recognise a file by two frames in a row.
        needed = -(-(self._samples + _ENCODER_DELAY + _DECODER_DELAY) // self._frame_size)
        needed = max(needed, 2 + self._drop)
        rest = self._take(self._encoder.flush()[: needed - self._frames])
        if self._held is None:
            return rest
        return self._info_frame(self._held) + b"".join(self._held)

    def _take(self, packets: list[bytes]) -> bytes:
        self._frames += len(packets)
        if self._held is not None:
            self._held += packets
            return b""
        dropped = min(self._drop, len(packets))
        self._drop -= dropped
        return b"".join(packets[dropped:])

    def _info_frame(self, frames: list[bytes]) -> bytes:
        """A silent frame that tells frames, bytes, delay and padding.

        Source: the Xing header as LAME 3.100's VbrTag.c writes it, "Info" marking a constant rate.
        """
        first = frames[0]
        side_info = 17 if self._rate >= _MPEG1_FROM else 9
        header, size = self._info_header(first, 4 + side_info + _INFO_BYTES)
        padding = len(frames) * self._frame_size - _ENCODER_DELAY - self._samples
        total = size + sum(map(len, frames))
        seek = bytes(255 * percent // 100 for percent in range(100))
        tag = b"Info" + struct.pack(">III", 0x0F, len(frames), total) + seek + bytes(4)
        gapless = (_ENCODER_DELAY << 12 | min(padding, 0xFFF)).to_bytes(3, "big")
        lame = (
            b"LAME3.100" + bytes((1,)) + bytes(11) + gapless + bytes(4) + struct.pack(">I", total)
        )
        body = header + bytes(side_info) + tag + lame
        body += bytes(2)  # CRC of the music, which no player checks
        body += _crc16(body).to_bytes(2, "big")
        return body.ljust(size, b"\0")

    def _info_header(self, first: bytes, needed: int) -> tuple[bytes, int]:
        """Header and size of the Info frame: the first audio frame's, its rate raised to fit."""
        rates = _BIT_RATES_1 if self._rate >= _MPEG1_FROM else _BIT_RATES_2
        for index in range(first[2] >> 4, len(rates)):
            size = self._frame_size // 8 * 1000 * rates[index] // self._rate
            if size >= needed:
                break
        # No CRC, no padding byte; version, layer, rate and channels as in the audio.
        return bytes((0xFF, first[1] | 1, index << 4 | first[2] & 0x0C, first[3])), size


def _crc16(data: bytes) -> int:
    """CRC-16/ARC, as in LAME's tag: polynomial 0x8005 reflected, from 0."""
    value = 0
    for byte in data:
        value = value >> 8 ^ _CRC16_TABLE[(value ^ byte) & 0xFF]
    return value
