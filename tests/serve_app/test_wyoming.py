"""The Wyoming bridge: the real client over TCP, in front of a gateway in this process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from inline_server import LONG, Server
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeTextFormat,
    SynthesizeVoice,
)

from serve_app.wyoming_bridge import MAX_EVENT_BYTES, Bridge, BridgeLimits


class Switch(httpx.ASGITransport):
    """The way to the server, which may be gone; and what was asked for on it."""

    is_gone = False

    def __init__(self, server: Server) -> None:
        super().__init__(server.app, raise_app_exceptions=False)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_gone:
            raise httpx.ConnectError("nobody listens")
        self.keys.append(request.headers.get("authorization"))
        if request.method == "POST":
            self.asked.append(json.loads(request.content))
        return await super().handle_async_request(request)


class Client:
    """A client of a bridge of its own."""

    def __init__(self, bridge: Bridge, switch: Switch, port: int) -> None:
        self.bridge = bridge
        self.switch = switch
        self.port = port
        self.tcp = AsyncTcpClient("127.0.0.1", port)

    async def send(self, *events: Any) -> None:
        for event in events:
            await self.tcp.write_event(event.event())

    async def hear(self, last: type[Any] = AudioStop) -> list[Event]:
        """Events up to one, or to the end."""
        found: list[Event] = []
        async with asyncio.timeout(20):
            while event := await self.tcp.read_event():
                found.append(event)
                if last.is_type(event.type):
                    break
        return found


def audio(events: list[Event]) -> bytes:
    """Of events that are one utterance, which is begun and ended once."""
    kinds = [event.type for event in events if not AudioChunk.is_type(event.type)]
    assert kinds[:2] == ["audio-start", "audio-stop"], kinds
    start = AudioStart.from_event(events[0])
    assert (start.rate, start.width, start.channels) == (24_000, 2, 1)
    return b"".join(AudioChunk.from_event(it).audio for it in events if AudioChunk.is_type(it.type))


@asynccontextmanager
async def bridged(server: Server, **limits: Any) -> AsyncIterator[Client]:
    switch = Switch(server)
    bridge = Bridge("http://test", "a-key", BridgeLimits(**limits), switch)
    listening = await bridge.listen("127.0.0.1", 0)
    client = Client(bridge, switch, listening.sockets[0].getsockname()[1])
    try:
        async with client.tcp:
            yield client
    finally:
        listening.close()
        async with asyncio.timeout(10):
            while bridge._open:  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0.001)
        await bridge.aclose()


async def test_voices_are_listed_with_their_languages_and_makers(server: Server) -> None:
    async with bridged(server) as client:
        await client.send(Ping(text="there?"), Describe())
        pong, described = await client.hear(Info)
        assert Pong.from_event(pong).text == "there?"
        (program,) = Info.from_event(described).tts
        assert program.supports_synthesize_streaming
        assert [(it.name, it.languages) for it in program.voices] == [
            ("tone", ["en-us"]),
            ("other", ["de"]),
        ]
        assert [it.name for it in program.voices[0].speakers or ()] == ["low", "high"]
        assert all(it.installed and it.attribution.name for it in program.voices)
        assert client.switch.keys == ["Bearer a-key"]


@pytest.mark.parametrize(
    ("voice", "asked"),
    [
        (None, {"voice": "tone"}),
        (SynthesizeVoice(name="tone", speaker="high"), {"voice": "tone/high"}),
        (SynthesizeVoice(name="alloy"), {"voice": "alloy"}),
        (SynthesizeVoice(language="de"), {"voice": "other"}),
        (SynthesizeVoice(language="de_AT"), {"voice": "other"}),
        (SynthesizeVoice(language="en-US"), {"voice": "tone"}),
    ],
)
async def test_a_text_is_spoken(
    server: Server, voice: SynthesizeVoice | None, asked: dict[str, Any]
) -> None:
    async with bridged(server) as client:
        await client.send(Synthesize(text=LONG, voice=voice))
        assert audio(await client.hear()) == (await server.speak(input=LONG, **asked)).content
        assert len(client.switch.asked) == 1
        await client.send(Synthesize(text="🎉", voice=voice))
        assert audio(await client.hear()) == bytes(4800)


async def test_ssml_and_texts_of_any_length(server: Server) -> None:
    ssml = "<speak>One <break time='1s'/>two.</speak>"
    async with bridged(server) as client:
        await client.send(
            Synthesize(text=ssml, text_format=SynthesizeTextFormat.SSML),
            Synthesize(text=f"{LONG} " * 9),
        )
        assert audio(await client.hear()) == (await server.speak(input=ssml)).content
        assert client.switch.asked[0]["input_type"] == "ssml"
        whole = audio(await client.hear())
        assert len(whole) > 54 * (24_000 + 0.3 * 48_000)
        assert "".join(it["input"] for it in client.switch.asked[1:]) == f"{LONG} " * 9


async def test_sentences_are_spoken_while_the_text_still_comes(server: Server) -> None:
    async with bridged(server) as client:
        await client.send(SynthesizeStart(voice=SynthesizeVoice(name="tone")))
        text = "It costs $3.50. Really? Yes"
        for character in text:
            await client.send(SynthesizeChunk(text=character))
        # Two sentences are certain, the third is not over.
        first = [await client.tcp.read_event() for _ in range(3)]
        assert [event.type for event in first if event] == [
            "audio-start", "audio-chunk", "audio-chunk",
        ]  # fmt: skip
        # What speaks no streams would take the text from this.
        await client.send(Synthesize(text=text), SynthesizeStop())
        events = [it for it in first if it] + await client.hear(SynthesizeStopped)
        alone = [
            (await server.speak(input=it, voice="tone")).content
            for it in ("It costs $3.50. ", "Really? ", "Yes")
        ]
        pause = bytes(round(0.35 * 48_000))
        assert audio(events) == pause.join(alone)
        assert [it["input"] for it in client.switch.asked] == [
            "It costs $3.50. ",
            "Really? ",
            "Yes",
        ]
        await client.send(SynthesizeStart(), SynthesizeStop(), Synthesize(text="Again."))
        assert audio(await client.hear(SynthesizeStopped)) == b""
        assert audio(await client.hear())


@pytest.mark.parametrize(
    ("event", "code", "says"),
    [
        (Synthesize(text="Hi", voice=SynthesizeVoice(name="nobody")), "invalid_value", "nobody"),
        (Synthesize(text="Hi", voice=SynthesizeVoice(language="xx")), "invalid_value", "'xx'"),
        (Synthesize(text=""), "invalid_value", "input must not be empty"),
        (Event("synthesize", {}), "bad_request", "lacks"),
    ],
)
async def test_what_is_wrong_is_told_and_ends_the_connection(
    server: Server, event: Any, code: str, says: str
) -> None:
    async with bridged(server) as client:
        await client.tcp.write_event(event if isinstance(event, Event) else event.event())
        (told,) = await client.hear()
        assert Error.from_event(told).code == code
        assert says in Error.from_event(told).text


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\n",
        b"[]\n",
        b'{"type": 5, "data": 1}\n',
        b'{"type": "synthesize", "data_length": 3}\nabc',
        b'{"type": "synthesize", "data_length": 999999999}\n',
        b'{"type": "synthesize", "data_length": 5, "payload_length": -5}\n',
        b"x" * (MAX_EVENT_BYTES + 1),
    ],
)
async def test_what_is_no_event_is_refused_and_harms_nobody(server: Server, raw: bytes) -> None:
    async with bridged(server) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(raw)
        answer = await asyncio.wait_for(reader.read(), 10)
        assert b'"error"' in answer
        writer.close()
        await client.send(Synthesize(text="Hello."))
        assert audio(await client.hear())


async def test_a_server_that_is_away_is_told_and_may_come_back(server: Server) -> None:
    async with bridged(server, listing=0.0) as client:
        client.switch.is_gone = True
        for event in (Describe(), Synthesize(text="Hello.")):
            async with AsyncTcpClient("127.0.0.1", client.port) as other:
                await other.write_event(event.event())
                told = await other.read_event()
                assert told is not None
                assert Error.from_event(told).code == "unavailable"
                assert await other.read_event() is None
        client.switch.is_gone = False
        await client.send(Describe())
        (known,) = await client.hear(Info)
        client.switch.is_gone = True
        await client.send(Describe())
        assert (await client.hear(Info)) == [known]
        client.switch.is_gone = False
        await client.send(Synthesize(text="Hello."))
        assert audio(await client.hear())


async def test_who_leaves_ends_what_was_spoken(server: Server) -> None:
    waits = asyncio.Event()

    async def synthesize(job: Any) -> Any:
        await waits.wait()

    server.synthesizer.synthesize = synthesize  # type: ignore[method-assign]
    async with bridged(server) as client:
        await client.send(Synthesize(text="Hello."))
        async with asyncio.timeout(10):
            while not server.admitted[0]:  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0.001)
        await client.tcp.disconnect()
        async with asyncio.timeout(10):
            while server.admitted[0]:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    await server.settled()


async def test_connections_are_bounded(server: Server) -> None:
    async with bridged(server, connections=1) as client:
        await client.send(Ping())
        await client.hear(Pong)
        async with AsyncTcpClient("127.0.0.1", client.port) as other:
            assert await asyncio.wait_for(other.read_event(), 10) is None


async def test_idle_connections_end_and_others_come_in(server: Server) -> None:
    async with bridged(server, connections=1, idle=0.3) as client:
        await client.send(Ping())
        await client.hear(Pong)
        assert await asyncio.wait_for(client.tcp.read_event(), 10) is None
        async with AsyncTcpClient("127.0.0.1", client.port) as other:
            await other.write_event(Describe().event())
            assert await other.read_event()


async def test_a_second_text_amid_a_streamed_one_is_refused(server: Server) -> None:
    async with bridged(server) as client:
        await client.send(SynthesizeStart(), SynthesizeStart())
        assert Error.from_event((await client.hear(Error))[-1]).code == "bad_request"
        assert await client.tcp.read_event() is None


async def test_a_long_text_of_which_nothing_can_be_spoken_ends(server: Server) -> None:
    async with bridged(server, sentences=2) as client:
        voice = SynthesizeVoice(name="nobody")
        await client.send(SynthesizeStart(voice=voice))
        for number in range(200):
            await client.send(SynthesizeChunk(text=f"This is sentence {number}. "))
        assert Error.from_event((await client.hear(Error))[-1]).code == "invalid_value"
        assert await client.tcp.read_event() is None


async def test_who_takes_nothing_is_given_up(server: Server) -> None:
    server.synthesizer.seconds = 60.0
    async with bridged(server, unread=0.3) as client:
        _, writer = await asyncio.open_connection("127.0.0.1", client.port, limit=1)
        await async_write_event(Synthesize(text=LONG).event(), writer)
        async with asyncio.timeout(20):
            while client.bridge._open < 2:  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0.01)
            while client.bridge._open == 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        writer.close()
    await server.settled()
