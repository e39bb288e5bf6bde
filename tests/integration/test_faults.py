"""Killing what can be killed, under load."""

import asyncio
import collections
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import GRAPH, catalogue, make_tiny_voice
from servers import Server, free_port, nonce, running, wait_for

pytestmark = pytest.mark.integration

RETRYABLE = {429, 503}


def body(text: str, **more: object) -> dict[str, object]:
    return {"model": "tts-1", "voice": "fake", "input": text, "response_format": "wav", **more}


async def load(server: Server, seconds: float, users: int) -> list[tuple[float, httpx.Response]]:
    """Closed-loop users that ask for short new texts; returns when each answer came."""
    answers: list[tuple[float, httpx.Response]] = []
    started = time.perf_counter()

    async def user(client: httpx.AsyncClient) -> None:
        while time.perf_counter() - started < seconds:
            text = f"A short text {nonce()} said slowly"
            reply = await client.post(server.speech, json=body(text))
            answers.append((time.perf_counter() - started, reply))
            if not reply.is_success:
                await asyncio.sleep(0.2)

    async with httpx.AsyncClient(timeout=60) as client, asyncio.TaskGroup() as group:
        for _ in range(users):
            group.create_task(user(client))
    return answers


@pytest.mark.parametrize("stage", ["Synthesizer", "Encoder", "AudioCache", "Normalizer"])
async def test_a_killed_replica_costs_at_most_what_it_had_in_hand(
    server: Server, stage: str
) -> None:
    users = 6

    async def kill() -> None:
        await asyncio.sleep(2)
        (victim,) = server.replicas(stage)
        victim.kill()

    answers, _ = await asyncio.gather(load(server, 12, users), kill())
    failed = [reply for _, reply in answers if not reply.is_success]
    outcomes = collections.Counter(reply.status_code for _, reply in answers)
    print(f"{stage}: {dict(outcomes)}")  # noqa: T201
    assert len(failed) <= 2 * users, outcomes
    for reply in failed:
        assert reply.status_code in RETRYABLE, reply.text
        assert int(reply.headers["retry-after-ms"]) > 0
        assert reply.json()["error"]["code"] in {"unavailable", "at_capacity", "deadline_exceeded"}
    late = [reply.status_code for when, reply in answers if when > 10]
    assert late, "no answer in the last two seconds"
    assert set(late) == {200}
    wait_for(
        lambda: httpx.get(f"{server.url}/readyz").is_success, timeout=30, what="readiness again"
    )


@contextlib.contextmanager
def redis(port: int) -> Iterator[None]:
    binary = shutil.which("redis-server")
    if not binary:
        pytest.skip("redis-server is not installed (Debian package of the same name)")
    process = subprocess.Popen(
        [binary, "--port", str(port), "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:

        def answers() -> bool:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True

        wait_for(answers, timeout=10, what="redis")
        yield
    finally:
        process.kill()
        process.wait(10)


def test_redis_dies_and_comes_back() -> None:
    port = free_port()
    graph = GRAPH | {
        # No room in RAM and hardly any time in the hot cache: what is found is found in Redis.
        "cache": {
            "ram": {"max_bytes": 0},
            "second": {"kind": "redis", "url": f"redis://127.0.0.1:{port}/0", "retry_after": 0.5},
        },
        "gateway": {"hot": {"max_bytes": 0}},
    }

    def state(client: httpx.Client, server: Server, text: str) -> str:
        reply = client.post(server.speech, json=body(text))
        assert reply.is_success, reply.text
        return reply.headers["x-cache"]

    with contextlib.ExitStack() as stack:
        with redis(port):
            server = stack.enter_context(running(graph, catalogue(), prepare=make_tiny_voice))
            client = stack.enter_context(httpx.Client(timeout=60))
            assert state(client, server, "Kept in Redis") == "miss"
            wait_for(
                lambda: state(client, server, "Kept in Redis") == "hit",
                timeout=10,
                what="a hit in Redis",
            )
            wait_for(
                lambda: server.metric("chorale_cache_tier_up", tier="redis") == 1,
                timeout=10,
                what="the tier shown as up",
            )
        # Redis is gone: requests go on, and the state is visible.
        for _ in range(3):
            assert state(client, server, "Kept in Redis") == "miss"
        wait_for(
            lambda: server.metric("chorale_cache_tier_up", tier="redis") == 0,
            timeout=20,
            what="the tier shown as down",
        )
        with redis(port):
            wait_for(
                lambda: state(client, server, "Kept in Redis again") == "hit",
                timeout=20,
                what="hits again",
            )
            wait_for(
                lambda: server.metric("chorale_cache_tier_up", tier="redis") == 1,
                timeout=20,
                what="the tier shown as up again",
            )


def test_the_disk_tier_survives_a_restart(tmp_path: Path) -> None:
    graph = GRAPH | {"cache": {"second": {"kind": "disk", "directory": str(tmp_path / "cache")}}}
    replies = []
    for _ in range(2):
        with running(graph, catalogue(), prepare=make_tiny_voice) as server:
            replies.append(
                httpx.post(server.speech, json=body("Kept on disk", voice="alloy"), timeout=60)
            )
            time.sleep(1)
    assert [reply.headers["x-cache"] for reply in replies] == ["miss", "hit"]
    assert replies[0].content == replies[1].content
