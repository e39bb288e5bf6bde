"""A real uvicorn as Ray Serve starts it, with the guard that Serve is told to put in front."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import uvicorn
from ray.serve._private.http_util import _apply_middlewares
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from serve_app import http_guard
from serve_app.bodies import MAX_BODY_BYTES
from speech import telemetry

HELD = 4
"""Connections that one address may have open."""


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Why something was refused, in order."""
    reasons: list[str] = []

    def count(metric: Any, amount: float = 1.0, *, reason: str) -> None:
        assert metric is telemetry.REFUSED
        assert amount == 1
        reasons.append(reason)

    monkeypatch.setattr(http_guard.metrics, "count", count)
    return reasons


async def echo(request: Request) -> Response:
    headers = [name for name in request.headers if name.startswith(("serve", "x-request"))]
    return JSONResponse({"body": (await request.body()).decode(), "headers": sorted(headers)})


async def unread(_: Request) -> Response:
    return JSONResponse({"error": "as the application says it"}, status_code=413)


async def endless(_: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield bytes(100_000)
            await asyncio.sleep(0)  # so that the server may find its client gone

    return StreamingResponse(pieces())


async def plain(_: Request) -> Response:
    return PlainTextResponse("Traceback (most recent call last)", status_code=503)


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, refused: list[str]) -> AsyncIterator[int]:
    assert refused == []
    monkeypatch.setenv("CHORALE_REQUEST_TIMEOUT_S", "1")
    monkeypatch.setenv("CHORALE_READ_TIMEOUT_S", "1")
    monkeypatch.setenv("CHORALE_ADDRESS_CONNECTIONS", str(HELD))
    monkeypatch.setattr(uvicorn.config, "HTTP_PROTOCOLS", dict(uvicorn.config.HTTP_PROTOCOLS))
    routes = [Route("/", echo, methods=["GET", "POST"]), Route("/plain", plain)]
    routes += [Route("/endless", endless)]
    routes += [Route("/unread", unread, methods=["POST"]), Route("/-/healthz", plain)]
    app = _apply_middlewares(Starlette(routes=routes), http_guard.install())
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    yield listening.getsockname()[1]
    server.should_exit = True
    await task
    assert not http_guard.GuardedProtocol._open


@contextlib.asynccontextmanager
async def connection(
    port: int, address: str = "127.0.0.1"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    yield reader, writer
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def ask(port: int, request: bytes) -> str:
    """Send these bytes and read until the connection is closed."""
    async with connection(port) as (reader, writer), asyncio.timeout(30):
        writer.write(request)
        return (await reader.read()).decode()


HEAD = b" / HTTP/1.1\r\nhost: x\r\n"
LAST = HEAD + b"connection: close\r\n"


@pytest.mark.parametrize(
    ("request_", "status", "says", "reason"),
    [
        (b"", None, "", "timeout"),
        (b"GE", 408, "headers did not arrive", "timeout"),
        (b"GET" + HEAD, 408, "headers did not arrive", "timeout"),
        (b"GET" + HEAD + b"\r\nGET" + HEAD, 408, "headers did not arrive", "timeout"),
        (b"POST" + HEAD + b"content-length: 9\r\n\r\nhalf", 408, "body did not arrive", "timeout"),
        (
            b"POST" + HEAD + b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            408,
            "body",
            "timeout",
        ),
        (b"GET" + HEAD + b"content-length: 9\r\n\r\n", 408, "body did not arrive", "timeout"),
        (b"PROPFIND" + LAST + b"\r\n", 405, "method_not_allowed", "method"),
        (b"INVENTED" + HEAD + b"\r\n", 400, "bad_request", None),
        (b"GARBAGE\r\n\r\n", 400, "bad_request", None),
        (b"GET /plain HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 503, "unavailable", None),
        (
            b"GET /-/healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            503,
            "Traceback",
            None,
        ),
        (b"POST" + LAST + b"content-length: 4\r\n\r\nfull", 200, '"full"', None),
        (
            b"POST" + LAST + b"transfer-encoding: chunked\r\n\r\n2\r\nfu\r\n2\r\nll\r\n0\r\n\r\n",
            200,
            '"full"',
            None,
        ),
        (
            b"GET" + LAST + b"serve-multiplexed-model-id: x\r\nX-Request-Timeout-Seconds: 1\r\n"
            b"x-request-disconnect-disabled: ?1\r\n\r\n",
            200,
            '"headers":["x-request-id"]',
            None,
        ),
    ],
)
async def test_a_request_is_whole_or_refused(  # noqa: PLR0917
    port: int,
    refused: list[str],
    request_: bytes,
    status: int | None,
    says: str,
    reason: str | None,
) -> None:
    answer = await ask(port, request_)
    assert refused == ([reason] if reason else [])
    assert says in answer
    if status is None:
        assert answer == ""
        return
    last = answer[answer.rindex("HTTP/1.1 ") :]
    assert last.startswith(f"HTTP/1.1 {status} ")
    if status >= 400 and says != "Traceback":
        assert "content-type: application/json" in last
        assert '{"error":{"message":' in last
        assert "Traceback" not in last


@pytest.mark.parametrize(
    "headers", [b"content-length: 999999\r\n", b"transfer-encoding: chunked\r\n"]
)
async def test_what_nobody_reads_ends_with_the_answer(
    port: int, refused: list[str], headers: bytes
) -> None:
    """The application refuses a body by its size; what would still come is not waited for."""
    piece = b"x" * (MAX_BODY_BYTES + 1)
    body = b"%x\r\n%b\r\n" % (len(piece), piece) if b"chunked" in headers else piece
    answer = await ask(port, b"POST /unread HTTP/1.1\r\nhost: x\r\n" + headers + b"\r\n" + body)
    assert "as the application says it" in answer
    assert "connection: close" in answer
    assert refused == []


async def test_what_is_no_request_keeps_no_connection(port: int, refused: list[str]) -> None:
    """Empty lines between requests are allowed, and would put off uvicorn's own deadline."""
    async with connection(port) as (reader, writer), asyncio.timeout(30):
        writer.write(b"GET" + HEAD + b"\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        answer = asyncio.create_task(reader.read())
        while not answer.done():
            writer.write(b"\r\n")
            await asyncio.wait([answer], timeout=0.05)
        assert answer.result() == b""
    assert refused == ["timeout"]


async def test_an_address_has_so_many_connections(port: int, refused: list[str]) -> None:
    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(30):
        for _ in range(HELD):
            await stack.enter_async_context(connection(port))
        with contextlib.suppress(ConnectionError):
            assert await ask(port, b"GET" + LAST + b"\r\n") == ""
        assert refused == ["connections"]
        reader, writer = await stack.enter_async_context(connection(port, "127.0.0.2"))
        writer.write(b"GET" + LAST + b"\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
    assert (await ask(port, b"GET" + LAST + b"\r\n")).startswith("HTTP/1.1 200")


@pytest.fixture(autouse=True)
def others_have_other_limits() -> Iterator[None]:
    yield
    http_guard.GuardedProtocol.counts_addresses = True


async def test_a_client_that_takes_nothing_is_cut(port: int, refused: list[str]) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readline()
        async with asyncio.timeout(30):
            while not refused:  # noqa: ASYNC110 (whoever cuts tells nobody)
                await asyncio.sleep(0.05)
        assert refused == ["unread"]
    assert "200 OK" in await ask(port, b"GET" + LAST + b"\r\n")
