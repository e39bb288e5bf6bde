"""A phrase as a voice's network takes it, whatever computes the network."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from speech.engines.kinds import Voice
from speech.errors import SynthesisError
from speech.types import PhraseJob

Ids = npt.NDArray[np.int64]

MAX_FRAMES = 40_000
"""Frames of one row, about 8 minutes: beyond that a voice's durations have run away."""
# Piper's own defaults, for a json without `inference`.
_NOISE, _LENGTH, _NOISE_W = 0.667, 1.0, 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One phrase as the graph takes it."""

    ids: Ids
    """One-dimensional, not empty, all within the vocabulary."""
    speaker: int
    length_scale: float
    """Relative duration; the voice's own divided by the speed."""
    seed: int
    said: int
    """`Phrase.said`: phrases of one seed get different noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """A voice's own settings, from its json's `inference`."""

    noise: float
    noise_w: float
    length: float = _LENGTH

    @classmethod
    def of(cls, voice: Voice) -> Self:
        """What the json says, else Piper's defaults."""
        inference = voice.model_config.get("inference") or {}
        return cls(
            noise=float(inference.get("noise_scale", _NOISE)),
            noise_w=float(inference.get("noise_w", _NOISE_W)),
            length=float(inference.get("length_scale", _LENGTH)),
        )


def read_row(
    job: PhraseJob, voice: Voice, *, symbols: int, multi_speaker: bool, length_scale: float
) -> Row | SynthesisError:
    """A job as a row, or why it cannot be one.

    Args:
        job: What is to be said.
        voice: Who says it.
        symbols: Ids run from 0 to `symbols - 1`.
        multi_speaker: Whether the network takes a speaker.
        length_scale: The voice's own, at speed 1.
    """
    how = job.phrase.delivery
    ids = np.array(job.phrase.phoneme_ids, np.int64)
    if not len(ids):
        return SynthesisError("the phrase has no phonemes")
    if ids.min() < 0 or ids.max() >= symbols:
        return SynthesisError(f"a phoneme id is outside of the voice's 0 to {symbols - 1}")
    speaker = voice.speakers.get(how.speaker) if multi_speaker else 0
    if speaker is None:
        return SynthesisError(f"voice {voice.id!r} has no such speaker")
    return Row(
        ids=ids,
        speaker=speaker,
        length_scale=length_scale / how.speed,
        seed=how.seed,
        said=job.phrase.said,
    )
