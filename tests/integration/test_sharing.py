"""Caching, single flight and batching, proven by counters, in both ways of running."""

import asyncio
import collections

import httpx
import pytest
from conftest import catalogue, make_tiny_voice
from servers import ADMIN_TOKEN, Server, nonce, running

pytestmark = pytest.mark.integration

LIMITS = httpx.Limits(max_connections=200)


def body(text: str, **more: object) -> dict[str, object]:
    return {"model": "tts-1", "voice": "fake", "input": text, "response_format": "wav", **more}


def fresh(text: str) -> str:
    """A text nobody has asked for before."""
    return f"{text} {nonce()}"


def test_a_repeated_request_is_hot_and_identical(any_server: Server) -> None:
    text = fresh("Say this twice")
    with httpx.Client(timeout=60) as client:
        first, second = (
            client.post(any_server.speech, json=body(text, voice="alloy")) for _ in range(2)
        )
        assert (first.headers["x-cache"], second.headers["x-cache"]) == ("miss", "hot")
        assert first.content == second.content
        # Another spelling of the request that is spoken alike meets it in the audio cache.
        third = client.post(any_server.speech, json=body("  " + text, voice="alloy"))
        assert third.headers["x-cache"] == "hit"
        assert third.content == first.content
    assert len(first.headers.get_list("x-request-id")) == 1
    assert "synthesize;dur=" in first.headers["server-timing"]


async def test_32_identical_requests_are_synthesised_once(any_server: Server) -> None:
    before = any_server.settled_metric("chorale_synthesized_phrases_total", outcome="ok")
    text = fresh("All of us say this slowly")
    async with httpx.AsyncClient(timeout=60, limits=LIMITS) as client:
        replies = await asyncio.gather(
            *(client.post(any_server.speech, json=body(text)) for _ in range(32))
        )
    states = collections.Counter(reply.headers["x-cache"] for reply in replies)
    assert states["miss"] == 1
    assert states["coalesced"] + states["hot"] + states["hit"] == 31
    assert states["coalesced"] > 20
    assert len({reply.content for reply in replies}) == 1
    after = any_server.settled_metric("chorale_synthesized_phrases_total", outcome="ok")
    assert after - before == 1


async def test_the_first_caller_leaving_costs_nobody_else(any_server: Server) -> None:
    before = any_server.settled_metric("chorale_synthesized_phrases_total", outcome="ok")
    sentences = [fresh(f"Sentence {i} is said slowly and at some length") for i in range(32)]
    text = ".\n".join(sentences)
    async with httpx.AsyncClient(timeout=60, limits=LIMITS) as client:
        first = asyncio.create_task(client.post(any_server.speech, json=body(text)))
        await asyncio.sleep(0.5)  # of the two seconds and more that the synthesis takes
        others = [
            asyncio.create_task(client.post(any_server.speech, json=body(text))) for _ in range(31)
        ]
        await asyncio.sleep(0.8)  # until they have joined: the last reader to leave ends a fill
        first.cancel()
        replies = await asyncio.gather(*others)
        assert first.cancelled()
    assert {reply.status_code for reply in replies} == {200}
    assert collections.Counter(r.headers["x-cache"] for r in replies) == {"coalesced": 31}
    assert len({reply.content for reply in replies}) == 1
    after = any_server.settled_metric("chorale_synthesized_phrases_total", outcome="ok")
    assert after - before == len(sentences)


async def test_the_last_caller_leaving_stops_the_work(any_server: Server) -> None:
    before = any_server.settled_metric("chorale_synthesized_phrases_total", outcome="ok")
    text = ".\n".join(fresh(f"Number {i} is said slowly") for i in range(60))
    async with httpx.AsyncClient(timeout=60) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await client.post(any_server.speech, json=body(text))
    after = any_server.settled_metric("chorale_synthesized_phrases_total", outcome="ok")
    # 1.5 s is six batches of a quarter second; 60 phrases in look-ahead of 4 would be fifteen.
    assert after - before < 45
    assert any_server.settled_metric("chorale_fills_running") == 0


