"""`serve deploy` on a server under load: settings, replicas, lexicon, voices change unnoticed."""

import asyncio
import collections
import contextlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from conftest import GRAPH, catalogue, make_tiny_voice
from servers import ROOT, Server, nonce, running, wait_for
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from speech.engines.fake.engine import SECONDS_PER_CHARACTER

pytestmark = pytest.mark.integration

PATIENT = {"X-Deadline-Ms": "120000"}
"""What is asserted is that nothing fails, not how fast it is."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One of its own: it ends with other voices and words than it began with."""
    with running(GRAPH, catalogue(), prepare=make_tiny_voice) as started:
        yield started


def environment(server: Server) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
        "HOME": str(server.folder),
        "PYTHONPATH": str(ROOT),
        "RAY_AUTH_MODE": "token",
        "RAY_USAGE_STATS_ENABLED": "0",
    }


def dashboard(server: Server) -> str:
    (address,) = re.findall(r"Ray dashboard: (\S+)", server.log.read_text())
    return str(address)


def deploy(
    server: Server, change: Callable[[dict[str, Any]], None], *, command: bool = False
) -> None:
    """Change the application in the Serve configuration and deploy it.

    Args:
        server: With the configuration in its folder.
        change: Of the application.
        command: By `serve deploy`, which starts slowly, instead of by what it sends.
    """
    path = server.folder / "serve.yaml"
    config = yaml.safe_load(path.read_text())
    change(config["applications"][0])
    path.write_text(yaml.safe_dump(config))
    if not command:
        applications(server, config)
        return
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "serve"), "deploy", str(path)),
            *("--address", dashboard(server)),
        ],
        env=environment(server),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def applications(server: Server, config: dict[str, Any] | None = None) -> Any:
    """What Serve tells of its applications; with a configuration, deploy it."""
    # The server wrote its token when it started.
    token = (server.folder / ".ray" / "auth_token").read_text().strip()
    reply = httpx.request(
        "GET" if config is None else "PUT",
        f"{dashboard(server)}/api/serve/applications/",
        headers={"authorization": f"Bearer {token}"},
        json=config,
        timeout=60,
    )
    assert reply.is_success, reply.text
    return reply.json() if config is None else None


def settled(server: Server) -> bool:
    stages = applications(server)["applications"]["chorale"]["deployments"]
    return all(stage["status"] == "HEALTHY" for stage in stages.values())


@contextlib.asynccontextmanager
async def callers(server: Server, users: int = 3) -> AsyncIterator[list[httpx.Response]]:
    """Closed-loop users who ask for new texts until the block ends; yields their replies."""
    replies: list[httpx.Response] = []
    stop, voices = asyncio.Event(), itertools.cycle(("fake", "tiny"))

    async def user(client: httpx.AsyncClient) -> None:
        while not stop.is_set():
            body = {
                "model": "tts-1",
                "voice": next(voices),
                "input": f"A short text {nonce()}",
                "response_format": "wav",
            }
            replies.append(await client.post(server.speech, json=body, headers=PATIENT))
            await asyncio.sleep(0.05)

    # On a connection that is used again a request may meet the moment at which it is closed for
    # idleness, and is lost as HTTP allows. Here whatever is lost is a fault.
    once = httpx.Limits(max_keepalive_connections=0)
    client = httpx.AsyncClient(timeout=130, limits=once)
    async with client, asyncio.TaskGroup() as group:
        for _ in range(users):
            group.create_task(user(client))
        try:
            yield replies
        finally:
            stop.set()


def reading(server: Server, text: str) -> str:
    reply = httpx.post(
        f"{server.url}/v1/text/normalize", json={"input": text, "voice": "tiny"}, timeout=60
    )
    assert reply.is_success, reply.text
    return str(reply.json()["normalized"])


def precision(server: Server) -> str:
    """What a synthesizer speaks the tiny voice in."""
    listing = httpx.get(f"{server.url}/v1/audio/voices", timeout=60).json()
    (engine,) = [voice["engine"] for voice in listing["data"] if voice["id"] == "tiny"]
    return str(engine["precision"]) if engine else ""


def all_good(replies: list[httpx.Response]) -> None:
    assert len(replies) > 10
    assert [reply.text for reply in replies if not reply.is_success] == []


async def test_settings_change_without_a_restart(server: Server) -> None:
    before = {process.pid for process in server.replicas("Normalizer")}
    engines = {process.pid for process in server.replicas("Synthesizer")}
    assert precision(server) == "fp32"
    assert "engine X" not in reading(server, "Ask zyxel.")

    def change(application: dict[str, Any]) -> None:
        words = {"lexicons": {"en-us": {"zyxel": "engine X"}}}
        application["deployments"] = [
            {"name": "Normalizer", "user_config": words},
            {"name": "Gateway", "user_config": {"max_inflight_requests": 400}},
            {"name": "Synthesizer", "user_config": {"precision": "fp16"}},
        ]

    async with callers(server) as replies:
        await asyncio.to_thread(deploy, server, change, command=True)
        await asyncio.to_thread(
            wait_for,
            lambda: "engine X" in reading(server, "Ask zyxel."),
            timeout=60,
            what="the new reading",
        )
        await asyncio.to_thread(
            wait_for, lambda: precision(server) == "fp16", timeout=60, what="the new engine"
        )
    all_good(replies)
    assert {process.pid for process in server.replicas("Normalizer")} == before
    assert {process.pid for process in server.replicas("Synthesizer")} == engines


