"""ElevenLabs' WebSockets: one text (`stream-input`), or several (`multi-stream-input`).

Source: https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-stream-input
and `...-multi-stream-input` (2026), and what the services of LiveKit (livekit-plugins-elevenlabs
1.8) and Pipecat (1.14) send and read.

Times of an alignment begin anew with each message, as Pipecat adds them up, or with
`sync_alignment=true`, which LiveKit sends, only with each context.

A context that is closed right behind an empty flush is said to its end, as both close it then.
Closed otherwise, or twice, it was interrupted: it ends at once.
"""

import base64
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from serve_app.dialects import understood
from serve_app.dialects.elevenlabs import NAMES, Characters, ElevenLabsSettings, audio_format
from serve_app.marks import Marker
from serve_app.sessions.context import Context, Piece
from serve_app.sessions.session import GOING_AWAY, NORMAL, POLICY, Dialect, Session, read
from speech.errors import InvalidInputError, SpeechError
from speech.types import SpeechRequest

_UNPARTED = "\u2e80"
"""From here on scripts do not part words."""
_LONGEST_INACTIVITY, _USUAL_INACTIVITY = 180.0, 20.0


class _Message(BaseModel):
    """What a client sends; all members may be absent."""

    model_config = ConfigDict(extra="allow")

    text: StrictStr | None = None
    context_id: StrictStr | None = Field(default=None, max_length=128)
    contextId: StrictStr | None = Field(default=None, max_length=128)  # noqa: N815
    voice_settings: ElevenLabsSettings | None = None
    flush: StrictBool = False
    try_trigger_generation: StrictBool = False
    close_context: StrictBool = False
    close_socket: StrictBool = False

    @property
    def name(self) -> str:
        """Of the context."""
        return self.context_id or self.contextId or ""


class ElevenLabsSocket(Dialect):
    """Both routes; `stream-input` has one context without a name."""

    def __init__(self, session: Session, *, several: bool) -> None:
        super().__init__(session)
        query = session.socket.query_params
        self._several = several
        self._adds_up = _switch(query.get("sync_alignment"))
        self._speaks_each = _switch(query.get("auto_mode"))
        self._closes = False
        """The client asked for that: what it sends afterwards is not heard."""
        session.private = query.get("enable_logging", "").lower() == "false"
        self.idle_timeout = _inactivity(query.get("inactivity_timeout"))
        self._settings: dict[str, ElevenLabsSettings] = {}
        self._flushed: set[str] = set()
        """Contexts whose last message was a flush of no more text."""
        self._told: dict[str, _Told] = {}
        self._spoken(ElevenLabsSettings())  # a wrong parameter refuses the socket

    async def hear(self, message: str | bytes) -> None:
        """See `Dialect`."""
        heard = read(_Message, message)
        if self._closes:
            return
        if not self._several:
            heard = heard.model_copy(update={"context_id": None, "contextId": None})
        name = heard.name
        context = self.session.contexts.get(name)
        if heard.close_socket or (not self._several and heard.text == "" and not heard.flush):
            for each in self.session.contexts.values():
                each.finish()
            self._closes = True
            if not self.session.contexts:
                await self._close()
        elif heard.close_context:
            await self._close_context(name, context)
        elif heard.text and heard.text.strip():
            context = context or self._open(name, heard)
            context.add(heard.text)
            self._flushed.discard(name)
            if heard.flush or heard.try_trigger_generation or self._speaks_each:
                context.flush()
        elif heard.text and context is None:
            self._open(name, heard)  # a blank opens a context, to give its settings
        elif context is not None:
            if heard.text:
                context.add(heard.text)
            if heard.flush:
                context.flush()
                self._flushed.add(name)

    async def said(self, name: str, piece: Piece) -> None:
        """See `Dialect`."""
        told = self._told[name]
        alignment, normalized = told.of(piece)
        if not (piece.data or alignment):
            return
        message = {
            "audio": base64.b64encode(piece.data).decode() if piece.data else None,
            "isFinal": None,
            "alignment": alignment,
            "normalizedAlignment": normalized,
        }
        await self.session.send_json(self._named(message, name))

    async def ended(self, name: str) -> None:
        """See `Dialect`."""
        self._forget(name)
        await self.session.send_json(self._named({"audio": None, "isFinal": True}, name))
        if not self.session.contexts and (self._closes or not self._several):
            await self._close()

    async def failed(self, name: str | None, error: SpeechError) -> None:
        """See `Dialect`. The socket of one text ends with it."""
        message = {"message": error.message, "error": error.code, "code": POLICY}
        if name is not None:
            self._forget(name)
            message = self._named(message, name)
        await self.session.send_json(message)
        if not self._several:
            await self.session.close(POLICY, error.code)

    async def leave(self, *, idle: bool) -> None:
        """See `Dialect`."""
        if idle:
            reason = "input_timeout_exceeded"
            message = {"message": "no text came in time", "error": reason, "code": POLICY}
            await self.session.send_json(message)
            await self.session.close(POLICY, reason)
        else:
            await self.session.close(GOING_AWAY)

    async def _close(self) -> None:
        await self.session.close(NORMAL)

    async def _close_context(self, name: str, context: Context | None) -> None:
        if context is None:
            return
        if name in self._flushed and not context.finished:
            context.finish()
        else:
            await self.session.drop(name)
            self._forget(name)
            await self.session.send_json(self._named({"audio": None, "isFinal": True}, name))

    def _open(self, name: str, heard: _Message) -> Context:
        spoken = self._spoken(heard.voice_settings or ElevenLabsSettings())
        context = self.session.open(name, spoken)
        self._told[name] = _Told(adds_up=self._adds_up)
        return context

    def _forget(self, name: str) -> None:
        self._told.pop(name, None)
        self._flushed.discard(name)

    def _named(self, message: dict[str, Any], name: str) -> dict[str, Any]:
        return {**message, "contextId": name or None} if self._several else message

    def _spoken(self, settings: ElevenLabsSettings) -> SpeechRequest:
        socket = self.session.socket
        query = socket.query_params
        audio, rate, _ = audio_format(query.get("output_format") or "mp3_44100_128")
        spoken, _ = understood(
            {
                "input": "text",
                "voice": socket.path_params["voice_id"],
                "language": query.get("language_code"),
                "speed": settings.speed,
                "response_format": audio,
                "sample_rate": rate,
                "normalization": {"enabled": query.get("apply_text_normalization") != "off"},
            },
            self.session.here,
            names=NAMES,
            ignored=(),
        )
        return replace(spoken, timed=True)


