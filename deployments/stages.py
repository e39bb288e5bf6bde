"""Stages as their callers see them: a Ray handle or an object in the caller's own process.

On the wire a `SpeechError` travels as a value, not as an exception: it arrives as it left, and
what a caller did wrong writes no traceback into a replica's log. Every deployment therefore has
two forms of its one method: the Protocol's, which raises, and `remote_*`, which returns errors.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

from ray.serve.handle import DeploymentHandle

from deployments.failures import dead_worker, is_ours, translate
from deployments.suspects import Suspects, job_key
from speech.config import RetryConfig
from speech.errors import SpeechError, UnavailableError, WorkerDiedError
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

    async def __call__(
        self,
        *args: Any,
        key: Callable[[], str],
        is_suspect: bool = False,
        again: tuple[Any, ...] | None = None,
    ) -> Any:
        """Call it; `again` are the arguments after a death, where they are others.

        Raises:
            WorkerDiedError: the job behind `key` was in hand at two deaths; so one that is a
                suspect already from elsewhere.
        """
        alone = self._suspects.check(key)
        for is_last in (False, True):
            try:
                async with self._suspects.turn(alone=alone):
                    result = await self._attempt(*args)
            except _WorkerLostError as lost:
                self._suspects.record_death(key(), lost.worker, is_last=is_suspect)
                if is_last:
                    raise lost.error from None
                alone, is_suspect, args = True, True, again or args
            except UnavailableError:
                if is_last:
                    raise
            else:
                if alone:
                    self._suspects.absolve(key())
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


class RemoteNormalizer:
    """The Normalizer deployment behind its Protocol."""

    def __init__(self, handle: DeploymentHandle, suspects: Suspects) -> None:
        self._prepare = _RemoteCall(handle, "remote_prepare", suspects)
        self._rest = _RemoteCall(handle, "remote_rest", suspects)
        self._explain = _RemoteCall(handle, "remote_explain", suspects)
        self.check_health = suspects.check_health

    async def prepare(self, request: SpeechRequest, request_id: str) -> SpeechJob:
        """See `NormalizerStage`."""
        job: SpeechJob = await self._prepare(request, request_id, key=_text_key(request))
        return job

    async def rest(self, job: SpeechJob) -> tuple[Phrase, ...]:
        """See `NormalizerStage`."""
        phrases: tuple[Phrase, ...] = await self._rest(
            job, key=_text_key(job.request), is_suspect=job.is_suspect
        )
        return phrases

    async def explain(
        self,
        text: str,
        language: str,
        wanted: Normalization,
        lexicon: tuple[LexiconEntry, ...],
    ) -> Explanation:
        """See `NormalizerStage`."""
        explanation: Explanation = await self._explain(
            text, language, wanted, lexicon, key=partial(job_key, text, language)
        )
        return explanation


def _text_key(request: SpeechRequest) -> Callable[[], str]:
    return partial(job_key, request.text, request.language)


class RemoteSynthesizer:
    """The Synthesizer deployment behind its Protocol."""

    def __init__(self, handle: DeploymentHandle, suspects: Suspects) -> None:
        self._synthesize = _RemoteCall(handle, "remote_synthesize", suspects)
        self.check_health = suspects.check_health

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        """See `SynthesizerStage`."""
        result: SynthesizedPhrase = await self._synthesize(
            job,
            key=partial(job_key, job.voice, job.language, job.phrase.text, job.phrase.phoneme_ids),
            is_suspect=job.is_suspect,
            # It has waited once, and others wait for it.
            again=(replace(job, is_suspect=True, later=False),),
        )
        return result


class RemoteSpeech:
    """The AudioCache or Encoder deployment behind its Protocol."""

    def __init__(
        self, handle: DeploymentHandle, suspects: Suspects, *, routed_by_digest: bool
    ) -> None:
        self._call = handle.options(method_name="remote_stream", stream=True)
        self._suspects = suspects
        self._routed_by_digest = routed_by_digest
        self.check_health = suspects.check_health

    async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        """See `SpeechStage`. A reply that breaks off is asked for once more, as `_RemoteCall` does.

        It goes on where it broke off, provided that what had come so far comes again to the byte:
        so it does from engines that give one text the same samples, whatever it is batched with.
        Until it has come that far it has its turn among suspects.
        """
        alone = self._suspects.check(lambda: job.digest)
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
                self._suspects.condemn(job.digest)
                raise
            except _WorkerLostError as lost:
                if received.is_whole:
                    raise lost.error from None
                self._suspects.record_death(job.digest, lost.worker, is_last=job.is_suspect)
                if is_last:
                    raise lost.error from None
                alone, job = True, replace(job, is_suspect=True)
            except UnavailableError:
                if received.is_whole or is_last:
                    raise
            else:
                if alone:
                    self._suspects.absolve(job.digest)
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
        self._digest = sha256()

    async def all(self, frames: AsyncIterable[AudioFrame]) -> AsyncGenerator[AudioFrame, None]:
        """All there is; what has come so far is counted."""
        async for frame in frames:
            self._begun = True
            self.is_whole = frame.is_last
            if not frame.is_last:  # nothing breaks off after the last one
                self._size += len(frame.data)
                self._digest.update(frame.data)
            yield frame

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


def normalizer_stage(
    stage: DeploymentHandle | Inline, retries: RetryConfig = RETRIES
) -> NormalizerStage:
    """The normalizer, wherever it runs."""
    if isinstance(stage, Inline):
        made: NormalizerStage = stage.make()
        return made
    return RemoteNormalizer(stage, Suspects("normalizer", retries))


def speech_stage(
    stage: DeploymentHandle | Inline,
    retries: RetryConfig = RETRIES,
    *,
    routed_by_digest: bool = False,
) -> SpeechStage:
    """The audio cache or the encoder, wherever it runs."""
    if isinstance(stage, Inline):
        made: SpeechStage = stage.make()
        return made
    suspects = Suspects("audio_cache" if routed_by_digest else "encoder", retries)
    return RemoteSpeech(stage, suspects, routed_by_digest=routed_by_digest)


def synthesizer_stage(
    stage: DeploymentHandle | Inline, retries: RetryConfig = RETRIES
) -> SynthesizerStage:
    """The synthesizer, wherever it runs."""
    if isinstance(stage, Inline):
        made: SynthesizerStage = stage.make()
        return made
    return RemoteSynthesizer(stage, Suspects("synthesizer", retries))


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
