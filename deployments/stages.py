"""Stages as their callers see them: a Ray handle or an object in the caller's own process.

On the wire a `SpeechError` travels as a value, not as an exception: it arrives as it left, and
what a caller did wrong writes no traceback into a replica's log. Every deployment therefore has
two forms of its one method: the Protocol's, which raises, and `remote_*`, which returns errors.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

from ray.serve.handle import DeploymentHandle

from deployments.failures import is_ours, translate
from speech.errors import SpeechError, UnavailableError
from speech.interfaces import NormalizerStage, SpeechStage, SynthesizerStage
from speech.types import (
    AudioFrame,
    Explanation,
    LexiconEntry,
    Normalization,
    Phrase,
    PhraseJob,
    SpeechJob,
    SpeechRequest,
    SynthesizedPhrase,
)


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
        if (ours := translate(error)) is None:
            raise
        raise ours from None


class _RemoteCall:
    """One method of another deployment.

    A call whose replica is lost is made once more: the work is pure, and the router sends it to
    another replica or to the one that takes the lost one's place.
    """

    def __init__(self, handle: DeploymentHandle, method: str) -> None:
        self._call = handle.options(method_name=method)

    async def __call__(self, *args: Any) -> Any:
        try:
            return await self._attempt(*args)
        except UnavailableError:
            return await self._attempt(*args)

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


class RemoteNormalizer:
    """The Normalizer deployment behind its Protocol."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._prepare = _RemoteCall(handle, "remote_prepare")
        self._rest = _RemoteCall(handle, "remote_rest")
        self._explain = _RemoteCall(handle, "remote_explain")

    async def prepare(self, request: SpeechRequest, request_id: str) -> SpeechJob:
        """See `NormalizerStage`."""
        job: SpeechJob = await self._prepare(request, request_id)
        return job

    async def rest(self, job: SpeechJob) -> tuple[Phrase, ...]:
        """See `NormalizerStage`."""
        phrases: tuple[Phrase, ...] = await self._rest(job)
        return phrases

    async def explain(
        self,
        text: str,
        language: str,
        wanted: Normalization,
        lexicon: tuple[LexiconEntry, ...],
    ) -> Explanation:
        """See `NormalizerStage`."""
        explanation: Explanation = await self._explain(text, language, wanted, lexicon)
        return explanation


class RemoteSynthesizer:
    """The Synthesizer deployment behind its Protocol."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._synthesize = _RemoteCall(handle, "remote_synthesize")

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        """See `SynthesizerStage`."""
        result: SynthesizedPhrase = await self._synthesize(job)
        return result


class RemoteSpeech:
    """The AudioCache or Encoder deployment behind its Protocol."""

    def __init__(self, handle: DeploymentHandle, *, routed_by_digest: bool) -> None:
        self._call = handle.options(method_name="remote_stream", stream=True)
        self._routed_by_digest = routed_by_digest

    async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        """See `SpeechStage`. A reply that breaks off is asked for once more.

        It goes on where it broke off, provided that what had come so far comes again to the byte:
        so it does from engines that give one text the same samples, whatever it is batched with.
        """
        had = _Had()
        try:
            async with aclosing(self._attempt(job)) as frames:
                async for frame in frames:
                    had.add(frame)
                    yield frame
        except UnavailableError:
            if had.all:
                raise
            async with aclosing(self._attempt(job)) as frames, aclosing(had.rest(frames)) as rest:
                async for frame in rest:
                    yield frame

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


class _Had:
    """What has come of a reply: how much, and a digest of it."""

    def __init__(self) -> None:
        self.all = False
        self._begun = False
        self._size = 0
        self._digest = sha256()

    def add(self, frame: AudioFrame) -> None:
        self._begun = True
        self.all = frame.is_last
        if not frame.is_last:  # nothing breaks off after the last one
            self._size += len(frame.data)
            self._digest.update(frame.data)

    async def rest(self, frames: AsyncIterable[AudioFrame]) -> AsyncGenerator[AudioFrame, None]:
        """What is new in frames that begin anew.

        Raises:
            UnavailableError: they begin otherwise than what has come.
        """
        again, left = sha256(), self._size
        async for frame in frames:
            known, new = frame.data[:left], frame.data[left:]
            again.update(known)
            left -= len(known)
            if (frame.is_last and left) or (not left and again.digest() != self._digest.digest()):
                raise UnavailableError("the reply broke off, and came otherwise the second time")
            is_first = frame.is_first and not self._begun
            if new or is_first or frame.is_last:
                yield replace(frame, data=new, is_first=is_first)


def normalizer_stage(stage: DeploymentHandle | Inline) -> NormalizerStage:
    """The normalizer, wherever it runs."""
    if isinstance(stage, Inline):
        made: NormalizerStage = stage.make()
        return made
    return RemoteNormalizer(stage)


def speech_stage(
    stage: DeploymentHandle | Inline, *, routed_by_digest: bool = False
) -> SpeechStage:
    """The audio cache or the encoder, wherever it runs."""
    if isinstance(stage, Inline):
        made: SpeechStage = stage.make()
        return made
    return RemoteSpeech(stage, routed_by_digest=routed_by_digest)


def synthesizer_stage(stage: DeploymentHandle | Inline) -> SynthesizerStage:
    """The synthesizer, wherever it runs."""
    if isinstance(stage, Inline):
        made: SynthesizerStage = stage.make()
        return made
    return RemoteSynthesizer(stage)


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


async def frames_or_error(frames: AsyncGenerator[AudioFrame, None]) -> AsyncGenerator[Any, None]:
    """The wire form of a stream: frames, then the error that ended it, if one did."""
    try:
        async with aclosing(frames) as inner:
            async for frame in inner:
                yield frame
    except SpeechError as error:
        yield error
