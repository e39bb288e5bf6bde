"""The Synthesizer deployment: phrases of strangers, batched on one engine."""

import asyncio
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from ray import serve

from deployments import metrics, startup, tracing
from deployments.collector import settle
from deployments.memory import MEMORY, MemoryWatch
from deployments.stages import Stage
from speech import espeak, telemetry
from speech.batching import BatchGate, BatchItem
from speech.config import (
    BatchConfig,
    EngineConfig,
    EspeakConfig,
    MemoryConfig,
    Precision,
    ProviderName,
    StrictModel,
)
from speech.engine_load import EngineLoad, VoiceSpeeds
from speech.engines.residency import ResidentVoices
from speech.errors import SpeechError, SynthesisError
from speech.interfaces import EngineInfo, SynthesizerStage
from speech.memory import Level
from speech.types import Pcm, PhraseJob, SynthesizedPhrase
from speech.voice_home import LiveCatalogue

_LOG = logging.getLogger("ray.serve")
_MOST_RELEASED = 65
"""`EngineConfig.parallel` at most, and one that waits behind."""
_LARGEST_BATCH = 16
"""Phrases, until a configuration allows more."""


class SynthesizerConfig(StrictModel):
    """What a Synthesizer replica is built from."""

    catalogue: Path
    home: Path | None = None
    """Folder of the user's own voices."""
    engine: EngineConfig = EngineConfig()
    espeak: EspeakConfig = EspeakConfig()
    preload: tuple[str, ...] = ()
    """Voices loaded and warmed before the replica is ready. Empty takes the default and the shipped
    ones, as many as may be resident; any other is loaded when it is first asked for."""
    stall_timeout: float = 60.0
    """Seconds one engine call may take before the replica counts as unhealthy."""


class SynthesizerTuning(BatchConfig):
    """What a running replica takes: batch limits, and another engine than it was built with."""

    provider: Literal["auto", ProviderName] | None = None
    """None for that of the configuration, here and below."""
    precision: Precision | None = None
    fallback: tuple[ProviderName, ...] | None = None

    def engine(self, built: EngineConfig) -> EngineConfig:
        """The engines' configuration with what is asked for instead."""
        asked = self.model_dump(include={"provider", "precision", "fallback"}, exclude_none=True)
        return built.model_copy(update=asked)


