"""The page at /read in a real browser: the word that is highlighted is the one that is heard."""

import base64
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers import Server, free_port, wait_for
from websockets.sync.client import ClientConnection, connect

pytestmark = pytest.mark.integration

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
TEXT = (
    "It costs $3.50 at 12:30, or so they say. 😀 Every “word” of this **text** lights up while it "
    "is spoken, as it is written. Another sentence follows, and then it is over."
)
MOMENTS = (0.5, 2.0, 4.0, 6.5, 9.0)
"""Seconds of the audio at which the page is looked at."""
SLACK = 0.05
"""Seconds by which the page may lag: some frames of its own."""


class Browser:
    """A page of a headless Chromium, by its DevTools protocol."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message))
        while True:
            reply = json.loads(self._connection.recv(timeout=30))
            if reply.get("id") == number:
                assert "error" not in reply, reply
                return dict(reply["result"])

    def evaluate(self, script: str) -> Any:
        reply = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in reply, reply
        return reply["result"].get("value")


@pytest.fixture
def browser(server: Server, tmp_path: Path) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    port = free_port()
    options = (
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--no-first-run"),
        *(f"--remote-debugging-port={port}", f"--user-data-dir={tmp_path / 'profile'}"),
        *("--autoplay-policy=no-user-gesture-required", "--remote-allow-origins=*"),
    )
    process = subprocess.Popen(
        [CHROMIUM, *options, f"{server.url}/read"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:

        def page() -> str | None:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as answer:
                targets = json.load(answer)
            found = (it for it in targets if it["url"] == f"{server.url}/read")
            return next((it["webSocketDebuggerUrl"] for it in found), None)

        address = wait_for(page, timeout=60, what="a page in Chromium")
        with connect(address, max_size=None) as connection:
            yield Browser(connection)
    finally:
        process.terminate()
        process.wait(30)


def test_the_word_that_is_heard_is_highlighted(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    body = {"model": "tts-1", "input": TEXT, "voice": "heart", "response_format": "pcm"}
    route = f"{server.url}/v1/audio/speech/with-timestamps"
    marks = httpx.post(route, json=body, timeout=60).json()["marks"]
    wait_for(lambda: browser.evaluate("!!window.heard"), timeout=30, what="the script")
    assert browser.evaluate("document.getElementById('voice').value") == "heart"
    browser.evaluate(f"document.getElementById('text').value = {json.dumps(TEXT)}")
    browser.evaluate("document.getElementById('play').click()")
    # Both are read in one turn of the page's loop.
    look = "[heard(), document.querySelector('#page .now')?.textContent ?? '']"
    for moment in MOMENTS:
        wait_for(
            lambda m=moment: (browser.evaluate("heard()") or 0) >= m, timeout=60, what="the moment"
        )
        heard, shown = browser.evaluate(look)
        assert heard is not None, "it is over too soon"
        said = {
            mark["text"] for mark in marks if mark["start"] <= heard and heard - SLACK < mark["end"]
        }
        silent = not any(mark["start"] <= heard - SLACK < mark["end"] for mark in marks)
        assert shown in said or (silent and shown == ""), (heard, shown, said)
        picture = base64.b64decode(browser.call("Page.captureScreenshot")["data"])
        (tmp_path / f"read-along-{moment:.1f}.png").write_bytes(picture)
    # The page shows the text as it was written, to the last letter.
    assert browser.evaluate("document.getElementById('page').textContent") == TEXT
    wait_for(lambda: browser.evaluate("heard()") is None, timeout=60, what="the end")
    assert browser.evaluate("document.querySelector('#page .now')") is None


def test_an_error_is_shown(browser: Browser) -> None:
    wait_for(lambda: browser.evaluate("!!window.heard"), timeout=30, what="the script")
    browser.evaluate("document.getElementById('text').value = '…'")
    browser.evaluate("document.getElementById('play').click()")
    told = "document.getElementById('error').textContent"
    assert "nothing" in wait_for(lambda: browser.evaluate(told), timeout=30, what="the error")


def test_the_page_loads_nothing_from_elsewhere(server: Server) -> None:
    for path in ("", "/style.css", "/read.js"):
        reply = httpx.get(f"{server.url}/read{path}")
        assert reply.status_code == 200
        assert reply.headers["content-security-policy"] == "default-src 'self'"
        assert not re.search(r"(https?:)?//[a-z]", re.sub(r"^//.*", "", reply.text, flags=re.M))
