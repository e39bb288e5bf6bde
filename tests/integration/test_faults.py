"""The quickest faults of `make faults` on a server of one replica each; caches that go down."""

import asyncio
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
from servers import Server, free_port, running, wait_for

from loadtests.faults.callers import learn
from loadtests.faults.list import FAULTS as ALL_FAULTS
from loadtests.faults.list import Fault
from loadtests.faults.references import References, everything_wanted, requests
from loadtests.faults.trial import Pace, Trial
from loadtests.faults.verdict import Price
from loadtests.processes import STAGES

pytestmark = pytest.mark.integration

VOICES = ("fake", "tiny")
FORMATS = ("wav", "opus")
NAMES = ("freeze Normalizer", "kill AudioCache", "kill Encoder", "kill Synthesizer")


def body(text: str, **more: object) -> dict[str, object]:
    return {"model": "tts-1", "voice": "fake", "input": text, "response_format": "wav", **more}


# One server has one replica of each stage, so nobody takes the victim's work but its successor.
FAULTS = [
    *(fault for fault in ALL_FAULTS if fault.name in NAMES),
    Fault(kind="Gateway", frozen=False, price=Price.DOOR),
]


@pytest.fixture(scope="module")
def references(server: Server) -> References:
    known = References()
    asyncio.run(learn(server.speech, everything_wanted(VOICES, FORMATS), known))
    return known


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_fault_costs_no_more_than_it_may(
    server: Server, references: References, fault: Fault
) -> None:
    """Every answer is what it was while all was well, also those that the fault broke off."""
    trial = Trial(
        server=server,
        references=references,
        wanted=requests(*VOICES, FORMATS),
        rate=6,
        whole=dict.fromkeys(STAGES, 1),
        pace=Pace(before=1.5, after=0.5),
    )
    outcome = await trial.run(fault)
    print(outcome)  # noqa: T201
    assert outcome.kept, outcome
    assert outcome.requests > outcome.failed


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
            assert state(client, server, "Kept in Redis") in {"miss", "coalesced"}
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
