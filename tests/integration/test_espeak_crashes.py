"""Texts that break espeak-ng, at real servers: no process ends, and nobody else hears of it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import httpx
import pytest
import yaml
from conftest import catalogue, make_tiny_voice
from servers import ROOT, Server, nonce, running

from tests.speech.espeak_texts import CRASHES, random_texts

pytestmark = pytest.mark.integration
_STREAMS = 20
_ODD = 60


@pytest.fixture(params=["compact", "cpu"])
def graph(request: pytest.FixtureRequest) -> Iterator[Server]:
    shipped = yaml.safe_load((ROOT / "configs" / f"{request.param}.yaml").read_text())
    shipped.pop("catalogue")
    with running(
        shipped | {"preload": ["tiny", "espeak"]}, catalogue(), prepare=make_tiny_voice
    ) as started:
        yield started


async def _spoken(client: httpx.AsyncClient, server: Server, body: dict[str, object]) -> bytes:
    """A reply that no cache keeps."""
    reply = await client.post(
        server.speech,
        json={"model": "tts-1", "response_format": "wav", **body},
        headers={"cache-control": "no-store"},
    )
    assert reply.is_success, reply.text
    return reply.content


async def test_nobody_notices_what_breaks_espeak(graph: Server) -> None:
    sentences = " ".join(f"This is sentence {number} of {nonce()}." for number in range(8))
    bodies = [
        {"voice": ("tiny", "espeak")[number % 2], "input": f"{number} {sentences}", "seed": 3}
        for number in range(_STREAMS)
    ]
    async with httpx.AsyncClient(timeout=120) as client:
        languages = (await client.get(f"{graph.url}/v1/audio/voices")).json()["data"]
        spoken = tuple(next(it for it in languages if it["id"] == "espeak")["languages"])
        expected = [await _spoken(client, graph, body) for body in bodies]
        before = graph.workers()
        hostile = [*CRASHES, *islice(random_texts(spoken, seed=11), _ODD)]
        outcomes: Counter[str] = Counter()

        async def ask(path: str, body: dict[str, object]) -> None:
            reply = await client.post(f"{graph.url}{path}", json=body)
            if reply.is_success:
                outcomes["read"] += 1
                return
            error = reply.json()["error"]
            assert reply.status_code == 400, reply.text
            assert reply.headers["x-should-retry"] == "false"
            assert error["code"] in {"unreadable_text", "invalid_value"}, error
            assert error["type"] == "invalid_request_error"
            outcomes[error["code"]] += 1

        async def attack() -> None:
            for language, text in hostile:
                body = {"input": text, "language": language}
                # A name whose voice reads English by its phonemes, all else by espeak-ng itself.
                await ask("/v1/audio/speech", {**body, "model": "tts-1", "voice": "alloy"})
                await ask("/v1/text/normalize", body)

        _, *heard = await asyncio.gather(
            attack(), *(_spoken(client, graph, body) for body in bodies)
        )
        assert [len(it) for it in heard] == [len(it) for it in expected]
        assert heard == expected
        # Ray may have started others meanwhile, e.g. a second Synthesizer.
        assert before <= graph.workers()
        crashes = outcomes["unreadable_text"]
        # What an overrun of a buffer hits is chance: some of them do no harm on some machines.
        assert crashes >= len(CRASHES) / 4, outcomes
        assert graph.counted("chorale_espeak_deaths_total", 1, cause="crash") >= crashes / 2
        assert graph.metric("chorale_espeak_deaths_total", cause="lost") == 0
        again = [await _spoken(client, graph, body) for body in bodies[:2]]
        assert again == expected[:2]