class Synthesizer(Stage, serves=SynthesizerStage):
    """Owns the engines, the gate in front of them and the threads they run on.

    It knows nothing of HTTP, caching or containers: a phrase comes in, its samples go out.
    """

    def __init__(
        self,
        config: SynthesizerConfig,
        batch: BatchConfig | None = None,
        *,
        memory: MemoryConfig = MEMORY,
    ) -> None:
        began = startup.Startup("synthesizer")
        espeak.configure(config.espeak)
        self._live = LiveCatalogue(config.catalogue, config.home)
        began.done("catalogue")
        self._catalogue = self._live.catalogue
        self._config = config
        self._memory = MemoryWatch(memory)
        self._voices = ResidentVoices(
            self._catalogue.voices, config.engine, _note, self._memory.fits
        )
        self._reported = self._voices.unloaded.copy()
        known = dict.fromkeys((self._catalogue.default_voice, *self._live.shipped.voices))
        self._voices.preload(config.preload or list(known)[: config.engine.max_resident_voices])
        began.done("voices")
        parallel = config.engine.parallel or len(os.sched_getaffinity(0))
        self._parallel = parallel
        self._engine_threads = ThreadPoolExecutor(parallel, thread_name_prefix="engine")
        self._swap_thread = ThreadPoolExecutor(1, thread_name_prefix="swap")
        self._wanted, self._swap_failure = config.engine, ""
        self._running: dict[object, float] = {}
        self._broken = False
        self._load = EngineLoad()
        self._speeds = VoiceSpeeds()
        # Where cores speak for themselves, one batch more waits behind those that are spoken: a
        # thread that has done with one needs no turn of a busy loop to begin the next.
        released = parallel + 1 if parallel > 1 else 1
        self._largest_batch = _LARGEST_BATCH
        self._gate = BatchGate(batch or BatchConfig(), self._engine_limit, released)
        settle()

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take a `SynthesizerTuning` without a restart.

        Other engines are built beside those that speak, one at a time, and each speaks the batches
        that begin from then on. Where one cannot be built the present ones speak on, and say so in
        the log and in `loaded_engines`.
        """
        tuning = SynthesizerTuning.model_validate(user_config)
        self._gate.configure(tuning)
        # Never less than before: a batch that is on its way keeps the size it was released with.
        self._largest_batch = max(self._largest_batch, self._gate.full_batch)
        self._speak_batch.set_max_batch_size(self._largest_batch)
        wanted = tuning.engine(self._config.engine)
        if wanted != self._wanted:
            self._wanted, self._swap_failure = wanted, ""
            self._swap_thread.submit(self._swap_engines, wanted)

    def _swap_engines(self, wanted: EngineConfig) -> None:
        """Replace every engine that was loaded otherwise; gives up when something else is wanted.

        Beyond the resident voices memory holds one more. What is loaded meanwhile is loaded as
        before until the first new engine speaks, and as that one from then on.
        """
        while self._wanted is wanted and (outdated := self._voices.outdated(wanted)):
            try:
                loaded = self._voices.build(outdated[0], wanted)
            except Exception as error:  # noqa: BLE001 (an engine may raise anything; the old one speaks)
                _LOG.error("the engines stay as they are: %s", error)
                self._swap_failure = f"; could not be swapped: {error}"
                return
            self._voices.replace(outdated[0], loaded)
        if self._wanted is wanted:
            self._voices.configure(wanted)

    def check_health(self) -> None:
        """Report, and raise when an engine call stalls or the engine is broken as a whole.

        Serve calls this every two seconds; see `AudioCache.check_health`.
        """
        startup.report()
        self._live.poll()
        self._follow_voices()
        self._unload_voices()
        metrics.report_espeak()
        metrics.set_gauge(telemetry.QUEUE_DEPTH, self._gate.depth)
        infos = self._voices.infos()
        self._speeds.keep(infos)
        metrics.set_gauge(telemetry.RESIDENT_VOICES, len(infos))
        for voice, info in infos.items():
            metrics.set_gauge(telemetry.RESIDENT_BYTES, info.resident_bytes, voice=voice)
            metrics.set_gauge(telemetry.FALLBACKS, float(info.fell_back), voice=voice)
            if (speed := self._speeds.of(voice)) is not None:
                metrics.set_gauge(telemetry.ENGINE_SPEED, speed, voice=voice)
        now = perf_counter()
        if any(now - since > self._config.stall_timeout for since in self._running.values()):
            raise RuntimeError("an engine call has stalled")
        if self._broken:
            raise RuntimeError("the engine failed as a whole")

    def _unload_voices(self) -> None:
        """What is idle for too long, or one voice at each check while memory is short."""
        if self._config.engine.idle_voice is not None:
            self._voices.unload_unused(self._config.engine.idle_voice)
        if self._memory.look() >= Level.VOICES:
            self._voices.unload_for_memory()
        unloaded = self._voices.unloaded.copy()
        for cause, count in (unloaded - self._reported).items():
            metrics.count(telemetry.UNLOADED_VOICES, count, cause=cause)
        self._reported = unloaded

    def _follow_voices(self) -> None:
        if self._live.catalogue is not self._catalogue:
            self._catalogue = self._live.catalogue
            self._voices.know(self._catalogue.voices)

    async def loaded_engines(self) -> dict[str, EngineInfo]:
        """What is loaded here, by voice id."""
        infos = self._voices.infos()
        return {
            voice: replace(
                info,
                choice=f"{info.choice}{self._swap_failure}",
                speed=self._speeds.of(voice) or info.speed,
            )
            for voice, info in infos.items()
        }

    def _engine_limit(self, voice: str) -> int | None:
        """Phrases the voice's engine takes at once; unknown until it is loaded."""
        info = self._voices.infos().get(voice)
        return info.max_batch_size if info else None

    def record_autoscaling_stats(self) -> dict[str, float]:
        """What `QueueTimePolicy` reads. Serve's own counts hold these phrases, too."""
        return self._load.stats(self._gate.waiting_characters)

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        """Speak one phrase, batched with whatever waits beside it.

        Raises:
            AtCapacityError: the gate's queue is full.
            SynthesisError: the engine failed on this phrase.
        """
        self._load.arrived(job.phrase.work)
        async with self._gate.admit(job) as item:
            position = "later" if job.later else "first"
            metrics.observe(telemetry.GATE_WAIT_SECONDS, item.waited, position=position)
            result = await self._speak_batch(item)
        if isinstance(result, SpeechError):
            metrics.count(telemetry.SYNTHESIZED_PHRASES, outcome=result.code)
            raise result
        metrics.count(telemetry.SYNTHESIZED_PHRASES, outcome="ok")
        metrics.count(telemetry.AUDIO_SECONDS, result.pcm.duration, voice=job.phrase.delivery.voice)
        spoken: SynthesizedPhrase = result
        return spoken

    # The gate has chosen the batch; the decorator takes exactly that. All phrases of a batch put
    # themselves into its queue in one turn of the loop, and it looks there in the next one. So it
    # has nobody to wait for; the next batch is not released before `taken`, so it finds no other;
    # and no batch is larger than its `max_batch_size`, so it leaves none behind.
    @serve.batch(  # type: ignore[untyped-decorator]
        max_batch_size=_LARGEST_BATCH,
        batch_wait_timeout_s=0.0,
        max_concurrent_batches=_MOST_RELEASED,
    )
    async def _speak_batch(self, batch: list[BatchItem]) -> list[SynthesizedPhrase | SpeechError]:
        """One result or error for each phrase: one bad phrase fails no stranger."""
        self._gate.taken()
        call = object()
        self._running[call] = released = perf_counter()
        jobs = [item.job for item in batch]
        try:
            with tracing.batch(jobs):
                results, started, ended = await asyncio.get_running_loop().run_in_executor(
                    self._engine_threads, self._timed_run, jobs
                )
        finally:
            del self._running[call]
        took = ended - started
        voice = batch[0].job.phrase.delivery.voice
        audio = sum(result.duration for result in results if isinstance(result, Pcm))
        self._speeds.spoke(voice, audio, took)
        self._load.spoke(
            characters=sum(item.job.phrase.work for item in batch),
            phrases=len(batch),
            largest=self._gate.largest_batch(batch[0].job),
            audio=audio,
            seconds=took / self._parallel,
        )
        metrics.observe(telemetry.STAGE_SECONDS, took, stage="synthesize")
        metrics.observe(telemetry.BATCH_SIZE, len(batch), voice=voice)
        return [
            result
            if isinstance(result, SpeechError)
            else SynthesizedPhrase(
                pcm=result,
                waited=item.waited + started - released,
                synthesis=took,
                batch_size=len(batch),
            )
            for item, result in zip(batch, results, strict=True)
        ]

    def _timed_run(
        self, jobs: Sequence[PhraseJob]
    ) -> tuple[Sequence[Pcm | SpeechError], float, float]:
        """What the engine gave, when it began and when it was done."""
        started = perf_counter()
        return self._run_engine(jobs), started, perf_counter()

    def _run_engine(self, jobs: Sequence[PhraseJob]) -> Sequence[Pcm | SpeechError]:
        voice = self._catalogue.voices.get(jobs[0].phrase.delivery.voice)
        wanted = {job.made_by.partition(" ")[0] for job in jobs} - {""}
        if voice is None or wanted - {voice.checksum}:
            # Others have seen it, or its new files, first.
            self._live.refresh()
            self._follow_voices()
        try:
            return self._voices.synthesize(jobs)
        except SpeechError as error:
            return [error] * len(jobs)
        except Exception:  # noqa: BLE001 (an engine may raise anything; its waiters must not hang)
            _LOG.exception("the engine failed as a whole")
            self._broken = True
            return [SynthesisError("the engine failed as a whole")] * len(jobs)


def _note(voice: str, info: EngineInfo) -> None:
    _LOG.info(
        "voice %s: %s on %s/%s (%s); %s",
        *(voice, info.engine, info.provider, info.precision, info.choice, info.batching),
    )
