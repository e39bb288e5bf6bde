"""The queueing-time policy in a real controller: replicas follow the queue up and down."""

import asyncio

import httpx
import pytest
from conftest import catalogue, make_tiny_voice
from servers import Server, nonce, running, wait_for

pytestmark = pytest.mark.integration

GRAPH = {
    "preload": ["fake"],
    "stages": {
        "synthesizer": {
            "num_cpus": 0.2,
            "min": 1,
            "max": 3,
            "max_ongoing_requests": 64,
            "upscale_delay": 0.5,
            "downscale_delay": 3.0,
            "queueing": {"wait": 0.05},
        }
    },
}


def replicas(server: Server) -> int:
    return len(server.replicas("Synthesizer"))


async def speak(server: Server, stop: asyncio.Event, users: int) -> list[int]:
    codes: list[int] = []

    async def user(client: httpx.AsyncClient) -> None:
        while not stop.is_set():
            body = {
                "model": "tts-1",
                "voice": "fake",
                "input": f"{nonce()} is said slowly, {nonce()} is said slowly as well",
                "response_format": "wav",
            }
            codes.append((await client.post(server.speech, json=body)).status_code)

    async with httpx.AsyncClient(timeout=60) as client:
        await asyncio.gather(*(user(client) for _ in range(users)))
    return codes


async def test_replicas_follow_the_queue_up_and_down() -> None:
    """24 requests under way are fewer than the 32 by which Serve's own policy would add one."""
    with running(GRAPH, catalogue(), prepare=make_tiny_voice) as server:
        assert replicas(server) == 1
        stop = asyncio.Event()
        load = asyncio.create_task(speak(server, stop, 24))
        try:
            await asyncio.to_thread(
                wait_for, lambda: replicas(server) > 1, timeout=40, what="a second replica"
            )
        finally:
            stop.set()
        assert set(await load) == {200}
        await asyncio.to_thread(
            wait_for, lambda: replicas(server) == 1, timeout=40, what="one replica again"
        )
