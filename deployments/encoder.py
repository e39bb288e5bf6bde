"""The Encoder deployment: phrases of PCM to one container, as a stream."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, nullcontext
from time import perf_counter
from typing import Any, TypeVar

from pydantic import Field
from ray.serve.handle import DeploymentHandle

from deployments import metrics, startup
from deployments.collector import settle
from deployments.memory import MEMORY, MemoryWatch
from deployments.stages import (
    RETRIES,
    Inline,
    Stage,
    check_inline,
    phrase_source,
    synthesizer_stage,
)
from speech import telemetry
from speech.audio.containers import WholeWriter, codec_rate, encode_whole, lead, open_writer
from speech.audio.joins import Joiner, silence
from speech.cache.phrases import PhraseCache
from speech.config import AudioConfig, MemoryConfig, PhraseCacheConfig, RetryConfig, StrictModel
from speech.engine_load import ProcessorLoad
from speech.errors import InvalidInputError
from speech.interfaces import ContainerWriter, SpeechStage
from speech.pipeline import RenderedPhrase, phrases_of, render
from speech.types import (
    AUDIO_FORMATS,
    PCM_SAMPLE_RATE,
    AudioFrame,
    SpeechJob,
    SpokenWord,
    Timing,
)

_T = TypeVar("_T")
_COPIED_SAMPLES = 500_000
"""A megabyte: what is copied on the event loop, in some 0.2 ms."""
_SECONDS_PER_CHARACTER = 0.08
"""Of speech, rather too many."""
_NOTHING_SAID = 0.1
"""Seconds of silence that are the reply to a text that leaves nothing to say."""
_SMALL_BYTES = 4 * 2**20
"""A whole reply that is guessed to be smaller waits for no room: admission bounds their sum."""


class EncoderTuning(StrictModel):
    """What may change without a restart."""

    look_ahead: int = Field(default=3, ge=0, le=64)
    """Phrases of one reply that are synthesised ahead of the one that is delivered next."""
    short_reply: int = Field(default=200, ge=0)
    """Characters of spoken text up to which no phrase of a reply gives way to others. The phrases
    of a longer reply after its first do, because its listener has something to play meanwhile."""
    first_audio: float = Field(default=0.5, gt=0)
    """Seconds of a stream's first phrase that are encoded and sent before its rest."""
    max_whole_bytes: int = Field(default=256 * 2**20, gt=0)
    """What all replies that leave whole may hold in one replica, counted as PCM at their rate. A
    reply that would be larger by itself must be streamed. While they are put together they take
    twice as much."""
    phrases: PhraseCacheConfig = PhraseCacheConfig()
    threads: int = Field(default=0, ge=0, le=64)
    """Replies of one replica that are encoded at the same time; 0 takes one for each core. With
    more than that all would take longer and none would leave sooner."""


