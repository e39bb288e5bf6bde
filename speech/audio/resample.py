"""Sample rate conversion of a stream of PCM."""

import numpy as np
import numpy.typing as npt
import soxr

from speech.types import Samples


class Resampler:
    """Converts int16 mono chunks from one rate to another; chunk borders leave no trace.

    The output of the whole stream has exactly round(samples in * rate out / rate in) samples and
    is aligned with the input: soxr's filter delay comes out of `finish`, not in front. Between
    equal rates the chunks themselves are returned, without a copy.

    soxr computes in float32 here and is rounded afterwards: its own int16 output is dithered, so
    that silence became noise of 1 LSB and two renderings differed.

    Owned by one stream and called from one thread at a time.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._rate_in = rate_in
        self._rate_out = rate_out
        self._taken = 0
        self._given = 0
        self._stream = (
            None
            if rate_in == rate_out
            else soxr.ResampleStream(rate_in, rate_out, 1, dtype="float32", quality="HQ")
        )

    def process(self, samples: Samples) -> Samples:
        """Convert a chunk; returns what is ready, which may be empty."""
        if self._stream is None:
            return samples
        self._taken += len(samples)
        return self._give(self._stream.resample_chunk(samples.astype(np.float32)))

    def finish(self) -> Samples:
        """Return the rest of the stream; the resampler is not used again."""
        if self._stream is None:
            return np.zeros(0, np.int16)
        rest = self._give(self._stream.resample_chunk(np.zeros(0, np.float32), last=True))
        total = round(self._taken * self._rate_out / self._rate_in)
        missing = total - self._given
        if missing > 0:
            return np.concatenate((rest, np.zeros(missing, np.int16)))
        return rest[: len(rest) + missing]

    def _give(self, converted: npt.NDArray[np.float32]) -> Samples:
        self._given += len(converted)
        # The filter overshoots at steep flanks: limit before int16 would wrap.
        return np.clip(np.rint(converted), -32_768, 32_767).astype(np.int16)


def resample(samples: Samples, rate_in: int, rate_out: int) -> Samples:
    """Convert a whole signal; the length is round(len(samples) * rate_out / rate_in)."""
    resampler = Resampler(rate_in, rate_out)
    return np.concatenate((resampler.process(samples), resampler.finish()))
