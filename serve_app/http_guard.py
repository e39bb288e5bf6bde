"""What stands in front of the application in every HTTP server of Ray Serve's own.

Those are the Python proxy and, behind HAProxy, each gateway's port. Serve calls `install` in their
processes before they listen, where RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH names it. What comes
late, half or under an invented method is answered here, before it has taken a slot of a replica
or become a label of Serve's metrics.
"""

import asyncio
import os
from collections import Counter, deque
from http import HTTPStatus
from typing import Any, ClassVar

import uvicorn.config
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from deployments import metrics
from serve_app.bodies import MAX_BODY_BYTES
from serve_app.error_table import plain_error
from serve_app.limits import METHODS, Limits
from speech import telemetry

_STEERING = {
    b"serve_multiplexed_model_id",
    b"x_request_disconnect_disabled",
    b"x_request_timeout_seconds",
}
"""Headers by which a caller would steer Ray Serve itself; `-` reads as `_`."""


def install() -> list[Middleware]:
    """Put both guards in place; Serve wraps its application in what is returned."""
    limits = Limits.of(os.environ)
    GuardedProtocol.limits = limits
    # Behind HAProxy all come from HAProxy's address, and it has counted them.
    GuardedProtocol.counts_addresses = os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") != "1"
    uvicorn.config.HTTP_PROTOCOLS["auto"] = f"{__name__}:{GuardedProtocol.__name__}"
    uvicorn.config.WS_PROTOCOLS["auto"] = f"{__name__}:{GuardedSocket.__name__}"
    return [Middleware(Guard, request_timeout=limits.request_timeout)]


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with deadlines for headers and for readers, and bounds on connections."""

    limits: Limits
    counts_addresses = True
    _open: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: Any) -> None:
        """Count the connection, or close it."""
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._begun = False
        self._address = self.client[0] if self.client and self.counts_addresses else ""
        self._open[self._address] += 1
        bound = self.limits.address_connections if self._address else self.limits.connections
        if self._open[self._address] > bound or self._open.total() > self.limits.connections:
            metrics.count(telemetry.REFUSED, reason="connections")
            transport.abort()
        else:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._forget_deadline()
        self._forget_reader()
        self.release()
        super().connection_lost(exc)

    def release(self) -> None:
        """Count the connection no longer."""
        self._open[self._address] -= 1
        if not self._open[self._address]:
            del self._open[self._address]

    def handle_websocket_upgrade(self) -> None:
        """From here on the connection is a socket's; it is counted as long as that lives."""
        super().handle_websocket_upgrade()
        self._forget_deadline()
        socket = self.transport.get_protocol()
        if isinstance(socket, GuardedSocket):
            socket.guard(self)

    def data_received(self, data: bytes) -> None:
        """Whatever comes between two requests must become one in time."""
        super().data_received(data)
        if self.transport.get_protocol() is not self:
            return  # it has become a WebSocket
        if self.cycle is None or self.cycle.response_complete:
            self._expect_headers()

    def on_message_begin(self) -> None:
        """The first byte of a request has come."""
        super().on_message_begin()
        self._begun = True

    def on_headers_complete(self) -> None:
        """All headers have come."""
        self._begun = False
        self._forget_deadline()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The next request may have begun while this one was answered."""
        super().on_response_complete()
        if self._begun:
            self._expect_headers()

    def pause_writing(self) -> None:
        """The client is slower than the reply: from now on it must take something in time."""
        super().pause_writing()
        self._forget_reader()
        self._reading = self.loop.call_later(self.limits.read_timeout, self._unread)

    def resume_writing(self) -> None:
        """It took some."""
        super().resume_writing()
        self._forget_reader()

    def send_400_response(self, msg: str) -> None:
        """Say it in the shape of every other error."""
        self._end(plain_error(400, msg, kind="invalid_request_error", code="bad_request"))

    def _expect_headers(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.limits.request_timeout, self._too_late)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _forget_reader(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _unread(self) -> None:
        # Closing would wait until the client has taken what lies there.
        metrics.count(telemetry.REFUSED, reason="unread")
        self.transport.abort()

    def _too_late(self) -> None:
        metrics.count(telemetry.REFUSED, reason="timeout")
        if self._begun:
            self._end(_late("the headers did not arrive in time"))
        else:
            self.transport.close()

    def _end(self, answer: JSONResponse) -> None:
        status = HTTPStatus(answer.status_code)
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), b"connection: close"]
        lines += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()


class GuardedSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSockets with bounds on messages and readers, and time to say goodbye.

    What serves a socket finds an event, `leaving`, in the state of its scope. It is set when the
    server stops, and whoever serves then has to close the socket.
    """

    def __init__(self, config: uvicorn.config.Config, *args: Any, **kwargs: Any) -> None:
        config.ws_max_size = MAX_BODY_BYTES
        # Audio is not made smaller by it, and each message would cost time.
        config.ws_per_message_deflate = False
        super().__init__(config, *args, **kwargs)
        self.app_state = {**self.app_state, "leaving": asyncio.Event()}
        self._reading: asyncio.TimerHandle | None = None
        self._before: GuardedProtocol | None = None

    def guard(self, before: GuardedProtocol) -> None:
        """Take over from the protocol that the connection spoke before."""
        self._before = before

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._forget_reader()
        if self._before is not None:
            self._before.release()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server stops: what serves the socket closes it."""
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
        self.app_state["leaving"].set()

    def pause_writing(self) -> None:
        """The client is slower than the audio: from now on it must take something in time."""
        super().pause_writing()
        self._forget_reader()
        limit = GuardedProtocol.limits.read_timeout
        self._reading = self.loop.call_later(limit, self._unread)

    def resume_writing(self) -> None:
        """It took some."""
        super().resume_writing()
        self._forget_reader()

    def _forget_reader(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _unread(self) -> None:
        metrics.count(telemetry.REFUSED, reason="unread")
        self.transport.abort()


class Guard:
    """Hands a request on once all of it is there, and every error in the API's shape."""

    def __init__(self, app: ASGIApp, request_timeout: float) -> None:
        self._app = app
        self._request_timeout = request_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application do it."""
        # Serve's own paths, asked for by its health checks, are its own affair.
        if scope["type"] == "websocket":
            # Serve would read a socket ahead without bound, to see whether its client leaves. What
            # serves it reads it all the time, and sees that itself.
            scope["headers"] = [*_unsteered(scope), (b"x-request-disconnect-disabled", b"?1")]
            await self._app(scope, receive, send)
        elif scope["type"] != "http" or scope["path"].startswith("/-/"):
            await self._app(scope, receive, send)
        elif scope["method"] not in METHODS:
            metrics.count(telemetry.REFUSED, reason="method")
            answer = plain_error(
                405,
                "this method is not served",
                kind="invalid_request_error",
                code="method_not_allowed",
            )
            await answer(scope, receive, send)
        else:
            scope["headers"] = _unsteered(scope)
            await self._whole(scope, _Exchange(scope, receive, send))

    async def _whole(self, scope: Scope, exchange: "_Exchange") -> None:
        try:
            async with asyncio.timeout(self._request_timeout):
                await exchange.read()
        except TimeoutError:
            metrics.count(telemetry.REFUSED, reason="timeout")
            answer = _late("the body did not arrive in time")
            await answer(scope, exchange.receive, exchange.send)
        else:
            await self._app(scope, exchange.receive, exchange.send)


def _unsteered(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers of a request without those that steer Ray Serve."""
    return [
        (name, value)
        for name, value in scope["headers"]
        if name.replace(b"-", b"_") not in _STEERING
    ]


