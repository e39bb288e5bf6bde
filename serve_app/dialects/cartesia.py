"""Cartesia's `/tts/websocket`, on which text is streamed in, and `/tts/bytes`.

Source: https://docs.cartesia.ai/api-reference/tts/websocket and .../bytes (2026), and what the
services of LiveKit (livekit-plugins-cartesia 1.8) and Pipecat (1.14) send and read.
"""

import base64
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr
from starlette.requests import Request

from serve_app.bodies import parse
from serve_app.dialects import Call, Here, Reader, understood, unused
from serve_app.marks import Mark, Marker, punctuated
from serve_app.sessions.context import Piece
from serve_app.sessions.session import Dialect, Session, read
from speech.errors import InvalidInputError, SpeechError

_NAMES = {
    "input": "transcript",
    "voice": "voice.id",
    "sample_rate": "output_format.sample_rate",
    "response_format": "output_format",
    "speed": "generation_config.speed",
    "timestamps": "add_timestamps",
}
_FORMATS = {
    ("raw", "pcm_s16le"): "pcm",
    ("raw", "pcm_mulaw"): "mulaw",
    ("raw", "pcm_alaw"): "alaw",
    ("wav", "pcm_s16le"): "wav",
    ("mp3", ""): "mp3",
}
_FLOATS = ("raw", "pcm_f32le")
"""Only on sockets."""
_HEEDED = {"model_id", "transcript", "voice", "output_format", "language", "generation_config"}


class CartesiaVoice(BaseModel):
    """Who speaks."""

    model_config = ConfigDict(extra="ignore")

    mode: Literal["id"] = "id"
    id: StrictStr


class CartesiaFormat(BaseModel):
    """How the audio is written. The bit rate is this server's own."""

    model_config = ConfigDict(extra="ignore")

    container: Literal["raw", "wav", "mp3"] = "raw"
    encoding: StrictStr = ""
    sample_rate: StrictInt


class CartesiaControls(BaseModel):
    """How the voice speaks. Only the speed is heeded."""

    model_config = ConfigDict(extra="allow")

    speed: float | None = None


class CartesiaBody(BaseModel):
    """Body of POST /tts/bytes. Other fields are named in a warning header."""

    model_config = ConfigDict(extra="allow")

    model_id: StrictStr | None = Field(default=None, description="Any; all speak alike.")
    transcript: StrictStr = Field(description="The text to speak, 1 to 4096 characters.")
    voice: CartesiaVoice
    output_format: CartesiaFormat
    language: StrictStr | None = None
    generation_config: CartesiaControls | None = None

    def members(self, formats: Mapping[tuple[str, str], str] = _FORMATS) -> dict[str, Any]:
        """Of a body of ours, but for the text."""
        wanted = self.output_format
        encoding = "" if wanted.container == "mp3" else wanted.encoding
        audio = formats.get((wanted.container, encoding))
        if audio is None:
            known = ", ".join(sorted({it for _, it in formats if it}))
            message = f"output_format.encoding must be one of {known}"
            raise InvalidInputError(message, "output_format.encoding")
        controls = self.generation_config or CartesiaControls()
        return {
            "voice": self.voice.id,
            "language": self.language,
            "speed": controls.speed,
            "response_format": audio,
            "sample_rate": wanted.sample_rate,
        }


class _Message(CartesiaBody):
    """What a client sends to have something spoken."""

    transcript: StrictStr = ""
    context_id: Annotated[StrictStr, Field(max_length=128)] | None = None
    continue_: StrictBool = Field(default=False, alias="continue")
    flush: StrictBool = False
    max_buffer_delay_ms: Annotated[StrictInt, Field(ge=0, le=5000)] | None = None
    add_timestamps: StrictBool = False
    add_phoneme_timestamps: StrictBool = False
    use_normalized_timestamps: StrictBool = False

    @property
    def marks(self) -> str | None:
        """What is timed, as a body of ours says it."""
        if self.add_phoneme_timestamps:
            return "phoneme"
        return "word" if self.add_timestamps else None


class _Interruption(BaseModel):
    """What tells whether a message interrupts."""

    context_id: StrictStr | None = None
    cancel: StrictBool = False


def reader() -> Reader:
    """What reads POST /tts/bytes."""

    def read_body(raw: bytes, request: Request, here: Here) -> Call:
        del request
        body = parse(CartesiaBody, raw)
        controls = body.generation_config or CartesiaControls()
        spoken, warnings = understood(
            {**body.members(), "input": body.transcript},
            here,
            names=_NAMES,
            ignored=[
                *unused(body, _HEEDED),
                *(f"generation_config.{name}" for name in unused(controls, {"speed"})),
            ],
        )
        return Call(spoken=spoken, shape=None, warnings=warnings)

    return read_body


