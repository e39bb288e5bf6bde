"""vllm-omni's `/v1/audio/speech/stream`: text streamed in, audio sentence by sentence.

Source: https://github.com/vllm-project/vllm-omni, `docs/serving/speech_api.md` and
`vllm_omni/entrypoints/openai/serving_speech_stream.py` (2026); and livekit-plugins-baseten 1.8,
`qwen3_tts.py`, which speaks the same protocol but is told the times of words in another way.
"""

import asyncio
import base64
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from serve_app.dialects import understood
from serve_app.marks import Mark, Marker, punctuated
from serve_app.sessions.context import Context, Piece
from serve_app.sessions.session import GOING_AWAY, NORMAL, Dialect, Session, read
from speech.audio.containers import encode_whole
from speech.config import AudioConfig
from speech.errors import InvalidInputError, SpeechError
from speech.types import PCM_SAMPLE_RATE, AudioFormat, SpeechRequest

_NAME = ""
_LANGUAGES = {
    "chinese": "cmn", "english": "en", "french": "fr", "german": "de", "italian": "it",
    "japanese": "ja", "korean": "ko", "portuguese": "pt", "russian": "ru", "spanish": "es",
    "auto": None,
}  # fmt: skip
"""Names that clients of Qwen3-TTS send; others are our own."""
_BYTES_PER_SECOND = 2 * PCM_SAMPLE_RATE


