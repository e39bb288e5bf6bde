"""Teachers' tracks to what the network learns: ids, durations and targets on one 10 ms grid.

    python -m training.features SPEAKER... [--work DIR]

Writes one WORK/features/SPEAKER.npz with every sentence whose alignment is good.
"""

import argparse
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track

from speech import espeak
from training import teach_flite, teach_hts
from training.align import PAUSES, Ints, align
from training.corpus import Sentence, sentences
from training.teachers import WORK
from training.tiny_voice import SYMBOLS
from training.tracks import TEACHER_FRAME, Floats, Tracks, Warp, conversion

SAMPLE_RATE = 24_000
HOP = 240
"""Samples per frame: 10 ms, two of a teacher's frames."""
WARP = Warp(sample_rate=SAMPLE_RATE, alpha=0.45)
ORDER = 39
BANDS = 5
TARGETS = ORDER + 1 + 1 + 1 + BANDS
"""Per frame: mel-cepstrum, log F0 (continuous), voicing, strengths."""
MAX_COST = 0.3
LEAD_FRAMES, TAIL_FRAMES = 5, 12
"""Silence kept before and behind speech: 50 and 120 ms."""
TABLE = {symbol: index for index, symbol in enumerate(SYMBOLS)}
PAD = TABLE["_"]


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence as the network sees it."""

    key: str
    ids: Ints
    """[tokens], pads included."""
    durations: Ints
    """Frames of each token; pads and marks have none."""
    targets: Floats
    """[frames, TARGETS]."""


def symbols(text: str) -> list[str]:
    """The code points a voice gets for a phrase, between `^` and `$`, without pads."""
    phonemes = unicodedata.normalize("NFD", espeak.phonemize(text, "en-us"))
    return ["^", *(symbol for symbol in phonemes if symbol in TABLE), "$"]


def with_pads(values: Sequence[int], pad: int) -> Ints:
    """`pad` between any two, as piper's rule of ids has it."""
    result = np.full(2 * len(values) - 1, pad, np.int64)
    result[::2] = values
    return result


def targets(tracks: Tracks, source: Warp, order: int) -> Floats:
    """Targets on our grid out of a teacher's frames."""
    matrix, offset = conversion(order, source, ORDER, WARP)
    count = len(tracks.cepstra) // 2 * 2
    cepstra = tracks.cepstra[:count] @ matrix + offset
    voiced = (tracks.log_f0[:count] > np.log(40.0)).astype(np.float32)
    log_f0 = _continuous(tracks.log_f0[:count], voiced)
    strengths = tracks.strengths[:count]
    if not strengths.shape[1]:
        strengths = np.ones((count, BANDS), np.float32)
    joined = np.concatenate(
        (cepstra, log_f0[:, None], voiced[:, None], np.clip(strengths, 0, 1)), axis=1
    )
    return np.asarray(joined.reshape(count // 2, 2, TARGETS).mean(axis=1), np.float32)


def _continuous(log_f0: Floats, voiced: npt.NDArray[np.float32]) -> Floats:
    """Log F0 drawn straight across unvoiced stretches; 5.0, about 150 Hz, where all is unvoiced."""
    where = np.flatnonzero(voiced)
    if not len(where):
        return np.full(len(log_f0), 5.0, np.float32)
    return np.interp(np.arange(len(log_f0)), where, log_f0[where]).astype(np.float32)


def example(item: Sentence, tracks: Tracks, source: Warp, order: int) -> tuple[Example, float]:
    """A sentence with its edges cut to the silence we want, and the cost of its alignment."""
    goal = targets(tracks, source, order)
    ends = np.minimum(np.rint(tracks.ends / (2 * TEACHER_FRAME)).astype(int), len(goal))
    ends[-1] = len(goal)
    points = symbols(item.text)
    frames, cost = align(points, tracks.phones, ends.tolist())
    begin = max(0, int(frames[0]) - LEAD_FRAMES) if tracks.phones[0] in PAUSES else 0
    cut = max(0, int(frames[-1]) - TAIL_FRAMES) if tracks.phones[-1] in PAUSES else 0
    frames[0] -= begin
    frames[-1] -= cut
    goal = goal[begin : len(goal) - cut]
    ids = with_pads([TABLE[point] for point in points], PAD)
    return Example(item.key, ids, with_pads(frames.tolist(), 0), goal), cost


def source_of(speaker: str) -> tuple[Warp, int]:
    """How a speaker's teacher writes cepstra: warping and order."""
    if speaker in teach_flite.VOICES:
        return teach_flite.WARP, teach_flite.ORDER
    return teach_hts.WARP, teach_hts.ORDER


def write(path: Path, examples: Sequence[Example]) -> None:
    """All examples of a speaker in one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        keys=np.array([item.key for item in examples]),
        tokens=np.array([len(item.ids) for item in examples]),
        frames=np.array([len(item.targets) for item in examples]),
        ids=np.concatenate([item.ids for item in examples]).astype(np.int16),
        durations=np.concatenate([item.durations for item in examples]).astype(np.int16),
        targets=np.concatenate([item.targets for item in examples]).astype(np.float16),
    )


def read(path: Path) -> list[Example]:
    """What `write` wrote."""
    with np.load(path) as data:
        token_ends, frame_ends = np.cumsum(data["tokens"])[:-1], np.cumsum(data["frames"])[:-1]
        return [
            Example(str(key), ids.astype(np.int64), durations.astype(np.int64), goal)
            for key, ids, durations, goal in zip(
                data["keys"],
                np.split(data["ids"], token_ends),
                np.split(data["durations"], token_ends),
                np.split(data["targets"].astype(np.float32), frame_ends),
                strict=True,
            )
        ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Align, convert and collect teachers' tracks.")
    parser.add_argument("speakers", nargs="+")
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    for speaker in options.speakers:
        source, order = source_of(speaker)
        kept: list[Example] = []
        costs: list[float] = []
        for item in track(sentences(options.count), description=speaker):
            path = options.work / "tracks" / speaker / f"{item.key}.npz"
            if path.exists():
                tracks = Tracks.load(path)
                if speaker in teach_flite.VOICES:
                    tracks = teach_flite.heard(tracks)
                found, cost = example(item, tracks, source, order)
                costs.append(cost)
                if cost <= MAX_COST:
                    kept.append(found)
        write(options.work / "features" / f"{speaker}.npz", kept)
        report = {
            "speaker": speaker,
            "sentences": len(costs),
            "kept": len(kept),
            "mean_cost": round(float(np.mean(costs)), 4),
            "hours": round(sum(len(item.targets) for item in kept) * HOP / SAMPLE_RATE / 3600, 3),
        }
        with (options.work / "alignment.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
