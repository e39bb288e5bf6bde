"""A real HAProxy with the configuration that Ray Serve writes and the lines that Chorale adds."""

import contextlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ray.serve._private.common import RequestProtocol
from ray.serve._private.haproxy import BackendConfig, HAProxyApi, HAProxyConfig, ServerConfig
from ray.serve.config import HTTPOptions

from serve_app.callers import CLIENT_HEADER
from serve_app.environment import free_ports
from serve_app.haproxy import hardened
from speech.errors import ConfigError

HELD = 8
"""Connections that one address may have open."""


class Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[str]

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != "/-/healthz":
            self.seen.append(self.command)
        if self.path == "/slow":
            time.sleep(2.5)
        if self.path == "/garbled":
            self.close_connection = True
            self.wfile.write(b"no HTTP\r\n\r\n")
            return
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        for client in self.headers.get_all(CLIENT_HEADER, []):
            self.send_header("x-client", client)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 (the name is the method's)


@dataclass
class Door:
    port: int
    metrics_port: int
    seen: list[str]
    """Methods that reached the application."""

    def ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send these bytes and read until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            return read(connection, request)

    def counted(self, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        wanted = f'{name}{{proxy="http_frontend"}} '
        return sum(float(line.split()[-1]) for line in lines if line.startswith(wanted))


def read(connection: socket.socket, request: bytes) -> tuple[int, dict[str, str], bytes]:
    connection.settimeout(30)
    connection.sendall(request)
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert len(headers) == len(lines) - 1
    return int(lines[0].split()[1]), headers, body


def serve_config(folder: Path, front: int, scrape: int, stats: int, back: int) -> str:
    """What Ray Serve writes for one application at /."""
    config = HAProxyConfig(
        http_options=HTTPOptions(host="127.0.0.1", port=front),
        socket_path=str(folder / "admin.sock"),
        server_state_base=str(folder),
        server_state_file=str(folder / "state"),
        metrics_socket_path=str(folder / "metrics.sock"),
        metrics_port=scrape,
        timeout_client_s=1,
        stats_port=stats,
        has_received_routes=True,
        has_received_servers=True,
    )
    backend = BackendConfig(
        name="http-chorale",
        path_prefix="/",
        app_name="chorale",
        ingress_deployment_name="Gateway",
        protocol=RequestProtocol.HTTP,
        servers=[ServerConfig(name="gateway", host="127.0.0.1", port=back)],
    )
    api = HAProxyApi(config, {backend.name: backend}, config_file_path=str(folder / "haproxy.cfg"))
    api._generate_config_file_internal()
    return (folder / "haproxy.cfg").read_text()


@pytest.fixture(scope="module")
def haproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    seen: list[str] = []
    handler = type("Seeing", (Backend,), {"seen": seen})
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=backend.serve_forever)
    thread.start()
    with free_ports(3) as ports:
        front, scrape, stats = ports
    folder = tmp_path_factory.mktemp("haproxy")
    serve_config(folder, front, scrape, stats, backend.server_address[1])
    command = [sys.executable, "-c", "from serve_app.haproxy import main; main()", "-db"]
    limits = {"CHORALE_REQUEST_TIMEOUT_S": "1", "CHORALE_ADDRESS_CONNECTIONS": str(HELD)}
    process = subprocess.Popen(
        [*command, "-f", str(folder / "haproxy.cfg")],
        env=os.environ | limits,
        stderr=subprocess.DEVNULL,
    )
    door = Door(front, scrape, seen)
    try:
        deadline = time.perf_counter() + 30
        while not is_up(door):
            assert process.poll() is None
            assert time.perf_counter() < deadline
            time.sleep(0.05)
        yield door
    finally:
        process.kill()
        process.wait()
        backend.shutdown()
        backend.server_close()
        thread.join()


def is_up(door: Door) -> bool:
    try:
        return door.ask(b"GET" + HEAD + b"\r\n")[0] == 200
    except OSError:
        return False


@pytest.fixture
def door(haproxy: Door) -> Door:
    haproxy.seen.clear()
    return haproxy


HEAD = b" / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"


@pytest.mark.parametrize(
    ("request_", "status", "code", "reached"),
    [
        (b"INVENTED" + HEAD + b"\r\n", 405, "method_not_allowed", []),
        (b"TRACE" + HEAD + b"\r\n", 405, "method_not_allowed", []),
        (b"POST" + HEAD + b"content-length: 9\r\n\r\nhalf", 408, "request_timeout", []),
        (
            b"POST" + HEAD + b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            408,
            "request_timeout",
            [],
        ),
        (b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 503, "unavailable", []),
        (
            b"GET /garbled HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            502,
            "bad_gateway",
            ["GET"],
        ),
        (b"POST" + HEAD + b"content-length: 4\r\n\r\nfull", 200, None, ["POST"]),
    ],
)
def test_haproxy_answers_as_the_api_does(
    door: Door, request_: bytes, status: int, code: str | None, reached: list[str]
) -> None:
    answered, headers, body = door.ask(request_)
    assert (answered, door.seen) == (status, reached)
    if code is None:
        assert body == b"full"
        return
    error = json.loads(body)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == code
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert ("retry-after-ms" in headers) != (headers.get("x-should-retry") == "false")


def test_haproxy_sends_callers_away_for_different_times(door: Door) -> None:
    nobody = b"OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    waits = [int(door.ask(nobody)[1]["retry-after-ms"]) for _ in range(12)]
    assert len(set(waits)) > 6
    assert all(750 <= wait <= 1250 for wait in waits)


@pytest.mark.parametrize("request_", [b"", b"GET", b"GET" + HEAD, b"GET" + HEAD + b"x-long: "])
def test_half_headers_are_given_up(door: Door, request_: bytes) -> None:
    """HAProxy answers them with a page of its own, which cannot be changed."""
    assert door.ask(request_)[0] == 408
    assert door.seen == []


def test_who_waits_for_an_answer_is_no_idle_client(door: Door) -> None:
    slow = b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    assert door.ask(slow)[0] == 200


def test_the_application_is_told_who_calls(door: Door) -> None:
    forged = f"{CLIENT_HEADER}: 10.0.0.9\r\n{CLIENT_HEADER.upper()}: 10.0.0.8\r\n\r\n".encode()
    status, headers, _ = door.ask(b"GET" + HEAD + forged)
    assert (status, headers["x-client"]) == (200, "127.0.0.1")


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_one_address_has_so_many_connections(door: Door) -> None:
    before = door.counted("haproxy_frontend_denied_connections_total")
    address = ("127.0.0.1", door.port)
    for _ in range(5):  # on a busy machine the first may be out of time before the last has come
        with contextlib.ExitStack() as stack:
            held = [
                stack.enter_context(contextlib.closing(socket.create_connection(address)))
                for _ in range(HELD)
            ]
            for connection in held:
                connection.sendall(b"G")
            with socket.create_connection(address) as refused:
                refused.settimeout(30)
                was_refused = is_closed(refused)
            other = socket.create_connection(address, source_address=("127.0.0.2", 0))
            with other:
                assert read(other, b"GET" + HEAD + b"\r\n")[0] == 200
            # Half a request ends after its time, and its place is free again.
            for connection in held:
                assert read(connection, b"")[0] == 408
        assert door.ask(b"GET" + HEAD + b"\r\n")[0] == 200
        if was_refused:
            break
    assert was_refused
    assert door.counted("haproxy_frontend_denied_connections_total") > before


def test_what_ray_writes_otherwise_is_refused(tmp_path: Path) -> None:
    config = serve_config(tmp_path, 1, 2, 3, 4)
    assert hardened(config, {}, 20_000).count("bind 127.0.0.1:") == 3
    assert "mode 666" not in hardened(config, {}, 20_000)
    opened = hardened(config, {"CHORALE_HAPROXY_HOST": "0.0.0.0"}, 20_000)  # noqa: S104
    assert (opened.count("bind 0.0.0.0:"), opened.count("bind 127.0.0.1:")) == (2, 1)
    for line in ("frontend prometheus", "    maxconn 4096", "listen stats", " mode 666", "=%HM"):
        assert line in config
        with pytest.raises(ConfigError):
            hardened(config.replace(line, "    other"), {}, 20_000)
