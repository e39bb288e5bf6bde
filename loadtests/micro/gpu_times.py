"""How fast the torch provider is: the second part of `loadtests.micro.gpu`."""

import asyncio
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from loadtests.micro.gpu_checks import spoken
from loadtests.micro.gpu_phrases import LENGTHS, Length, Phrases
from loadtests.samples import Summary
from speech.batching import BatchGate
from speech.config import BatchConfig, EngineConfig, LengthClass
from speech.engines.torch_voice import TorchVoice
from speech.errors import SpeechError
from speech.interfaces import Engine
from speech.types import Pcm, PhraseJob
from speech.voices import CatalogueConfig, Voice, VoiceCatalogue, VoiceConfig

GATE = BatchConfig(
    classes=(
        LengthClass(name="short", max_characters=20, max_batch_size=128),
        LengthClass(name="medium", max_characters=100, max_batch_size=64),
        LengthClass(name="long", max_characters=300, max_batch_size=32),
    )
)
"""Batches a GPU is worth: the shipped ones are a processor's."""
_PER_STREAM = 3
"""Phrases of a reply in the streams: the first, and two more that are asked for behind it."""

_TOGETHER = 300.0
"""Seconds in which every process is ready; one that was killed would be waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One length and one batch size."""

    length: str
    batch: int
    audio_seconds: float
    """Of a phrase, on average."""
    batch_ms: Summary
    """From phoneme ids to samples."""
    rate: float
    """Audio seconds in a second, over all batches."""
    processor_factor: float
    """Processor seconds of this process for a second of audio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Processes that speak at once on one device."""

    processes: int
    rate: float
    """Audio seconds in a second, of all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Streams that speak reply after reply through one gate and one engine."""

    streams: int
    replies: int
    first_phrase_ms: Summary
    """From asking to samples of a reply's first phrase."""
    rate: float
    """Audio seconds in a second."""
    largest_batch: int


def starter_voice(model: Path) -> Voice:
    """A voice as the catalogue has it."""
    entry = VoiceConfig(id="starter", engine="piper", model=model)
    config = CatalogueConfig(default="starter", voices=(entry,))
    return VoiceCatalogue.build(config, model.parent).voices["starter"]


def cell(engine: Engine, phrases: Phrases, length: Length, batch: int, seconds: float) -> Cell:
    """Batches of new phrases one after another for some seconds, three of them at least."""
    times: list[float] = []
    audio = 0.0
    spoken(engine, phrases.take(length, batch))
    processor, begin = 0.0, perf_counter()
    while len(times) < 3 or perf_counter() - begin < seconds:
        jobs = phrases.take(length, batch)
        worked, started = process_time(), perf_counter()
        found = spoken(engine, jobs)
        times.append(perf_counter() - started)
        processor += process_time() - worked
        audio += sum(pcm.duration for pcm in found)
    return Cell(
        length=length.name,
        batch=batch,
        audio_seconds=audio / len(times) / batch,
        batch_ms=Summary.of(times),
        rate=audio / sum(times),
        processor_factor=processor / audio,
    )


def shared(model: Path, config: EngineConfig, processes: int, batch: int, seconds: float) -> Shared:
    """So many processes with an equal share of the device each, all speaking medium phrases.

    Raises:
        RuntimeError: one of them failed.
    """
    # A GPU's context does not survive a fork.
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    results: Any = context.Queue()
    share = None if processes == 1 else 1.0 / processes
    asked = config.model_copy(update={"gpu_share": share})
    workers = [
        context.Process(
            target=_work, args=(model, asked, barrier, results, (number, batch, seconds))
        )
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a process that shares the device failed; see above")
    found = [results.get() for _ in workers]
    return Shared(processes=processes, rate=sum(found))


def _work(
    model: Path, config: EngineConfig, barrier: Barrier, results: Any, plan: tuple[int, int, float]
) -> None:
    """One process: loads, waits for all others, speaks, tells its rate."""
    number, batch, seconds = plan
    try:
        voice = starter_voice(model)
        engine = TorchVoice(voice, config)
        engine.warm_up()
        phrases = Phrases(voice, start=1_000 * number)
        jobs = phrases.take(LENGTHS[1], batch)
        barrier.wait(_TOGETHER)
        audio, begin = 0.0, perf_counter()
        while perf_counter() - begin < seconds:
            audio += sum(pcm.duration for pcm in spoken(engine, jobs))
        results.put(audio / (perf_counter() - begin))
    except BaseException:  # whatever ended this process: the others must not wait for it
        barrier.abort()
        raise


class Speaker:
    """What a Synthesizer replica does around its engine, without Ray: gate, batch, one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gate = BatchGate(GATE, lambda _: engine.info.max_batch_size)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._released: list[tuple[PhraseJob, asyncio.Future[Pcm]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self.largest = 0

    async def speak(self, job: PhraseJob) -> Pcm:
        """One phrase, in a batch with whoever waits beside it."""
        loop = asyncio.get_running_loop()
        async with self._gate.admit(job):
            heard: asyncio.Future[Pcm] = loop.create_future()
            self._released.append((job, heard))
            if len(self._released) == 1:
                # All that were released together arrive in this turn of the loop.
                loop.call_soon(self._start)
            return await heard

    def _start(self) -> None:
        batch, self._released = self._released, []
        task = asyncio.create_task(self._run(batch))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, batch: Sequence[tuple[PhraseJob, asyncio.Future[Pcm]]]) -> None:
        self.largest = max(self.largest, len(batch))
        jobs = [job for job, _ in batch]
        try:
            loop = asyncio.get_running_loop()
            results = await loop.run_in_executor(self._thread, self._engine.synthesize, jobs)
        except Exception as error:  # noqa: BLE001 (whoever waits must hear of it)
            for _, heard in batch:
                heard.set_exception(error)
            return
        for (_, heard), result in zip(batch, results, strict=True):
            if isinstance(result, SpeechError):
                heard.set_exception(result)
            else:
                heard.set_result(result)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()


async def stream(engine: Engine, phrases: Phrases, streams: int, seconds: float) -> Streams:
    """So many callers, each of which asks for the next reply when it has heard one."""
    speaker = Speaker(engine)
    firsts: list[float] = []
    audio = 0.0
    # Made before: the loop that makes them is the one that waits.
    replies = cycle(
        [
            [phrases.take(LENGTHS[1], 1, index=index)[0] for index in range(_PER_STREAM)]
            for _ in range(4 * streams)
        ]
    )
    until = perf_counter() + seconds

    async def caller() -> None:
        nonlocal audio
        while perf_counter() < until:
            jobs = next(replies)
            started = perf_counter()
            first = asyncio.create_task(speaker.speak(jobs[0]))
            later = [asyncio.create_task(speaker.speak(job)) for job in jobs[1:]]
            pcm = await first
            firsts.append(perf_counter() - started)
            # Added where nobody waits: a sum that is read before a wait loses what others add.
            audio += pcm.duration
            for task in later:
                pcm = await task
                audio += pcm.duration

    begin = perf_counter()
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(streams):
                group.create_task(caller())
    finally:
        speaker.close()
    return Streams(
        streams=streams,
        replies=len(firsts),
        first_phrase_ms=Summary.of(firsts),
        rate=audio / (perf_counter() - begin),
        largest_batch=speaker.largest,
    )
