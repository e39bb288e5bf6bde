"""Ray's own imports warn, and warnings are errors here."""

import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ray.serve.schema  # noqa: F401

from inline_server import TOKEN, Server


@pytest.fixture
async def server(fake_catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setenv("CHORALE_ADMIN_TOKEN", TOKEN)
    made = Server(fake_catalogue)
    yield made
    await made.client.aclose()
    await made.cache._epochs.close()
    assert made.admitted == (0, 0)
