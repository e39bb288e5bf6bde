"""Stages behind handles: retries, errors as values, cancellation both ways."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import aclosing
from dataclasses import replace
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import pytest
import ray.exceptions
from ray import cloudpickle

from deployments.audio_cache import AudioCache
from deployments.encoder import Encoder
from deployments.normalizer import Normalizer
from deployments.stages import (
    RETRIES,
    Inline,
    RemoteStage,
    Stage,
    normalizer_stage,
    speech_stage,
    synthesizer_stage,
)
from deployments.suspects import Suspects
from deployments.synthesizer import Synthesizer
from speech.config import RetryConfig
from speech.errors import InvalidInputError, SynthesisError, UnavailableError, WorkerDiedError
from speech.interfaces import NormalizerStage, SpeechStage, SynthesizerStage
from speech.types import AudioFrame, PhraseJob, SpeechJob, SpokenWord
from tests.conftest import passage, request_of

LOST = ray.exceptions.ActorDiedError()
HANG = "hang"
WORDS = tuple(SpokenWord(name, (0, 1), 0.0, 0.5) for name in "abcd")
FRAMES = (
    AudioFrame(data=b"1", is_first=True, words=WORDS[:1]),
    AudioFrame(data=b"2", words=WORDS[1:3]),
    AudioFrame(data=b"3", is_last=True, words=WORDS[3:]),
)
READING, REQUEST = passage("Hello."), request_of("Hello.")
MakeJob = Callable[..., SpeechJob]


class Response:
    """What a call gives: a list of items, the last of which may be an exception or HANG."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items
        self.cancelled = False

    async def _next(self, item: Any) -> Any:
        await asyncio.sleep(0)
        if isinstance(item, asyncio.Event):
            await item.wait()
        if item is HANG:
            await asyncio.Event().wait()
        if isinstance(item, BaseException) and not isinstance(item, Wire):
            raise item
        return item.error if isinstance(item, Wire) else item

    def __await__(self) -> Generator[Any, None, Any]:
        return self._next(self._items[0]).__await__()

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in self._items:
            got = await self._next(item)
            if not isinstance(got, asyncio.Event):
                yield got

    def cancel(self) -> None:
        self.cancelled = True


class Wire(Exception):  # noqa: N818 (not raised: it marks an error that travels as a value)
    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Handle:
    """A deployment handle that answers what it was told to, call after call."""

    def __init__(self, *answers: list[Any]) -> None:
        self.answers = list(answers)
        self.responses: list[Response] = []
        self.calls: list[tuple[Any, ...]] = []
        self.set: dict[str, Any] = {}

    def options(self, **options: Any) -> "Handle":
        self.set |= options
        return self

    def remote(self, *args: Any) -> Response:
        self.calls.append(args)
        self.responses.append(Response(self.answers.pop(0)))
        return self.responses[-1]


def suspects() -> Suspects:
    return Suspects("a_stage", RETRIES)


def remote(protocol: type, handle: Any, known: Suspects | None = None, **options: bool) -> Any:
    return RemoteStage(protocol, handle, known or suspects(), **options)


def speech(handle: Any, *, routed: bool = False) -> Any:
    return remote(SpeechStage, handle, routed_by_digest=routed)


async def read(frames: AsyncGenerator[AudioFrame, None]) -> bytes:
    async with aclosing(frames):
        return b"".join([frame.data async for frame in frames])


async def test_frames_come_through(make_job: MakeJob) -> None:
    handle = Handle(list(FRAMES))
    assert await read(speech(handle).stream(make_job())) == b"123"
    assert not handle.responses[0].cancelled
    assert handle.set == {"method_name": "remote_stream", "stream": True}


async def test_a_cache_is_chosen_by_the_digest(make_job: MakeJob) -> None:
    handle = Handle(list(FRAMES))
    await read(speech(handle, routed=True).stream(make_job(digest="abc")))
    assert handle.set["session_id"] == "abc"


