"""Home Assistant's bridge for any OpenAI server, `wyoming-openai`, finds the voices and speaks.

It needs Python 3.12, so `make voice-agents` installs it in an environment of its own.
"""

import os
import socket
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from servers import Server, free_port, wait_for
from test_home_assistant import audio, heard
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeVoice,
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not os.environ.get("CHORALE_WYOMING_OPENAI"),
        reason="make voice-agents installs it, where there is a Python 3.12",
    ),
]
MODEL = "tts-1"


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    """Of a bridge that was told a server and a model, and no voice."""
    chosen = free_port()
    process = subprocess.Popen(
        [
            *(os.environ["CHORALE_WYOMING_OPENAI"], "-m", "wyoming_openai"),
            *("--uri", f"tcp://127.0.0.1:{chosen}", "--tts-openai-url", f"{server.url}/v1"),
            *("--tts-models", MODEL, "--tts-streaming-models", MODEL),
        ],
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        # It says so, then it binds.
        for line in process.stderr:
            if b"Starting server at" in line:
                break
        wait_for(lambda: listens(chosen), timeout=20, what="the bridge")
        yield chosen
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


async def test_the_bridge_finds_the_voices_and_speaks(server: Server, port: int) -> None:
    async with (
        httpx.AsyncClient(base_url=f"{server.url}/v1/", timeout=60) as http,
        AsyncTcpClient("127.0.0.1", port) as client,
    ):

        async def alone(text: str) -> bytes:
            body = {"model": MODEL, "voice": "heart", "response_format": "pcm", "input": text}
            return (await http.post("audio/speech", json=body)).content

        listed = (await http.get("audio/voices")).json()["voices"]
        await client.write_event(Describe().event())
        (described,) = await heard(client, "info")
        (program,) = Info.from_event(described).tts
        assert [it.name for it in program.voices] == [it["id"] for it in listed]
        assert {"alloy", "heart"} <= {it.name for it in program.voices}

        voice = SynthesizeVoice(name="heart")
        for text in ("The lights are on, and the door is open.", "🎉"):
            await client.write_event(Synthesize(text=text, voice=voice).event())
            assert audio(await heard(client, "audio-stop")) == await alone(text)

        sentences = ("The lights are on. ", "The door is open.")
        await client.write_event(SynthesizeStart(voice=voice).event())
        whole = "".join(sentences)
        for start in range(0, len(whole), 4):
            await client.write_event(SynthesizeChunk(text=whole[start : start + 4]).event())
        await client.write_event(SynthesizeStop().event())
        spoken = [await alone(it.strip()) for it in sentences]
        assert audio(await heard(client, "synthesize-stopped")) == b"".join(spoken)
