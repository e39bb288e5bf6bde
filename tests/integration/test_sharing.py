"""Caching, single flight and batching, proven by counters, in both ways of running."""

import asyncio
import collections
import contextlib
from functools import partial

import httpx
import pytest
from servers import ADMIN_TOKEN, Server, nonce, wait_for

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
        assert third.headers["x-cache"] in {"hit", "coalesced"}
        assert third.content == first.content
    assert len(first.headers.get_list("x-request-id")) == 1
    assert "synthesize;dur=" in first.headers["server-timing"]


async def test_32_identical_requests_are_synthesised_once(any_server: Server) -> None:
    # Takes a second and more, so that all can join.
    text = ".\n".join(fresh(f"All of us say number {i} slowly") for i in range(16))
    async with httpx.AsyncClient(timeout=60, limits=LIMITS) as client:
        replies = await asyncio.gather(
            *(client.post(any_server.speech, json=body(text, voice="once")) for _ in range(32))
        )
    states = collections.Counter(reply.headers["x-cache"] for reply in replies)
    assert states["miss"] == 1
    assert states["coalesced"] + states["hot"] + states["hit"] == 31
    assert states["coalesced"] > 0
    assert len({reply.content for reply in replies}) == 1
    seconds = any_server.lasts(text)
    assert any_server.spoken("once", seconds) == pytest.approx(seconds)


async def test_the_first_caller_leaving_costs_nobody_else(any_server: Server) -> None:
    text = ".\n".join(fresh(f"Sentence {i} is said slowly and at some length") for i in range(48))
    asked = body(text, voice="joined")
    async with (
        httpx.AsyncClient(timeout=60, limits=LIMITS) as client,
        contextlib.AsyncExitStack() as stack,
    ):
        first = await client.send(
            client.build_request("POST", any_server.speech, json=asked), stream=True
        )
        assert first.headers["x-cache"] == "miss"
        # Each has its first bytes, and seconds of synthesis before it, when the first one leaves.
        others = await asyncio.gather(
            *(
                stack.enter_async_context(client.stream("POST", any_server.speech, json=asked))
                for _ in range(15)
            )
        )
        await first.aclose()
        contents = await asyncio.gather(*(reply.aread() for reply in others))
    assert {reply.status_code for reply in others} == {200}
    assert collections.Counter(r.headers["x-cache"] for r in others) == {"coalesced": 15}
    assert len(set(contents)) == 1
    seconds = any_server.lasts(text)
    assert any_server.spoken("joined", seconds) == pytest.approx(seconds)


async def test_the_last_caller_leaving_stops_the_work(any_server: Server) -> None:
    text = ".\n".join(fresh(f"Number {i} is said slowly") for i in range(60))
    whole = any_server.lasts(text)
    ended = partial(any_server.metric, "chorale_fills_total", outcome="abandoned")
    before = ended()
    async with httpx.AsyncClient(timeout=60) as client:
        asked = client.stream("POST", any_server.speech, json=body(text, voice="left"))
        async with asked as reply:
            pieces = reply.aiter_raw()
            await anext(pieces)
    wait_for(lambda: ended() > before, timeout=60, what="the end of the reply in the making")
    wait_for(
        lambda: any_server.metric("chorale_fills_running") == 0,
        timeout=60,
        what="no reply in the making",
    )
    # In look-ahead of 4 the 60 phrases would be fifteen batches of a quarter second: those that
    # were not stopped would be made and counted meanwhile.
    await asyncio.sleep(4)
    assert any_server.metric("chorale_audio_seconds_total", voice="left") < 0.75 * whole


async def test_64_different_requests_form_real_batches(server: Server) -> None:
    async with httpx.AsyncClient(timeout=60, limits=LIMITS) as client:
        replies = await asyncio.gather(
            *(
                client.post(server.speech, json=body(fresh(f"Request number {i}"), voice="crowd"))
                for i in range(64)
            )
        )
    assert {reply.status_code for reply in replies} == {200}
    assert {reply.headers["x-cache"] for reply in replies} == {"miss"}
    seconds = sum(
        (len(reply.content) - 44) / 2 / int.from_bytes(reply.content[24:28], "little")
        for reply in replies
    )
    server.spoken("crowd", 0.8 * seconds)  # exported all at once, and some exports later all is
    batches = server.metric("chorale_batch_size_count", voice="crowd")
    alone = server.metric("chorale_batch_size_bucket", voice="crowd", le="1.0")
    assert batches < 48, "64 phrases in nearly as many batches"
    assert batches - alone >= 4, "hardly a batch of more than one"


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