@pytest.mark.parametrize("loss", [LOST, Wire(UnavailableError("lost further in"))])
async def test_a_reply_that_breaks_before_its_first_frame_is_asked_for_once_more(
    make_job: MakeJob, loss: Exception
) -> None:
    handle = Handle([loss], list(FRAMES))
    assert await read(speech(handle).stream(make_job())) == b"123"
    assert [response.cancelled for response in handle.responses] == [True, False]


async def test_it_is_asked_for_once_more_and_not_twice(make_job: MakeJob) -> None:
    handle = Handle([LOST], [LOST], list(FRAMES))
    with pytest.raises(WorkerDiedError):
        await read(speech(handle).stream(make_job()))
    assert len(handle.calls) == 2


def frames(*parts: bytes, told_at: int = 0) -> list[AudioFrame]:
    last = len(parts) - 1
    return [
        AudioFrame(
            data=part,
            is_first=number == 0,
            is_last=number == last,
            words=WORDS if number == min(told_at, last) else (),
            audio_seconds=number,
        )
        for number, part in enumerate(parts)
    ]


@pytest.mark.parametrize(
    "again", [(b"1", b"2", b"3"), (b"123",), (b"12", b"3"), (b"", b"123", b"")]
)
@pytest.mark.parametrize("had", [0, 1, 2])
@pytest.mark.parametrize("told_at", [0, 1, 2])
async def test_a_reply_that_breaks_off_goes_on_where_it_did(
    make_job: MakeJob, had: int, again: tuple[bytes, ...], told_at: int
) -> None:
    handle = Handle([*FRAMES[:had], LOST], frames(*again, told_at=told_at))
    async with aclosing(speech(handle).stream(make_job())) as stream:
        read = [frame async for frame in stream]
    assert b"".join(frame.data for frame in read) == b"123"
    assert [word for frame in read for word in frame.words] == list(WORDS)
    assert [frame.is_first for frame in read] == [True, *[False] * (len(read) - 1)]
    assert [frame.is_last for frame in read] == [*[False] * (len(read) - 1), True]
    assert read[-1].audio_seconds == len(again) - 1
    assert [response.cancelled for response in handle.responses] == [True, False]


@pytest.mark.parametrize("again", [(b"1", b"9", b"3"), (b"93",), (b"1",), (b"", b"")])
async def test_a_reply_that_comes_otherwise_the_second_time_ends(
    make_job: MakeJob, again: tuple[bytes, ...]
) -> None:
    handle = Handle([*FRAMES[:2], LOST], frames(*again))
    stream = speech(handle).stream(make_job())
    assert (await anext(stream)).data == b"1"
    assert (await anext(stream)).data == b"2"
    with pytest.raises(UnavailableError):
        await anext(stream)
    assert all(response.cancelled for response in handle.responses)


async def test_a_reply_that_breaks_off_twice_ends(make_job: MakeJob) -> None:
    handle = Handle([FRAMES[0], LOST], [*FRAMES[:2], LOST], list(FRAMES))
    stream = speech(handle).stream(make_job())
    assert (await anext(stream)).data == b"1"
    assert (await anext(stream)).data == b"2"
    with pytest.raises(WorkerDiedError):
        await anext(stream)
    assert len(handle.calls) == 2


async def test_a_reply_whose_end_was_seen_is_not_asked_for_again(make_job: MakeJob) -> None:
    handle = Handle([*FRAMES, LOST], list(FRAMES))
    with pytest.raises(UnavailableError):
        await read(speech(handle).stream(make_job()))
    assert len(handle.calls) == 1


@pytest.mark.parametrize("error", [SynthesisError("no"), InvalidInputError("no", "input")])
async def test_an_error_on_the_wire_is_raised_and_not_retried(
    make_job: MakeJob, error: Exception
) -> None:
    handle = Handle([Wire(error)], list(FRAMES))
    with pytest.raises(type(error)) as caught:
        await read(speech(handle).stream(make_job()))
    assert caught.value is error
    assert len(handle.calls) == 1


