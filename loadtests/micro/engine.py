"""The bare engine: how fast it speaks, by the length of its phrases and how many it speaks at once.

No front end, no encoder, no queue: phoneme ids in, samples out, in this process. The length classes
and their batch sizes are those of the shipped batching. The real-time factor is the time an engine
takes for a second of audio; every batch is of phrases nobody has spoken before, of one class and so
of different lengths.

    python -m loadtests.micro.engine [--voice heart] [--threads 1 2] [--rounds 12]

The last line of output is one JSON object.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count, islice
from math import fsum
from pathlib import Path
from time import perf_counter, process_time

from rich.console import Console
from rich.table import Table

from loadtests.machine import Machine, this_machine
from loadtests.samples import Summary
from loadtests.texts import reply
from speech.config import BatchConfig, EngineConfig, LengthClass, PhraseConfig, TextConfig
from speech.engines.kinds import Voice
from speech.engines.loading import load_engine
from speech.errors import SpeechError
from speech.interfaces import Engine
from speech.text import FrontEnd
from speech.types import Delivery, Passage, Phrase, PhraseJob
from speech.voices import VoiceCatalogue

CATALOGUE = Path(__file__).resolve().parents[2] / "configs" / "voices.yaml"
_SIZES = (1, 2, 4, 8, 16)
_CLASSES = BatchConfig().classes


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCell:
    """One number of threads, length class and batch size."""

    threads: int
    length_class: str
    batch: int
    characters: float
    """Of a phrase, on average."""
    audio_seconds: float
    """Of a phrase, on average."""
    batch_ms: Summary
    """Time of a batch."""
    real_time_factor: float
    """Seconds for a second of audio, over all batches; below 1 is faster than it is heard."""
    processor_factor: float
    """Processor seconds for a second of audio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """Everything one run measured."""

    machine: Machine
    voice: str
    cells: tuple[EngineCell, ...]


def phrases(
    voice: Voice, length_class: LengthClass, shortest: int, front_end: FrontEnd
) -> Iterator[Phrase]:
    """Phrases of one class, without end: replies cut or joined at words to a length that varies.

    Args:
        voice: Whose phonemes.
        length_class: The class they belong to.
        shortest: Characters a phrase has at least.
        front_end: One whose phrases are as long as the class allows.
    """
    for index in count():
        wanted = shortest + index * 7 % (length_class.max_characters - shortest)
        words = " ".join(reply(8 * index + offset) for offset in range(8)).split()
        text = words[0]
        for word in words[1:]:
            if len(text) + 1 + len(word) > wanted:
                break
            text += f" {word.strip('.,;:!?')}"
        delivery = Delivery(voice=voice.id, speaker=voice.default_speaker, language=voice.language)
        phrase = front_end.prepare(Passage(text=text, delivery=delivery), voice.vocabulary).phrases[
            0
        ]
        if shortest <= phrase.cost <= length_class.max_characters:
            yield phrase


def measure(voice: Voice, threads: int, rounds: int) -> list[EngineCell]:
    """All classes and batch sizes of one engine."""
    engine = load_engine(voice, EngineConfig(threads=threads))
    engine.warm_up()
    whole = PhraseConfig(max_characters=300, first_max_characters=300, target_characters=300)
    front_end = FrontEnd(TextConfig(phrases=whole, max_seconds=60.0))
    cells, shortest = [], 4
    for length_class in _CLASSES:
        source = phrases(voice, length_class, shortest, front_end)
        shortest = length_class.max_characters + 1
        for size in _SIZES:
            if size <= length_class.max_batch_size:
                batches = [list(islice(source, size)) for _ in range(rounds + 1)]
                cells.append(_cell(engine, voice, threads, length_class.name, batches))
    engine.close()
    return cells


def _cell(
    engine: Engine,
    voice: Voice,
    threads: int,
    length_class: str,
    batches: Sequence[Sequence[Phrase]],
) -> EngineCell:
    """Speak every batch once; the first sets up memory of its shape and does not count."""
    _speak(engine, voice, batches[0])
    walls, audio, processor = [], 0.0, process_time()
    for batch in batches[1:]:
        started = perf_counter()
        seconds = _speak(engine, voice, batch)
        walls.append(perf_counter() - started)
        audio += seconds
    processor = process_time() - processor
    spoken = [phrase for batch in batches[1:] for phrase in batch]
    return EngineCell(
        threads=threads,
        length_class=length_class,
        batch=len(batches[0]),
        characters=fsum(phrase.cost for phrase in spoken) / len(spoken),
        audio_seconds=audio / len(spoken),
        batch_ms=Summary.of(walls),
        real_time_factor=fsum(walls) / audio,
        processor_factor=processor / audio,
    )


def _speak(engine: Engine, voice: Voice, batch: Sequence[Phrase]) -> float:
    """Seconds of audio."""
    seconds = 0.0
    for result in engine.synthesize([PhraseJob(phrase=phrase) for phrase in batch]):
        if isinstance(result, SpeechError):
            raise result
        seconds += result.duration
    return seconds


def engine_table(report: EngineReport) -> Table:
    """Every cell."""
    table = Table(title=f"{report.voice}: the bare engine")
    for name in ("threads", "class", "batch", "characters", "audio s", "P50 ms", "P95 ms"):
        table.add_column(name, justify="right")
    for name in ("real-time factor", "times real time", "processor factor"):
        table.add_column(name, justify="right")
    for cell in report.cells:
        table.add_row(
            str(cell.threads),
            cell.length_class,
            str(cell.batch),
            f"{cell.characters:.0f}",
            f"{cell.audio_seconds:.2f}",
            f"{cell.batch_ms.p50:.1f}",
            f"{cell.batch_ms.p95:.1f}",
            f"{cell.real_time_factor:.4f}",
            f"{1 / cell.real_time_factor:.0f}",
            f"{cell.processor_factor:.4f}",
        )
    return table


def main() -> None:
    """Measure and print the table and the JSON line."""
    parser = argparse.ArgumentParser(description="The bare engine by length and batch size.")
    parser.add_argument("--voice", default="heart", help="of the shipped catalogue")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=12, help="batches of each cell")
    given = parser.parse_args()
    console = Console(width=120)
    voice = VoiceCatalogue.load(CATALOGUE).voices[given.voice]
    machine, cells = this_machine(), []
    for threads in given.threads:
        console.print(f"{voice.id}: {threads} threads ...")
        cells += measure(voice, threads, given.rounds)
    report = EngineReport(machine=machine, voice=voice.id, cells=tuple(cells))
    console.print(engine_table(report))
    print(json.dumps({"benchmark": "engine", **asdict(report)}))


if __name__ == "__main__":
    main()
