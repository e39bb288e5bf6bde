"""Keys on a real server of two gateways with a real Redis, asked by OpenAI's own client."""

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import openai
import pytest
from conftest import catalogue, make_tiny_voice
from servers import ROOT, Server, running, wait_for
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from serve_app.keys.limits import KeyLimits, KeysConfig
from serve_app.keys.stores import open_store
from serve_app.keys.table import new_key
from tests.redis_server import BINARY, RedisServer

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(BINARY is None, reason="redis-server is not installed"),
]
LOG = logging.getLogger(__name__)
FLUSH = 1.0
INLINE = ("normalizer", "audio_cache", "encoder", "synthesizer")


@dataclass
class Keyed:
    server: Server
    redis: RedisServer

    def key(self, name: str, **limits: object) -> str:
        key, secret = new_key(name, KeyLimits.model_validate(limits))

        async def add() -> None:
            config = KeysConfig.model_validate({"redis": {"url": self.redis.url}})
            store = open_store(config, Path("nowhere"), "test")
            await store.edit(lambda file: file.with_key(key))
            await store.close()

        asyncio.run(add())
        self.known(secret)
        return secret

    def known(self, secret: str) -> None:
        """Wait until both gateways know a key: several answers in a row come from both."""
        headers = {"authorization": f"Bearer {secret}"}
        url = f"{self.server.url}/v1/models"
        wait_for(
            lambda: all(httpx.get(url, headers=headers).is_success for _ in range(8)),
            timeout=10,
            what="the key's arrival",
        )

    def client(self, secret: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.server.url}/v1", api_key=secret)

    def usage(self, secret: str) -> dict[str, float]:
        reply = httpx.get(
            f"{self.server.url}/v1/usage", headers={"authorization": f"Bearer {secret}"}
        )
        return dict(reply.raise_for_status().json()["total"])


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    redis = RedisServer(tmp_path_factory.mktemp("redis"))
    redis.start("--appendonly", "yes")
    graph = {
        "preload": ["fake"],
        "stages": {
            "gateway": {"num_cpus": 0.2, "min": 2, "max": 2},
            **{stage: {"inline": True} for stage in INLINE},
        },
        "keys": {"required": True, "flush": FLUSH, "redis": {"url": redis.url, "timeout": 5}},
    }
    try:
        with running(graph, catalogue(), prepare=make_tiny_voice) as server:
            yield Keyed(server, redis)
    finally:
        redis.stop()


def say(client: openai.OpenAI, text: str = "Hello.") -> bytes:
    speech = client.audio.speech
    return speech.create(model="tts-1", voice="fake", input=text, response_format="pcm").read()


