"""How to ask each server: all that the load generator knows of it."""

import json
from dataclasses import dataclass

from loadtests.config import Peer
from loadtests.workloads import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A POST, ready to be sent."""

    path: str
    body: str


def call(target: Peer, request: Request) -> Call:
    """Put a request into a server's own words.

    Raises:
        ValueError: the server has no such format.
    """
    service = request.service
    streams = target in {"fastkokoro", "kokoro_onnx"}
    wanted = ("pcm", True) if streams else ("wav", False)
    if target != "chorale" and (service.format, request.stream) != wanted:
        raise ValueError(f"{target} speaks {'PCM, streamed' if streams else 'WAV, in one piece'}")
    if target == "piper":
        return _json("/synthesize", {"text": request.text})
    return _json(
        "/v1/audio/speech",
        {
            "model": "tts-1" if target == "fastkokoro" else "chorale",
            "input": request.text,
            "voice": service.voice,
            "response_format": service.format,
            **({"stream": True} if streams else {}),
        },
    )


def _json(path: str, body: dict[str, object]) -> Call:
    return Call(path=path, body=json.dumps(body))
