"""Rows of phoneme ids to samples: what runs when, and where the data is meanwhile.

The number of frames, which every shape hangs on, is a result of the network. So a batch takes two
kinds of runs, both of shapes known beforehand (`torch_plan`), each a captured graph on a GPU:

    text run    ids -> states and ends, which stay on the device, in the rows' slots of a table;
                the rows' numbers of frames, a word each, go to the host
    sound run   slots -> samples, which go to the host aside, while the next run computes

The host waits for nothing but these words, to choose the shapes of the sound runs, which thus hold
exactly what is needed; an upper bound instead would have to allow for a pace three times the usual.
It waits once for a text run, 128 phrases by default, and while it does so the device has something
to do wherever there is more: the next text run is started first, and the audio of one sound run is
taken out while the following ones are under way.

A phrase that is longer than any shape is spoken alone, as it is, without a graph.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from speech.config import TorchConfig
from speech.engines.piper_rows import MAX_FRAMES, Row, Scales, row_seed
from speech.engines.starter_network import Manner, StarterNetwork
from speech.engines.starter_weights import HOP
from speech.engines.torch_device import Device, Wait
from speech.engines.torch_plan import Run, Shapes
from speech.types import Samples

_FACTS = 7
"""Words of a row beside its ids: count of these, speaker, seed, slot, and three scales."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A text run under way."""

    places: tuple[int, ...]
    """Of its rows, in the batch."""
    first_slot: int
    arrived: Wait
    half: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sound:
    """A sound run under way."""

    places: tuple[int, ...]
    frames: tuple[int, ...]
    run: Run
    arrived: Wait
    half: int


