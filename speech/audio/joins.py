"""How phrases of PCM become one signal: faded edges and silence between them."""

import numpy as np

from speech.types import Samples


def fade_edges(samples: Samples, sample_rate: int, seconds: float) -> Samples:
    """Fade a phrase in and out, so that a join with silence or another phrase makes no click.

    Both edges follow half a period of a raised cosine, 0.5 - 0.5 cos(pi (i + 0.5) / n): value and
    slope meet silence without a step. A phrase shorter than two fades is faded over its halves.

    Args:
        samples: One-dimensional int16; left as it is.
        sample_rate: Hertz.
        seconds: Length of each fade; 0 returns the samples themselves.

    Returns:
        One-dimensional int16 of the same length.
    """
    count = min(round(seconds * sample_rate), len(samples) // 2)
    if count <= 0:
        return samples
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count, dtype=np.float32) + 0.5) / count)
    faded = samples.copy()
    faded[:count] = np.rint(samples[:count] * ramp)
    faded[-count:] = np.rint(samples[-count:] * ramp[::-1])
    return faded


def silence(seconds: float, sample_rate: int) -> Samples:
    """Digital silence of a length in seconds, rounded to whole samples: int16 zeros."""
    return np.zeros(max(0, round(seconds * sample_rate)), np.int16)
