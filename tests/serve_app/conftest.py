"""Ray's own imports warn, and warnings are errors here."""

import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ray.serve.schema  # noqa: F401

from inline_server import TOKEN, Server

from speech.errors import UnavailableError
from speech.interfaces import EngineInfo


@pytest.fixture
async def server(fake_catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    async def no_peers() -> dict[str, EngineInfo]:
        raise UnavailableError("there are no other replicas here")

    monkeypatch.setattr("serve_app.gateway.loaded_engines", no_peers)
    monkeypatch.setenv("CHORALE_ADMIN_TOKEN", TOKEN)
    made = Server(fake_catalogue)
    yield made
    await made.client.aclose()
    await made.cache._epochs.close()
    assert made.admitted == (0, 0)
