"""A teacher for tests: invented parameters for every symbol, without any other synthesiser.

It hums: each sound has an envelope, a length and a voicing drawn from its own name. What it says
can be learned in seconds, which is all that the chain's own test needs.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.corpus import Sentence
from training.features import (
    BANDS,
    ORDER,
    PAD,
    TABLE,
    TARGETS,
    Example,
    symbols,
    with_pads,
    write,
)
from training.tracks import Floats

_SILENT = frozenset("ˈˌ .,:;!?_^$")
_UNVOICED = frozenset("ptkfsʃθh")


def example(item: Sentence, speaker: int) -> Example:
    """One sentence."""
    points = symbols(item.text)
    durations = [_frames(point) for point in points]
    rows = [
        np.repeat(_row(point, speaker)[None], count, 0)
        for point, count in zip(points, durations, strict=True)
    ]
    goal = np.concatenate(rows)
    # Pitch falls along the sentence, from 5 semitones above its middle to 5 below.
    goal[:, ORDER + 1] += np.linspace(0.3, -0.3, len(goal))
    ids = with_pads([TABLE[point] for point in points], PAD)
    return Example(item.key, ids, with_pads(durations, 0), goal.astype(np.float32))


def teach(items: Sequence[Sentence], speakers: Sequence[str], work: Path) -> None:
    """Write the features of every speaker, as `training.features` would."""
    for index, speaker in enumerate(speakers):
        write(work / "features" / f"{speaker}.npz", [example(item, index) for item in items])


def _frames(symbol: str) -> int:
    if symbol in "^$":
        return 6
    return 0 if symbol in _SILENT else 5 + zlib.crc32(symbol.encode()) % 6


def _row(symbol: str, speaker: int) -> Floats:
    rng = np.random.default_rng(zlib.crc32(symbol.encode()))
    row = np.zeros(TARGETS, np.float32)
    voiced = symbol not in _SILENT and symbol not in _UNVOICED
    row[: ORDER + 1] = rng.standard_normal(ORDER + 1) * 0.6 * 0.85 ** np.arange(ORDER + 1)
    row[0] += -6.0 if symbol in _SILENT else 4.0
    row[1] += 1.0 if voiced else -0.5
    row[ORDER + 1] = 5.2 - 0.6 * speaker
    row[ORDER + 2] = float(voiced)
    row[TARGETS - BANDS :] = 0.9
    return row