class Encoder(Stage, serves=SpeechStage):
    """Asks the synthesizer for a reply's phrases and encodes them in order.

    It knows containers and joins, neither where phrases come from nor how replies are kept.
    """

    def __init__(
        self,
        audio: AudioConfig,
        frame_bytes: int,
        synthesizer: DeploymentHandle | Inline,
        source: DeploymentHandle | Inline,
        retries: RetryConfig = RETRIES,
        *,
        memory: MemoryConfig = MEMORY,
    ) -> None:
        began = startup.Startup("encoder")
        self._audio = audio
        self._memory = MemoryWatch(memory)
        self._frame_bytes = frame_bytes
        self._synthesizer = synthesizer_stage(synthesizer, retries)
        self._source = phrase_source(source, retries)
        self._tuning = EncoderTuning()
        self._phrases = PhraseCache(self._synthesizer, self._tuning.phrases)
        self._reported = 0.0, 0.0
        self._threads = _codec_threads(self._tuning)
        self._encodings = 0
        self._room = _Room()
        self._load = ProcessorLoad()
        self._warm_up()
        began.done("codecs")
        settle()

    def _warm_up(self) -> None:
        """Load every codec now: the first reply of each would take some 15 ms longer."""
        hush = silence(0.2, PCM_SAMPLE_RATE)
        for kind in AUDIO_FORMATS:
            encode_whole(hush, kind, PCM_SAMPLE_RATE, self._audio)

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take a new `EncoderTuning`."""
        tuning, before = EncoderTuning.model_validate(user_config), self._tuning
        self._tuning = tuning
        if tuning.phrases != before.phrases:
            self._phrases = PhraseCache(self._synthesizer, tuning.phrases)
            self._reported = 0.0, 0.0
        self._threads.shutdown(wait=False)
        self._threads = _codec_threads(self._tuning)

    def check_health(self) -> None:
        """Report; an encoder has nothing that can break on its own."""
        startup.report()
        self._memory.look(self._phrases.kept)
        metrics.set_gauge(telemetry.ENCODINGS, self._encodings)
        metrics.set_gauge(telemetry.WHOLE_BYTES, self._room.held)
        phrases, (found, made) = self._phrases, self._reported
        self._reported = phrases.found_seconds, phrases.made_seconds
        metrics.set_gauge(telemetry.PHRASE_BYTES, phrases.bytes)
        metrics.count(telemetry.PHRASE_SECONDS, phrases.found_seconds - found, outcome="hit")
        metrics.count(telemetry.PHRASE_SECONDS, phrases.made_seconds - made, outcome="miss")
        check_inline(self._synthesizer, self._source)

    def record_autoscaling_stats(self) -> dict[str, float]:
        """What `BusyPolicy` reads."""
        return self._load.stats()

    async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        """Yield the reply's frames as its phrases are ready, none larger than `frame_bytes`.

        A reply that is asked for whole leaves as one container of exact size.

        Raises:
            InvalidInputError: it would be too large for that (`param` is `stream`).
        """
        reply = _Encoding(job, self._audio)
        room = self._room.hold(reply.guessed_bytes, self._tuning.max_whole_bytes)
        async with room if job.whole else nullcontext(), aclosing(self._frames(reply, job)) as all_:
            async for frame in all_:
                yield frame

    async def _frames(self, reply: "_Encoding", job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        first = True
        tuning = self._tuning
        rendered = render(
            phrases_of(job, self._source),
            self._phrases.of(job),
            look_ahead=tuning.look_ahead,
            short=tuning.short_reply,
            timed=job.timed,
            makers=dict(zip(job.voices, job.makers, strict=True)),
            is_suspect=job.is_suspect,
            trace=job.trace,
            share=job.share,
        )
        async with aclosing(rendered) as phrases:
            async for phrase in phrases:
                reply.take(phrase)
                if job.whole:
                    if reply.is_large:
                        await self._in_thread(reply.gather)
                    continue
                parts = reply.encode(tuning.first_audio if first else None)
                while (data := await self._in_thread(next, parts, None)) is not None:
                    for piece in self._pieces(data) if data else ():
                        yield reply.frame(piece, first=first)
                        first = False
        data = reply.finish() if reply.is_copied else await self._in_thread(reply.finish)
        left = len(data)
        for piece in self._pieces(data):
            left -= len(piece)
            yield reply.frame(piece, first=first, last=not left, total=len(data))
            first = False

    async def _in_thread(self, work: Callable[..., _T], *arguments: object) -> _T:
        self._encodings += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, work, *arguments)
        finally:
            self._encodings -= 1

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, max(len(data), 1), self._frame_bytes):
            yield data[start : start + self._frame_bytes]


class _Room:
    """What large whole replies hold together; who finds none waits in turn."""

    def __init__(self) -> None:
        self.held = 0
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def hold(self, size: int, bound: int) -> AsyncIterator[None]:
        """Hold so many bytes for a while.

        Raises:
            InvalidInputError: there will never be room (`param` is `stream`).
        """
        if size <= min(_SMALL_BYTES, bound):
            yield
            return
        if size > bound:
            raise InvalidInputError(
                f"the reply is too long to be sent whole: about {size >> 20} MB of audio, and at "
                f"most {bound >> 20} are; ask for a stream",
                "stream",
            )
        async with self._turn:
            while self.held + size > bound:
                self._freed.clear()
                await self._freed.wait()
            self.held += size
        try:
            yield
        finally:
            self.held -= size
            self._freed.set()


def _codec_threads(tuning: EncoderTuning) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(
        tuning.threads or len(os.sched_getaffinity(0)), thread_name_prefix="codec"
    )


class _Encoding:
    """One reply on its way into its container. Used by one thread at a time."""

    def __init__(self, job: SpeechJob, audio: AudioConfig) -> None:
        self._job = job
        self._audio = audio
        self._rate = codec_rate(job.format, job.sample_rate)
        self._joiner = Joiner(
            self._rate,
            audio.edge_fade,
            job.loudness,
            lead=lead(job.format, self._rate, whole=job.whole),
        )
        self._words: tuple[SpokenWord, ...] = ()
        """Those that have not left yet."""
        self._unmade: float | None = None
        self._writer: ContainerWriter | None = None
        self._gathered: WholeWriter | None = None
        if not job.whole:
            self._writer = open_writer(
                job.format, sample_rate=self._rate, config=audio, total_samples=None
            )
        self._timings: tuple[Timing, ...] = ()
        self._encoding = 0.0
        self._samples = 0

    @property
    def guessed_bytes(self) -> int:
        """Size as PCM, before anything is spoken."""
        seconds = self._job.work * _SECONDS_PER_CHARACTER + sum(
            (phrase.pause_before + phrase.pause_after) / phrase.delivery.speed
            for phrase in self._job.phrases
        )
        return int(2 * self._rate * seconds)

    @property
    def is_large(self) -> bool:
        """Whether so much is held that it is better encoded now, also where all leaves whole."""
        return self._joiner.held_samples >= _COPIED_SAMPLES

    @property
    def is_copied(self) -> bool:
        """Whether finishing only puts samples one behind the other: less than a thread costs."""
        copied = self._job.format in {"pcm", "wav"}
        short = not self.is_large and self._gathered is None
        return copied and short and self._joiner.only_copies

    def take(self, rendered: RenderedPhrase) -> None:
        """Hold a phrase until it is encoded.

        Raises:
            InvalidInputError: its words are wanted with times, and the engine tells none (`param`
                is `timestamps`).
        """
        phrase, pcm = rendered.phrase, rendered.speech.pcm
        if self._job.timed and phrase.words and pcm.phoneme_seconds is None:
            raise InvalidInputError(
                f"the voice {phrase.delivery.voice!r} does not tell when its words are said",
                "timestamps",
            )
        self._words += self._joiner.hold(phrase, pcm)
        self._unmade = rendered.unmade
        if not self._timings:
            self._timings = (
                Timing(stage="queue", seconds=rendered.speech.waited),
                Timing(stage="synthesize", seconds=rendered.speech.synthesis),
            )

    def encode(self, first_audio: float | None) -> Iterator[bytes]:
        """Encode what is held as part of a stream, piece by piece; yields what can leave.

        The first `first_audio` seconds come before the rest, where there are that many.
        """
        if self._writer is None:
            return
        started = perf_counter()
        samples = self._joiner.take()
        place = len(samples) if first_audio is None else int(first_audio * self._rate)
        for part in (samples[:place], samples[place:]):
            self._samples += len(part)
            data = self._writer.write(part)
            self._encoding += perf_counter() - started
            yield data
            started = perf_counter()

    def gather(self) -> None:
        """Encode what is held of a whole reply, so that its audio need not be held."""
        started = perf_counter()
        if self._gathered is None:
            self._gathered = WholeWriter(self._job.format, self._rate, self._audio)
        samples = self._joiner.take()
        self._samples += len(samples)
        self._gathered.write(samples)
        self._encoding += perf_counter() - started

    def finish(self) -> bytes:
        """Return the rest of the container: all of it where nothing was encoded before."""
        started = perf_counter()
        samples = self._joiner.finish()
        if not self._job.phrases:
            samples = silence(_NOTHING_SAID, self._rate)
        self._samples += len(samples)
        if self._gathered is not None:
            self._gathered.write(samples)
            data = self._gathered.finish()
        elif self._writer is None:
            data = encode_whole(samples, self._job.format, self._rate, self._audio)
        else:
            data = self._writer.write(samples) + self._writer.finish()
        self._encoding += perf_counter() - started
        return data

    def frame(
        self, data: bytes, *, first: bool, last: bool = False, total: int | None = None
    ) -> AudioFrame:
        """A frame of the reply, with the facts that belong to its place; `total` to the first."""
        timings = (*self._timings, Timing(stage="encode", seconds=self._encoding))
        words, self._words = self._words, ()
        return AudioFrame(
            data=data,
            is_first=first,
            is_last=last,
            total_bytes=total if first else None,
            timings=timings if first else (),
            unmade=0 if last else self._unmade,
            words=words,
            audio_seconds=self._samples / self._rate if last else 0.0,
            head=self._writer.head if last and self._writer is not None else b"",
        )
