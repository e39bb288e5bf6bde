"""Gaussian noise from a table: a seed says where it is entered, so the same noise comes again."""

from functools import cache

import numpy as np
import numpy.typing as npt

SIZE = 1 << 20
"""Numbers of the table, 4 MB."""


def noise_start(seed: int, said: int) -> int:
    """Where the table is entered: another place for each seed and each `Phrase.said`."""
    mixed = (seed * 0x9E3779B97F4A7C15 + said * 0xBF58476D1CE4E5B9) % 2**64
    return mixed >> 44


@cache
def noise_table() -> npt.NDArray[np.float32]:
    """Numbers of the standard normal distribution, float32 [`SIZE`]."""
    return np.random.Generator(np.random.Philox(key=0)).standard_normal(SIZE, np.float32)
