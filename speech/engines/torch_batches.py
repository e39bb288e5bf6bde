"""Batches on torch in shapes that are known beforehand: for networks of two halves.

For an engine whose network has a text half, phoneme ids to states and durations, and a sound half,
states to samples, with a whole number of frames between them (`TwoHalves`). On a GPU nothing has a
new shape: each shape there is was captured as a CUDA graph, so that a batch costs a few launches
instead of hundreds, and nothing is allocated while it speaks.

    text run    ids -> states and ends, which stay on the device, in the rows' slots of a table;
                the ends go to the host, too
    sound run   slots -> samples, which go to the host aside, while the next run computes

The shapes of the sound depend on the number of frames, which the network computes. The host waits
only for the ends, to choose the sound runs' shapes exactly; an upper bound would have to allow for
three times the usual pace. It waits once for each text run. The next text run is started before
that, and the audio of one sound run is taken out while the next ones compute, so the device is busy
while there is work.

A phrase that is longer than any shape is spoken alone, as it is, without a graph.

All that only a GPU can run is in `torch_devices.py`.
"""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import model_validator
from torch import Tensor

from speech.config import PositiveInt, StrictModel
from speech.engines.torch_devices import Device, Wait
from speech.types import Samples


class ShapesConfig(StrictModel):
    """The shapes a network is prepared for.

    On a GPU each shape that the three lists allow is captured at warm-up; phrases are padded to the
    next one. More shapes pad less, and take longer to start and a few MB each.
    """

    rows: tuple[PositiveInt, ...] = (1, 2, 4, 8, 16, 32, 64, 128)
    """Phrases of one run."""
    tokens: tuple[PositiveInt, ...] = (64, 128, 256, 512, 1024)
    """Phoneme ids of a run's longest phrase. A longer one is spoken alone and uncaptured."""
    frames: tuple[PositiveInt, ...] = (64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)
    """Frames of a run's longest phrase, likewise."""
    tokens_at_once: PositiveInt = 32_768
    """Padded ids in one run; shapes beyond are not made."""
    frames_at_once: PositiveInt = 32_768
    """Padded frames in one run, likewise."""

    @model_validator(mode="after")
    def _shapes(self) -> Self:
        for name in ("rows", "tokens", "frames"):
            sizes = getattr(self, name)
            if not sizes or list(sizes) != sorted(set(sizes)):
                raise ValueError(f"{name} must be non-empty and rising")
        for name in ("tokens", "frames"):
            if getattr(self, name)[-1] > getattr(self, f"{name}_at_once"):
                raise ValueError(f"the last of {name} must fit into {name}_at_once")
        return self


class Given(NamedTuple):
    """What a row's halves are told beside its ids: a speaker, a seed, a speed, a style's number."""

    whole: Tensor
    """int64 [N, `TwoHalves.whole`]."""
    real: Tensor
    """float32 [N, `TwoHalves.real`]."""


class TwoHalves(Protocol):
    """A network. Its rows are independent of each other and of padding.

    No step waits for the device, and no shape depends on a value: both can be captured. Both are
    deterministic: what is random comes from a seed in `Given`.
    """

    channels: int
    """Of a state."""
    hop: int
    """Samples of a frame."""
    whole: int
    """Whole numbers that go with a row."""
    real: int
    """Other numbers that go with a row."""

    def encode(self, ids: Tensor, lengths: Tensor, given: Given) -> tuple[Tensor, Tensor, Tensor]:
        """The text half.

        Args:
            ids: int64 [N, T].
            lengths: int64 [N], at least 1; ids behind them are padding.
            given: Of each row.

        Returns:
            States, float32 [N, T, `channels`]; the frame at which each id ends, int64 [N, T],
            which padding leaves where it is; and one more number of each id for the host, likewise.
            A row whose durations are no numbers ends at -1.
        """
        ...

    def speak(
        self, states: Tensor, slots: Tensor, ends: Tensor, given: Given, frames: int
    ) -> tuple[Tensor, Tensor]:
        """The sound half.

        Args:
            states: float32 [slots, T, `channels`].
            slots: int64 [N]: which of them are meant.
            ends: int64 [N, T], as `encode` gave them.
            given: Of each row.
            frames: So many are made, at least as many as each row has.

        Returns:
            Samples, int16 [N, frames * `hop`]; and whether a row's are numbers, bool [N].
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A phrase for a network."""

    ids: npt.NDArray[np.int64]
    """One-dimensional, not empty, all within the vocabulary."""
    whole: tuple[int, ...]
    real: tuple[float, ...]


