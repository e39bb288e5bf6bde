"""Which web pages of other origins may use the server from a browser."""

import re
from typing import Annotated

from fastapi import FastAPI
from pydantic import AfterValidator, Field
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from speech.config import StrictModel
from speech.errors import OriginNotAllowedError

_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^/\s?#]+", re.IGNORECASE)


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError("an origin is a scheme and a host, such as https://app.example, or *")
    return value


class CorsConfig(StrictModel):
    """Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

    allow_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    """Origins whose pages may call every route and read the replies; `*` for all pages. None by
    default: a page that a person visits must not speak with a server on that person's machine.
    Pages of the server itself need no entry."""
    max_age: int = Field(default=600, ge=0)
    """Seconds for which a browser need not ask again."""


def cross_origin(api: FastAPI, config: CorsConfig) -> ASGIApp:
    """The application for these origins, too.

    Around everything, because a browser shows a page no error without these headers.
    """
    if not config.allow_origins:
        return api
    return CORSMiddleware(
        api,
        allow_origins=config.allow_origins,
        allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=("*",),
        expose_headers=("*",),
        max_age=config.max_age,
    )


def check_origin(socket: HTTPConnection, config: CorsConfig) -> None:
    """Whether a WebSocket may open: browsers ask nobody before they let a page open one.

    Only pages have an origin. One of this server's own host may always.

    Raises:
        OriginNotAllowedError: it is a page's, and of an origin that is not allowed.
    """
    origin = socket.headers.get("origin")
    if origin is None or not {"*", origin}.isdisjoint(config.allow_origins):
        return
    if not origin.lower().endswith("://" + socket.headers.get("host", "").lower()):
        raise OriginNotAllowedError("pages of this origin may not open a WebSocket here")
