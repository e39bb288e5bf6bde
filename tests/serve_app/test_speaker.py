"""The way through the graph: hot cache, admission, deadlines, and nothing left behind."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serve_app.admission import Admission, AdmissionLimits
from serve_app.keys.files import FileStore
from serve_app.keys.limits import KeysConfig
from serve_app.keys.meter import Meter
from serve_app.speaker import Reply, Speaker
from speech.cache.ram import RamTier
from speech.cache.stored import StoredReply
from speech.config import RamTierConfig
from speech.errors import (
    AtCapacityError,
    DeadlineExceededError,
    InvalidInputError,
    SynthesisError,
    UnavailableError,
)
from speech.types import (
    AudioFrame,
    CacheState,
    Explanation,
    SpeechJob,
    SpeechRequest,
    SpokenWord,
    Timing,
)
from tests.conftest import passage, phrases_of, request_of


def request(text: str = "Hello.", **more: Any) -> SpeechRequest:
    return request_of(text, **{"voice": "a", **more})


REQUEST = request()
FIRST = AudioFrame(
    data=b"one", is_first=True, cache=CacheState.MISS, timings=(Timing(stage="queue", seconds=1),)
)
LAST = AudioFrame(data=b"three", is_last=True, audio_seconds=2.5)
SHORT = AudioFrame(data=b"all", is_first=True, is_last=True, total_bytes=3, audio_seconds=0.5)


class Graph:
    """Both stages the speaker calls, and everything around it."""

    def __init__(self, *frames: AudioFrame | Exception, hot_entry_bytes: int = 100) -> None:
        self.frames = frames
        self.prepared = 0
        self.jobs: list[SpeechJob] = []
        self.open = 0
        self.error: Exception | None = None
        self.hang_at: str = ""
        self.epochs: dict[str, int] = {}
        self.admission = Admission(AdmissionLimits(max_inflight_requests=2, caller_share=1.0))
        self.hot: RamTier[StoredReply] = RamTier(RamTierConfig())
        self.speaker = Speaker(
            normalizer=self,
            cache=self,
            admission=self.admission,
            hot=self.hot,
            hot_entry_bytes=hot_entry_bytes,
            epochs=lambda voices: [self.epochs.get(voice, 0) for voice in voices],
            meter=Meter(KeysConfig(), FileStore(Path("nowhere"), "me", 1)),
        )

    async def prepare(self, request: SpeechRequest, request_id: str) -> SpeechJob:
        if self.error is not None:
            raise self.error
        if self.hang_at == "prepare":
            await asyncio.Event().wait()
        first = request.passages[0]
        lines = (first.text + " and more").split("\n")
        phrases = tuple(replace(it, delivery=first.delivery) for it in phrases_of(*lines))
        job = SpeechJob(
            makers=tuple(f"files of {voice}" for voice in request.voices),
            format=request.format,
            sample_rate=24_000,
            whole=len(phrases) == 1 or not request.stream,
            timed=request.timed,
            voices=request.voices,
            phrases=phrases,
            digest="d",
            request_id=request_id,
        )
        self.prepared += 1
        return job

    async def explain(self, *_: object) -> Explanation:
        raise NotImplementedError

    async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        self.jobs.append(job)
        self.open += 1
        try:
            if self.hang_at == "stream":
                await asyncio.Event().wait()
            for frame in self.frames:
                await asyncio.sleep(0)
                if isinstance(frame, Exception):
                    raise frame
                yield frame
        finally:
            self.open -= 1

    async def speak(
        self, request: SpeechRequest = REQUEST, *, deadline: float = 10.0, private: bool = False
    ) -> Reply:
        return await self.speaker.speak(
            request, request_id="id", deadline=deadline, private=private
        )

    async def hear(self, request: SpeechRequest = REQUEST, *, private: bool = False) -> Reply:
        """Speak, read to the end, close."""
        reply = await self.speak(request, private=private)
        if reply.body is None:
            async for _ in reply.frames:
                pass
        await reply.aclose()
        return reply

    def assert_nothing_left(self) -> None:
        assert self.open == 0
        assert (self.admission.requests, self.admission.characters) == (0, 0)


async def test_a_short_reply_is_whole_and_its_second_asking_makes_no_call() -> None:
    graph = Graph(SHORT)
    first = await graph.hear()
    assert (first.cache, first.body, first.total_bytes) == (CacheState.MISS, b"all", 3)
    assert first.audio_seconds == 0.5
    again = await graph.hear()
    assert (again.cache, again.body, again.total_bytes) == (CacheState.HOT, b"all", 3)
    assert again.audio_seconds == 0.5
    assert (graph.prepared, len(graph.jobs)) == (1, 1)
    graph.assert_nothing_left()


async def test_a_reply_of_several_frames_is_kept_once_complete() -> None:
    graph = Graph(FIRST, AudioFrame(data=b"two"), LAST)
    reply = await graph.speak()
    assert reply.body is None
    assert [frame.data async for frame in reply.frames] == [b"one", b"two", b"three"]
    await reply.aclose()
    again = await graph.hear()
    assert (again.cache, again.body, again.audio_seconds) == (CacheState.HOT, b"onetwothree", 2.5)
    graph.assert_nothing_left()


@pytest.mark.parametrize("frames", [(SHORT,), (FIRST, LAST)])
async def test_a_large_reply_is_not_kept(frames: tuple[AudioFrame, ...]) -> None:
    graph = Graph(*frames, hot_entry_bytes=2)
    for _ in range(2):
        assert (await graph.hear()).cache is CacheState.MISS
    assert graph.hot.counters.entries == 0


async def test_a_reply_that_was_left_early_is_not_kept() -> None:
    graph = Graph(FIRST, AudioFrame(data=b"two"), LAST)
    reply = await graph.speak()
    await anext(reply.frames)
    await reply.aclose()
    assert graph.hot.counters.entries == 0
    graph.assert_nothing_left()


async def test_a_reply_that_broke_is_not_kept() -> None:
    graph = Graph(FIRST, SynthesisError("no"))
    reply = await graph.speak()
    assert (await anext(reply.frames)).data == b"one"
    with pytest.raises(SynthesisError):
        await anext(reply.frames)
    await reply.aclose()
    assert graph.hot.counters.entries == 0
    graph.assert_nothing_left()


@pytest.mark.parametrize("frames", [(SHORT,), (FIRST, LAST)])
async def test_a_private_reply_is_not_kept(frames: tuple[AudioFrame, ...]) -> None:
    graph = Graph(*frames)
    await graph.hear(private=True)
    assert graph.jobs[0].private
    assert graph.hot.counters.entries == 0
    assert (await graph.hear()).cache is CacheState.MISS
    assert not graph.jobs[1].private
    graph.assert_nothing_left()


async def test_a_private_stream_has_all_its_frames() -> None:
    graph = Graph(FIRST, AudioFrame(data=b"two"), LAST)
    reply = await graph.speak(private=True)
    assert [frame.data async for frame in reply.frames] == [b"one", b"two", b"three"]
    await reply.aclose()
    graph.assert_nothing_left()


TWO = SpeechRequest(
    passages=(passage("Hello.", voice="b"), passage("Yes.", voice="a"), passage("No.", voice="b"))
)
WORDS = tuple(SpokenWord(f"w{n}", (n, n + 1), n, n + 0.5) for n in range(4))


@pytest.mark.parametrize("purged", ["a", "b"])
@pytest.mark.parametrize("frames", [(SHORT,), (FIRST, LAST)])
async def test_a_reply_of_two_voices_is_forgotten_with_either(
    frames: tuple[AudioFrame, ...], purged: str
) -> None:
    graph = Graph(*frames)
    await graph.hear(TWO)
    assert graph.jobs[0].voices == ("b", "a")
    graph.hot.purge("c")
    graph.epochs["c"] = 1
    assert (await graph.hear(TWO)).cache is CacheState.HOT
    assert graph.hot.purge(purged) == 1
    assert (await graph.hear(TWO)).cache is CacheState.MISS
    graph.epochs[purged] = 1
    assert (await graph.hear(TWO)).cache is CacheState.MISS
    graph.assert_nothing_left()


@pytest.mark.parametrize(
    "frames",
    [
        (replace(SHORT, words=WORDS),),
        (replace(FIRST, words=WORDS[:1]), AudioFrame(data=b""), replace(LAST, words=WORDS[1:])),
        (FIRST, AudioFrame(data=b"", words=WORDS), LAST),
    ],
)
async def test_a_hot_reply_has_the_words_of_all_its_frames(frames: tuple[AudioFrame, ...]) -> None:
    graph = Graph(*frames, hot_entry_bytes=5000)
    first = await graph.speak()
    heard = [word async for frame in first.frames for word in frame.words]
    await first.aclose()
    assert first.words == frames[0].words
    assert first.body or tuple(heard) == WORDS
    again = await graph.hear()
    assert (again.cache, again.words) == (CacheState.HOT, WORDS)
    assert graph.hot.counters.bytes > 300 * len(WORDS)


async def test_another_epoch_is_another_key() -> None:
    graph = Graph(SHORT)
    await graph.hear()
    graph.epochs["a"] = 1
    assert (await graph.hear()).cache is CacheState.MISS
    assert (await graph.hear()).cache is CacheState.HOT


@pytest.mark.parametrize(
    "other",
    [
        request("Hello!"),
        request(voice="b"),
        request(format="wav"),
        request(speed=1.1),
        request(stream=False),
    ],
    ids=["text", "voice", "format", "speed", "stream"],
)
async def test_the_whole_request_is_in_the_key(other: SpeechRequest) -> None:
    graph = Graph(SHORT)
    await graph.hear()
    assert (await graph.hear(other)).cache is CacheState.MISS
    assert (await graph.hear()).cache is CacheState.HOT


@pytest.mark.parametrize("where", ["prepare", "stream"])
async def test_what_takes_too_long_is_refused_and_stopped(where: str) -> None:
    graph = Graph(SHORT)
    graph.hang_at = where
    with pytest.raises(DeadlineExceededError):
        await graph.speak(deadline=0.01)
    graph.assert_nothing_left()


@pytest.mark.parametrize("where", ["prepare", "stream"])
async def test_a_caller_who_leaves_stops_the_work(where: str) -> None:
    graph = Graph(SHORT)
    graph.hang_at = where
    caller = asyncio.create_task(graph.speak())
    for _ in range(5):
        await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    graph.assert_nothing_left()


async def test_a_failure_before_the_first_frame_gives_admission_back() -> None:
    graph = Graph(SynthesisError("no"))
    with pytest.raises(SynthesisError):
        await graph.speak()
    graph.error = InvalidInputError("nothing to say", "input")
    with pytest.raises(InvalidInputError):
        await graph.speak()
    graph.assert_nothing_left()


async def test_a_reply_without_a_frame_is_unavailable() -> None:
    graph = Graph()
    with pytest.raises(UnavailableError):
        await graph.speak()
    graph.assert_nothing_left()


@pytest.mark.parametrize("private", [False, True])
async def test_a_reply_that_is_never_read_ends_its_source(private: bool) -> None:
    graph = Graph(FIRST, LAST)
    reply = await graph.speak(private=private)
    assert graph.open == 1
    await reply.aclose()
    graph.assert_nothing_left()


async def test_a_source_that_fails_to_close_keeps_no_admission() -> None:
    graph = Graph(FIRST, LAST)
    reply = await graph.speak()

    async def broken() -> AsyncGenerator[AudioFrame, None]:
        try:
            yield FIRST
        finally:
            raise OSError("close")

    reply.source = broken()
    await anext(reply.source)
    with pytest.raises(OSError, match="close"):
        await reply.aclose()
    assert graph.admission.requests == 0


async def test_admission_is_held_until_the_reply_is_closed() -> None:
    graph = Graph(FIRST, LAST)
    one, two = await graph.speak(), await graph.speak(request("Two."))
    assert graph.admission.characters == len("Hello. and more") + len("Two. and more")
    with pytest.raises(AtCapacityError):
        await graph.speak(request("Three."))
    assert len(graph.jobs) == 2
    await one.aclose()
    three = await graph.speak(request("Three."))
    for reply in (two, three):
        await reply.aclose()
    graph.assert_nothing_left()


async def test_what_is_counted_is_time_to_speak() -> None:
    graph = Graph(FIRST, LAST)
    reply = await graph.speak(request(speed=0.5))
    assert graph.admission.characters == 2 * len("Hello. and more")
    await reply.aclose()
    graph.hang_at = "prepare"
    caller = asyncio.create_task(graph.speak(request(speed=0.5)))
    await asyncio.sleep(0)
    assert graph.admission.characters == 2 * len("Hello.")
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    graph.assert_nothing_left()


@pytest.mark.parametrize(
    ("where", "stream", "waits_for"),
    [
        ("prepare", True, 100),  # first_phrase_characters, until the phrases are known
        ("stream", True, len("First.")),
        ("prepare", False, 1007),
        ("stream", False, 1006 + len(" and more")),
    ],
)
async def test_what_others_wait_for_is_a_streams_first_phrase(
    where: str, stream: bool, waits_for: int
) -> None:
    graph = Graph(FIRST, LAST)
    graph.admission._rate = 1.0
    graph.hang_at = where
    text = "First.\n" + "x" * 1000
    caller = asyncio.create_task(graph.speak(request(text, speed=0.5, stream=stream)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert graph.admission.expected_wait == 2 * waits_for
    assert graph.admission.characters >= 2000
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    graph.assert_nothing_left()


async def test_a_hot_reply_begins_with_what_was_known_at_its_end() -> None:
    graph = Graph(FIRST, replace(LAST, head=b"ON"))
    reply = await graph.speak(request())
    assert b"".join([frame.data async for frame in reply.frames]) == b"onethree"
    await reply.aclose()
    again = await graph.speak(request())
    assert (again.cache, again.body) == (CacheState.HOT, b"ONethree")


async def test_a_hot_reply_needs_no_admission() -> None:
    graph = Graph(SHORT)
    await graph.hear()
    graph.frames = (FIRST, LAST)
    held = [await graph.speak(request(text)) for text in ("Two.", "Three.")]
    assert (await graph.hear()).cache is CacheState.HOT
    for reply in held:
        await reply.aclose()


async def test_the_timings_are_those_up_to_the_first_byte() -> None:
    reply = await Graph(FIRST, LAST).hear()
    assert [timing.stage for timing in reply.timings] == ["normalize", "queue", "graph"]
    assert reply.timings[1].seconds == 1
