"""A real browser, for the tests: a headless Chromium by its DevTools protocol."""

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from serve_app.environment import free_ports

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


class Browser:
    """One page."""

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
        reply = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in reply, reply
        return reply["result"].get("value")

    def wait(self, script: str, what: str) -> Any:
        return _wait_for(lambda: self.evaluate(script), what)

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.evaluate(
                f"{{const it = document.getElementById({json.dumps(name)});"
                f"it.value = {json.dumps(value)}; it.dispatchEvent(new Event('input', "
                "{bubbles: true})); it.dispatchEvent(new Event('change'))}"
            )

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def text(self, selector: str) -> str:
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText"))

    def picture(self, path: Path) -> None:
        told = self.call("Page.captureScreenshot")
        path.write_bytes(base64.b64decode(told["data"]))


def _wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Poll until a condition is truthy and return it."""
    deadline = time.perf_counter() + 60
    while time.perf_counter() < deadline:
        with suppress(OSError):
            if value := condition():
                return value
        time.sleep(0.2)
    raise TimeoutError(f"{what} did not happen within 60 s")


@contextmanager
def open_page(url: str, folder: Path) -> Iterator[Browser]:
    """Open an address in a browser of its own; skips the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with free_ports(1) as ports:
        port = ports[0]
    options = (
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--no-first-run"),
        *(f"--remote-debugging-port={port}", f"--user-data-dir={folder / 'profile'}"),
        *("--autoplay-policy=no-user-gesture-required", "--remote-allow-origins=*"),
    )
    process = subprocess.Popen(
        [CHROMIUM, *options, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:

        def page() -> str | None:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as answer:
                targets = json.load(answer)
            return next((it["webSocketDebuggerUrl"] for it in targets if it["url"] == url), None)

        address = _wait_for(page, "a page in Chromium")
        with connect(address, max_size=None) as connection:
            browser = Browser(connection)
            # Until then it is another page, of no origin.
            there = f"location.href === {json.dumps(url)} && document.readyState === 'complete'"
            browser.wait(there, "the page")
            yield browser
    finally:
        process.terminate()
        process.wait(30)
