"""Reading containers back, by another library than the one that wrote them."""

import io
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
import soundfile

from speech.types import AudioFormat, Samples

Signal = npt.NDArray[np.float64]
DECODERS: dict[AudioFormat, str] = {
    "wav": "soundfile",
    "pcm": "numpy",
    "mulaw": "ULAW",
    "alaw": "ALAW",
    "flac": "soundfile",  # libFLAC; the writer is libavcodec's own coder
    "mp3": "soundfile",  # mpg123; the writer is LAME
    "opus": "opus",  # libavcodec's own decoder; the writer is libopus
    "aac": "aac_fixed",  # libavcodec's integer decoder, apart from the float coder's code
}
HEADERLESS: tuple[AudioFormat, ...] = ("pcm", "mulaw", "alaw")
_DEMUXERS = {"mp3": "mp3", "opus": "ogg", "aac": "aac", "flac": "flac", "wav": "wav"}


def decode(data: bytes, codec: AudioFormat, decoder: str | None = None) -> tuple[Signal, int]:
    """Samples within -1 to 1, with their rate."""
    decoder = decoder or DECODERS[codec]
    if decoder == "numpy":
        return np.frombuffer(data, "<i2") / 32768, 0
    if decoder in {"ULAW", "ALAW"}:
        samples, _ = soundfile.read(
            io.BytesIO(data), samplerate=8000, channels=1, subtype=decoder, format="RAW"
        )
        return samples, 0
    if decoder == "soundfile":
        return _soundfile(data)
    return _libavcodec(data, _DEMUXERS[codec], decoder)


class _Unseekable(soundfile.SoundFile):
    """python-soundfile seeks to its own position after every read, which fails where the length
    is not known."""

    def seekable(self) -> bool:
        return False


def _soundfile(data: bytes) -> tuple[Signal, int]:
    with _Unseekable(io.BytesIO(data)) as file:
        pieces = []
        while len(piece := file.read(65536)):  # in pieces: a stream's length is not known
            pieces.append(piece)
        return np.concatenate([np.zeros(0), *pieces]), file.samplerate


def _libavcodec(data: bytes, demuxer: str, decoder: str) -> tuple[Signal, int]:
    pieces = []
    with av.open(io.BytesIO(data), format=demuxer) as container:
        stream = container.streams.audio[0]
        if decoder in (stream.codec_context.name, "default"):
            frames = list(container.decode(stream))
        else:
            context = av.CodecContext.create(decoder, "r")
            context.extradata = stream.codec_context.extradata
            frames = [
                frame
                for packet in container.demux(stream)
                if packet.size
                for frame in context.decode(packet)
            ] + context.decode(None)
        rate = stream.rate
        for frame in frames:
            values = frame.to_ndarray().reshape(-1)
            pieces.append(
                values / np.iinfo(values.dtype).max
                if np.issubdtype(values.dtype, np.integer)
                else values
            )
    return np.concatenate([np.zeros(0), *pieces]), rate


def voiced(seconds: float, rate: int, seed: int = 7) -> Samples:
    """Something like speech: a gliding pitch with 20 harmonics, syllables and hiss; int16."""
    count = round(seconds * rate)
    time = np.arange(count) / rate
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.7 * time)) / rate
    harmonics = sum(
        np.cos(number * phase + number**2) / number
        for number in range(1, 21)
        if number * 150 < rate / 2
    )
    syllables = 0.55 - 0.45 * np.cos(2 * np.pi * 3.1 * time)
    hiss = np.random.default_rng(seed).normal(0, 0.02, count)
    return np.rint(6000 * syllables * (harmonics + hiss)).astype(np.int16)


def delay_and_correlation(reference: Samples, decoded: Signal) -> tuple[int, float]:
    """By how many samples `decoded` lags `reference`, and how like it is once shifted back."""
    clean = reference / 32768
    size = 1 << (len(clean) + len(decoded)).bit_length()
    spectrum = np.fft.rfft(decoded, size) * np.conj(np.fft.rfft(clean, size))
    delay = int(np.argmax(np.fft.irfft(spectrum, size)))
    if delay > size // 2:
        delay -= size
    shifted = decoded[max(delay, 0) :]
    count = min(len(shifted), len(clean))
    return delay, float(np.corrcoef(clean[:count], shifted[:count])[0, 1])


@dataclass(frozen=True)
class OggPage:
    flags: int
    granule: int
    serial: int
    sequence: int
    crc_ok: bool
    packets: list[bytes]


def _number(page: bytes, start: int, count: int) -> int:
    return int.from_bytes(page[start : start + count], "little")


def ogg_pages(data: bytes) -> list[OggPage]:
    """Pages of an Ogg stream whose packets do not span pages; the CRC bit by bit."""
    pages = []
    position = 0
    while position < len(data):
        assert data[position : position + 4] == b"OggS"
        segments = data[position + 26]
        lacing = data[position + 27 : position + 27 + segments]
        end = position + 27 + segments + sum(lacing)
        page = data[position:end]
        packets, current, offset = [], b"", 27 + segments
        for size in lacing:
            current += page[offset : offset + size]
            offset += size
            if size < 255:
                packets.append(current)
                current = b""
        assert current == b""
        cleared = page[:22] + bytes(4) + page[26:]
        pages.append(
            OggPage(page[5], _number(page, 6, 8), _number(page, 14, 4), _number(page, 18, 4),
                    _ogg_crc(cleared) == _number(page, 22, 4), packets)
        )  # fmt: skip
        position = end
    return pages


def _ogg_crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value
