"""Stages as their callers see them: a Ray handle or an object in the caller's own process.

A stage is one Protocol of `speech.interfaces`; both ends of a call between replicas are made from
it: `Stage` and `RemoteStage`. On the wire a `SpeechError` travels as a value, not as an exception:
it arrives as it left, and what a caller did wrong writes no traceback into a replica's log.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace
from functools import wraps
from hashlib import sha256
from inspect import isasyncgenfunction, iscoroutinefunction, isfunction
from typing import Any, Protocol, runtime_checkable

from ray.serve.handle import DeploymentHandle

from deployments import startup, tracing
from deployments.failures import dead_worker, is_ours, translate
from deployments.memory import MemoryWatch
from deployments.suspects import Suspects, as_suspect
from speech.config import RetryConfig
from speech.errors import SpeechError, UnavailableError, WorkerDiedError
from speech.interfaces import NormalizerStage, PhraseSource, SpeechStage, SynthesizerStage
from speech.types import AudioFrame, SpeechJob, SpokenWord

RETRIES = RetryConfig()
"""Where a stage's caller is built without a configuration."""


class Inline:
    """A stage that its callers in one process share: whoever asks first builds it there."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._built: Any = None

    def __reduce__(self) -> tuple[type["Inline"], tuple[Callable[[], Any]]]:
        """Travel unbuilt: a stage belongs to its process."""
        return Inline, (self._build,)

    def make(self) -> Any:
        """The stage of this process."""
        if self._built is None:
            self._built = self._build()
        return self._built


class _WorkerLostError(Exception):
    """A worker died with the call in hand. It never leaves this module."""

    def __init__(self, error: UnavailableError, worker: str) -> None:
        super().__init__(error, worker)
        self.error = error
        self.worker = worker


@contextmanager
def _as_speech_errors() -> Iterator[None]:
    """What a call to another replica raises, as errors of our own tree where we know them."""
    try:
        yield
    except asyncio.CancelledError as error:
        if is_ours(error):
            raise
        raise UnavailableError("a stage of the graph cancelled the call") from None
    except Exception as error:  # whatever Ray raises: translate() knows which is ours to name
        ours = translate(error)
        if isinstance(ours, UnavailableError) and (worker := dead_worker(error)) is not None:
            raise _WorkerLostError(ours, worker) from None
        if ours is None:
            raise
        raise ours from None


class _RemoteCall:
    """One method of another deployment.

    The work is pure, so what is not taken, or is given back, is asked for once more; what was in
    hand when a worker died is, too, unless it may be why (see `Suspects`).
    """

    def __init__(self, handle: DeploymentHandle, method: str, suspects: Suspects) -> None:
        self._call = handle.options(method_name=method)
        self._suspects = suspects

    async def __call__(self, job: Any, *args: Any) -> Any:
        """Call it for a job, which its first argument is.

        Raises:
            WorkerDiedError: the job was in hand at two deaths.
        """
        alone = self._suspects.check(job)
        for is_last in (False, True):
            try:
                async with self._suspects.turn(alone=alone):
                    result = await self._attempt(job, *args)
            except _WorkerLostError as lost:
                self._suspects.record_death(job, lost.worker)
                if is_last:
                    raise lost.error from None
                alone, job = True, as_suspect(job)
            except UnavailableError:
                if is_last:
                    raise
            else:
                if alone:
                    self._suspects.absolve(job)
                break
        return result

    async def _attempt(self, *args: Any) -> Any:
        response = self._call.remote(*args)
        try:
            with _as_speech_errors():
                result = await response
        except asyncio.CancelledError:
            response.cancel()
            raise
        if isinstance(result, SpeechError):
            raise result
        return result


class _RemoteStream:
    """One method of another deployment that streams a reply.

    A reply that breaks off is asked for once more, as `_RemoteCall` does. It goes on where it broke
    off, provided that what had come so far comes again to the byte: so it does from engines that
    give one text the same samples, whatever it is batched with. Until it has come that far it has
    its turn among suspects.
    """

    def __init__(
        self, handle: DeploymentHandle, method: str, suspects: Suspects, *, routed_by_digest: bool
    ) -> None:
        self._call = handle.options(method_name=method, stream=True)
        self._suspects = suspects
        self._routed_by_digest = routed_by_digest

    async def __call__(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        """Yield the reply's frames.

        Raises:
            WorkerDiedError: the job was in hand at two deaths.
        """
        alone = self._suspects.check(job)
        received = _Received()
        for is_last in (False, True):
            try:
                async with (
                    self._suspects.turn(alone=alone) as leave,
                    aclosing(self._attempt(job)) as frames,
                    aclosing(received.rest(frames) if is_last else received.all(frames)) as new,
                ):
                    async for frame in new:
                        leave()
                        yield frame
            except WorkerDiedError:
                self._suspects.condemn(job)
                raise
            except _WorkerLostError as lost:
                if received.is_whole:
                    raise lost.error from None
                self._suspects.record_death(job, lost.worker)
                if is_last:
                    raise lost.error from None
                alone, job = True, as_suspect(job)
            except UnavailableError:
                if received.is_whole or is_last:
                    raise
            else:
                if alone:
                    self._suspects.absolve(job)
                return

    async def _attempt(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        call = self._call.options(session_id=job.digest) if self._routed_by_digest else self._call
        response = call.remote(job)
        finished = False
        try:
            with _as_speech_errors():
                async for item in response:
                    if isinstance(item, SpeechError):
                        raise item
                    yield item
            finished = True
        finally:
            if not finished:
                response.cancel()


class _Received:
    """What has come of a reply: how much, and a digest of it."""

    def __init__(self) -> None:
        self.is_whole = False
        self._begun = False
        self._size = 0
        self._words = 0
        self._digest = sha256()

    async def all(self, frames: AsyncIterable[AudioFrame]) -> AsyncGenerator[AudioFrame, None]:
        """All there is; what has come so far is counted."""
        async for frame in frames:
            self._begun = True
            self.is_whole = frame.is_last
            if not frame.is_last:  # nothing breaks off after the last one
                self._size += len(frame.data)
                self._words += len(frame.words)
                self._digest.update(frame.data)
            yield frame

    async def rest(self, frames: AsyncIterable[AudioFrame]) -> AsyncGenerator[AudioFrame, None]:
        """What is new in frames that begin anew.

        Raises:
            UnavailableError: they begin otherwise than what has come.
        """
        again, left = sha256(), self._size
        words: list[SpokenWord] = []
        async for frame in frames:
            words += frame.words
            known, new = frame.data[:left], frame.data[left:]
            again.update(known)
            left -= len(known)
            if (frame.is_last and left) or (not left and again.digest() != self._digest.digest()):
                raise UnavailableError("the reply broke off, and came otherwise the second time")
            is_first = frame.is_first and not self._begun
            if new or is_first or frame.is_last:
                fresh = tuple(words[self._words :])
                self._words += len(fresh)
                yield replace(frame, data=new, is_first=is_first, words=fresh)


class Stage:
    """A stage that may run in replicas of its own, where it watches their memory.

    `serves` is its Protocol. For each of its methods there is a second one, `remote_*`, for other
    replicas: it gives a SpeechError back as a value, as the last one of a stream. Calls are traced.
    """

    def __init_subclass__(cls, *, serves: type | None = None) -> None:
        super().__init_subclass__()
        for name in _methods(serves):
            method = tracing.traced(cls.__name__, getattr(cls, name))
            setattr(cls, name, method)
            setattr(cls, f"remote_{name}", _with_errors_as_values(method))

    _memory: MemoryWatch

    async def memory_level(self) -> int:
        """What gives way to a bound of memory here."""
        return self._memory.level

    async def startup_steps(self) -> Mapping[tuple[str, str], float]:
        """Seconds this replica took to be ready, by stage and step."""
        return startup.steps()


class RemoteStage:
    """A stage that runs in replicas of its own, with the methods of its Protocol.

    The first argument of each is the job: what `suspects.job_key` knows.
    """

    def __init__(
        self,
        protocol: type,
        handle: DeploymentHandle,
        suspects: Suspects,
        *,
        routed_by_digest: bool = False,
    ) -> None:
        self.check_health = suspects.check_health
        for name in _methods(protocol):
            call: Any
            if iscoroutinefunction(getattr(protocol, name)):
                call = _RemoteCall(handle, f"remote_{name}", suspects)
            else:
                call = _RemoteStream(
                    handle, f"remote_{name}", suspects, routed_by_digest=routed_by_digest
                )
            setattr(self, name, call)


def _methods(protocol: type | None) -> list[str]:
    return [
        name
        for base in (protocol.__mro__ if protocol else ())
        for name, value in vars(base).items()
        if isfunction(value) and name[0] != "_"
    ]


def _with_errors_as_values(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    async def call(self: Any, *args: Any) -> Any:
        try:
            return await method(self, *args)
        except SpeechError as error:
            return error

    @wraps(method)
    async def stream(self: Any, *args: Any) -> AsyncGenerator[Any, None]:
        try:
            async with aclosing(method(self, *args)) as items:
                async for item in items:
                    yield item
        except SpeechError as error:
            yield error

    return stream if isasyncgenfunction(method) else call


def normalizer_stage(
    stage: DeploymentHandle | Inline, retries: RetryConfig = RETRIES
) -> NormalizerStage:
    """The normalizer, wherever it runs."""
    made: NormalizerStage = _reached(NormalizerStage, stage, Suspects("normalizer", retries))
    return made


def phrase_source(stage: DeploymentHandle | Inline, retries: RetryConfig = RETRIES) -> PhraseSource:
    """Where phrases of a text that is still being read come from: a part of the normalizer."""
    made: PhraseSource = _reached(PhraseSource, stage, Suspects("normalizer", retries))
    return made


def speech_stage(
    stage: DeploymentHandle | Inline,
    retries: RetryConfig = RETRIES,
    *,
    routed_by_digest: bool = False,
) -> SpeechStage:
    """The audio cache or the encoder, wherever it runs."""
    suspects = Suspects("audio_cache" if routed_by_digest else "encoder", retries)
    made: SpeechStage = _reached(SpeechStage, stage, suspects, routed_by_digest=routed_by_digest)
    return made


def synthesizer_stage(
    stage: DeploymentHandle | Inline, retries: RetryConfig = RETRIES
) -> SynthesizerStage:
    """The synthesizer, wherever it runs."""
    made: SynthesizerStage = _reached(SynthesizerStage, stage, Suspects("synthesizer", retries))
    return made


def _reached(
    protocol: type, stage: DeploymentHandle | Inline, suspects: Suspects, **options: bool
) -> Any:
    if isinstance(stage, Inline):
        return stage.make()
    return RemoteStage(protocol, stage, suspects, **options)


@runtime_checkable
class _Checked(Protocol):
    def check_health(self) -> None: ...


def check_inline(*stages: object) -> None:
    """Run the health checks, and so the reports, of those stages that live in this process.

    Raises:
        RuntimeError: one of them is broken, and so is the replica that holds it.
    """
    for stage in stages:
        if isinstance(stage, _Checked):
            stage.check_health()
