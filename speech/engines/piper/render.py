"""Rows of phoneme ids to waveforms, one renderer for each kind of graph."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from speech.config import EngineConfig
from speech.engines.onnx_session import OnnxSession
from speech.engines.piper.graph import PiperGraph
from speech.engines.piper.rows import MAX_FRAMES, Ids, Row, Scales

Floats = npt.NDArray[np.float32]

FRAMES_AT_ONCE = {"cpu": 2_048, "cuda": 65_536, "tensorrt": 65_536}
"""Padded frames in one run of the sound model. A medium voice's decoder takes 32 kB per frame and
tensor, about 70 MB at 2,048; on 2 cores larger runs gained nothing (100 phonemes, 8 rows: 744 ms
one by one, 760 ms at once; 20 phonemes: 198 and 171 ms)."""
_NEAR = 1e-4
"""Widths so near a whole number, relative to it, count as doubtful; see `SplitRenderer`."""


class Wave(NamedTuple):
    """What a row became."""

    samples: Floats
    """Of the row's own length; empty where its durations are broken."""
    frames: Floats | Ids | None
    """Frames of each id, which share the samples evenly; None where the graph does not tell."""


class Renderer(Protocol):
    """Renders rows together, whatever kind of graph is behind it."""

    def render(self, rows: Sequence[Row]) -> list[Wave]:
        """One waveform per row."""
        ...


def row_noise(row: Row, stream: int, shape: tuple[int, int]) -> Floats:
    """Standard normal noise that depends on the row's seed and phrase alone.

    Philox is counter-based: any key is a stream of its own, with no state to share or warm up.

    Args:
        row: Gives the key.
        stream: 0 for the durations', 1 for the prior's.
        shape: Time steps and channels; a longer draw begins with the shorter one.

    Returns:
        Float32 [channels, time].
    """
    key = np.array([row.seed, row.said << 1 | stream], np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).standard_normal(shape, np.float32).T


