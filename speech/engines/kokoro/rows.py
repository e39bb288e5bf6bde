"""A phrase as Kokoro's network takes it, and its sound as a listener gets it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from speech.engines.kinds import Voice
from speech.engines.kokoro.styles import read_styles
from speech.engines.kokoro.voice import MAX_PHONEMES, SAMPLE_RATE, KokoroEntry
from speech.engines.noise import noise_start
from speech.engines.spoken import spoken
from speech.errors import ConfigError, SynthesisError
from speech.mixes import parse_mix
from speech.types import Pcm, PhraseJob

Floats = npt.NDArray[np.float32]

HOP = 600
"""Samples of one unit of duration, 25 ms."""
MIN_SPEED, MAX_SPEED = 0.8, 1.25
"""Between these the network speaks by itself. Slower, soft onsets become breaths of 0.2 s; faster,
every symbol keeps a unit. What is missing is a time stretch."""
_LEAD = 1350
"""Samples by which sounds come before their symbol's time at speed 1: over 25 sentences of five
styles the first sound came 56 ms before the end of the first symbol, a silence. Kokoro's own
`join_timestamps` takes 75 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KokoroRow:
    """One phrase."""

    ids: npt.NDArray[np.int64]
    """One-dimensional, between two boundaries."""
    style: Floats
    """[256]."""
    speed: float
    """What the network is told."""
    gain: float
    """Factor from its sound to -16 LUFS."""
    noise: int
    """Where its noise begins, see `noise_start`."""


class KokoroRows:
    """Reads phrases of one voice.

    Raises:
        ConfigError: its style packs cannot be read.
    """

    def __init__(self, voice: Voice) -> None:
        entry = voice.entry
        if not isinstance(entry, KokoroEntry) or voice.vocabulary is None or voice.files is None:
            raise ConfigError(f"voice {voice.id!r} is no Kokoro voice")
        self._entry = entry
        self._styles = read_styles(voice.files)
        self._symbols = 1 + max(max(ids) for ids in voice.vocabulary.ids.values())

    def read(self, job: PhraseJob, *, paced: bool = True) -> KokoroRow | SynthesisError:
        """A job as a row, or why it cannot be one; not `paced`, at the network's own speed."""
        phrase, how = job.phrase, job.phrase.delivery
        ids = np.array(phrase.phoneme_ids, np.int64)
        count = len(ids) - 2
        if not 0 < count <= MAX_PHONEMES:
            return SynthesisError(f"the phrase has {count} phonemes, not 1 to {MAX_PHONEMES}")
        if ids.min() < 0 or ids.max() >= self._symbols:
            return SynthesisError(
                f"a phoneme id is outside of the voice's 0 to {self._symbols - 1}"
            )
        try:
            parts = parse_mix(how.speaker)
        except ValueError as error:
            return SynthesisError(f"this is no speaker: {error}")
        if any(name not in self._styles for name, _ in parts):
            return SynthesisError("the voice has no such speaker")
        weights = np.array([weight for _, weight in parts], np.float32)
        weights /= weights.sum()
        packs = [self._styles[name] for name, _ in parts]
        style = weights @ np.stack([pack[min(count, len(pack)) - 1] for pack in packs])
        gains = [self._entry.gains.get(name, self._entry.gain) for name, _ in parts]
        return KokoroRow(
            ids=ids,
            style=style,
            speed=min(max(how.speed, MIN_SPEED), MAX_SPEED) if paced else 1.0,
            gain=float(10 ** (np.dot(weights, gains) / 20)),
            noise=noise_start(how.seed, phrase.said),
        )


class Wave(NamedTuple):
    """What the network makes of a row."""

    samples: Floats
    """Full scale at 1."""
    durations: Floats | None
    """Units of each id, [T]; None where nothing says so."""
    normal: Floats | None
    """The same at speed 1."""


def pcm(job: PhraseJob, row: KokoroRow, wave: Wave) -> Pcm | SynthesisError:
    """A phrase's audio.

    Args:
        job: What was asked for.
        row: What the network was told.
        wave: What it made.
    """
    samples, durations, normal = wave
    if not len(samples) or not np.isfinite(samples).all():
        return SynthesisError("the model's audio is empty or holds no numbers")
    if durations is None or normal is None:
        edges = np.array([0.0, len(samples)])
        at_speed_1 = edges * row.speed
    else:
        edges, at_speed_1 = _edges(durations), _edges(normal)
    said = spoken(
        samples,
        edges,
        at_speed_1,
        speed=job.phrase.delivery.speed,
        lead=_LEAD / row.speed,
        gain=row.gain,
        sample_rate=SAMPLE_RATE,
    )
    return Pcm(
        samples=said.samples,
        sample_rate=SAMPLE_RATE,
        index=job.phrase.index,
        is_last=job.phrase.is_last,
        phoneme_seconds=said.seconds if durations is not None and job.timed else None,
    )


def _edges(units: Floats) -> npt.NDArray[np.float64]:
    """Where ids of so many units begin and end, in samples, [T + 1]."""
    return np.concatenate([[0.0], np.cumsum(units, dtype=np.float64) * HOP])
