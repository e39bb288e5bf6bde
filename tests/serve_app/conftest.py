"""Ray's own imports warn, and warnings are errors here."""

import asyncio
import socket
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ray.serve.schema  # noqa: F401

from inline_server import TOKEN, Server
from ray.serve._private.http_util import _apply_middlewares
from socket_door import Door

from serve_app import http_guard


@pytest.fixture
async def server(fake_catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setenv("CHORALE_ADMIN_TOKEN", TOKEN)
    made = Server(fake_catalogue)
    yield made
    await made.client.aclose()
    await made.cache._epochs.close()
    assert made.admitted == (0, 0)


@pytest.fixture
async def door(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    for name in ("HTTP_PROTOCOLS", "WS_PROTOCOLS"):
        monkeypatch.setattr(uvicorn.config, name, dict(getattr(uvicorn.config, name)))
    app = _apply_middlewares(server.app, http_guard.install())
    listening = socket.create_server(("127.0.0.1", 0))
    served = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    task = asyncio.create_task(served.serve(sockets=[listening]))
    yield Door(server, served, listening.getsockname()[1])
    served.should_exit = True
    await task
    assert not http_guard.GuardedProtocol._open
    assert server.gateway._sessions.count == 0