class Sizes:
    """The shapes a graph is given: as they come, or rounded up so that there are only a few.

    A GPU's libraries choose their kernels, and TensorRT builds an engine, for every new shape. On a
    CPU a new shape costs nothing, and what is added by rounding would be computed in vain.
    """

    def __init__(self, provider: str) -> None:
        self._few = provider != "cpu"

    def rows(self, count: int) -> int:
        """A power of two."""
        return 1 << (count - 1).bit_length() if self._few else count

    def steps(self, count: int) -> int:
        """Four sizes to the octave, from 16 on: at most a quarter is added, an eighth as a rule."""
        if not self._few:
            return count
        grain = max(4, 1 << max(0, (count - 1).bit_length() - 3))
        return max(16, -(-count // grain) * grain)


def _padded(rows: Sequence[Row], sizes: Sizes) -> dict[str, npt.NDArray[Any]]:
    """Ids [N, T], lengths and speakers [N]; rows that only fill up say the first id once."""
    count = sizes.rows(len(rows))
    lengths = np.ones(count, np.int64)
    speakers = np.zeros(count, np.int64)
    ids = np.zeros((count, sizes.steps(max(len(row.ids) for row in rows))), np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = row.ids
        lengths[i], speakers[i] = len(row.ids), row.speaker
    return {"input": ids, "input_lengths": lengths, "sid": speakers}


def _groups(frames: Sequence[int], limit: int) -> list[list[int]]:
    """Rows for each run of the sound model: of like length, padded frames within `limit`.

    Rows do not depend on their company, so who runs with whom is a matter of speed alone.
    """
    groups: list[list[int]] = []
    longest = 0
    for i in sorted(range(len(frames)), key=lambda i: -frames[i]):
        if not groups or (len(groups[-1]) + 1) * longest > limit:
            groups.append([])
            longest = frames[i]
        groups[-1].append(i)
    return groups


class SplitRenderer:
    """A stock graph cut in two; see `graph`. A row is the same alone and in any batch.

    The last bits of a float depend on the shape of the batch, and a duration is rounded up: a width
    of 3.0000001 in a batch and 2.9999999 alone would change the whole phrase. So rows with a width
    near a whole number take their durations from a run of their own, which is what they get alone.

    Memory beyond the graphs: means, deviations, noise and z_p, 4 bytes x channels x frames each
    and the latter for every row: about 1 MB per row of 5 seconds.
    """

    def __init__(self, graph: PiperGraph, config: EngineConfig, scales: Scales) -> None:
        text, sound = graph.models
        self._graph = graph
        self._scales = scales
        self._text = OnnxSession(text, config)
        self._sound = OnnxSession(sound, config)
        self._sizes = Sizes(config.provider)
        self._frames_at_once = FRAMES_AT_ONCE[config.provider]

    def render(self, rows: Sequence[Row]) -> list[Wave]:
        """One waveform per row; empty where its durations are broken."""
        widths, means, logs = self._encode(rows)
        alone = len(rows) == 1
        durations = [
            self._durations(row, line, alone=alone) for row, line in zip(rows, widths, strict=False)
        ]
        waves: list[Floats] = [np.zeros(0, np.float32)] * len(rows)
        for group in _groups([int(item.sum()) for item in durations], self._frames_at_once):
            spoken = [(rows[i], durations[i], means[i], logs[i]) for i in group]
            for i, wave in zip(group, self._sound_of(spoken), strict=True):
                waves[i] = wave
        return [Wave(*row) for row in zip(waves, durations, strict=True)]

    def _sound_of(self, rows: Sequence[tuple[Row, Ids, Floats, Floats]]) -> list[Floats]:
        """Decode rows of durations [T], means and log deviations [C, T] in one run."""
        _, _, _, z_name, output = self._graph.names
        frames = [int(durations.sum()) for _, durations, _, _ in rows]
        longest = self._sizes.steps(max(1, *frames))
        shape = (self._sizes.rows(len(rows)), rows[0][2].shape[0], longest)
        z = np.zeros(shape, np.float32)
        for line, count, (row, durations, means, logs) in zip(z, frames, rows, strict=False):
            place = np.repeat(np.arange(len(durations)), durations)
            line[:, :count] = means[:, place]
            if self._scales.noise:
                noise = row_noise(row, 1, (count, shape[1]))
                noise *= np.exp(logs)[:, place]
                line[:, :count] += noise * np.float32(self._scales.noise)
        feeds: dict[str, npt.NDArray[Any]] = {z_name: z}
        feeds["sid"] = np.zeros(shape[0], np.int64)
        feeds["sid"][: len(rows)] = [row.speaker for row, _, _, _ in rows]
        ends = np.zeros((shape[0], 1, 1), np.int64)
        ends[: len(rows), 0, 0] = frames
        for steps, name in self._graph.masks.items():
            feeds[name] = (np.arange(shape[2] * steps) < ends * steps).astype(np.float32)
        (wave,) = self._sound.run((output,), feeds)
        flat = wave.reshape(shape[0], -1)
        return [flat[i, : count * self._graph.hop] for i, count in enumerate(frames)]

    def _encode(self, rows: Sequence[Row]) -> tuple[Floats, Floats, Floats]:
        """Widths [N, T], means and log deviations [N, C, T]; N and T as `Sizes` has them."""
        feeds = _padded(rows, self._sizes)
        feeds["scales"] = np.array([self._scales.noise, 1.0, self._scales.noise_w], np.float32)
        if name := self._graph.duration_noise:
            ids = feeds["input"]
            noise = np.zeros((len(ids), 2, ids.shape[1]), np.float32)
            for i, row in enumerate(rows):
                noise[i, :, : len(row.ids)] = row_noise(row, 0, (len(row.ids), 2))
            feeds[name] = noise
        widths, means, logs = self._text.run(self._graph.names[:3], feeds)
        return widths[:, 0], means, logs

    def _durations(self, row: Row, widths: Floats, *, alone: bool) -> Ids:
        """Frames of each phoneme, [T]; zeros where they are no numbers or far too many."""
        scaled = widths[: len(row.ids)] * np.float32(row.length_scale)
        if not np.isfinite(scaled).all() or scaled.sum() > MAX_FRAMES:
            return np.zeros(len(row.ids), np.int64)
        whole = np.rint(scaled)
        if not alone and (np.abs(scaled - whole) <= _NEAR * np.maximum(whole, 1.0)).any():
            return self._durations(row, self._encode([row])[0][0], alone=True)
        durations: Ids = np.ceil(scaled).astype(np.int64)
        return durations


class StockRenderer:
    """A graph that could not be split: one row at a time, with the graph's own noise."""

    def __init__(self, graph: PiperGraph, config: EngineConfig, scales: Scales) -> None:
        self._graph = graph
        self._scales = scales
        self._session = OnnxSession(graph.models[0], config)

    def render(self, rows: Sequence[Row]) -> list[Wave]:
        """One waveform per row, each from a run of its own."""
        return [self._alone(row) for row in rows]

    def _alone(self, row: Row) -> Wave:
        feeds = _padded([row], Sizes("cpu"))
        feeds["scales"] = np.array(
            [self._scales.noise, row.length_scale, self._scales.noise_w], np.float32
        )
        wave, *durations = self._session.run(self._graph.names, feeds)
        return Wave(wave.reshape(-1), durations[0].reshape(-1) if durations else None)
