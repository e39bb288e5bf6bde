"""Single requests to a cluster, one after another."""

import http.client
import json
import urllib.request
from dataclasses import dataclass
from time import perf_counter

_PATIENCE = 120.0
"""Seconds that a request may take: an engine may have to be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came."""

    cache: str
    """`X-Cache`."""
    size: int
    """Bytes of audio, with their header."""
    seconds: float
    """From the sending to the last byte."""


def ask(proxy: str, text: str, *, voice: str = "fake") -> Reply:
    """Let a text be spoken as WAV.

    Raises:
        OSError: nobody answered, or with an error, or the reply broke off.
    """
    body = {"model": "chorale", "voice": voice, "input": text, "response_format": "wav"}
    message = urllib.request.Request(  # noqa: S310 (our own cluster)
        f"{proxy}/v1/audio/speech",
        data=json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            "X-Deadline-Ms": str(int(1000 * _PATIENCE)),
        },
    )
    sent = perf_counter()
    try:
        with urllib.request.urlopen(message, timeout=_PATIENCE) as reply:  # noqa: S310
            size, cache = len(reply.read()), reply.headers["X-Cache"]
    except http.client.HTTPException as error:
        raise ConnectionError(f"the reply broke off: {error}") from error
    return Reply(cache=cache, size=size, seconds=perf_counter() - sent)