class TorchRenderer:
    """One voice's network with its tensors of fixed place.

    Everything that is filled by the host while the device may still read from it, or the other way
    round, is there twice; what was started two runs ago has always been waited for.

    Args:
        network: Of the voice.
        device: Where it is.
        config: The shapes.
        scales: The voice's own.
    """

    def __init__(
        self, network: StarterNetwork, device: Device, config: TorchConfig, scales: Scales
    ) -> None:
        self._network = network
        self._device = device
        self._scales = scales
        self._text_shapes = Shapes(
            rows=config.rows,
            lengths=config.tokens,
            at_once=config.tokens_at_once,
            overhead=device.run_overhead,
        )
        self._sound_shapes = Shapes(
            rows=config.rows,
            lengths=config.frames,
            at_once=config.frames_at_once,
            overhead=device.run_overhead,
        )
        rows, tokens = config.rows[-1], config.tokens[-1]
        words = max(count * (length + _FACTS) for count, length in self._text_shapes.all())
        samples = max(count * (length * HOP + 1) for count, length in self._sound_shapes.all())
        # Two text runs' rows, and one slot for those that only fill a shape up.
        slots = 2 * rows + 1
        self._most_rows = rows
        with device.working():
            there = {"device": device.name}
            self._states = torch.zeros((slots, tokens, network.channels), **there)
            self._ends = torch.zeros((slots, tokens), dtype=torch.int64, **there)
            self._who = torch.zeros((slots, 2), dtype=torch.int64, **there)
            self._how = torch.zeros((slots, 3), **there)
            self._words = torch.zeros(words, dtype=torch.int64, **there)
            self._counts = torch.zeros(rows, dtype=torch.int64, **there)
            self._chosen = torch.zeros(rows, dtype=torch.int64, **there)
            self._samples = torch.zeros(samples, dtype=torch.int16, **there)
            self._parked = [torch.zeros_like(self._samples) for _ in range(2)]
            self._words_host = [device.host(words, torch.int64) for _ in range(2)]
            self._counts_host = [device.host(rows, torch.int64) for _ in range(2)]
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

    def repeat_sound(self, rows: int, frames: int) -> None:
        """Start the sound run of a shape on whatever is in place: to time the device alone."""
        with self._device.working():
            self._sound_runs[rows, frames]()

    def render(self, rows: Sequence[Row]) -> list[Samples | None]:
        """Samples of each row; None where its durations or its audio are broken.

        Raises:
            MemoryError: the device has no room for a row that is longer than any shape.
        """
        results: list[Samples | None] = [None] * len(rows)
        usual = [i for i, row in enumerate(rows) if len(row.ids) <= self._text_shapes.longest]
        longer = [i for i, row in enumerate(rows) if len(row.ids) > self._text_shapes.longest]
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
                    frames = self._frames(before)
                    most = self._sound_shapes.longest
                    fitting = [i for i, count in enumerate(frames) if 0 < count <= most]
                    longer += [before.places[i] for i, count in enumerate(frames) if count > most]
                    for sound in self._sound_shapes.pack([frames[i] for i in fitting]):
                        if len(flying) == 2:
                            self._land(flying.popleft(), results)
                        chosen = [fitting[place] for place in sound.places]
                        flying.append(self._start_sound(before, frames, chosen, sound, started % 2))
                        started += 1
                before = following
            while flying:
                self._land(flying.popleft(), results)
            for i in longer:
                results[i] = self._alone(rows[i])
        return results

    def _start_text(
        self, rows: Sequence[Row], places: tuple[int, ...], run: Run, half: int
    ) -> _Text:
        size = run.rows * run.length
        end = size + _FACTS * run.rows
        host = self._words_host[half][:end]
        words = host.numpy()
        ids, facts = words[:size].reshape(run.rows, run.length), words[size:].reshape(_FACTS, -1)
        ids[:] = 0
        # Rows that only fill the shape up say a pad once, in the last slot, which nobody reads.
        facts[:] = np.array([1, 0, 0, 2 * self._most_rows, 0, 0, 0])[:, None]
        scales = facts[4:].view(np.float64)
        scales[:] = 1.0
        first_slot = half * self._most_rows
        for i, place in enumerate(places):
            row = rows[place]
            ids[i, : len(row.ids)] = row.ids
            facts[:4, i] = len(row.ids), row.speaker, row_seed(row), first_slot + i
            scales[:, i] = self._scales.noise, row.length_scale, self._scales.noise_w
        self._words[:end].copy_(host, non_blocking=True)
        self._text_runs[run.rows, run.length]()
        count = len(places)
        arrived = self._device.fetch(self._counts_host[half][:count], self._counts[:count])
        return _Text(places=places, first_slot=first_slot, arrived=arrived, half=half)

    def _text(self, rows: int, length: int) -> None:
        """Ids in `_words` to the table and `_counts`; fixed places only."""
        size = rows * length
        ids = self._words[:size].view(rows, length)
        facts = self._words[size : size + _FACTS * rows].view(_FACTS, rows)
        scales = facts[4:].view(torch.float64).t().to(torch.float32)
        lengths, sid, seeds, slots = facts[0], facts[1], facts[2], facts[3]
        encoded = self._network.encode(ids, lengths, Manner(sid=sid, seeds=seeds, scales=scales))
        total = encoded.ends[:, -1]
        ends = total.unsqueeze(1).repeat(1, self._ends.shape[1])
        ends[:, :length] = encoded.ends
        self._states[:, :length].index_copy_(0, slots, encoded.states)
        self._ends.index_copy_(0, slots, ends)
        self._who.index_copy_(0, slots, torch.stack((sid, seeds), dim=1))
        self._how.index_copy_(0, slots, scales)
        self._counts[:rows] = total

    def _frames(self, text: _Text) -> list[int]:
        """Frames of a text run's rows; none or fewer where a row's are broken."""
        text.arrived()
        found: list[int] = self._counts_host[text.half][: len(text.places)].tolist()
        return found

    def _start_sound(
        self, text: _Text, frames: Sequence[int], chosen: Sequence[int], run: Run, half: int
    ) -> _Sound:
        host = self._chosen_host[half][: run.rows]
        slots = host.numpy()
        slots[:] = text.first_slot + chosen[0]
        slots[: len(chosen)] = [text.first_slot + i for i in chosen]
        self._chosen[: run.rows].copy_(host, non_blocking=True)
        self._sound_runs[run.rows, run.length]()
        size = run.rows * (run.length * HOP + 1)
        # Out of the way of the next run; 2 bytes a sample within the device's memory are quick.
        self._parked[half][:size].copy_(self._samples[:size])
        return _Sound(
            places=tuple(text.places[i] for i in chosen),
            frames=tuple(frames[i] for i in chosen),
            run=run,
            arrived=self._device.fetch_aside(
                self._samples_host[half][:size], self._parked[half][:size]
            ),
            half=half,
        )

    def _sound(self, rows: int, length: int) -> None:
        """Slots in `_chosen` to `_samples`, whether they are numbers behind them."""
        slots = self._chosen[:rows]
        samples, sane = self._network.speak(
            self._states,
            slots,
            self._ends[slots],
            Manner(sid=self._who[slots, 0], seeds=self._who[slots, 1], scales=self._how[slots]),
            length,
        )
        size = rows * length * HOP
        self._samples[:size] = samples.flatten()
        self._samples[size : size + rows] = sane

    def _land(self, sound: _Sound, results: list[Samples | None]) -> None:
        """Wait for a sound run's audio and take it out."""
        sound.arrived()
        found = self._samples_host[sound.half].numpy()
        each = sound.run.length * HOP
        sane = found[sound.run.rows * each :]
        for i, (place, frames) in enumerate(zip(sound.places, sound.frames, strict=True)):
            if sane[i]:
                results[place] = found[i * each : i * each + frames * HOP].copy()

    def _alone(self, row: Row) -> Samples | None:
        """A row longer than any shape, in one of its own: powers of two, so they are few."""
        ids = np.zeros((1, _power(len(row.ids))), np.int64)
        ids[0, : len(row.ids)] = row.ids
        there = {"device": self._device.name}
        scales = [[self._scales.noise, row.length_scale, self._scales.noise_w]]
        manner = Manner(
            sid=torch.tensor([row.speaker], **there),
            seeds=torch.tensor([row_seed(row)], **there),
            scales=torch.tensor(scales, dtype=torch.float32, **there),
        )
        encoded = self._network.encode(
            torch.tensor(ids, **there), torch.tensor([len(row.ids)], **there), manner
        )
        frames = int(encoded.ends[0, -1])
        if not 0 < frames <= MAX_FRAMES:
            return None
        first = torch.zeros_like(manner.sid)
        samples, sane = self._network.speak(
            encoded.states, first, encoded.ends, manner, _power(frames)
        )
        result: Samples = samples[0, : frames * HOP].cpu().numpy().copy()
        whole = bool(sane)
        del encoded, samples, sane
        self._device.release()
        return result if whole else None


def _power(count: int) -> int:
    """The next power of two."""
    return 1 << (count - 1).bit_length()