def cache_replicas(count: int) -> Callable[[dict[str, Any]], None]:
    def change(application: dict[str, Any]) -> None:
        application["deployments"] = [{"name": "AudioCache", "num_replicas": count}]

    return change


async def states(server: Server, texts: list[str]) -> collections.Counter[str]:
    """Where the replies of these texts come from."""
    async with httpx.AsyncClient(timeout=130, limits=httpx.Limits(max_connections=8)) as client:

        async def ask(text: str) -> str:
            body = {"model": "tts-1", "voice": "fake", "input": text, "response_format": "wav"}
            reply = await client.post(server.speech, json=body, headers=PATIENT)
            assert reply.is_success, reply.text
            return str(reply.headers["x-cache"])

        return collections.Counter(await asyncio.gather(*(ask(text) for text in texts)))


async def scale_caches(server: Server, count: int) -> None:
    await asyncio.to_thread(deploy, server, cache_replicas(count))
    await asyncio.to_thread(
        wait_for,
        lambda: len(server.replicas("AudioCache")) == count and settled(server),
        timeout=120,
        what=f"{count} caches",
    )


async def test_most_hits_survive_when_a_cache_comes_or_goes(server: Server) -> None:
    """Keys are spread over n replicas by consistent hashing: 1 / n of them move."""
    texts = [f"Kept by one of us {nonce()}" for _ in range(90)]
    await scale_caches(server, 2)
    assert await states(server, texts) == {"miss": len(texts)}
    await scale_caches(server, 3)
    # Other spaces are another request to the gateway's own cache and the same key behind it.
    added = (await states(server, [f" {text}" for text in texts]))["hit"] / len(texts)
    await scale_caches(server, 2)
    removed = (await states(server, [f"  {text}" for text in texts]))["hit"] / len(texts)
    print(f"hits kept: {added:.2f} of 3 caches, one added; {removed:.2f}, one removed")  # noqa: T201
    # Two thirds are expected; one third would be left if keys were spread anew.
    assert added > 0.45
    assert removed > 0.45


async def talk(server: Server) -> tuple[int, int]:
    """Speak on one socket until it is closed; returns whole sentences and the code of the end."""
    url = server.url.replace("http", "ws", 1) + "/v1/speak?model=fake&encoding=linear16"
    sentences = 0
    async with connect(f"{url}&sample_rate=24000") as socket:
        try:
            while True:
                text, audio = f"It goes on and on, {nonce()}.", 0
                for message in ({"type": "Speak", "text": text}, {"type": "Flush"}):
                    await socket.send(json.dumps(message))
                async for message in socket:
                    if isinstance(message, bytes):
                        audio += len(message)
                    elif json.loads(message)["type"] == "Flushed":
                        break
                else:
                    assert audio == 0  # no sentence is cut
                    await socket.recv()  # it is closed, and says how
                assert audio / 48_000 >= SECONDS_PER_CHARACTER * len(text) - 0.05
                sentences += 1
                await asyncio.sleep(0.2)
        except ConnectionClosed as closed:
            return sentences, closed.rcvd.code if closed.rcvd else 0


async def test_voices_and_lexicon_files_change_in_a_rolling_update(server: Server) -> None:
    catalogue = server.folder / "voices.yaml"
    voices = yaml.safe_load(catalogue.read_text())
    voices["voices"].append({"id": "late", "engine": "fake"})
    words = server.folder / "words"
    words.mkdir()
    (words / "en-us.yaml").write_text("zyxel: engine Y\n")
    graph = server.folder / "graph.yaml"

    def change(application: dict[str, Any]) -> None:
        catalogue.write_text(yaml.safe_dump(voices))
        graph.write_text(yaml.safe_dump(yaml.safe_load(graph.read_text()) | {"lexicon": "words"}))
        application["args"]["revision"] = "2"
        application["deployments"] = []

    def new_voice_speaks() -> bool:
        body = {"model": "tts-1", "voice": "late", "input": f"New {nonce()}"}
        return httpx.post(server.speech, json=body, timeout=60).is_success

    before = {process.pid for process in server.replicas("Synthesizer")}
    talking = asyncio.create_task(talk(server))
    async with callers(server) as replies:
        await asyncio.to_thread(deploy, server, change)
        await asyncio.to_thread(wait_for, new_voice_speaks, timeout=150, what="the new voice")
        await asyncio.to_thread(wait_for, lambda: settled(server), timeout=150, what="the end")
    all_good(replies)
    assert not before & {process.pid for process in server.replicas("Synthesizer")}
    assert "engine Y" in reading(server, "Ask zyxel.")
    sentences, code = await asyncio.wait_for(talking, 60)
    assert sentences > 2
    assert code == 1001  # going away, once the sentence was over
