"""The HTTP surface: paths, documents, request ids and the shape of errors."""

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments import metrics
from serve_app import docs
from serve_app.error_table import error_response, plain_error
from speech import telemetry
from speech.errors import InvalidInputError, SpeechError

_LOG = logging.getLogger("ray.serve")


ErrorShape: TypeAlias = Callable[[int, dict[str, Any]], tuple[int, dict[str, Any]]]
"""Status and error object of OpenAI's shape, to status and body of another one."""


class ApiRoute(NamedTuple):
    """What a gateway answers, and where."""

    path: str
    endpoint: Callable[..., Awaitable[Any]]
    method: str
    options: dict[str, Any]
    """What the OpenAPI document says of it, from `serve_app.docs`."""
    errors: ErrorShape | None = None
    """The shape its errors have, where it is not OpenAI's."""
    speaks: bool = False
    """Whether its refusals count as requests for speech."""


def build_api(routes: Iterable[ApiRoute]) -> FastAPI:
    """The application around one gateway's routes."""
    # The page at /docs loads its script and style from here, not from a network of others.
    api = FastAPIOffline(title="Chorale", version="0.1.0", summary=docs.SUMMARY, redoc_url=None)
    api.add_middleware(_Head)
    api.add_middleware(_Arrival)
    handlers: dict[type[Exception], Any] = {
        SpeechError: _speech_error,
        HTTPException: _http_error,
        RequestValidationError: _validation_error,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
    api.state.error_shapes = {}
    api.state.speaking = set()
    for route in routes:
        if route.errors is not None:
            api.state.error_shapes[route.path] = route.errors
        if route.speaks:
            api.state.speaking.add(route.path)
        api.add_api_route(route.path, route.endpoint, methods=[route.method], **route.options)
    return api


class _Arrival:
    """Notes when a request came and under which id.

    Serve gives every request an `x-request-id` (the caller's or a new one) and writes it into the
    answer; here it is only read.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = next((value for key, value in scope["headers"] if key == b"x-request-id"), b"")
            state = scope.setdefault("state", {})
            state["request_id"] = given.decode("latin-1")[:128] or uuid.uuid4().hex
            state["arrived"] = perf_counter()
        await self._app(scope, receive, send)


class _Head:
    """Answers HEAD wherever GET is answered, with the same headers and no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)


def _path(request: Request) -> str:
    """Of the route that answers; empty where none does."""
    return getattr(request.scope.get("route"), "path", "")


def _shaped(request: Request, response: JSONResponse) -> JSONResponse:
    """An error as the route's dialect writes it."""
    shape = request.app.state.error_shapes.get(_path(request))
    if shape is None:
        return response
    status, body = shape(response.status_code, json.loads(bytes(response.body))["error"])
    kept = {name: value for name, value in response.headers.items() if "content" not in name}
    return JSONResponse(body, status, kept)


def _count(request: Request, outcome: str) -> None:
    if _path(request) in request.app.state.speaking:
        metrics.count(telemetry.REQUESTS, outcome=outcome, cache="none")


async def _speech_error(request: Request, error: SpeechError) -> Response:
    _count(request, error.code)
    return _shaped(request, error_response(error))


async def _http_error(request: Request, error: HTTPException) -> Response:
    codes = {
        404: "not_found",
        405: "method_not_allowed",
        408: "request_timeout",
        415: "unsupported_media_type",
    }
    answer = plain_error(
        error.status_code,
        str(error.detail),
        kind="invalid_request_error",
        code=codes.get(error.status_code, "invalid_request"),
        retry_after=1.0 if error.status_code == 408 else None,
        headers=error.headers,
    )
    return _shaped(request, answer)


async def _validation_error(request: Request, error: RequestValidationError) -> Response:
    del request
    first = error.errors()[0]
    return error_response(InvalidInputError(str(first["msg"]), str(first["loc"][-1])))


async def _unexpected(request: Request, error: Exception) -> Response:
    _count(request, SpeechError.code)
    # What another replica raised may hold a remote traceback: it goes to the log, not out.
    _LOG.error(
        "unexpected %s",
        type(error).__name__,
        exc_info=error,
        extra={"request_id": request.state.request_id},
    )
    return _shaped(
        request, error_response(SpeechError("internal error; the log has the request id"))
    )