async def test_an_unknown_exception_stays_what_it_is(make_job: MakeJob) -> None:
    handle = Handle([ValueError("odd")])
    with pytest.raises(ValueError, match="odd"):
        await read(speech(handle).stream(make_job()))


async def test_leaving_early_cancels_the_call(make_job: MakeJob) -> None:
    handle = Handle(list(FRAMES))
    frames = speech(handle).stream(make_job())
    await anext(frames)
    await frames.aclose()
    assert handle.responses[0].cancelled
    assert len(handle.calls) == 1


async def test_our_own_cancellation_passes_through(make_job: MakeJob) -> None:
    handle = Handle([HANG], list(FRAMES))
    reader = asyncio.create_task(read(speech(handle).stream(make_job())))
    for _ in range(5):
        await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert len(handle.calls) == 1
    assert handle.responses[0].cancelled


async def test_a_peers_cancellation_is_a_lost_stage(make_job: MakeJob) -> None:
    handle = Handle([asyncio.CancelledError()], [asyncio.CancelledError()])
    with pytest.raises(UnavailableError):
        await read(speech(handle).stream(make_job()))
    assert len(handle.calls) == 2


async def test_a_deadline_around_the_call_is_a_deadline(make_job: MakeJob) -> None:
    handle = Handle([HANG], [HANG])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await read(speech(handle).stream(make_job()))
    assert len(handle.calls) == 1


async def test_a_phrase_whose_replica_is_lost_is_asked_for_once_more(make_job: MakeJob) -> None:
    handle = Handle([LOST], ["spoken"])
    stage: Any = remote(SynthesizerStage, handle)
    job = phrase(make_job(), later=True)
    assert await stage.synthesize(job) == "spoken"
    assert handle.calls == [(job,), (replace(job, later=False, is_suspect=True),)]
    assert handle.set == {"method_name": "remote_synthesize"}


async def test_a_phrase_that_failed_is_not_asked_for_again(make_job: MakeJob) -> None:
    handle = Handle([Wire(SynthesisError("no"))], ["spoken"])
    stage: Any = remote(SynthesizerStage, handle)
    with pytest.raises(SynthesisError):
        await stage.synthesize(phrase(make_job()))
    assert len(handle.calls) == 1


async def test_cancelling_a_phrase_cancels_the_call(make_job: MakeJob) -> None:
    handle = Handle([HANG])
    stage: Any = remote(SynthesizerStage, handle)
    task = asyncio.create_task(stage.synthesize(phrase(make_job())))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert handle.responses[0].cancelled


async def test_a_text_whose_replica_is_lost_is_given_to_another_once(make_job: MakeJob) -> None:
    handle = Handle([LOST], ["job"], [LOST], ["rest"], [LOST], ["explanation"])
    stage: Any = remote(NormalizerStage, handle)
    assert await stage.prepare(REQUEST, "id") == "job"
    assert await stage.rest(make_job()) == "rest"
    assert await stage.explain(READING) == "explanation"
    assert len(handle.calls) == 6


async def test_a_peers_cancellation_of_a_single_call(make_job: MakeJob) -> None:
    handle = Handle([asyncio.CancelledError()], [asyncio.CancelledError()])
    stage: Any = remote(NormalizerStage, handle)
    with pytest.raises(UnavailableError):
        await stage.explain(READING)


async def test_the_normalizers_calls_and_errors() -> None:
    handle = Handle(["job"], ["explanation"], [Wire(InvalidInputError("nothing", "input"))])
    stage: Any = remote(NormalizerStage, handle)
    assert await stage.prepare(REQUEST, "id") == "job"
    assert await stage.explain(READING) == "explanation"
    with pytest.raises(InvalidInputError):
        await stage.prepare(REQUEST, "id")
    assert handle.calls[:2] == [(REQUEST, "id"), (READING,)]


