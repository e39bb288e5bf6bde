"""A container of ours back to PCM, as a player would hear it. Nothing that serves decodes."""

import io

import av
import numpy as np

from speech.errors import ConfigError
from speech.types import USUAL_RATES, AudioFormat, Samples


def decoded(data: bytes, format: AudioFormat) -> tuple[Samples, int]:  # noqa: A002
    """One-dimensional int16 and its rate in Hertz; what has no header has its usual rate.

    What a container says is not to be played, such as the lead of mp3, is left out.

    Raises:
        ConfigError: it is no audio in that container.
    """
    rate = USUAL_RATES.get(format, 0)
    if format == "pcm":
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16), rate
    options = {"format": format, "options": {"sample_rate": str(rate)}} if rate else {}
    pieces = [np.zeros(0, np.int16)]
    try:
        with av.open(io.BytesIO(data), **options) as container:
            stream = container.streams.audio[0]
            plain = av.AudioResampler(format="s16", layout="mono", rate=stream.rate)
            for frame in container.decode(stream):
                pieces += [part.to_ndarray().reshape(-1) for part in plain.resample(frame)]
            pieces += [part.to_ndarray().reshape(-1) for part in plain.resample(None)]
            return np.concatenate(pieces), int(stream.rate)
    except (av.FFmpegError, IndexError) as error:
        raise ConfigError(f"this is no audio as {format}: {error}") from None