def test_openais_client_meets_the_errors_it_knows(keyed: Keyed) -> None:
    command = [str(Path(sys.executable).parent / "chorale"), "keys", "create", "team"]
    command += ["--characters-per-month", "20", "--graph", str(keyed.server.folder / "graph.yaml")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    made = subprocess.run(command, env=environment, capture_output=True, check=True)
    secret = made.stdout.decode().strip()
    keyed.known(secret)
    with pytest.raises(openai.AuthenticationError) as unknown:
        say(keyed.client("nobody's"))
    assert unknown.value.code == "invalid_api_key"
    team = keyed.client(secret)
    assert say(team)
    with pytest.raises(openai.RateLimitError) as refused:
        say(team, "More than twenty letters.")
    assert refused.value.code == "insufficient_quota"
    assert refused.value.response.headers["x-should-retry"] == "false"
    with pytest.raises(openai.PermissionDeniedError):
        say(keyed.client(keyed.key("mute", voices=["espeak"])))
    assert httpx.get(f"{keyed.server.url}/livez").is_success
    assert httpx.get(f"{keyed.server.url}/v1/audio/voices").status_code == 401
    wait_for(
        lambda: keyed.usage(secret)["characters"] == 6,
        timeout=30,
        what="the flush of whichever gateway spoke",
    )


def test_a_socket_signs_in_by_header_or_address(keyed: Keyed) -> None:
    secret = keyed.key("talker", characters_per_minute=1000)
    url = f"ws{keyed.server.url[4:]}/v1/text-to-speech/fake/stream-input?output_format=pcm_24000"
    with pytest.raises(InvalidStatus) as refused:
        connect(url)
    assert refused.value.response.status_code == 401
    for address, headers in ((url, {"xi-api-key": secret}), (f"{url}&xi-api-key={secret}", {})):
        with connect(address, additional_headers=headers) as socket:
            socket.send(json.dumps({"text": " "}))
            socket.send(json.dumps({"text": "Said by a socket. "}))
            socket.send(json.dumps({"text": ""}))
            assert any("audio" in json.loads(message) for message in socket)
    wait_for(
        lambda: keyed.usage(secret)["characters"] >= 2 * len("Said by a socket."),
        timeout=30,
        what="the flush of both sentences",
    )


async def flood(url: str, secret: str, refused: int, workers: int = 8) -> list[httpx.Response]:
    """Ask as fast as it goes, until so many were refused."""
    replies: list[httpx.Response] = []
    body = {"model": "tts-1", "voice": "fake", "input": "Hello.", "response_format": "pcm"}
    headers = {"authorization": f"Bearer {secret}"}

    async def ask(client: httpx.AsyncClient) -> None:
        while sum(reply.status_code != 200 for reply in replies) < refused:
            replies.append(await client.post(url, json=body, headers=headers))

    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.gather(*(ask(client) for _ in range(workers)))
    return replies


def test_a_limit_holds_over_both_gateways(keyed: Keyed) -> None:
    secret = keyed.key("flood", requests_per_minute=120)
    began = time.perf_counter()
    replies = asyncio.run(flood(keyed.server.speech, secret, refused=200))
    took = time.perf_counter() - began
    spoken = sum(reply.status_code == 200 for reply in replies)
    refused = {reply.status_code for reply in replies} - {200}
    assert refused == {429}
    assert all(
        reply.json()["error"]["code"] == "rate_limit_exceeded"
        for reply in replies
        if reply.status_code == 429
    )
    # Each gateway by itself would let 120 pass, and two a second.
    LOG.info("%d of %d in %.1f s at 120 a minute", spoken, len(replies), took)
    # What may be unused is what the gateways set aside to spare, two requests each.
    assert 120 - 2 * 2 <= spoken <= 120 + 2 * took


@dataclass
class Counted:
    """What a client has counted, by the time at which each reply was whole."""

    whole: list[float] = field(default_factory=list)
    broken: int = 0


async def talk(url: str, secret: str, counted: Counted, until: asyncio.Event) -> None:
    headers = {"authorization": f"Bearer {secret}"}
    body = {"model": "tts-1", "voice": "fake", "response_format": "pcm", "input": "Hello."}
    async with httpx.AsyncClient(timeout=30) as client:
        while not until.is_set():
            try:
                reply = await client.post(url, json=body, headers=headers)
            except httpx.HTTPError:
                counted.broken += 1
            else:
                if reply.status_code == 200:
                    counted.whole.append(time.perf_counter())
                else:
                    counted.broken += 1
            await asyncio.sleep(0.01)


def test_the_books_after_redis_and_a_gateway_were_killed(keyed: Keyed) -> None:
    """What is missing is at most what the dead gateway answered since its last flush."""
    secret, counted = keyed.key("metered"), Counted()
    gateways = keyed.server.replicas("Gateway")
    assert len(gateways) == 2

    async def run() -> float:
        over = asyncio.Event()
        talking = [
            asyncio.create_task(talk(keyed.server.speech, secret, counted, over)) for _ in range(4)
        ]
        await asyncio.sleep(2)
        keyed.redis.stop()
        await asyncio.sleep(3)
        keyed.redis.start("--appendonly", "yes")
        await asyncio.sleep(3)
        gateways[0].kill()
        killed = time.perf_counter()
        await asyncio.sleep(3)
        over.set()
        await asyncio.gather(*talking)
        return killed

    killed = asyncio.run(run())
    time.sleep(2 * FLUSH)
    books = keyed.usage(secret)
    # A flush takes time, and so does its beginning: half an interval more.
    lately = sum(killed - 1.5 * FLUSH <= at <= killed for at in counted.whole)
    missing = len(counted.whole) - books["requests"]
    LOG.info(
        "clients counted %d whole replies and %d broken ones, the books %d; %d came in the second "
        "and a half before the gateway was killed",
        *(len(counted.whole), counted.broken, books["requests"], lately),
    )
    assert -counted.broken <= missing <= lately
    assert books["characters"] == 6 * books["requests"]
    wait_for(lambda: len(keyed.server.replicas("Gateway")) == 2, timeout=120, what="a new gateway")
