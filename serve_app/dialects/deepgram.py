"""Deepgram's `/v1/speak`: a WebSocket on which text is streamed in, and its HTTP form.

Source: https://developers.deepgram.com/docs/tts-websocket and
https://developers.deepgram.com/reference/text-to-speech-api (2026), and what the services of
LiveKit (livekit-plugins-deepgram 1.8) and Pipecat (1.14) send and read.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.requests import Request

from serve_app.bodies import parse
from serve_app.dialects import Call, Here, Reader, understood
from serve_app.sessions.context import Context, Piece
from serve_app.sessions.session import NORMAL, POLICY, Dialect, Session, read
from speech.errors import InvalidInputError, SpeechError
from speech.types import SpeechRequest

_NAMES = {
    "input": "text",
    "voice": "model",
    "sample_rate": "sample_rate",
    "response_format": "encoding",
}
QUERY = frozenset({"model", "encoding", "container", "sample_rate", "speed"})
_STREAMED = {"linear16": "pcm", "mulaw": "mulaw", "alaw": "alaw"}
_CONTAINERS = {
    ("linear16", "wav"): "wav",
    ("linear16", "none"): "pcm",
    ("mulaw", "none"): "mulaw",
    ("alaw", "none"): "alaw",
    ("mp3", "none"): "mp3",
    ("opus", "ogg"): "opus",
    ("flac", "none"): "flac",
    ("aac", "none"): "aac",
}
"""Encodings with their containers, the usual one first."""


class DeepgramBody(BaseModel):
    """Body of POST /v1/speak; all else is in the query."""

    model_config = ConfigDict(extra="forbid")

    text: StrictStr = Field(description="The text to speak, 1 to 4096 characters.")


class _Message(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["Speak", "Flush", "Clear", "Close"]
    text: StrictStr | None = None


def reader() -> Reader:
    """What reads POST /v1/speak."""

    def read_body(raw: bytes, request: Request, here: Here) -> Call:
        body = parse(DeepgramBody, raw)
        query = request.query_params
        encoding = query.get("encoding", "mp3")
        usual = next((it for name, it in _CONTAINERS if name == encoding), "none")
        audio = _CONTAINERS.get((encoding, query.get("container", usual)))
        if audio is None:
            raise InvalidInputError("this encoding is not made in this container", "encoding")
        spoken, warnings = _understood(body.text, query, audio, here)
        return Call(spoken=spoken, shape=None, warnings=warnings)

    return read_body


def failed(status: int, error: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """An error as Deepgram writes it."""
    return status, {"err_code": error["code"].upper(), "err_msg": error["message"], **error}


class DeepgramSocket(Dialect):
    """One text after another; `Clear` interrupts."""

    _NAME = ""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        query = session.socket.query_params
        encoding = query.get("encoding", "linear16")
        if encoding not in _STREAMED:
            raise InvalidInputError(f"encoding must be one of {', '.join(_STREAMED)}", "encoding")
        self._spoken, _ = _understood("text", query, _STREAMED[encoding], session.here)
        self._sequence = 0
        self._closes = False

    async def opened(self) -> None:
        """See `Dialect`."""
        await self.session.send_json(
            {
                "type": "Metadata",
                "request_id": self.session.request_id,
                "model_name": self.session.socket.query_params.get("model"),
            }
        )

    async def hear(self, message: str | bytes) -> None:
        """See `Dialect`."""
        heard = read(_Message, message)
        context = self.session.contexts.get(self._NAME)
        if heard.type == "Speak":
            if heard.text is None:
                raise InvalidInputError("text is required", "text")
            self._context(context).add(heard.text)
        elif heard.type == "Flush":
            self._context(context).flush()
        elif heard.type == "Clear":
            await self.session.drop(self._NAME)
            await self._tell("Cleared")
            if self._closes:
                await self.session.close(NORMAL)
        elif context is None:
            await self.session.close(NORMAL)
        else:
            self._closes = True
            context.finish()

    async def said(self, name: str, piece: Piece) -> None:
        """See `Dialect`."""
        if piece.data:
            await self.session.send_bytes(piece.data)
        if piece.flushed is not None:
            await self._tell("Flushed")

    async def ended(self, name: str) -> None:
        """See `Dialect`."""
        if self._closes:
            await self.session.close(NORMAL)

    async def failed(self, name: str | None, error: SpeechError) -> None:
        """See `Dialect`. A wrong message is a warning: what came before it is spoken."""
        kind = "Warning" if name is None else "Error"
        told = {"type": kind, "description": error.message, "code": error.code.upper()}
        await self.session.send_json({**told, "warn_msg": error.message} if name is None else told)

    async def leave(self, *, idle: bool) -> None:
        """See `Dialect`."""
        if idle:
            await self.session.close(POLICY, "NET-0001: no text came in time")
        else:
            await super().leave(idle=False)

    def _context(self, context: Context | None) -> Context:
        return context or self.session.open(self._NAME, self._spoken)

    async def _tell(self, kind: str) -> None:
        await self.session.send_json({"type": kind, "sequence_id": self._sequence})
        self._sequence += 1


def _understood(
    text: str, query: Mapping[str, str], audio: str, here: Here
) -> tuple[SpeechRequest, list[str]]:
    return understood(
        {
            "input": text,
            "voice": query.get("model") or here.catalogue.default,
            "response_format": audio,
            "sample_rate": _number(query, "sample_rate", int),
            "speed": _number(query, "speed", float),
        },
        here,
        names=_NAMES,
        ignored=(),
    )


def _number(query: Mapping[str, str], name: str, kind: type[int] | type[float]) -> float | None:
    given = query.get(name)
    if given is None:
        return None
    try:
        return kind(given)
    except ValueError:
        raise InvalidInputError(f"{name} must be a number", name) from None
