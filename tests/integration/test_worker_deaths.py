"""A request that kills its worker, and workers that are killed with innocent requests in hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from conftest import catalogue, make_tiny_voice
from servers import Server, nonce, running, wait_for

from speech.engines.fake.engine import DIE_ON, SLOW_WORD

pytestmark = pytest.mark.integration

REPLICAS = 2
GRAPH = {
    "preload": ["fake"],
    "stages": {
        "synthesizer": {"num_cpus": 0.1, "min": REPLICAS, "max": REPLICAS},
        "gateway": {"min": 2, "max": 2},
    },
}


@pytest.fixture(scope="module", params=["haproxy", "default"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Between stages once gRPC, once the object store: each says otherwise who died."""
    with running(GRAPH, catalogue(), mode=request.param, prepare=make_tiny_voice) as started:
        yield started


async def ask(client: httpx.AsyncClient, text: str) -> httpx.Response:
    """Past every cache, on a connection of its own."""
    return await client.post(
        "/v1/audio/speech",
        json={"model": "tts-1", "input": text, "voice": "fake", "response_format": "wav"},
        headers={"Cache-Control": "no-store", "Connection": "close"},
    )


@contextlib.asynccontextmanager
async def seen_synthesizers(server: Server) -> AsyncIterator[set[int]]:
    """Process ids of every Synthesizer that lives meanwhile."""
    seen: set[int] = set()

    def look() -> None:
        seen.update(process.pid for process in server.replicas("Synthesizer"))

    async def watch() -> None:
        while True:
            await asyncio.to_thread(look)
            await asyncio.sleep(0.1)

    look()
    watcher = asyncio.create_task(watch())
    try:
        yield seen
        await asyncio.to_thread(replaced, server)
        look()
    finally:
        watcher.cancel()


def replaced(server: Server) -> set[int]:
    """The Synthesizers, once all are there and ready."""
    whole = lambda: len(server.replicas("Synthesizer")) == REPLICAS  # noqa: E731
    wait_for(
        lambda: whole() and httpx.get(f"{server.url}/readyz").is_success and whole(),
        timeout=60,
        what="as many synthesizers as before",
    )
    return {process.pid for process in server.replicas("Synthesizer")}


def texts(count: int) -> list[str]:
    return [f"Number {nonce()} is said {SLOW_WORD}." for _ in range(count)]


async def test_a_request_that_kills_its_worker_is_asked_for_once_more_and_no_oftener(
    server: Server,
) -> None:
    lethal, others = f"This is a {DIE_ON} {nonce()}.", texts(11)
    others.append(others[0])  # what two ask for is struck by one death only once
    async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
        expected = [await ask(client, text) for text in others]
        async with seen_synthesizers(server) as seen:
            innocent = [asyncio.create_task(ask(client, text)) for text in others]
            await asyncio.sleep(0.4)
            died = await ask(client, lethal)
            answered = await asyncio.gather(*innocent)
        assert len(seen - replaced(server)) == 2
        assert died.status_code == 500, died.text
        assert died.json()["error"]["code"] == "worker_died"
        assert died.headers["x-should-retry"] == "false"
        for text, reply, right in zip(others, answered, expected, strict=True):
            if others.count(text) > 1 and not reply.is_success:
                # Both workers may have had it in hand, each for one who asked.
                assert reply.json()["error"]["code"] == "worker_died"
            else:
                assert (reply.status_code, reply.content) == (200, right.content), reply.text[:300]
        async with seen_synthesizers(server) as seen:
            again = await ask(client, lethal)
        assert seen == replaced(server)
        assert (again.status_code, again.json()) == (died.status_code, died.json())
        assert again.headers["x-should-retry"] == "false"


async def test_a_worker_killed_from_outside_costs_nobody_anything(server: Server) -> None:
    several = texts(10)
    async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
        expected = [await ask(client, text) for text in several]
        for _ in range(2):  # a job in hand at one death, and finished since, starts anew
            async with seen_synthesizers(server) as seen:
                before = replaced(server)
                asked = [asyncio.create_task(ask(client, text)) for text in several * 2]
                await asyncio.sleep(0.4)
                server.replicas("Synthesizer")[0].kill()
                answered = await asyncio.gather(*asked)
            assert len(before - replaced(server)) == 1
            assert len(seen) == REPLICAS + 1
            for reply, right in zip(answered, expected * 2, strict=True):
                assert (reply.status_code, reply.content) == (200, right.content), reply.text[:300]
