"""PCM to a container in the caller's format: which rates it has, its media type, its writer.

The writers themselves are in `formats.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from speech.audio.formats import (
    AAC_LEAD,
    AAC_RATES,
    MP3_RATES,
    OPUS_RATES,
    AdtsWriter,
    FlacWriter,
    Mp3Writer,
    OggOpusWriter,
    PlainWriter,
    mp3_lead,
    wav_header,
)
from speech.audio.g711 import G711Writer
from speech.audio.resample import Resampler
from speech.config import AudioConfig
from speech.errors import InvalidInputError
from speech.interfaces import ContainerWriter
from speech.types import USUAL_RATES, AudioFormat, Samples

SAMPLE_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Rates in Hertz that a request may name."""

_CODEC_RATES: Mapping[AudioFormat, tuple[int, ...]] = MappingProxyType(
    {"mp3": MP3_RATES, "aac": AAC_RATES, "opus": OPUS_RATES}
)
_MEDIA_TYPES: Mapping[AudioFormat, str] = MappingProxyType(
    {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": "audio/pcm",
        "mulaw": "audio/PCMU",
        "alaw": "audio/PCMA",
    }
)


def media_type(format: AudioFormat, sample_rate: int | None = None) -> str:  # noqa: A002
    """Content-Type of a format at a rate in Hertz; None is its usual one.

    What has no header says its rate, `audio/pcm;rate=16000`, where that is not the usual one:
    nothing else tells a player. The names of G.711 are those of RFC 4856.
    """
    kind = _MEDIA_TYPES[format]
    usual = USUAL_RATES.get(format)
    return (
        kind
        if None in {usual, sample_rate} or usual == sample_rate
        else f"{kind};rate={sample_rate}"
    )


def codec_rate(format: AudioFormat, sample_rate: int) -> int:  # noqa: A002
    """Rate in Hertz that is delivered when `sample_rate` is asked for.

    The rate itself where the codec has it, otherwise its next higher one: only Opus lacks any of
    `SAMPLE_RATES`, and delivers 11,025 as 12,000, 22,050 as 24,000, 32,000 and 44,100 as 48,000.
    wav, flac, pcm, mulaw and alaw take every rate from 8,000 to 48,000.

    Raises:
        InvalidInputError: the rate is below 8,000 or above 48,000 (`param` is `sample_rate`).
    """
    if not SAMPLE_RATES[0] <= sample_rate <= SAMPLE_RATES[-1]:
        raise InvalidInputError(
            f"sample_rate must be from {SAMPLE_RATES[0]} to {SAMPLE_RATES[-1]} Hz", "sample_rate"
        )
    rates = _CODEC_RATES.get(format, (sample_rate,))
    return next(rate for rate in rates if rate >= sample_rate)


def lead(format: AudioFormat, sample_rate: int, *, whole: bool) -> float:  # noqa: A002
    """Seconds that a decoder gives before the first sample, where the container cannot tell it.

    Args:
        format: Container and codec.
        sample_rate: Hertz that are delivered, see `codec_rate`.
        whole: Whether it is one container of exact size rather than a stream.
    """
    if format == "aac":
        return AAC_LEAD / sample_rate
    return mp3_lead(sample_rate) / sample_rate if format == "mp3" and not whole else 0.0


def open_writer(
    format: AudioFormat,  # noqa: A002
    *,
    sample_rate: int,
    config: AudioConfig,
    total_samples: int | None,
) -> ContainerWriter:
    """Open the writer of one reply.

    Args:
        format: Container and codec.
        sample_rate: Hertz of the samples that will be written; where the codec lacks it the
            writer resamples to `codec_rate`.
        config: Bit rates and levels.
        total_samples: How many samples will be written, for headers with exact sizes: mp3 and
            flac then give all their bytes in `finish`. None for a stream: every write returns all
            that the codec can emit, and wav carries sizes of 0xFFFFFFFF.

    Returns:
        A writer for one thread at a time.

    Raises:
        InvalidInputError: `sample_rate` is below 8,000 or above 48,000.
    """
    rate = codec_rate(format, sample_rate)
    if rate != sample_rate:
        return _ResampledWriter(_open(format, rate, config, total_samples), sample_rate, rate)
    return _open(format, rate, config, total_samples)


def encode_whole(
    samples: Samples,
    format: AudioFormat,  # noqa: A002
    sample_rate: int,
    config: AudioConfig,
) -> bytes:
    """Encode a whole reply into one container of exact sizes.

    Args:
        samples: One-dimensional int16.
        format: Container and codec.
        sample_rate: Hertz of `samples`; resampled as by `open_writer`.
        config: Bit rates and levels.

    Raises:
        InvalidInputError: `sample_rate` is below 8,000 or above 48,000.
    """
    writer = open_writer(format, sample_rate=sample_rate, config=config, total_samples=len(samples))
    return writer.write(samples) + writer.finish()


class WholeWriter:
    """One container of exact sizes from audio that comes in pieces; it holds no audio.

    For one thread at a time. What comes out is what `encode_whole` makes.

    Args:
        format: Container and codec.
        sample_rate: Hertz of the samples; resampled as by `open_writer`.
        config: Bit rates and levels.
    """

    def __init__(self, format: AudioFormat, sample_rate: int, config: AudioConfig) -> None:  # noqa: A002
        self._header_rate = sample_rate if format == "wav" else 0
        # Of the others none needs to know the number of samples before the end.
        plain: AudioFormat = "pcm" if format == "wav" else format
        self._writer = open_writer(plain, sample_rate=sample_rate, config=config, total_samples=0)
        self._samples = 0
        self._parts: list[bytes] = []

    def write(self, samples: Samples) -> None:
        """Encode more audio."""
        self._samples += len(samples)
        self._parts.append(self._writer.write(samples))

    def finish(self) -> bytes:
        """Return the container."""
        header = wav_header(self._header_rate, self._samples) if self._header_rate else b""
        return b"".join((header, *self._parts, self._writer.finish()))


def _open(
    format: AudioFormat,  # noqa: A002
    rate: int,
    config: AudioConfig,
    total_samples: int | None,
) -> ContainerWriter:
    whole = total_samples is not None
    writer: ContainerWriter
    match format:
        case "wav":
            writer = PlainWriter(rate, total_samples)
        case "pcm":
            writer = PlainWriter()
        case "mulaw" | "alaw":
            writer = G711Writer(format)
        case "flac":
            writer = FlacWriter(rate, config, whole=whole)
        case "mp3":
            writer = Mp3Writer(rate, config, whole=whole)
        case "opus":
            writer = OggOpusWriter(rate, config)
        case "aac":
            writer = AdtsWriter(rate, config)
    return writer


class _ResampledWriter:
    """A writer behind a resampler, for a rate its codec lacks."""

    def __init__(self, writer: ContainerWriter, rate_in: int, rate_out: int) -> None:
        self._writer = writer
        self._resampler = Resampler(rate_in, rate_out)

    def write(self, samples: Samples) -> bytes:
        return self._writer.write(self._resampler.process(samples))

    def finish(self) -> bytes:
        return self._writer.write(self._resampler.finish()) + self._writer.finish()

    @property
    def head(self) -> bytes:
        return self._writer.head
