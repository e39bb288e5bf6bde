"""One native encoder: PCM in, naked codec packets out. The only module that imports av."""

import ctypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import av
import numpy as np

from speech.types import Samples


class PacketEncoder:
    """A libavcodec audio encoder without a container.

    The containers around it are written by hand (wav.py, mp3.py, ogg.py, adts.py, flac.py): a
    muxer of libavformat decides by itself when bytes leave, and a streamed reply needs every
    packet of a phrase at once.

    Owned by one reply and called from one thread at a time; libavcodec runs without the GIL.
    """

    def __init__(
        self,
        codec: str,
        *,
        sample_rate: int,
        sample_format: str,
        bit_rate: int | None = None,
        options: Mapping[str, str],
    ) -> None:
        _limit_filter_threads()
        context = av.CodecContext.create(codec, "w")
        context.sample_rate = sample_rate
        context.layout = "mono"
        context.format = sample_format
        if bit_rate is not None:
            context.bit_rate = bit_rate
        context.options = dict(options)
        context.open()
        self._context = context
        self._sample_rate = sample_rate

    @property
    def extradata(self) -> bytes:
        """The codec's own header, e.g. OpusHead or FLAC's STREAMINFO; final after `flush`."""
        return bytes(self._context.extradata or b"")

    @property
    def frame_size(self) -> int:
        """Samples per packet."""
        return int(self._context.frame_size)

    def encode(self, samples: Samples) -> list[bytes]:
        """Encode one-dimensional int16 of any length; what fills no packet yet is kept."""
        if not len(samples):
            return []
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples)[np.newaxis], format="s16", layout="mono"
        )
        frame.sample_rate = self._sample_rate
        return [bytes(packet) for packet in self._context.encode(frame)]

    def flush(self) -> list[bytes]:
        """Encode what was kept; the encoder is not used again."""
        return [bytes(packet) for packet in self._context.encode(None) if packet.size]


@cache
def _limit_filter_threads() -> None:
    """Tell libavutil that there is one processor.

    PyAV cuts PCM into frames with a filter graph per encoder, and a graph starts one thread per
    processor, up to 16, which sleep until the encoder goes: 0.23 ms instead of 0.08 ms per reply
    on two cores, and on sixteen 1,600 threads for 100 open streams. Audio codecs and this filter
    use no threads, and PyAV has no setting for it. Where the wheel keeps its libraries elsewhere
    nothing changes but the cost.
    """
    for path in Path(av.__file__).parent.parent.glob("av.libs/libavutil*"):
        ctypes.CDLL(str(path)).av_cpu_force_count(1)
