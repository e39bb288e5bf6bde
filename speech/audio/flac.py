"""FLAC's native stream: the marker, STREAMINFO and the encoder's frames (RFC 9639)."""

from speech.audio.packets import PacketEncoder
from speech.config import AudioConfig
from speech.types import Samples

_HEADER = b"fLaC" + bytes((0x80, 0, 0, 34))
"""Marker, then the header of the last metadata block: type 0, STREAMINFO, of 34 bytes."""


class FlacWriter:
    """Encodes FLAC without loss.

    A stream's STREAMINFO leaves first, with total samples and MD5 0, which the RFC reads as
    unknown. A whole file has both, so its bytes all leave at the end.
    """

    def __init__(self, sample_rate: int, config: AudioConfig, *, whole: bool) -> None:
        self._encoder = PacketEncoder(
            "flac",
            sample_rate=sample_rate,
            sample_format="s16",
            options={"compression_level": str(config.flac_level)},
        )
        self._held: list[bytes] | None = [] if whole else None
        self._head = b"" if whole else _HEADER + self._encoder.extradata

    def write(self, samples: Samples) -> bytes:
        """Return every frame that is complete; of a whole file, nothing yet."""
        packets = self._encoder.encode(samples)
        if self._held is not None:
            self._held += packets
            return b""
        head, self._head = self._head, b""
        return head + b"".join(packets)

    def finish(self) -> bytes:
        """Return the rest: the last frame, or the whole file."""
        packets = self._encoder.flush()
        if self._held is None:
            return self._head + b"".join(packets)
        return b"".join((_HEADER, self._encoder.extradata, *self._held, *packets))
