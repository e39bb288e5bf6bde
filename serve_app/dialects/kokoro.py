"""Kokoro-FastAPI's captioned speech.

Source: https://github.com/remsky/Kokoro-FastAPI, `api/src/routers/development.py` and
`api/src/structures/schemas.py`.
"""

import base64
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr
from starlette.requests import Request

from serve_app.bodies import parse
from serve_app.dialects import Call, Here, understood, unused
from serve_app.marks import Mark, Marker
from serve_app.responses import audio_type
from serve_app.shapes import AudioInJson, JsonLines, Shape

_LANGUAGES = {
    "a": "en-us",
    "b": "en-gb",
    "e": "es",
    "f": "fr-fr",
    "h": "hi",
    "i": "it",
    "j": "ja",
    "p": "pt-br",
    "z": "cmn",
}
"""Languages by Kokoro's letters; other codes are languages' own."""
_NAMES = {"language": "lang_code"}
_HEEDED = {
    *("input", "voice", "response_format", "speed", "stream", "return_timestamps", "lang_code"),
    *("normalization_options", "model"),
}


class KokoroNormalization(BaseModel):
    """How far the text is changed. Only `normalize` is heeded."""

    model_config = ConfigDict(extra="allow")

    normalize: StrictBool = True


class KokoroBody(BaseModel):
    """Body of POST /dev/captioned_speech. Other fields are named in a warning header."""

    model_config = ConfigDict(extra="allow")

    model: StrictStr | None = Field(default=None, description="Any; all speak alike.")
    input: StrictStr = Field(description="The text to speak, 1 to 4096 characters.")
    voice: StrictStr | None = Field(default=None, description="Absent for the default voice.")
    response_format: StrictStr = "mp3"
    speed: float = 1.0
    stream: StrictBool = Field(default=True, description="JSON lines, or one object.")
    return_timestamps: StrictBool = True
    lang_code: StrictStr | None = Field(
        default=None, description="A language, or one of Kokoro's letters: `a` for en-us."
    )
    normalization_options: KokoroNormalization | None = None


class KokoroWord(BaseModel):
    """A word of the text as written, and when it is said."""

    word: str
    start_time: float
    end_time: float


class KokoroReply(BaseModel):
    """Reply of POST /dev/captioned_speech, and with `stream` a line of it."""

    audio: str = Field(description="Base64.")
    audio_format: str = Field(description="Media type of the audio.")
    timestamps: list[KokoroWord] | None


def read(raw: bytes, request: Request, here: Here) -> Call:
    """See `Reader`."""
    del request
    body = parse(KokoroBody, raw)
    options = body.normalization_options or KokoroNormalization()
    language = body.lang_code
    spoken, warnings = understood(
        {
            "input": body.input,
            "voice": body.voice,
            "language": _LANGUAGES.get(language, language) if language else None,
            "speed": body.speed,
            "response_format": body.response_format,
            "stream": body.stream,
            "normalization": {"enabled": options.normalize},
            "timestamps": "word" if body.return_timestamps else None,
        },
        here,
        names=_NAMES,
        ignored=[
            *unused(body, _HEEDED),
            *(f"normalization_options.{name}" for name in unused(options, {"normalize"})),
        ],
    )
    return Call(spoken=spoken, shape=_shape(body, audio_type(spoken)), warnings=warnings)


def failed(status: int, error: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """An error as Kokoro-FastAPI writes it."""
    kind = "validation_error" if status < 500 else "processing_error"
    return status, {"detail": {**error, "error": kind}}


def _shape(body: KokoroBody, audio_format: str) -> Shape:
    def told(marks: Sequence[Mark]) -> list[dict[str, Any]] | None:
        if not body.return_timestamps:
            return None
        return [{"word": it.text, "start_time": it.start, "end_time": it.end} for it in marks]

    def line(data: bytes, marks: Sequence[Mark], *, last: bool) -> dict[str, Any]:
        del last
        audio = base64.b64encode(data).decode()
        return {"audio": audio, "audio_format": audio_format, "timestamps": told(marks)}

    if body.stream:
        return JsonLines(Marker(body.input), line)
    head = {"audio_format": audio_format}, "audio"
    tell = lambda marks, _: {"timestamps": told(marks)}  # noqa: E731
    return AudioInJson(Marker(body.input), head, tell)
