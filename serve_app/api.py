"""The HTTP surface: paths, documents, request ids and the shape of errors."""

import json
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from difflib import get_close_matches
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.datastructures import MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments import metrics, tracing
from serve_app import docs
from serve_app.callers import Caller
from serve_app.error_table import JSON, error_response, plain_error
from serve_app.responses import header_safe, warning_header
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
    query: frozenset[str] = frozenset()
    """Parameters of the query that it heeds; a warning names all others."""
    speaks: bool = False
    """Whether its refusals count as requests for speech."""
    is_open: bool = False
    """Whether it is for anybody: nobody asks who calls."""


def build_api(
    routes: Sequence[ApiRoute],
    *,
    who: Callable[[HTTPConnection], Caller],
    check: Callable[[Caller], None],
    limits: Callable[[Caller], Mapping[str, str]],
    at_end: Callable[[], Awaitable[None]],
) -> FastAPI:
    """The application around one gateway's routes.

    Args:
        routes: What is answered.
        who: Tells who calls, or raises a SpeechError; asked before a route that is not open reads
            anything, which finds the answer in `request.state.caller`.
        check: Raises a SpeechError where a caller has asked too often; asked before a route that
            speaks reads anything.
        limits: Headers that tell a caller, beside an error, what it has left.
        at_end: Called when the replica ends in order.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await at_end()

    async def sign_in(connection: HTTPConnection) -> None:
        connection.state.caller = who(connection)

    async def sign_in_to_speak(connection: HTTPConnection) -> None:
        connection.state.caller = caller = who(connection)
        check(caller)

    # The page at /docs loads its script and style from here, not from a network of others.
    api = FastAPIOffline(
        title="Chorale",
        version="0.1.0",
        summary=docs.SUMMARY,
        redoc_url=None,
        lifespan=lifespan,
    )
    api.add_middleware(_Remarks)
    api.add_middleware(_Head)
    api.add_middleware(_Arrival)
    if tracing.is_on():
        _trace(api)
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
    api.state.queries = {route.path: route.query for route in routes}
    api.state.limits = limits
    for route in routes:
        if route.errors is not None:
            api.state.error_shapes[route.path] = route.errors
        if route.speaks:
            api.state.speaking.add(route.path)
        way_in = sign_in_to_speak if route.speaks else sign_in
        api.add_api_route(
            route.path,
            route.endpoint,
            methods=[route.method],
            dependencies=[] if route.is_open else [Depends(way_in)],
            **route.options,
        )
    return api


def _trace(api: FastAPI) -> None:
    """Make a span of each request, in the caller's trace where it names one."""
    spans = tracing.provider()
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware  # noqa: PLC0415

    api.add_middleware(
        OpenTelemetryMiddleware,
        tracer_provider=spans,
        exclude_spans=["receive", "send"],
        excluded_urls="/livez,/readyz",
    )


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


class _Remarks:
    """Says of JSON that it is UTF-8, and which parameters of a query nobody heeded."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def remarked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type") == "application/json":
                    headers["content-type"] = JSON
                known = scope["app"].state.queries.get(_path(scope))
                if scope["query_string"] and known is not None:
                    given = QueryParams(scope["query_string"])
                    if unknown := sorted(given.keys() - known):
                        text = f"ignored query parameters: {header_safe(unknown)}"
                        headers.append("warning", warning_header([text])["Warning"])
            await send(message)

        await self._app(scope, receive, remarked)


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


def _path(scope: Scope) -> str:
    """Of the route that answers; empty where none does."""
    return getattr(scope.get("route"), "path", "")


def _nothing_here(request: Request) -> str:
    """What a request is told that no route answers, with the path that it may have meant."""
    path: str = request.scope["path"][:100]
    routes = [it for it in request.app.routes if isinstance(it, APIRoute) and it.include_in_schema]
    for meant in (f"/v1{path}", path.removeprefix("/v1")):
        if any(it.path_regex.match(meant) for it in routes):
            return f"there is nothing at {path}; did you mean {meant}?"
    near = get_close_matches(path, [it.path for it in routes], 1, 0.8)
    return f"there is nothing at {path}; " + (
        f"did you mean {near[0]}?" if near else "/docs lists what there is"
    )


def _shaped(request: Request, response: JSONResponse) -> JSONResponse:
    """An error as the route's dialect writes it."""
    shape = request.app.state.error_shapes.get(_path(request.scope))
    if shape is None:
        return response
    status, body = shape(response.status_code, json.loads(bytes(response.body))["error"])
    kept = {name: value for name, value in response.headers.items() if "content" not in name}
    return JSONResponse(body, status, kept)


def _count(request: Request, outcome: str) -> None:
    if _path(request.scope) in request.app.state.speaking:
        metrics.count(telemetry.REQUESTS, outcome=outcome, cache="none")


async def _speech_error(request: Request, error: SpeechError) -> Response:
    _count(request, error.code)
    response = error_response(error)
    if (caller := getattr(request.state, "caller", None)) is not None:
        response.headers.update(request.app.state.limits(caller))
    return _shaped(request, response)


async def _http_error(request: Request, error: HTTPException) -> Response:
    codes = {
        404: "not_found",
        405: "method_not_allowed",
        408: "request_timeout",
        415: "unsupported_media_type",
    }
    told = str(error.detail)
    if error.status_code == 404 and not _path(request.scope):
        told = _nothing_here(request)
    elif error.status_code == 405:
        told = f"{request.method} is not answered here, only {(error.headers or {}).get('Allow')}"
    answer = plain_error(
        error.status_code,
        told,
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