async def test_64_different_requests_form_real_batches(server: Server) -> None:
    count = server.settled_metric("chorale_batch_size_count", voice="tiny")
    big = server.settled_metric("chorale_batch_size_bucket", voice="tiny", le="1.0")
    async with httpx.AsyncClient(timeout=60, limits=LIMITS) as client:
        replies = await asyncio.gather(
            *(
                client.post(server.speech, json=body(fresh(f"Request number {i}"), voice="tiny"))
                for i in range(64)
            )
        )
    assert {reply.status_code for reply in replies} == {200}
    assert {reply.headers["x-cache"] for reply in replies} == {"miss"}
    batches = server.settled_metric("chorale_batch_size_count", voice="tiny") - count
    alone = server.settled_metric("chorale_batch_size_bucket", voice="tiny", le="1.0") - big
    assert batches < 48, "64 phrases in nearly as many batches"
    assert batches - alone >= 4, "hardly a batch of more than one"


async def test_several_replicas_of_every_stage_share_one_synthesis() -> None:
    """Two gateways, caches, encoders and synthesizers: a key still belongs to one of the caches."""
    two = {"num_cpus": 0.05, "min": 2, "max": 2}
    stages = ("gateway", "normalizer", "audio_cache", "encoder", "synthesizer")
    graph = {"stages": dict.fromkeys(stages, two)}
    token = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    with running(graph, catalogue(), prepare=make_tiny_voice) as server:
        texts = [fresh("Several of us say this slowly") for _ in range(6)]
        async with httpx.AsyncClient(timeout=60, limits=LIMITS) as client:

            async def ask(text: str) -> httpx.Response:
                return await client.post(server.speech, json=body(text))

            replies = await asyncio.gather(*(ask(text) for text in texts for _ in range(16)))
            assert {reply.status_code for reply in replies} == {200}
            states = collections.Counter(reply.headers["x-cache"] for reply in replies)
            assert states["miss"] == len(texts), states
            made = server.settled_metric("chorale_synthesized_phrases_total", outcome="ok")
            assert made == len(texts)
            forget = f"{server.url}/admin/cache/invalidate"
            assert (await client.post(forget, json={}, headers=token)).is_success
            # Whichever gateway answers: none of them is hot, and neither cache has it.
            again = await asyncio.gather(*(ask(texts[0]) for _ in range(16)))
            states = collections.Counter(reply.headers["x-cache"] for reply in again)
            assert states["miss"] == 1, states
            made = server.settled_metric("chorale_synthesized_phrases_total", outcome="ok")
            assert made == len(texts) + 1


def test_a_private_reply_is_kept_nowhere(server: Server) -> None:
    text = fresh("Nobody keeps this")
    states = [
        httpx.post(
            server.speech, json=body(text), headers={"cache-control": "no-store"}, timeout=60
        ).headers["x-cache"]
        for _ in range(2)
    ]
    assert states == ["miss", "miss"]


def test_invalidation_needs_its_token_and_reaches_every_tier(any_server: Server) -> None:
    text = fresh("Forget me")
    url = f"{any_server.url}/admin/cache/invalidate"
    with httpx.Client(timeout=60) as client:
        first = client.post(any_server.speech, json=body(text))
        assert client.post(any_server.speech, json=body(text)).headers["x-cache"] == "hot"
        refused = client.post(url, json={"voice": "fake"}, headers={"authorization": "Bearer x"})
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "invalid_token"
        assert client.post(any_server.speech, json=body(text)).headers["x-cache"] == "hot"
        token = {"authorization": f"Bearer {ADMIN_TOKEN}"}
        unknown = client.post(url, json={"voice": "nobody"}, headers=token)
        assert unknown.json()["error"]["param"] == "voice"
        done = client.post(url, json={"voice": "fake"}, headers=token)
        assert done.is_success, done.text
        again = client.post(any_server.speech, json=body(text))
        assert again.headers["x-cache"] == "miss"
        assert again.content == first.content
