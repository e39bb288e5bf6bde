"""WebSockets of a real server: both ways of running it, and sessions interrupted side by side."""

import asyncio
import base64
import json
import random
from typing import Any

import httpx
import pytest
from servers import Server, nonce, wait_for
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from speech.engines.fake.engine import SECONDS_PER_CHARACTER, SLOW_WORD

pytestmark = pytest.mark.integration

RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}
SESSIONS, ROUNDS = 20, 4
SEED = 4


def address(server: Server, path: str) -> str:
    return server.url.replace("http", "ws", 1) + path


def asked(text: str, context: str, voice: str = "fake") -> str:
    voice_of = {"mode": "id", "id": voice}
    more = {"output_format": RAW, "context_id": context, "continue": True}
    return json.dumps({"transcript": text, "voice": voice_of, **more})


async def heard(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(60):
        return dict(json.loads(await socket.recv()))


async def test_both_ways_of_running_speak_and_refuse(any_server: Server) -> None:
    text = f"This is said {nonce()}."
    async with connect(address(any_server, "/tts/websocket")) as socket:
        for start in range(0, len(text), 3):
            await socket.send(asked(text[start : start + 3], "a"))
        await socket.send(json.dumps({**json.loads(asked(" ", "a")), "continue": False}))
        audio = b""
        while (message := await heard(socket))["type"] != "done":
            audio += base64.b64decode(message["data"])
    assert len(audio) / 48_000 == pytest.approx(SECONDS_PER_CHARACTER * len(text), abs=0.05)
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(any_server, "/v1/speak?model=nobody")):
            pass
    assert refused.value.response.status_code == 400
    assert b"model" in refused.value.response.body
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(any_server, "/v1/speak"), origin=Origin("https://evil.example")):
            pass
    assert refused.value.response.status_code == 403
    own = Origin(any_server.url)
    async with connect(address(any_server, "/v1/speak"), origin=own) as socket:
        assert json.loads(await socket.recv())["type"] == "Metadata"


class Agent:
    """Speaks answers that are interrupted at some moment, and keeps what was heard of each."""

    def __init__(self, server: Server, number: int) -> None:
        self._server = server
        self._random = random.Random(SEED * 1000 + number)
        self.heard: dict[str, bytes] = {}
        """Of the first sentence of each answer."""

    async def run(self) -> None:
        async with connect(address(self._server, "/tts/websocket")) as socket:
            for _ in range(ROUNDS):
                await self._round(socket, self._random.uniform(0.0, 1.2))

    async def _round(self, socket: ClientConnection, patience: float) -> None:
        context = nonce()
        first = f"It is {SLOW_WORD} told of {context}. "
        answer = first + "".join(f"And {SLOW_WORD} of {nonce()}. " for _ in range(5))
        audio, refused = b"", False

        async def read() -> None:
            nonlocal audio, refused
            while True:
                message = await heard(socket)
                assert message["context_id"] == context
                if message["type"] == "done":
                    return
                if message["type"] == "error":  # refused under load: what comes then is no answer
                    refused = True
                if refused or "data" not in message:
                    continue
                audio += base64.b64decode(message["data"])

        reading = asyncio.create_task(read())
        for start in range(0, len(answer), 4):
            await socket.send(asked(answer[start : start + 4], context))
        await asyncio.sleep(patience)
        await socket.send(json.dumps({"context_id": context, "cancel": True}))
        await reading
        if audio:
            self.heard[first.strip()] = audio


def busy(server: Server) -> float:
    gauges = ("inflight_requests", "inflight_characters", "fills_running", "queue_depth")
    return sum(server.metric(f"chorale_{name}") for name in gauges)


async def test_interrupted_sessions_leave_nothing_and_hear_nobody_else(server: Server) -> None:
    agents = [Agent(server, number) for number in range(SESSIONS)]
    await asyncio.gather(*(agent.run() for agent in agents))
    await asyncio.sleep(1.0)
    spoken = server.metric("chorale_synthesized_phrases_total")
    await asyncio.to_thread(wait_for, lambda: busy(server) == 0, timeout=30, what="idleness")
    await asyncio.sleep(3.0)
    late = server.metric("chorale_synthesized_phrases_total") - spoken
    # What was counted a moment ago is told a moment later.
    assert late <= SESSIONS, f"{late} phrases were spoken for nobody"
    assert server.metric("chorale_session_audio_seconds_total", outcome="sent") > 0
    assert sum(len(agent.heard) for agent in agents) > SESSIONS / 4

    async with httpx.AsyncClient(timeout=60) as client:

        async def alone(text: str, audio: bytes) -> None:
            body = {"model": "tts-1", "voice": "fake", "input": text, "response_format": "pcm"}
            reply = await client.post(server.speech, json=body, headers={"X-Deadline-Ms": "120000"})
            length = min(len(audio), len(reply.content))
            assert length > 0
            assert audio[:length] == reply.content[:length]

        await asyncio.gather(
            *(alone(text, audio) for agent in agents for text, audio in agent.heard.items())
        )
