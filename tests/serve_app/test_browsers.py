"""Keys in a real browser: a page of another origin, and the studio."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from inline_server import Server
from socket_door import Door

from serve_app.config import GatewayConfig
from serve_app.cors import CorsConfig
from serve_app.keys.files import FileStore
from serve_app.keys.limits import KeyLimits, KeysConfig
from serve_app.keys.table import new_key
from tests.browser import Browser, open_page


class _Page(BaseHTTPRequestHandler):
    """An empty page at every path."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Somebody's</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _somebodys_pages() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def friend() -> Iterator[str]:
    """An origin that is allowed."""
    with _somebodys_pages() as origin:
        yield origin


@pytest.fixture
async def server(fake_catalogue: Path, tmp_path: Path, friend: str) -> AsyncIterator[Server]:
    """What `door` serves."""
    config = GatewayConfig(cors=CorsConfig(allow_origins=(friend,)))
    made = Server(fake_catalogue, tmp_path / "home", config, KeysConfig(required=True))
    await made.gateway._meter.start()
    yield made
    await made.client.aclose()
    await made.gateway._meter.close()
    await made.cache._epochs.close()


@pytest.fixture
async def secret(server: Server, tmp_path: Path) -> str:
    key, secret = new_key("page", KeyLimits(requests_per_minute=1000))
    await FileStore(tmp_path / "home", "test", 1).edit(lambda file: file.with_key(key))
    await server.gateway._meter.flush()
    return secret


def _fetched(page: Browser, url: str, secret: str, **body: Any) -> Any:
    """What the page's own script gets to see of a reply."""
    options = {
        "method": "POST",
        "headers": {"content-type": "application/json", "authorization": f"Bearer {secret}"},
        "body": json.dumps({"model": "tts-1", "voice": "alloy", "input": "Hello.", **body}),
    }
    return page.evaluate(
        f"fetch({json.dumps(url)}, {json.dumps(options)}).then(async it => ({{"
        "status: it.status, headers: Object.fromEntries(it.headers), "
        "kind: it.headers.get('content-type'), bytes: (await it.clone().arrayBuffer()).byteLength, "
        "text: await it.text()})).catch(it => `${it.name}: ${it.message}`)"
    )


async def test_a_page_of_an_allowed_origin_reads_speech_headers_and_errors(
    door: Door, friend: str, secret: str, tmp_path: Path
) -> None:
    url = f"http://{door.address}/v1/audio/speech"

    def look() -> None:
        with open_page(f"{friend}/", tmp_path) as page:
            said = _fetched(page, url, secret, response_format="wav")
            assert (said["status"], said["kind"]) == (200, "audio/wav")
            assert said["bytes"] > 1000
            assert said["headers"]["x-characters"] == "6"
            assert {"x-voice", "x-cache", "server-timing"} <= said["headers"].keys()
            assert said["headers"]["x-ratelimit-limit-requests"] == "1000"
            unknown = _fetched(page, url, "nobody's")
            assert unknown["status"] == 401
            assert json.loads(unknown["text"])["error"]["code"] == "invalid_api_key"
            wrong = _fetched(page, url, secret, voice="nobody")
            assert (wrong["status"], json.loads(wrong["text"])["error"]["param"]) == (400, "voice")
            assert wrong["headers"]["x-request-id"]

    await asyncio.to_thread(look)


async def test_a_page_of_another_origin_reads_nothing(
    door: Door, secret: str, tmp_path: Path
) -> None:
    def look() -> None:
        with _somebodys_pages() as stranger, open_page(f"{stranger}/", tmp_path) as page:
            refused = _fetched(page, f"http://{door.address}/v1/audio/speech", secret)
            assert refused == "TypeError: Failed to fetch"

    await asyncio.to_thread(look)


async def test_the_studio_asks_for_a_key_and_speaks_with_it(
    door: Door, secret: str, tmp_path: Path
) -> None:
    def look() -> None:
        with open_page(f"http://{door.address}/", tmp_path) as page:
            page.wait("!document.getElementById('key-field').hidden", "the field for the key")
            assert page.evaluate("document.activeElement.id") == "key"
            page.fill(key="nobody's")
            page.wait("document.getElementById('error').textContent.includes('key')", "the error")
            page.fill(key=secret)
            page.wait("document.querySelectorAll('#voice option').length > 0", "the voices")
            page.fill(text="Signed in.")
            page.click("#play")
            page.wait("document.querySelectorAll('.take dl div').length >= 5", "a reply")
            assert page.text("#error") == ""
            assert "$CHORALE_KEY" in page.text("#code")
            assert secret not in page.evaluate("document.documentElement.outerHTML")

    await asyncio.to_thread(look)
