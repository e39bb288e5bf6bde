"""Readers who do not read and callers who ask for too much cost nobody else his reply."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
import yaml
from conftest import catalogue, make_tiny_voice
from servers import ROOT, Server, nonce, running, wait_for

from loadtests.raw_requests import raw_request

pytestmark = pytest.mark.integration

FLOOD, OTHER = "127.0.0.2", "127.0.0.3"
SLOW = "ºА" * 2048
"""A text over whose letters espeak-ng takes seconds in Georgian."""


@pytest.fixture(scope="module")
def compact() -> Iterator[Server]:
    graph = yaml.safe_load(Path(ROOT / "configs" / "compact.yaml").read_text())
    graph = {
        "stages": graph["stages"],
        "engine": graph["engine"],
        "preload": ["fake"],
        "admission": {"read_timeout": 6.0, "stall_after": 0.5},
        "cache": {"max_fills_bytes": 96 * 2**20},
    }
    with running(graph, catalogue(), prepare=make_tiny_voice) as started:
        yield started


@pytest.fixture
def unread(compact: Server) -> Iterator[Callable[[str], bytes]]:
    """Ask for a reply and take its status and no more, until the test is over."""
    url = urlsplit(compact.url)
    with contextlib.ExitStack() as held:

        def ask(text: str) -> bytes:
            body = {"model": "tts-1", "voice": "fake", "response_format": "wav", "speed": 0.25}
            client = held.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(60)
            client.bind((FLOOD, 0))
            client.connect((url.hostname, url.port))
            client.sendall(raw_request(compact.url, {**body, "input": text}))
            return client.recv(12)[-3:]

        yield ask


def gateway(server: Server) -> psutil.Process:
    (process,) = server.replicas("Gateway")
    return process


async def test_unread_streams_and_texts_to_show_keep_nobody_waiting(
    compact: Server, unread: Callable[[str], bytes]
) -> None:
    before = gateway(compact).memory_info().rss
    text = "a long text that nobody ever reads to its end " * 88
    statuses = [unread(f"{nonce()} {text}"[:4096]) for _ in range(4)]
    # Longer than written.
    statuses += [unread(("7 " * 2048)[: 4090 - n]) for n in range(4)]
    assert set(statuses) <= {b"200", b"429"}
    assert statuses[:3] == [b"200"] * 3
    flood = httpx.AsyncHTTPTransport(local_address=FLOOD, limits=httpx.Limits(max_connections=200))
    other = httpx.AsyncHTTPTransport(local_address=OTHER)
    async with (
        httpx.AsyncClient(transport=flood, timeout=120) as flooding,
        httpx.AsyncClient(transport=other, timeout=60) as asking,
    ):
        show = {"input": SLOW, "language": "ka"}
        shown = [
            asyncio.create_task(flooding.post(f"{compact.url}/v1/text/normalize", json=show))
            for _ in range(100)
        ]
        # The server itself refuses what it cannot begin in this time.
        urgent = {"X-Deadline-Ms": "6000"}
        for _ in range(30):
            said = {"model": "tts-1", "voice": "fake", "input": f"Quick {nonce()}."}
            reply = await asking.post(compact.speech, json=said, headers=urgent)
            assert reply.status_code == 200, reply.text
        show = {"input": "A text of somebody else."}
        reply = await asking.post(f"{compact.url}/v1/text/normalize", json=show)
        assert reply.status_code == 200, reply.text
        answers = {reply.status_code for reply in await asyncio.gather(*shown)}
        assert 429 in answers
        assert answers <= {200, 400, 429}
    assert gateway(compact).memory_info().rss - before < 400 * 2**20
    cut = statuses.count(b"200")
    assert compact.counted("chorale_requests_total", cut, outcome="unread") == cut
    for gauge in ("inflight_characters", "inflight_requests", "reading_bytes", "fill_bytes"):
        wait_for(
            lambda gauge=gauge: not compact.metric(f"chorale_{gauge}"),
            timeout=60,
            what=f"no {gauge}",
        )


@pytest.mark.parametrize(
    ("text", "language", "emoji"),
    [("😀🎉" * 2048, "de", "say"), ("²" * 4096, "en-us", "drop"), ("777777 " * 585, "pl", "drop")],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_text_that_grows_is_refused_before_it_is_spoken(
    compact: Server, text: str, language: str, emoji: str, *, stream: bool
) -> None:
    asked = {"model": "tts-1", "voice": "espeak", "input": text, "language": language}
    asked |= {"stream": stream, "normalization": {"emoji": emoji}}
    async with httpx.AsyncClient(timeout=60) as client:
        reply = await client.post(compact.speech, json=asked)
    assert reply.status_code == 400, reply.text
    error = reply.json()["error"]
    assert error["param"] == "input"
    assert "characters or more as it is spoken" in error["message"]