class _Exchange:
    """One request's body, read ahead, and its answer, whose errors get the API's shape."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._ahead: deque[Message] = deque()
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "0")
        self._complete = declared == "0" and "transfer-encoding" not in headers
        self._too_large = declared.isdecimal() and int(declared) > MAX_BODY_BYTES
        self._replaced = False

    async def read(self) -> None:
        """Await the body, unless the application refuses it by its size."""
        size = 0
        while not (self._complete or self._too_large):
            message = await self._receive()
            self._ahead.append(message)
            size += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            self._too_large = size > MAX_BODY_BYTES

    async def receive(self) -> Message:
        """What was read ahead, then what comes."""
        if self._ahead:
            return self._ahead.popleft()
        message = await self._receive()
        if message["type"] == "http.request":
            self._complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on. What is left of a body that nobody reads ends with the connection."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            if not self._complete:
                headers["connection"] = "close"
            message["headers"] = headers.raw
            kind = headers.get("content-type", "")
            if message["status"] >= 400 and not kind.startswith("application/json"):
                await self._replace(HTTPStatus(message["status"]), headers)
        if not self._replaced:
            await self._send(message)

    async def _replace(self, status: HTTPStatus, given: Headers) -> None:
        """Ray Serve's own errors are plain text, and may hold another process's traceback."""
        self._replaced = True
        answer = plain_error(
            status,
            status.phrase.lower(),
            kind="server_error" if status >= 500 else "invalid_request_error",
            code={503: "unavailable", 500: "internal_error"}.get(
                status, status.phrase.lower().replace(" ", "_")
            ),
            retry_after=1.0 if status == HTTPStatus.SERVICE_UNAVAILABLE else None,
        )
        kept = {"connection", "x-request-id"}
        answer.raw_headers += [
            (name.encode(), value.encode()) for name, value in given.items() if name in kept
        ]
        await self._send(
            {
                "type": "http.response.start",
                "status": answer.status_code,
                "headers": answer.raw_headers,
            }
        )
        await self._send({"type": "http.response.body", "body": bytes(answer.body)})


def _late(message: str) -> JSONResponse:
    return plain_error(
        408, message, kind="invalid_request_error", code="request_timeout", retry_after=1.0
    )
