"""AAC in ADTS: every packet carries its own header, so a stream may be cut or joined anywhere."""

import numpy as np

from speech.audio.packets import PacketEncoder
from speech.config import AudioConfig
from speech.types import Samples

SAMPLE_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Rates of ISO/IEC 14496-3 table 1.18 up to 48 kHz, without its 7,350 Hz."""

_RATE_INDEX = {
    48000: 3, 44100: 4, 32000: 5, 24000: 6, 22050: 7, 16000: 8, 12000: 9, 11025: 10, 8000: 11,
}  # fmt: skip
_LOW_COMPLEXITY = 1
_BUFFER_FULLNESS_VBR = 0x7FF


class AdtsWriter:
    """Encodes AAC-LC; every packet leaves as soon as it exists.

    ADTS cannot say how much of its first and last packet is padding, so a decoder gives the
    encoder's 1,024 samples of delay and up to 1,023 samples of silence with the audio: at most 85
    ms at 24 kHz.

    On 16 s of speech at 24 kHz and 64 kbit/s (noise to masking threshold, lower is better) the
    coder "fast" took 2.9 ms per second for 75 kbit/s and -10.5 dB, "twoloop", libavcodec's
    default, 9.0 ms for 70 kbit/s and -5.3 dB. Temporal noise shaping cost 0.3 ms for no gain.
    """

    def __init__(self, sample_rate: int, config: AudioConfig) -> None:
        self._encoder = PacketEncoder(
            "aac",
            sample_rate=sample_rate,
            sample_format="fltp",
            bit_rate=config.aac_bit_rate,
            options={"aac_coder": "fast", "aac_tns": "0"},
        )
        self._rate_index = _RATE_INDEX[sample_rate]
        self._empty = True

    def write(self, samples: Samples) -> bytes:
        """Return every packet that is complete."""
        self._empty = self._empty and not len(samples)
        return self._framed(self._encoder.encode(samples))

    def finish(self) -> bytes:
        """Return the last packets."""
        if self._empty:  # the encoder gives no packet for nothing, and no bytes are no file
            self._encoder.encode(np.zeros(1, np.int16))
        return self._framed(self._encoder.flush())

    def _framed(self, packets: list[bytes]) -> bytes:
        return b"".join(part for packet in packets for part in (self._header(packet), packet))

    def _header(self, packet: bytes) -> bytes:
        """The 56 bits of adts_fixed_header and adts_variable_header, ISO/IEC 14496-3 1.A.2.2."""
        bits = 0xFFF1  # 12 bits of sync, MPEG-4, layer 0, no CRC
        for value, width in (
            (_LOW_COMPLEXITY, 2),
            (self._rate_index, 4),
            (0, 1),  # private
            (1, 3),  # channels
            (0, 4),  # original, home, copyright id and start
            (len(packet) + 7, 13),
            (_BUFFER_FULLNESS_VBR, 11),
            (0, 2),  # one raw data block
        ):
            bits = bits << width | value
        return bits.to_bytes(7, "big")