def phrase(job: SpeechJob, *, later: bool = False) -> PhraseJob:
    return PhraseJob(phrase=job.phrases[0], later=later)


def died(worker: bytes) -> ray.exceptions.ActorUnavailableError:
    """What Serve's gRPC transport raises, whatever a replica died of."""
    return ray.exceptions.ActorUnavailableError("gone", worker * 16)


Ask = Callable[..., Awaitable[Any]]
ASKS: dict[str, Ask] = {
    "prepare": lambda *to, job: remote(NormalizerStage, *to).prepare(REQUEST, "id"),
    "rest": lambda *to, job: remote(NormalizerStage, *to).rest(job),
    "explain": lambda *to, job: remote(NormalizerStage, *to).explain(READING),
    "synthesize": lambda *to, job: remote(SynthesizerStage, *to).synthesize(
        replace(phrase(job), is_suspect=job.is_suspect)
    ),
    "stream": lambda *to, job: read(remote(SpeechStage, *to).stream(job)),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
async def test_a_job_in_hand_at_two_deaths_is_refused(make_job: MakeJob, ask: Ask) -> None:
    handle, known = Handle([died(b"1")], [died(b"2")], list(FRAMES)), suspects()
    for _ in range(2):
        with pytest.raises(WorkerDiedError):
            await ask(handle, known, job=make_job())
        assert len(handle.calls) == 2


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
async def test_a_job_that_is_finished_is_no_suspect(make_job: MakeJob, ask: Ask) -> None:
    handle, known = Handle(), suspects()
    for worker in (b"1", b"2", b"3"):
        handle.answers += [[died(worker)], list(FRAMES)]
        await ask(handle, known, job=make_job())
    assert len(handle.calls) == 6


@pytest.mark.parametrize("ask", [ASKS[name] for name in ("rest", "synthesize", "stream")])
async def test_what_was_asked_for_again_further_out_is_not_asked_for_again(
    make_job: MakeJob, ask: Ask
) -> None:
    handle = Handle([died(b"1")], list(FRAMES))
    with pytest.raises(WorkerDiedError):
        await ask(handle, suspects(), job=replace(make_job(), is_suspect=True))
    assert len(handle.calls) == 1


async def test_one_death_counts_once_for_all_calls_with_the_same_job(make_job: MakeJob) -> None:
    known = suspects()
    handles = [Handle([died(b"1")], list(FRAMES)) for _ in range(3)]
    asked = (ASKS["stream"](handle, known, job=make_job()) for handle in handles)
    assert await asyncio.gather(*asked) == [b"123"] * 3


@pytest.mark.parametrize("name", ["synthesize", "stream"])
async def test_suspects_are_asked_for_one_at_a_time(make_job: MakeJob, name: str) -> None:
    """Whoever is not one waits for nobody."""
    known, go = suspects(), asyncio.Event()
    handle = Handle(*[[died(b"1")]] * 3, *[[go, *FRAMES]] * 4)

    async def ask(text: str) -> None:
        await ASKS[name](handle, known, job=make_job(text, digest=text))

    asked = [asyncio.create_task(ask(text)) for text in "abc"]
    await turns()
    assert len(handle.calls) == 4
    asked.append(asyncio.create_task(ask("new")))
    await turns()
    assert len(handle.calls) == 5
    go.set()
    await asyncio.gather(*asked)
    assert len(handle.calls) == 7


async def test_after_some_suspects_the_others_are_asked_for_together(make_job: MakeJob) -> None:
    known, go = Suspects("a_stage", RetryConfig(alone=2)), asyncio.Event()
    handle = Handle(*[[died(b"1")]] * 5, *[list(FRAMES)] * 2, *[[go, *FRAMES]] * 3)
    asked = [
        asyncio.create_task(ASKS["synthesize"](handle, known, job=make_job(text)))
        for text in "abcde"
    ]
    await turns()
    assert len(handle.calls) == 10
    go.set()
    await asyncio.gather(*asked)


async def test_a_stream_has_had_its_turn_when_it_goes_on(make_job: MakeJob) -> None:
    handle, known = Handle(*[[died(b"1")]] * 2, *[[*FRAMES[:2], HANG]] * 2), suspects()
    streams = [
        remote(SpeechStage, handle, known, routed_by_digest=True).stream(make_job(digest=digest))
        for digest in "ab"
    ]
    frames = await asyncio.gather(*(anext(stream) for stream in streams))
    assert [frame.data for frame in frames] == [b"1", b"1"]
    for stream in streams:
        await stream.aclose()


async def test_what_killed_workers_further_in_is_remembered(make_job: MakeJob) -> None:
    known, handle = suspects(), Handle([Wire(WorkerDiedError("twice"))], list(FRAMES))
    for _ in range(2):
        with pytest.raises(WorkerDiedError):
            await ASKS["stream"](handle, known, job=make_job())
    assert len(handle.calls) == 1


def test_what_is_remembered_is_bounded_and_forgotten_in_time(make_job: MakeJob) -> None:
    few = Suspects("a_stage", RetryConfig(max_jobs=2))
    short = Suspects("a_stage", RetryConfig(remember=1e-9))
    first, *others = (make_job(digest=digest) for digest in "abc")
    for job in (first, *others):
        few.condemn(job)
        short.condemn(job)
    assert not few.check(first)
    for job in others:
        with pytest.raises(WorkerDiedError):
            few.check(job)
        assert not short.check(job)


async def turns() -> None:
    """Let everything go on that can."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_an_inline_stage_is_made_by_its_caller() -> None:
    made = object()
    for bind in (normalizer_stage, speech_stage, synthesizer_stage):
        assert bind(Inline(lambda: made)) is made


def test_a_handle_becomes_its_protocol() -> None:
    handle: Any = Handle()
    for stage in (normalizer_stage(handle), synthesizer_stage(handle), speech_stage(handle)):
        assert isinstance(stage, RemoteStage)


class Deployed(Stage, serves=SpeechStage):
    """A stage of one method that streams."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.closed = False

    async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        try:
            yield FRAMES[0]
            if self.error:
                raise self.error
            yield FRAMES[2]
        finally:
            self.closed = True


async def test_the_wire_carries_frames_and_then_the_error(make_job: MakeJob) -> None:
    error, job = SynthesisError("no"), make_job()

    async def wire(stage: Any) -> list[Any]:
        return [item async for item in stage.remote_stream(job)]

    assert await wire(Deployed()) == [FRAMES[0], FRAMES[2]]
    assert await wire(Deployed(error)) == [FRAMES[0], error]
    with pytest.raises(ValueError, match="odd"):
        await wire(Deployed(ValueError("odd")))
    stage: Any = Deployed()
    left = stage.remote_stream(job)
    await anext(left)
    assert not stage.closed
    await left.aclose()
    assert stage.closed


@pytest.mark.parametrize(
    ("stage", "protocol"),
    [
        (Normalizer, NormalizerStage),
        (AudioCache, SpeechStage),
        (Encoder, SpeechStage),
        (Synthesizer, SynthesizerStage),
    ],
)
def test_a_deployment_answers_every_call_that_its_callers_make(stage: type, protocol: type) -> None:
    """Serve asks the methods themselves whether they stream."""
    handle = Handle()
    for name, call in vars(remote(protocol, handle)).items():
        if name != "check_health":
            method = getattr(stage, f"remote_{name}")
            assert isasyncgenfunction(method) == isasyncgenfunction(type(call).__call__)
            assert iscoroutinefunction(method) == iscoroutinefunction(type(call).__call__)


def test_an_inline_stage_is_built_once_in_every_process() -> None:
    stage = Inline(list)
    assert stage.make() is stage.make()
    one, two = cloudpickle.loads(cloudpickle.dumps((stage, stage)))
    assert one.make() is two.make()
    assert one.make() is not stage.make()
