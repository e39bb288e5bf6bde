"""The page at /read: a text that is highlighted while it is spoken. All it loads is ours."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from serve_app.api import ApiRoute

_FOLDER = Path(__file__).resolve().parent / "read"
_FILES = {
    "/read": ("index.html", "text/html"),
    "/read/style.css": ("style.css", "text/css"),
    "/read/read.js": ("read.js", "text/javascript"),
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


def page_routes() -> list[ApiRoute]:
    """The page, its style and its script."""
    return [_route(path, *file) for path, file in _FILES.items()]


def _route(path: str, name: str, media_type: str) -> ApiRoute:
    content = (_FOLDER / name).read_bytes()

    async def page(request: Request) -> Response:
        del request
        return Response(content, media_type=media_type, headers=_HEADERS)

    return ApiRoute(path, page, "GET", {"include_in_schema": False})