class Wave(NamedTuple):
    """What a row became."""

    samples: Samples
    ends: npt.NDArray[np.int64]
    """The frame at which each id ends."""
    told: npt.NDArray[np.int64]
    """The network's other number of each id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Phrases that are computed together."""

    places: tuple[int, ...]
    """Which of the phrases that were given."""
    rows: int
    """Rows of the shape, at least as many."""
    length: int
    """Length of the shape, at least that of the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """The shapes there are: every pair of which the product is within a limit.

    A run costs what its padded length times its rows costs, and a little for being a run at all.
    Phrases are sorted into lengths; then the cheapest way to cut that sequence into runs is taken.
    Ten lengths make 55 possible cuts, so this takes microseconds.
    """

    rows: tuple[int, ...]
    lengths: tuple[int, ...]
    at_once: int
    overhead: int
    """What a run costs beyond its rows times its length, in the same measure."""

    @property
    def longest(self) -> int:
        """Of what fits."""
        return self.lengths[-1]

    def all(self) -> list[tuple[int, int]]:
        """Rows and length of each, the largest first."""
        pairs = [(rows, length) for rows in self.rows for length in self.lengths]
        fitting = [pair for pair in pairs if pair[0] * pair[1] <= self.at_once]
        return sorted(fitting, key=lambda pair: -pair[0] * pair[1])

    def pack(self, lengths: Sequence[int]) -> list[Run]:
        """Runs for phrases of some lengths, none of which is beyond `longest`.

        Returns:
            The longest first.
        """
        if not lengths:
            return []
        order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
        sizes = [self.lengths[bisect_left(self.lengths, lengths[place])] for place in order]
        # Where another size begins: only there may it pay to begin another run.
        begins = [i for i in range(len(order)) if i == 0 or sizes[i] != sizes[i - 1]]
        ends = [*begins[1:], len(order)]
        # best[j]: cost of everything before begins[j], and where its last cut is.
        best: list[tuple[int, int]] = [(0, 0)]
        for j, end in enumerate(ends):
            best.append(
                min(
                    (best[i][0] + self._costs(end - begin, sizes[begin]), i)
                    for i, begin in enumerate(begins[: j + 1])
                )
            )
        runs: list[Run] = []
        j = len(ends)
        while j:
            i = best[j][1]
            runs = [*self._runs(order[begins[i] : ends[j - 1]], sizes[begins[i]]), *runs]
            j = i
        return runs

    def _runs(self, places: Sequence[int], length: int) -> list[Run]:
        runs, at = [], 0
        for rows in self._split(len(places), length):
            runs.append(Run(places=tuple(places[at : at + rows]), rows=rows, length=length))
            at += rows
        return runs

    def _split(self, count: int, length: int) -> list[int]:
        """Rows of the runs that phrases of one length take: the last one may be padded."""
        fitting = [rows for rows in self.rows if rows * length <= self.at_once]
        if count > fitting[-1]:
            return [fitting[-1], *self._split(count - fitting[-1], length)]
        above = bisect_left(fitting, count)
        if fitting[above] == count or not above:
            return [fitting[above]]
        below = [fitting[above - 1], *self._split(count - fitting[above - 1], length)]
        several = sum(self._cost(rows, length) for rows in below)
        return below if several < self._cost(fitting[above], length) else [fitting[above]]

    def _costs(self, count: int, length: int) -> int:
        return sum(self._cost(rows, length) for rows in self._split(count, length))

    def _cost(self, rows: int, length: int) -> int:
        return self.overhead + rows * length


MAX_FRAMES = 40_000
"""Of one row: beyond that a network's durations have run away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A text run under way."""

    places: tuple[int, ...]
    """Of its rows, in the batch."""
    run: Run
    first_slot: int
    arrived: Wait
    half: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sound:
    """A sound run under way."""

    places: tuple[int, ...]
    ends: tuple[npt.NDArray[np.int64], ...]
    """Of each row its ends and what was told beside, [2, T]."""
    run: Run
    arrived: Wait
    half: int


