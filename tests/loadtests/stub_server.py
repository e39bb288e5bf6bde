"""A small speech server that is told what to do, for programs that would load a real one."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEADER = b"RIFF" + bytes(4) + b"WAVEfmt " + bytes(12) + (48_000).to_bytes(4, "little") + bytes(12)


@dataclass
class Stub:
    """Answers speech like Chorale would."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    cache: str = "miss"
    stall: tuple[float, float] = (0.0, 0.0)
    """From when, after the first request, and for how long nobody is answered."""
    pieces: tuple[tuple[float, int], ...] = ()
    """Of a streamed reply: seconds to wait, and bytes."""
    began: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Hold a request back while the server stalls."""
        with self.lock:
            now = time.perf_counter()
            self.began = self.began or now
            begin, seconds = self.stall
            end = self.began + begin + seconds
        if self.began + begin <= now < end:
            time.sleep(end - now)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        stub = self.stub
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stub.asked.append({"path": self.path, "body": body, "headers": dict(self.headers)})
        stub.wait()
        self.send_response(stub.status)
        self.send_header("X-Cache", stub.cache)
        self.send_header("Server-Timing", "normalize;dur=1")
        if not stub.pieces:
            self.send_header("Content-Length", str(len(HEADER)))
            self.end_headers()
            self.wfile.write(HEADER)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for seconds, size in ((0.0, 0), *stub.pieces):
            time.sleep(seconds)
            data = b"\x40" * size if size else HEADER
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")


@contextmanager
def serving() -> Iterator[Stub]:
    """One until the end of the block."""
    found = Stub()
    handler = type("Bound", (Handler,), {"stub": found})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()
