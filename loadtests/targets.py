"""How to ask each server: all that the load generator knows of it."""

import json
from dataclasses import dataclass

from loadtests.config import Peer
from loadtests.workloads import Request

SPEAKERS = {"slt": 0, "rms": 1}
"""Speaker numbers of the starter voice, for servers that take no names."""


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
    if target != "chorale" and (service.format != "wav" or request.stream):
        raise ValueError(f"{target} speaks WAV, in one piece")
    if target == "piper":
        speaker = SPEAKERS[service.voice.rpartition("/")[2]]
        return _json("/synthesize", {"text": request.text, "speaker_id": speaker})
    return _json(
        "/v1/audio/speech",
        {
            "model": "chorale",
            "input": request.text,
            "voice": service.voice,
            "response_format": service.format,
        },
    )


def _json(path: str, body: dict[str, object]) -> Call:
    return Call(path=path, body=json.dumps(body))
