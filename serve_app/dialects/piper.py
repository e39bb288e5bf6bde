"""Piper's HTTP server: a JSON object with a text, answered by a WAV file.

Source: https://github.com/OHF-Voice/piper1-gpl, `src/piper/http_server.py`. Its clients, Pipecat's
among them, post to whatever address they are given, so `/` is answered beside `/synthesize`.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr
from starlette.requests import Request

from serve_app.bodies import parse
from serve_app.dialects import Call, Here, understood, unused
from speech.errors import InvalidInputError

_HEEDED = {"text", "voice", "speaker", "speaker_id", "length_scale"}
_NAMES = {"input": "text", "speed": "length_scale"}


class PiperBody(BaseModel):
    """Body of POST / and POST /synthesize. Other fields are named in a warning header."""

    model_config = ConfigDict(extra="allow")

    text: StrictStr = Field(description="The text to speak, 1 to 4096 characters.")
    voice: StrictStr | None = Field(default=None, description="Absent for the default voice.")
    speaker: StrictStr | None = Field(default=None, description="A speaker of the voice.")
    speaker_id: StrictInt | None = Field(
        default=None, description="The speaker's number, from 0; goes before `speaker`."
    )
    length_scale: Annotated[float, Field(ge=0.25, le=4)] | None = Field(
        default=None, description="How long everything takes: 1 / `speed`."
    )


def read(raw: bytes, request: Request, here: Here) -> Call:
    """See `Reader`."""
    del request
    body = parse(PiperBody, raw)
    spoken, warnings = understood(
        {
            "input": body.text,
            "voice": _voice(body, here),
            "speed": 1 / body.length_scale if body.length_scale else None,
            "response_format": "wav",
        },
        here,
        names=_NAMES,
        ignored=unused(body, _HEEDED),
    )
    return Call(spoken=spoken, shape=None, warnings=warnings)


def _voice(body: PiperBody, here: Here) -> str:
    """The voice with its speaker, as we name them."""
    name = body.voice or here.catalogue.default
    if body.speaker_id is None:
        return f"{name}/{body.speaker}" if body.speaker else name
    voice, _ = here.catalogue.resolve(name)
    if body.speaker_id == 0 and not voice.speakers:
        return name
    speakers = {number: speaker for speaker, number in voice.speakers.items()}
    if body.speaker_id not in speakers:
        message = f"the voice {name[:64]!r} has no speaker of this number"
        raise InvalidInputError(message, "speaker_id")
    return f"{voice.id}/{speakers[body.speaker_id]}"