class BatchRenderer:
    """One voice's network with its tensors of fixed place. For one thread at a time.

    Everything that is filled by the host while the device may still read from it, or the other way
    round, is there twice; what was started two runs ago has always been waited for.

    Args:
        network: Of the voice.
        device: Where it is.
        config: The shapes.
    """

    def __init__(self, network: TwoHalves, device: Device, config: ShapesConfig) -> None:
        self._network = network
        self._device = device
        self._text_shapes, self._sound_shapes = (
            Shapes(rows=config.rows, lengths=lengths, at_once=most, overhead=device.run_overhead)
            for lengths, most in (
                (config.tokens, config.tokens_at_once),
                (config.frames, config.frames_at_once),
            )
        )
        rows, tokens = config.rows[-1], config.tokens[-1]
        # Beside a row's ids go their count, its slot, and what it is given.
        self._facts = 2 + network.whole + network.real
        words = max(count * (length + self._facts) for count, length in self._text_shapes.all())
        ends = max(count * length for count, length in self._text_shapes.all())
        samples = max(n * (length * network.hop + 1) for n, length in self._sound_shapes.all())
        # Two text runs' rows, and one slot for those that only fill a shape up.
        slots = 2 * rows + 1
        self._most_rows = rows
        with device.working():
            there = {"device": device.name}
            self._states = torch.zeros((slots, tokens, network.channels), **there)
            self._ends = torch.zeros((slots, tokens), dtype=torch.int64, **there)
            self._given = Given(
                torch.zeros((slots, network.whole), dtype=torch.int64, **there),
                torch.zeros((slots, network.real), **there),
            )
            self._words = torch.zeros(words, dtype=torch.int64, **there)
            self._ends_out = torch.zeros(2 * ends, dtype=torch.int64, **there)
            self._chosen = torch.zeros(rows, dtype=torch.int64, **there)
            self._samples = torch.zeros(samples, dtype=torch.int16, **there)
            self._parked = [torch.zeros_like(self._samples) for _ in range(2)]
            self._words_host = [device.host(words, torch.int64) for _ in range(2)]
            self._ends_host = [device.host(2 * ends, torch.int64) for _ in range(2)]
            self._chosen_host = [device.host(rows, torch.int64) for _ in range(2)]
            self._samples_host = [device.host(samples, torch.int16) for _ in range(2)]
        # The largest first: smaller graphs find room in what it took.
        self._sound_runs = self._prepared(self._sound, self._sound_shapes)
        self._text_runs = self._prepared(self._text, self._text_shapes)

    def _prepared(
        self, step: Callable[[int, int], None], shapes: Shapes
    ) -> dict[tuple[int, int], Callable[[], None]]:
        found = {}
        for shape in shapes.all():
            with self._device.working():
                found[shape] = self._device.prepared(partial(step, *shape))
            # A lock that is let go and taken at once goes past whoever waits to speak: of 60 turns
            # between holds of 20 ms they got 3, with this pause all.
            time.sleep(0.001)
        return found

    @property
    def shapes(self) -> int:
        """How many are prepared."""
        return len(self._text_runs) + len(self._sound_runs)

    def close(self) -> None:
        """Let go of the graphs, which hold the network; nothing is rendered afterwards."""
        with self._device.working():
            self._text_runs.clear()
            self._sound_runs.clear()

    def render(self, rows: Sequence[Row]) -> list[Wave | None]:
        """What each row becomes; None where its durations or its audio are broken.

        Raises:
            MemoryError: the device has no room for a row that is longer than any shape.
        """
        results: list[Wave | None] = [None] * len(rows)
        longest, most = self._text_shapes.longest, self._sound_shapes.longest
        usual = [i for i, row in enumerate(rows) if len(row.ids) <= longest]
        longer = [i for i, row in enumerate(rows) if len(row.ids) > longest]
        flying: deque[_Sound] = deque()
        started = 0
        with self._device.working():
            runs = self._text_shapes.pack([len(rows[i].ids) for i in usual])
            before: _Text | None = None
            for number, run in enumerate((*runs, None)):
                following = None
                if run is not None:
                    places = tuple(usual[place] for place in run.places)
                    following = self._start_text(rows, places, run, number % 2)
                if before is not None:
                    ends = self._fetched_ends(before)
                    frames = [int(line[0, -1]) for line in ends]
                    fitting = [i for i, count in enumerate(frames) if 0 < count <= most]
                    longer += [before.places[i] for i, count in enumerate(frames) if count > most]
                    for sound in self._sound_shapes.pack([frames[i] for i in fitting]):
                        if len(flying) == 2:
                            self._land(flying.popleft(), rows, results)
                        chosen = [fitting[place] for place in sound.places]
                        flying.append(self._start_sound(before, ends, chosen, sound, started % 2))
                        started += 1
                before = following
            while flying:
                self._land(flying.popleft(), rows, results)
            for i in longer:
                results[i] = self._alone(rows[i])
        return results

    def _start_text(
        self, rows: Sequence[Row], places: tuple[int, ...], run: Run, half: int
    ) -> _Text:
        size = run.rows * run.length
        end = size + self._facts * run.rows
        host = self._words_host[half][:end]
        words = host.numpy()
        ids = words[:size].reshape(run.rows, run.length)
        facts = words[size:].reshape(self._facts, run.rows)
        whole, real = facts[2 : 2 + self._network.whole], facts[2 + self._network.whole :]
        # Rows that only fill the shape up say the first id once, as the first row, in the last
        # slot, which nobody reads.
        ids[:] = 0
        facts[0], facts[1] = 1, 2 * self._most_rows
        first_slot = half * self._most_rows
        whole[:] = np.array(rows[places[0]].whole, np.int64)[:, None]
        real.view(np.float64)[:] = np.array(rows[places[0]].real)[:, None]
        for i, place in enumerate(places):
            row = rows[place]
            ids[i, : len(row.ids)] = row.ids
            facts[:2, i] = len(row.ids), first_slot + i
            whole[:, i] = row.whole
            real.view(np.float64)[:, i] = row.real
        self._words[:end].copy_(host, non_blocking=True)
        self._text_runs[run.rows, run.length]()
        arrived = self._device.fetch(self._ends_host[half][: 2 * size], self._ends_out[: 2 * size])
        return _Text(places=places, run=run, first_slot=first_slot, arrived=arrived, half=half)

    def _text(self, rows: int, length: int) -> None:
        """Ids in `_words` to the table and `_ends_out`; fixed places only."""
        size, split = rows * length, 2 + self._network.whole
        ids = self._words[:size].view(rows, length)
        facts = self._words[size : size + self._facts * rows].view(self._facts, rows)
        lengths, slots = facts[0], facts[1]
        real = facts[split:].view(torch.float64).t().to(torch.float32)
        given = Given(facts[2:split].t(), real)
        states, ends, told = self._network.encode(ids, lengths, given)
        whole = ends[:, -1:].repeat(1, self._ends.shape[1])
        whole[:, :length] = ends
        self._states[:, :length].index_copy_(0, slots, states)
        self._ends.index_copy_(0, slots, whole)
        self._given.whole.index_copy_(0, slots, given.whole)
        self._given.real.index_copy_(0, slots, given.real)
        self._ends_out[:size] = ends.flatten()
        self._ends_out[size : 2 * size] = told.flatten()

    def _fetched_ends(self, text: _Text) -> npt.NDArray[np.int64]:
        """Ends of a text run's rows and what is told beside, [rows, 2, T]."""
        text.arrived()
        shape = (2, text.run.rows, text.run.length)
        host = self._ends_host[text.half].numpy()[: 2 * text.run.rows * text.run.length]
        found: npt.NDArray[np.int64] = host.reshape(shape).transpose(1, 0, 2)
        return found[: len(text.places)]

    def _start_sound(
        self,
        text: _Text,
        ends: npt.NDArray[np.int64],
        chosen: Sequence[int],
        run: Run,
        half: int,
    ) -> _Sound:
        host = self._chosen_host[half][: run.rows]
        slots = host.numpy()
        slots[:] = text.first_slot + chosen[0]
        slots[: len(chosen)] = [text.first_slot + i for i in chosen]
        self._chosen[: run.rows].copy_(host, non_blocking=True)
        self._sound_runs[run.rows, run.length]()
        size = run.rows * (run.length * self._network.hop + 1)
        # Out of the way of the next run; 2 bytes a sample within the device's memory are quick.
        self._parked[half][:size].copy_(self._samples[:size])
        return _Sound(
            places=tuple(text.places[i] for i in chosen),
            ends=tuple(ends[i].copy() for i in chosen),
            run=run,
            arrived=self._device.fetch_aside(
                self._samples_host[half][:size], self._parked[half][:size]
            ),
            half=half,
        )

    def _sound(self, rows: int, length: int) -> None:
        """Slots in `_chosen` to `_samples`, whether they are numbers behind them."""
        slots = self._chosen[:rows]
        given = Given(self._given.whole[slots], self._given.real[slots])
        samples, sane = self._network.speak(self._states, slots, self._ends[slots], given, length)
        size = rows * length * self._network.hop
        self._samples[:size] = samples.flatten()
        self._samples[size : size + rows] = sane

    def _land(self, sound: _Sound, rows: Sequence[Row], results: list[Wave | None]) -> None:
        """Wait for a sound run's audio and take it out."""
        sound.arrived()
        found = self._samples_host[sound.half].numpy()
        each = sound.run.length * self._network.hop
        sane = found[sound.run.rows * each :]
        for i, (place, ends) in enumerate(zip(sound.places, sound.ends, strict=True)):
            if sane[i]:
                end = i * each + int(ends[0, -1]) * self._network.hop
                results[place] = Wave(
                    found[i * each : end].copy(), *ends[:, : len(rows[place].ids)]
                )

    def _alone(self, row: Row) -> Wave | None:
        """A row longer than any shape, in one of its own: powers of two, so they are few."""
        ids = np.zeros((1, _power(len(row.ids))), np.int64)
        ids[0, : len(row.ids)] = row.ids
        there = {"device": self._device.name}
        given = Given(
            torch.tensor([row.whole], dtype=torch.int64, **there),
            torch.tensor([row.real], dtype=torch.float32, **there),
        )
        lengths = torch.tensor([len(row.ids)], **there)
        states, ends, told = self._network.encode(torch.tensor(ids, **there), lengths, given)
        last = ends[0].cpu().numpy()
        frames = int(last[-1])
        if not 0 < frames <= MAX_FRAMES:
            return None
        first = torch.zeros_like(lengths)
        samples, sane = self._network.speak(states, first, ends, given, _power(frames))
        result: Samples = samples[0, : frames * self._network.hop].cpu().numpy().copy()
        whole = bool(sane)
        beside = told[0, : len(row.ids)].cpu().numpy()
        del states, ends, told, samples, sane
        self._device.release()
        return Wave(result, last[: len(row.ids)].copy(), beside) if whole else None


def _power(count: int) -> int:
    """The next power of two."""
    return 1 << (count - 1).bit_length()