class _Message(BaseModel):
    """What a client sends; what is not heeded is ignored."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["session.config", "input.text", "input.done", "session.close"]
    text: StrictStr | None = None
    voice: StrictStr | None = None
    speaker: StrictStr | None = None
    language: StrictStr | None = None
    response_format: Literal["wav", "pcm", "flac", "mp3", "aac", "opus"] = "wav"
    speed: float | None = None
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1)
    stream_audio: StrictBool = False
    word_timestamps: StrictBool = False
    timestamp_type: Literal["word"] | None = None
    timestamp_transport_strategy: Literal["sync"] = "sync"


class VllmOmniSocket(Dialect):
    """One utterance after another; without `stream_audio` each sentence is a file of its own."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._spoken: SpeechRequest | None = None
        self._format: AudioFormat = "wav"
        self._streams = False
        self._in_chunks = False
        """Audio is sent in JSON, and the times of a sentence's words in its last chunk."""
        self._in_done = False
        """The times are in `audio.done`."""
        self._marker = Marker("")
        self._text = ""
        self._marks: list[Mark] = []
        self._began = 0.0
        """Seconds of the context's audio before the sentence."""
        self._chunk = 0
        self._utterance = 0
        self._sentence = 0
        self._bytes = 0
        self._samples: list[bytes] = []

    async def hear(self, message: str | bytes) -> None:
        """See `Dialect`."""
        heard = read(_Message, message)
        context = self.session.contexts.get(_NAME)
        if heard.type == "session.config":
            if context is not None and not context.is_idle:
                raise InvalidInputError("an utterance is still spoken", "type")
            self._configure(heard)
            await self.session.drop(_NAME)
        elif heard.type == "session.close":
            await self.session.close(NORMAL)
        else:
            context = context or self._open()
            if heard.type == "input.done":
                context.flush()
            elif heard.text is None:
                raise InvalidInputError("text is required", "text")
            else:
                context.add(heard.text)

    async def said(self, name: str, piece: Piece) -> None:
        """See `Dialect`."""
        if piece.begins:
            self._bytes = self._chunk = 0
            self._began = piece.seconds - len(piece.data) / _BYTES_PER_SECOND
            self._text, self._marker, self._marks = piece.text, Marker(piece.text), []
            more = {"sentence_text": piece.text.strip(), "format": self._format}
            timed = {"word_timestamps": True} if self._in_chunks else {}
            await self._tell(
                "audio.start", **more, **timed, sample_rate=PCM_SAMPLE_RATE, channels=1
            )
        self._marks += self._marker.take(piece.words)
        if piece.ends:
            self._marks += self._marker.rest()
        if self._in_chunks:
            if piece.data:
                await self._send_chunk(piece.data)
            if piece.ends:
                await self._send_chunk(b"", self._times())
        elif self._streams:
            await self._send(piece.data)
        else:
            self._samples.append(piece.data)
        if piece.ends:
            if not self._streams:
                samples = np.frombuffer(b"".join(self._samples), np.int16)
                self._samples = []
                audio = await asyncio.to_thread(
                    encode_whole, samples, self._format, PCM_SAMPLE_RATE, AudioConfig()
                )
                await self._send(audio)
            words = {"timestamp_info": self._alignment()} if self._in_done else {}
            await self._tell("audio.done", total_bytes=self._bytes, error=False, **words)
            self._sentence += 1
        if piece.flushed is not None:
            await self.session.send_json(
                {
                    "type": "session.done",
                    "total_sentences": self._sentence,
                    "utterance_index": self._utterance,
                }
            )
            self._utterance += 1
            self._sentence = 0

    async def ended(self, name: str) -> None:
        """See `Dialect`."""

    async def failed(self, name: str | None, error: SpeechError) -> None:
        """See `Dialect`."""
        self._samples = []
        await self.session.send_json(
            {"type": "error", "message": error.message, "code": error.code}
        )

    async def leave(self, *, idle: bool) -> None:
        """See `Dialect`."""
        if idle:
            message = "no message came in time"
            await self.session.send_json({"type": "error", "message": message, "code": "timeout"})
        await self.session.close(NORMAL if idle else GOING_AWAY)

    def _configure(self, heard: _Message) -> None:
        if heard.word_timestamps and not heard.stream_audio:
            raise InvalidInputError("word_timestamps need stream_audio", "word_timestamps")
        if heard.stream_audio and heard.response_format != "pcm":
            raise InvalidInputError("stream_audio needs response_format pcm", "response_format")
        language = heard.language or "Auto"
        self._spoken, _ = understood(
            {
                "input": "text",
                "voice": heard.voice or heard.speaker or self.session.here.catalogue.default,
                "language": _LANGUAGES.get(language.lower(), language),
                "timestamps": "word" if heard.word_timestamps or heard.timestamp_type else None,
                "speed": heard.speed,
                "seed": heard.seed,
                "response_format": "pcm",
            },
            self.session.here,
            names={"timestamps": "word_timestamps"},
            ignored=(),
        )
        self._in_chunks = heard.word_timestamps
        self._in_done = heard.timestamp_type is not None
        self._format, self._streams = heard.response_format, heard.stream_audio

    def _open(self) -> Context:
        if self._spoken is None:
            raise InvalidInputError("the first message must be session.config", "type")
        return self.session.open(_NAME, self._spoken)

    async def _send(self, data: bytes) -> None:
        self._bytes += len(data)
        if data:
            await self.session.send_bytes(data)

    async def _send_chunk(
        self, data: bytes, timestamps: list[dict[str, Any]] | None = None
    ) -> None:
        """A piece of a sentence in JSON; the last one is empty, and tells of all of it."""
        begin = self._bytes if data else 0
        self._bytes += len(data)
        await self._tell(
            "audio.chunk",
            chunk_id=self._chunk,
            chunk_start_ms=round(1000 * begin / _BYTES_PER_SECOND),
            chunk_end_ms=round(1000 * self._bytes / _BYTES_PER_SECOND),
            sample_rate=PCM_SAMPLE_RATE,
            channels=1,
            audio_b64=base64.b64encode(data).decode(),
            timestamps=timestamps,
        )
        self._chunk += 1

    def _times(self) -> list[dict[str, Any]]:
        """The words of a sentence as vllm-omni tells them: by the milliseconds of the sentence."""
        return [
            {
                "word": punctuated(self._text, mark),
                "start_ms": round(1000 * (mark.start - self._began)),
                "end_ms": round(1000 * (mark.end - self._began)),
            }
            for mark in self._marks
        ]

    def _alignment(self) -> dict[str, Any]:
        """Likewise as Baseten tells them."""
        return {
            "word_alignment": {
                "words": [punctuated(self._text, mark) for mark in self._marks],
                "word_start_times_seconds": [
                    round(mark.start - self._began, 4) for mark in self._marks
                ],
                "word_end_times_seconds": [
                    round(mark.end - self._began, 4) for mark in self._marks
                ],
            }
        }

    async def _tell(self, kind: str, **more: Any) -> None:
        place = {"sentence_index": self._sentence, "utterance_index": self._utterance}
        await self.session.send_json({"type": kind, **place, **more})