class _Told:
    """What a client was told of a context's characters."""

    def __init__(self, *, adds_up: bool) -> None:
        self._adds_up = adds_up
        self._until = 0.0
        """Milliseconds up to which it was told."""
        self._marker, self._knows = Marker(""), False
        self._written = self._said = Characters()

    def of(self, piece: Piece) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """The alignments of a piece: of the text as written, and as it is said."""
        if piece.begins:
            self._marker = Marker(piece.text)
            # Clients part words at blanks, also where a sentence came without one behind it.
            parted = piece.text[-1:].isspace() or piece.text[-1:] >= _UNPARTED
            text = piece.text if parted else f"{piece.text} "
            self._written, self._said = Characters(text), Characters(text, said=True)
        last = piece.knows_all
        marks = self._marker.take(piece.words) + (self._marker.rest() if last else [])
        self._knows = bool(marks) or (self._knows and not piece.begins)
        if not self._knows:
            return None, None  # the engine cannot tell
        written = self._written.of(marks, last=last)
        said = self._said.of(marks, last=last)
        if written is None or said is None:
            return None, None
        end = round(1000 * written["character_end_times_seconds"][-1])
        since = 0.0 if self._adds_up else self._until
        self._until = max(self._until, end)
        return _milliseconds(written, since), _milliseconds(said, since)


def _milliseconds(found: dict[str, list[Any]], since: float) -> dict[str, list[Any]]:
    starts = [round(1000 * it) for it in found["character_start_times_seconds"]]
    ends = [round(1000 * it) for it in found["character_end_times_seconds"]]
    return {
        "chars": found["characters"],
        "charStartTimesMs": [max(0, round(start - since)) for start in starts],
        "charDurationsMs": [end - start for start, end in zip(starts, ends, strict=True)],
    }


def _switch(value: str | None) -> bool:
    return (value or "").lower() == "true"


def _inactivity(value: str | None) -> float:
    if value is None:
        return _USUAL_INACTIVITY
    if not value.isdecimal() or not 1 <= int(value) <= _LONGEST_INACTIVITY:
        raise InvalidInputError(
            f"inactivity_timeout must be 1 to {_LONGEST_INACTIVITY:.0f} seconds",
            "inactivity_timeout",
        )
    return float(value)
