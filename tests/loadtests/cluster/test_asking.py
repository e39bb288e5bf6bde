"""Single requests, and what becomes of those that go wrong."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from loadtests.cluster.asking import ask


class Proxy(BaseHTTPRequestHandler):
    """Answers; the first word of the text says how."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if b'"refuse' in asked else 200)
        self.send_header("X-Cache", "hit")
        self.send_header("Content-Length", "100" if b'"break' in asked else "4")
        self.end_headers()
        self.wfile.write(b"RIFF")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_reply_is_read_to_its_end(proxy: str) -> None:
    reply = ask(proxy, "say it")
    assert (reply.cache, reply.size) == ("hit", 4)
    assert reply.seconds > 0


@pytest.mark.parametrize("text", ["refuse it", "break it off"])
def test_whatever_goes_wrong_is_one_kind_of_error(proxy: str, text: str) -> None:
    with pytest.raises(OSError, match=r"503|broke off"):
        ask(proxy, text)


def test_nobody_there_is_that_error_too() -> None:
    with pytest.raises(OSError, match="refused"):
        ask("http://127.0.0.1:9", "say it")
