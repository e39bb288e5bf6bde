"""`chorale wyoming` in front of a live server, as Home Assistant speaks to it."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from servers import ROOT, Server, free_port
from wyoming.audio import AudioChunk
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

pytestmark = pytest.mark.integration


@contextlib.contextmanager
def bridge(url: str) -> Iterator[int]:
    """The command as a process of its own; gives its port."""
    options = ["wyoming", "--uri", "tcp://127.0.0.1:0", "--server", url]
    program = "from serve_app.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *options], stderr=subprocess.PIPE, env=environment
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline().decode()
        found = re.match(r"Wyoming at tcp://127\.0\.0\.1:(\d+), ", line)
        assert found, line + process.stderr.read().decode()
        yield int(found[1])
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


async def heard(client: AsyncTcpClient, last: str) -> list[Event]:
    events: list[Event] = []
    async with asyncio.timeout(60):
        while event := await client.read_event():
            events.append(event)
            if event.type == last:
                break
    return events


def audio(events: list[Event]) -> bytes:
    return b"".join(AudioChunk.from_event(it).audio for it in events if AudioChunk.is_type(it.type))


async def test_home_assistants_way(server: Server) -> None:
    text = "The lights are on. 🎉 The door is open, and it is 21 °C outside."
    with bridge(server.url) as port:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Describe().event())
            (described,) = await heard(client, "info")
            (program,) = Info.from_event(described).tts
            assert program.supports_synthesize_streaming
            assert program.voices[0].name == "heart"
            assert {"espeak", "heart"} <= {it.name for it in program.voices}

            voice = SynthesizeVoice(name="heart", speaker="ash")
            await client.write_event(Synthesize(text=text, voice=voice).event())
            whole = audio(await heard(client, "audio-stop"))
            body = {"model": "tts-1", "voice": "heart/ash", "input": text, "response_format": "pcm"}
            async with httpx.AsyncClient(timeout=60) as http:
                assert whole == (await http.post(server.speech, json=body)).content

            # As Home Assistant streams an answer: pieces, then all of it for old servers.
            await client.write_event(SynthesizeStart(voice=voice).event())
            for start in range(0, len(text), 3):
                await client.write_event(SynthesizeChunk(text=text[start : start + 3]).event())
            await client.write_event(Synthesize(text=text, voice=voice).event())
            await client.write_event(SynthesizeStop().event())
            events = await heard(client, "synthesize-stopped")
            assert SynthesizeStopped.is_type(events[-1].type)
            assert [it.type for it in events].count("audio-start") == 1
            assert len(audio(events)) == pytest.approx(len(whole), rel=0.1)


async def test_a_server_that_is_not_there() -> None:
    with bridge(f"http://127.0.0.1:{free_port()}") as port:
        for event in (Describe(), Synthesize(text="Hello.")):
            async with AsyncTcpClient("127.0.0.1", port) as client:
                await client.write_event(event.event())
                (told,) = await heard(client, "error")
                assert Error.from_event(told).code == "unavailable"
