"""A speech request in bytes, for callers that take its reply otherwise than clients do."""

import json
from typing import Any
from urllib.parse import urlsplit


def raw_request(url: str, body: dict[str, Any]) -> bytes:
    """The request with its head, for a server's address."""
    raw = json.dumps(body).encode()
    head = (
        f"POST /v1/audio/speech HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw
