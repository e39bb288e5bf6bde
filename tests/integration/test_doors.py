"""What a started server shows to the network, and that half requests hold nobody up."""

import contextlib
import ipaddress
import re
import selectors
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from servers import EXPORT_SECONDS, ROOT, Server, nonce, wait_for

from serve_app.limits import METHODS, raise_file_limit

pytestmark = pytest.mark.integration

TABLE = re.compile(r"^\| `([^`]+)` \|[^|]*\| ([^|]+) \|", re.MULTILINE)


@dataclass(frozen=True)
class Listener:
    process: str
    address: str
    port: int

    @property
    def is_loopback(self) -> bool:
        address = ipaddress.ip_address(self.address)
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback


def listeners(server: Server) -> list[Listener]:
    """Every TCP port that a process of this server listens on."""
    found = []
    # Not by their marker: some of Ray's write their title over their environment.
    first = psutil.Process(server.process.pid)
    for process in [first, *first.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            command = " ".join([Path(process.cmdline()[0]).name, *process.cmdline()[1:]])
            found += [
                Listener(command, *item.laddr)
                for item in process.net_connections("tcp")
                if item.status == psutil.CONN_LISTEN
            ]
    return found


def documented() -> dict[str, str]:
    """The table of docs/operations.md: a process, and where it listens behind a loopback door."""
    text = (ROOT / "docs" / "operations.md").read_text()
    section = text[text.index("## What listens where") :]
    return dict(TABLE.findall(section[: section.index("\n## ", 1)]))


def test_what_listens_where(server: Server) -> None:
    table = documented()
    found = listeners(server)
    of = {name: [one for one in found if name in one.process] for name in table}
    # The monitor's port is a fixed one, which another Ray on this machine may have.
    assert {name for name, ones in of.items() if not ones} <= {"monitor.py"}
    for one in found:
        assert any(name in one.process for name in table), one
    everywhere = {name for name, ones in of.items() if not all(one.is_loopback for one in ones)}
    assert everywhere == {name for name, where in table.items() if where != "loopback"}
    # That what Serve opens everywhere by itself is one port of a replica, not its HTTP port.
    assert {one.port for one in found if not one.is_loopback}.isdisjoint(http_ports(server))


def http_ports(server: Server) -> list[int]:
    """HAProxy's door, a gateway's own port, and Serve's Python proxy."""
    front = int(server.url.rpartition(":")[2])
    named = ("ray::ServeReplica:chorale:Gateway", "ray::ProxyActor")
    inner = [
        next(one.port for one in listeners(server) if name in one.process and answers(one))
        for name in named
    ]
    return [front, *inner]


def answers(one: Listener) -> bool:
    if one.address != "127.0.0.1":
        return False
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{one.port}/livez", timeout=5).is_success
    return False


def test_callers_cannot_grow_the_metrics(server: Server) -> None:
    """Serve labels its own metrics by method and path."""
    for port in http_ports(server):
        for method in ("PROPFIND", "PURGE", "TRACE"):
            reply = httpx.request(method, f"http://127.0.0.1:{port}/livez")
            assert reply.status_code == 405
            assert reply.json()["error"]["code"] == "method_not_allowed"
        for path in (f"/{nonce()}", f"/v1/models/{nonce()}", f"/static-offline-docs/{nonce()}"):
            reply = httpx.get(f"http://127.0.0.1:{port}{path}")
            assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")
        assert httpx.delete(f"http://127.0.0.1:{port}/livez").status_code == 405
    for name in (nonce(), nonce()):
        invented = httpx.request(name.upper(), f"{server.url}/livez")
        assert invented.json()["error"]["code"] == "method_not_allowed"
    # What was counted before is exported by the time that this is.
    last = {"method": "DELETE", "status_code": "405"}
    wait_for(lambda: server.metric("serve_num_http_requests_total", **last), timeout=60, what="it")
    time.sleep(3 * EXPORT_SECONDS)
    labels = server.labels("serve_")
    assert labels["method"] <= {*METHODS, "OTHER", ""}
    assert labels["route"] <= {
        *("", "/", "/docs", "/openapi.json", "/livez", "/readyz", "/-/healthz", "/-/routes"),
        *(
            "/v1/audio/speech",
            "/v1/audio/speech/batch",
            "/v1/audio/voices",
            "/v1/models",
            "/v1/models/{model}",
        ),
        *("/v1/text/normalize", "/admin/cache/invalidate", "/static-offline-docs"),
    }


HALVES = {
    b"POST /v1/audio/speech HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    b"content-length: 60000\r\n\r\n{": 1000,
    b"POST /v1/audio/speech HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    b"content-length: 60000\r\n\r\n" + b" " * 40_000: 100,
    b"GET /livez HTTP/1.1\r\nhost: x\r\nx-": 4200,
}


def test_half_requests_hold_nobody_up(server: Server) -> None:
    raise_file_limit()
    where = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for half, count in HALVES.items():
            for _ in range(count):
                connection = stack.enter_context(socket.create_connection(where))
                connection.sendall(half)
                selector.register(connection, selectors.EVENT_READ)
        body = {"model": "tts-1", "voice": "tiny", "response_format": "wav"}
        for _ in range(5):
            reply = httpx.post(server.speech, json=body | {"input": f"{nonce()}."}, timeout=30)
            assert reply.is_success
            assert httpx.get(f"{server.url}/livez", timeout=30).is_success
        while selector.get_map():
            ready = selector.select(60)
            assert ready, f"{len(selector.get_map())} half requests are still open"
            for key, _ in ready:
                connection = key.fileobj  # type: ignore[assignment]
                with contextlib.suppress(ConnectionError):
                    if connection.recv(65536):
                        continue
                selector.unregister(connection)
    assert httpx.get(f"{server.url}/livez").is_success
