"""`serve deploy` on a server under load: settings, replicas, lexicon, voices change unnoticed."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from servers import ROOT, Server, nonce, wait_for

pytestmark = pytest.mark.integration

PATIENT = {"X-Deadline-Ms": "120000"}
"""What is asserted is that nothing fails, not how fast it is."""


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


@contextlib.asynccontextmanager
async def callers(server: Server, users: int = 3) -> AsyncIterator[list[httpx.Response]]:
    """Closed-loop users who ask for new texts until the block ends; yields their replies."""
    replies: list[httpx.Response] = []
    stop = asyncio.Event()

    async def user(client: httpx.AsyncClient) -> None:
        while not stop.is_set():
            body = {
                "model": "tts-1",
                "voice": "fake",
                "input": f"A short text {nonce()}",
                "response_format": "wav",
            }
            replies.append(await client.post(server.speech, json=body, headers=PATIENT))
            await asyncio.sleep(0.05)

    async with httpx.AsyncClient(timeout=130) as client, asyncio.TaskGroup() as group:
        for _ in range(users):
            group.create_task(user(client))
        try:
            yield replies
        finally:
            stop.set()


def reading(server: Server, text: str) -> str:
    reply = httpx.post(
        f"{server.url}/v1/text/normalize", json={"input": text, "voice": "starter"}, timeout=60
    )
    assert reply.is_success, reply.text
    return str(reply.json()["normalized"])


def all_good(replies: list[httpx.Response]) -> None:
    assert len(replies) > 10
    assert [reply.text for reply in replies if not reply.is_success] == []


async def test_settings_change_without_a_restart(server: Server) -> None:
    before = {process.pid for process in server.replicas("Normalizer")}
    assert "engine X" not in reading(server, "Ask zyxel.")

    def change(application: dict[str, Any]) -> None:
        words = {"lexicons": {"en-us": {"zyxel": "engine X"}}}
        application["deployments"] = [
            {"name": "Normalizer", "user_config": words},
            {"name": "Gateway", "user_config": {"max_inflight_requests": 400}},
        ]

    async with callers(server) as replies:
        await asyncio.to_thread(deploy, server, change, command=True)
        await asyncio.to_thread(
            wait_for,
            lambda: "engine X" in reading(server, "Ask zyxel."),
            timeout=60,
            what="the new reading",
        )
    all_good(replies)
    assert {process.pid for process in server.replicas("Normalizer")} == before

    # Others share this server: its own words come back the same way.
    await asyncio.to_thread(deploy, server, lambda application: application.pop("deployments"))
    await asyncio.to_thread(
        wait_for,
        lambda: "engine X" not in reading(server, "Ask zyxel."),
        timeout=60,
        what="the reading of before",
    )
