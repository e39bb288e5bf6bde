"""The graph of configs/compact.yaml: every stage lives in the gateway's process."""

import asyncio
import collections
import contextlib
from collections.abc import Iterator

import httpx
import pytest
import yaml
from conftest import catalogue, make_tiny_voice
from servers import ADMIN_TOKEN, ROOT, Server, nonce, running, wait_for

from speech.engines.fake.engine import DIE_ON

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def compact() -> Iterator[Server]:
    graph = yaml.safe_load((ROOT / "configs" / "compact.yaml").read_text())
    graph = {"stages": graph["stages"], "engine": graph["engine"], "preload": ["fake"]}
    with running(graph, catalogue(), prepare=make_tiny_voice) as started:
        yield started


def body(text: str) -> dict[str, object]:
    return {"model": "tts-1", "voice": "fake", "input": text, "response_format": "wav"}


async def test_identical_requests_are_still_synthesised_once(compact: Server) -> None:
    assert not compact.replicas("AudioCache")
    assert not compact.replicas("Encoder")
    assert not compact.replicas("Synthesizer")
    text = f"All of us say this slowly {nonce()}"
    async with httpx.AsyncClient(timeout=60) as client:
        replies = await asyncio.gather(
            *(client.post(compact.speech, json=body(text)) for _ in range(16))
        )
    states = collections.Counter(reply.headers["x-cache"] for reply in replies)
    assert states["miss"] == 1, states
    assert len({reply.content for reply in replies}) == 1
    assert "synthesize;dur=" in replies[0].headers["server-timing"]
    # The inner stages report through their host, seconds after it has started.
    seconds = compact.lasts(text)
    assert compact.spoken("fake", seconds) == pytest.approx(seconds)
    wait_for(
        lambda: compact.metric("chorale_cache_bytes", tier="ram") > 0,
        timeout=60,
        what="bytes in the cache",
    )


def test_the_engine_inside_the_gateway_is_listed(compact: Server) -> None:
    with httpx.Client(timeout=60) as client:
        voices = client.get(f"{compact.url}/v1/audio/voices").json()["data"]
    engines = {voice["id"]: voice["engine"] for voice in voices}
    assert engines["fake"]["engine"] == "fake"
    assert engines["fake"]["choice"] == "the only one"


def test_invalidation_reaches_the_cache_inside_the_gateway(compact: Server) -> None:
    text = f"Forget me {nonce()}"
    with httpx.Client(timeout=60) as client:
        assert client.post(compact.speech, json=body(text)).headers["x-cache"] == "miss"
        # Coalesced while the reply that was just made is still being stored.
        second = client.post(compact.speech, json=body("  " + text)).headers["x-cache"]
        assert second in {"hit", "coalesced"}
        third = client.post(compact.speech, json=body(text + " ")).headers["x-cache"]
        assert third in {"hit", "coalesced"}
        token = {"authorization": f"Bearer {ADMIN_TOKEN}"}
        done = client.post(
            f"{compact.url}/admin/cache/invalidate", json={"voice": "fake"}, headers=token
        )
        assert done.is_success, done.text
        assert client.post(compact.speech, json=body("  " + text)).headers["x-cache"] == "miss"


def test_a_request_that_ends_the_gateway_is_not_brought_to_the_next_one(compact: Server) -> None:
    (gateway,) = compact.replicas("Gateway")
    # HAProxy says so, or closes the connection where it had used its own to the gateway before.
    with contextlib.suppress(httpx.RemoteProtocolError):
        died = httpx.post(compact.speech, json=body(f"This is {DIE_ON} {nonce()}."), timeout=60)
        assert (died.status_code, died.json()["error"]["code"]) == (502, "bad_gateway")
        assert died.headers["x-should-retry"] == "false"
    well = body(f"All is well again {nonce()}")
    wait_for(
        lambda: httpx.post(compact.speech, json=well, timeout=60).is_success,
        timeout=60,
        what="another gateway",
    )
    assert gateway.pid not in {process.pid for process in compact.replicas("Gateway")}


def test_a_sentence_that_stands_in_two_replies_is_spoken_once(compact: Server) -> None:
    greeting, one, other = (f"This is sentence {nonce()} of some." for _ in range(3))
    before = compact.metric("chorale_phrase_seconds_total", outcome="hit")
    audio = []
    for text in (f"{greeting} {one}", f"{greeting} {other}"):
        asked = {**body(text), "stream": False}
        reply = httpx.post(compact.speech, json=asked, timeout=60).raise_for_status()
        assert reply.headers["x-cache"] == "miss"
        audio.append(reply.content[44:])
    seconds = compact.lasts(greeting)
    same = int(seconds * 24_000) * 2 - 1000  # but for the faded edge
    assert audio[0][:same] == audio[1][:same]
    assert audio[0] != audio[1]
    found = compact.counted("chorale_phrase_seconds_total", before + 0.99 * seconds, outcome="hit")
    assert found - before == pytest.approx(seconds, rel=0.01)
