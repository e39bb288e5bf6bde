"""Contexts by themselves, and what ends with one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import perf_counter

import pytest
from inline_server import Server
from socket_door import Door, say

from serve_app.keys.meter import Visit
from serve_app.responses import RecordedReply
from serve_app.sessions.context import Context, SessionConfig
from serve_app.speaker import Reply
from speech.errors import RateLimitedError
from speech.types import (
    AudioFrame,
    CacheState,
    Delivery,
    Passage,
    PhraseJob,
    SpeechRequest,
    SynthesizedPhrase,
)

DELIVERY = Delivery(voice="tone", language="en-us")
SPOKEN = SpeechRequest(passages=(Passage(text="", delivery=DELIVERY),), format="pcm")


async def no_frames() -> AsyncGenerator[AudioFrame, None]:
    return
    yield


class OneAtATime(Visit):
    """Speaks for a caller who may have one stream."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.streams = self.refused = 0

    def leave(self) -> None:
        self.streams = 0

    async def speak(self, spoken: SpeechRequest) -> RecordedReply:
        if self.streams:
            self.refused += 1
            raise RateLimitedError("one at a time")
        self.streams = 1
        self.said.append(spoken.passages[0].text)
        reply = Reply(
            cache=CacheState.MISS,
            timings=(),
            total_bytes=4800,
            body=bytes(4800),
            frames=no_frames(),
            audio_seconds=0.1,
            visit=self,
        )
        return RecordedReply(reply, spoken, "a-1", perf_counter())


def by_word(text: str) -> list[str]:
    return text.split()


async def test_a_context_waits_for_what_it_has_itself() -> None:
    limited = OneAtATime()
    context = Context(SPOKEN, by_word, limited.speak, SessionConfig())
    context.add("One. Two. Three. ")
    context.finish()
    seconds = 0.0
    async with aclosing(context.pieces()) as pieces:
        async for piece in pieces:
            for _ in range(100):
                await asyncio.sleep(0)
            seconds = piece.seconds
    await context.aclose()
    assert limited.said == ["One.", "Two.", "Three."]
    assert limited.refused == 2
    assert seconds >= 0.3


async def test_what_others_have_is_refused() -> None:
    limited = OneAtATime()
    limited.streams = 1
    context = Context(SPOKEN, by_word, limited.speak, SessionConfig())
    context.add("One. Two. ")
    with pytest.raises(RateLimitedError):
        await anext(context.pieces())
    await context.aclose()


@pytest.mark.parametrize("leaves", [True, False])
async def test_an_interruption_reaches_the_engine_without_a_wait(
    door: Door, server: Server, monkeypatch: pytest.MonkeyPatch, leaves: bool
) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def synthesize(job: PhraseJob) -> SynthesizedPhrase:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    monkeypatch.setattr(server.synthesizer, "synthesize", synthesize)
    async with door.open("/v1/text-to-speech/alloy/multi-stream-input") as socket:
        await say(socket, text="Never said. And more.", context_id="a", flush=True)
        async with asyncio.timeout(10):
            await began.wait()
        (session,) = server.gateway._sessions._open
        ending = asyncio.create_task(session.close() if leaves else session.drop("a"))
        # Turns of the loop, not seconds: none of them waits for anything.
        for _ in range(100):
            await asyncio.sleep(0)
        assert ended.is_set()
        await ending
    await door.idle()