def failed(status: int, error: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """An error as Cartesia writes it."""
    return status, {"error_code": error["code"], "title": error["message"], **error}


class CartesiaSocket(Dialect):
    """Contexts side by side; how one speaks is what its first message says."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._told: dict[str, _Told] = {}

    async def hear(self, message: str | bytes) -> None:
        """See `Dialect`."""
        interruption = read(_Interruption, message)
        if interruption.cancel:
            name = interruption.context_id or ""
            await self.session.drop(name)
            self._told.pop(name, None)
            await self._tell(name, "done", done=True)
            return
        heard = read(_Message, message)
        name = heard.context_id or uuid.uuid4().hex
        context = self.session.contexts.get(name)
        if context is None:
            wait = None if heard.max_buffer_delay_ms is None else heard.max_buffer_delay_ms / 1000
            spoken, _ = understood(
                {
                    **heard.members({**_FORMATS, _FLOATS: "pcm"}),
                    "input": "text",
                    "timestamps": heard.marks,
                },
                self.session.here,
                names=_NAMES,
                ignored=(),
            )
            context = self.session.open(name, spoken, max_wait=wait or None)
            self._told[name] = _Told(heard)
        if heard.transcript:
            context.add(heard.transcript)
        if heard.flush or heard.max_buffer_delay_ms == 0:
            context.flush("asked" if heard.flush else "")
        if not heard.continue_:
            context.finish()

    async def said(self, name: str, piece: Piece) -> None:
        """See `Dialect`."""
        told = self._told[name]
        if piece.data:
            data = base64.b64encode(told.samples(piece.data)).decode()
            await self._tell(name, "chunk", data=data, step_time=0.0, flush_id=told.flush_id)
        if marks := told.marks(piece):
            if told.words:
                await self._tell(name, "timestamps", word_timestamps=told.word_times(piece, marks))
            if told.sounds:
                await self._tell(name, "phoneme_timestamps", phoneme_timestamps=_sound_times(marks))
        if piece.flushed:
            await self._tell(name, "flush_done", flush_done=True, flush_id=told.flush_id)
            told.flush_id += 1

    async def ended(self, name: str) -> None:
        """See `Dialect`."""
        self._told.pop(name, None)
        await self._tell(name, "done", done=True)

    async def failed(self, name: str | None, error: SpeechError) -> None:
        """See `Dialect`."""
        if name is not None:
            self._told.pop(name, None)
        message = {"error": error.message, "error_code": error.code, "title": error.message}
        await self._tell(name, "error", done=True, **message)

    async def _tell(self, name: str | None, kind: str, *, done: bool = False, **more: Any) -> None:
        status = 200 if done else 206
        if kind == "error":
            status = 400
        head = {"type": kind, "context_id": name, "status_code": status, "done": done}
        await self.session.send_json({**head, **more})


class _Told:
    """How a context is told: its samples, and the times that its first message asked for."""

    def __init__(self, asked: _Message) -> None:
        self.words = asked.add_timestamps
        self.sounds = asked.add_phoneme_timestamps
        self._as_said = asked.use_normalized_timestamps
        self._floats = (asked.output_format.container, asked.output_format.encoding) == _FLOATS
        self._marker = Marker("")
        self.flush_id = 1
        """Of the audio up to the next flush."""

    def samples(self, data: bytes) -> bytes:
        """Audio as it is sent; floats are between -1 and 1."""
        if not self._floats:
            return data
        return (np.frombuffer(data, np.int16) / np.float32(2**15)).astype("<f4").tobytes()

    def marks(self, piece: Piece) -> list[Mark]:
        """Those whose times became known with a piece."""
        if piece.begins:
            self._marker = Marker(piece.text)
        return self._marker.take(piece.words) + (self._marker.rest() if piece.ends else [])

    def word_times(self, piece: Piece, marks: Sequence[Mark]) -> dict[str, list[Any]]:
        """Words with the marks of punctuation that stand at them."""
        return {
            "words": [
                mark.spoken if self._as_said else punctuated(piece.text, mark) for mark in marks
            ],
            "start": [round(mark.start, 4) for mark in marks],
            "end": [round(mark.end, 4) for mark in marks],
        }


def _sound_times(marks: Sequence[Mark]) -> dict[str, list[Any]]:
    sounds = [it for mark in marks for it in mark.wire().get("phonemes", [])]
    return {
        "phonemes": [it["phoneme"] for it in sounds],
        "start": [round(it["start"], 4) for it in sounds],
        "end": [round(it["end"], 4) for it in sounds],
    }
