"""ElevenLabs' speech routes, as its clients call them.

Source: https://elevenlabs.io/docs/api-reference/text-to-speech (2026), and what the package
`elevenlabs` sends and reads.
"""

import base64
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.requests import Request

from serve_app.bodies import parse
from serve_app.dialects import Call, Here, Reader, understood, unused
from serve_app.marks import Mark, Marker
from serve_app.shapes import AudioInJson, JsonLines, Shape
from speech.audio.containers import SAMPLE_RATES
from speech.errors import InvalidInputError
from speech.types import AUDIO_FORMATS, SpeechRequest

_FORMAT = re.compile(r"(mp3|opus|pcm|wav|ulaw|alaw)_(\d+)(?:_(\d+))?")
_LAWS = {"ulaw": "mulaw", "alaw": "alaw"}
NAMES = {
    "input": "text",
    "voice": "voice_id",
    "language": "language_code",
    "speed": "voice_settings.speed",
    "sample_rate": "output_format",
    "response_format": "output_format",
}
_HEEDED = {"text", "language_code", "voice_settings", "seed", "apply_text_normalization"}
QUERY = frozenset({"output_format", "enable_logging"})


class ElevenLabsSettings(BaseModel):
    """How the voice speaks. Only the speed is heeded."""

    model_config = ConfigDict(extra="allow")

    speed: float | None = None


class ElevenLabsBody(BaseModel):
    """Body of ElevenLabs' routes. Other fields are ignored and named in a warning header."""

    model_config = ConfigDict(extra="allow")

    text: StrictStr = Field(description="The text to speak, 1 to 4096 characters.")
    model_id: StrictStr | None = Field(
        default=None, description="One of GET /v1/models; any other is ignored."
    )
    language_code: StrictStr | None = None
    voice_settings: ElevenLabsSettings | None = None
    seed: int | None = None
    apply_text_normalization: Annotated[
        Literal["auto", "on", "off"] | None, Field(description="`off` reads what is written.")
    ] = None


class Alignment(BaseModel):
    """When which character is said."""

    characters: list[str]
    character_start_times_seconds: list[float]
    character_end_times_seconds: list[float]


class ElevenLabsTimes(BaseModel):
    """Reply of `with-timestamps`, and of `stream/with-timestamps` a line."""

    audio_base64: str
    alignment: Alignment | None = Field(description="Of the text as written.")
    normalized_alignment: Alignment | None = Field(description="Of the text as said.")


def reader(*, streamed: bool, timed: bool) -> Reader:
    """What reads one of the four routes."""

    def read(raw: bytes, request: Request, here: Here) -> Call:
        body = parse(ElevenLabsBody, raw)
        format_name = request.query_params.get("output_format") or "mp3_44100_128"
        audio, rate, bit_rate = audio_format(format_name)
        settings = body.voice_settings or ElevenLabsSettings()
        normalized = body.apply_text_normalization != "off"
        model = here.models.find(body.model_id) if body.model_id else None
        spoken, warnings = understood(
            {
                "model": model,
                "input": body.text,
                "voice": request.path_params["voice_id"],
                "language": body.language_code,
                "speed": settings.speed,
                "seed": body.seed,
                "response_format": audio,
                "sample_rate": rate,
                "stream": audio != "wav" or streamed,
                "normalization": {"enabled": normalized},
                "timestamps": "word" if timed else None,
            },
            here,
            names=NAMES,
            ignored=[
                *unused(body, _HEEDED | ({"model_id"} if model else set())),
                *(f"voice_settings.{name}" for name in unused(settings, {"speed"})),
            ],
        )
        if bit_rate:
            warnings.append("the bit rate of output_format is this server's own")
        return Call(
            spoken=spoken,
            shape=_shape(body.text, spoken, streamed=streamed) if timed else None,
            warnings=warnings,
            private=request.query_params.get("enable_logging", "").lower() == "false",
        )

    return read


def failed(status: int, error: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """An error as ElevenLabs writes it; a voice that is not there is 404."""
    if status == 400 and error["param"] == "voice_id":
        status, error = 404, {**error, "code": "voice_not_found"}
    return status, {"detail": {"status": error["code"], **error}}


def audio_format(name: str) -> tuple[str, int, str | None]:
    """Container, rate in Hertz and bit rate of an output format such as `mp3_44100_128`."""
    found = _FORMAT.fullmatch(name)
    audio = _LAWS.get(found[1], found[1]) if found else ""
    if not found or audio not in AUDIO_FORMATS or int(found[2]) not in SAMPLE_RATES:
        raise InvalidInputError(f"output_format {name[:32]!r} is not known", "output_format")
    return audio, int(found[2]), found[3]


def _shape(text: str, spoken: SpeechRequest, *, streamed: bool) -> Shape:
    written, said = Characters(text), Characters()

    def told(marks: Sequence[Mark], *, last: bool) -> dict[str, Any]:
        return {
            "alignment": written.of(marks, last=last),
            "normalized_alignment": said.of(marks, last=last),
        }

    if streamed:

        def line(data: bytes, marks: Sequence[Mark], *, last: bool) -> dict[str, Any]:
            return {"audio_base64": base64.b64encode(data).decode(), **told(marks, last=last)}

        return JsonLines(Marker(text), line)
    return AudioInJson(Marker(text), ({}, "audio_base64"), lambda marks, _: told(marks, last=True))


class Characters:
    """The characters of a text, and when each is said.

    Those of a mark share its time alike, and those between two marks the time between; what comes
    before the first takes none, nor what comes behind the last.

    Args:
        text: As written; None for the words as they are said, with blanks between.
        said: Words as they are said, and between them what is written.
    """

    def __init__(self, text: str | None = None, *, said: bool = False) -> None:
        self._text = text
        self._are_said = said
        self._place = 0
        self._now = 0.0

    def of(self, marks: Sequence[Mark], *, last: bool) -> dict[str, list[Any]] | None:
        """The characters up to the end of some marks that come next; the `last` ones: of all."""
        found: list[tuple[str, float, float]] = []
        for mark in marks:
            before, own = self._between(mark)
            found += _shared(before, self._now if self._place else mark.start, mark.start)
            found += _shared(own, mark.start, mark.end)
            self._place, self._now = mark.written[1], mark.end
        if last and self._text is not None:
            found += _shared(self._text[self._place :], self._now, self._now)
            self._place = len(self._text)
        if not found:
            return None
        characters, starts, ends = map(list, zip(*found, strict=True))
        return {
            "characters": characters,
            "character_start_times_seconds": starts,
            "character_end_times_seconds": ends,
        }

    def _between(self, mark: Mark) -> tuple[str, str]:
        """What comes before a mark, and what is its own."""
        if self._text is None:
            return " " if self._place else "", mark.spoken
        own = mark.spoken if self._are_said else mark.text
        return self._text[self._place : mark.written[0]], own


def _shared(text: str, start: float, end: float) -> list[tuple[str, float, float]]:
    step = (end - start) / max(1, len(text))
    places = [round(start + step * number, 4) for number in range(len(text) + 1)]
    return [(it, since, until) for it, (since, until) in zip(text, pairwise(places), strict=True)]
