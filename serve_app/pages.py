"""The studio at `/`: a page to try voices, and what it loads, all of it ours."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from serve_app.api import ApiRoute

_FOLDER = Path(__file__).resolve().parent / "studio"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page_routes() -> list[ApiRoute]:
    """The page, its style, its scripts and its picture."""
    return [_route(path) for path in sorted(_FOLDER.iterdir())]


def _route(file: Path) -> ApiRoute:
    content = file.read_bytes()

    async def page(request: Request) -> Response:
        del request
        return Response(content, media_type=_TYPES[file.suffix], headers=_HEADERS)

    path = "/" if file.name == "index.html" else f"/studio/{file.name}"
    return ApiRoute(path, page, "GET", {"include_in_schema": False}, is_open=True)
