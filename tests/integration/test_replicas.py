"""Two replicas of every stage: a key still belongs to one cache, and engines follow the queue."""

import asyncio
import collections
from collections.abc import Iterator

import httpx
import pytest
from conftest import catalogue, make_tiny_voice
from servers import ADMIN_TOKEN, Server, nonce, running, wait_for

pytestmark = pytest.mark.integration

TWO = {"num_cpus": 0.05, "min": 2, "max": 2}
STAGES = ("gateway", "normalizer", "audio_cache", "encoder")
LIMITS = httpx.Limits(max_connections=200)
PATIENT = {"X-Deadline-Ms": "120000"}


@pytest.fixture(scope="module")
def doubled() -> Iterator[Server]:
    synthesizer = {
        "num_cpus": 0.05,
        "min": 2,
        "max": 3,
        "max_ongoing_requests": 64,
        "upscale_delay": 0.5,
        "downscale_delay": 3.0,
        "queueing": {"wait": 0.05},
    }
    graph = {
        "preload": ["fake"],
        "admission": {"max_wait": 120.0},
        "stages": {**dict.fromkeys(STAGES, TWO), "synthesizer": synthesizer},
    }
    with running(graph, catalogue(), prepare=make_tiny_voice) as started:
        yield started


def body(text: str) -> dict[str, object]:
    return {"model": "tts-1", "voice": "fake", "input": text, "response_format": "wav"}


async def test_several_replicas_of_every_stage_share_one_synthesis(doubled: Server) -> None:
    """Two gateways, caches, encoders and synthesizers: a key still belongs to one of the caches."""
    token = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    texts = [f"Several of us say this slowly {nonce()}" for _ in range(6)]
    async with httpx.AsyncClient(timeout=130, limits=LIMITS, headers=PATIENT) as client:

        async def ask(text: str) -> httpx.Response:
            return await client.post(doubled.speech, json=body(text))

        replies = await asyncio.gather(*(ask(text) for text in texts for _ in range(16)))
        assert {reply.status_code for reply in replies} == {200}
        states = collections.Counter(reply.headers["x-cache"] for reply in replies)
        assert states["miss"] == len(texts), states
        seconds = sum(map(doubled.lasts, texts))
        assert doubled.spoken("fake", seconds) == pytest.approx(seconds)
        forget = f"{doubled.url}/admin/cache/invalidate"
        assert (await client.post(forget, json={}, headers=token)).is_success
        # Whichever gateway answers: none of them is hot, and neither cache has it.
        again = await asyncio.gather(*(ask(texts[0]) for _ in range(16)))
        states = collections.Counter(reply.headers["x-cache"] for reply in again)
        assert states["miss"] == 1, states
        seconds += doubled.lasts(texts[0])
        assert doubled.spoken("fake", seconds) == pytest.approx(seconds)


def engines(server: Server) -> int:
    return len(server.replicas("Synthesizer"))


async def speak(server: Server, stop: asyncio.Event, users: int) -> list[int]:
    codes: list[int] = []

    async def user(client: httpx.AsyncClient) -> None:
        while not stop.is_set():
            text = f"{nonce()} is said slowly, {nonce()} is said slowly as well"
            codes.append((await client.post(server.speech, json=body(text))).status_code)

    async with httpx.AsyncClient(timeout=130, limits=LIMITS, headers=PATIENT) as client:
        await asyncio.gather(*(user(client) for _ in range(users)))
    return codes


async def test_engines_follow_the_queue_up_and_down(doubled: Server) -> None:
    """48 requests under way are fewer than the 64 by which Serve's own policy would add a third."""
    await asyncio.to_thread(wait_for, lambda: engines(doubled) == 2, timeout=90, what="two engines")
    stop = asyncio.Event()
    load = asyncio.create_task(speak(doubled, stop, 48))
    try:
        await asyncio.to_thread(
            wait_for, lambda: engines(doubled) > 2, timeout=90, what="a third engine"
        )
    finally:
        stop.set()
    assert set(await load) == {200}
    await asyncio.to_thread(
        wait_for, lambda: engines(doubled) == 2, timeout=90, what="two engines again"
    )
