"""A `Reply` as an HTTP response: headers, body, server-sent events, and the record of it."""

import asyncio
import base64
import json
import logging
import math
from collections.abc import AsyncGenerator, Iterable, Iterator
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from deployments import metrics
from deployments.failures import translate
from serve_app.admission import Admission
from serve_app.schemas import SpeechBody
from serve_app.speaker import Reply
from speech import telemetry
from speech.audio.containers import codec_rate, media_type
from speech.errors import SpeechError
from speech.text.scripts import left_out
from speech.types import SpeechRequest
from speech.voices import lost_region

_LOG = logging.getLogger("ray.serve")
_TOKENS_PER_SECOND = 20
"""Output tokens of the usage figures: one for every 50 ms of audio, as OpenAI counts audio."""
_PIECE_BYTES = 192 * 1024
"""What is handed over at a time: a reader that takes less than this within `read_timeout`, about,
is one that does not read."""


class SpeechResponse(StreamingResponse):
    """Sends a reply, stops its work if the client leaves, and records how it went.

    A reader that takes nothing for a while is treated as one that left.
    """

    def __init__(
        self,
        reply: Reply,
        spoken: SpeechRequest,
        body: SpeechBody,
        request: Request,
        *,
        admission: Admission,
        caller: str,
    ) -> None:
        self._reply = reply
        self._admission = admission
        self._caller = caller
        self._spoken = spoken
        self._request_id: str = request.state.request_id
        self._arrived: float = request.state.arrived
        self._audio_seconds = reply.audio_seconds
        self._outcome = "aborted"
        self._handing_since: float | None = None
        """When the message was sent that now waits for its reader, by the loop's clock."""
        self._watcher: asyncio.TimerHandle | None = None
        self._ttfa: float | None = None
        self._is_sse = sse = body.stream_format == "sse"
        headers = {
            "X-Cache": reply.cache.value,
            "X-Voice": ", ".join(_speakers(spoken)),
            "Server-Timing": ", ".join(
                f"{timing.stage};dur={timing.seconds * 1000:.2f}" for timing in reply.timings
            ),
        }
        if not sse and reply.total_bytes is not None:
            headers["Content-Length"] = str(reply.total_bytes)
        if warnings := _warnings(spoken, body):
            headers["Warning"] = ", ".join(f'299 - "{warning}"' for warning in warnings)
        super().__init__(
            self._events() if sse else self._pieces(),
            headers={name: value for name, value in headers.items() if value},
            media_type="text/event-stream" if sse else _media_type(spoken),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply. Whatever happens, the work it alone caused ends with it."""

        async def watched(message: Message) -> None:
            await self._hand_over(message, send)

        self._watch(asyncio.current_task())
        try:
            if self._reply.body is None or self._is_sse:
                await super().__call__(scope, receive, watched)
            else:
                await self._send_whole(self._reply.body, watched)
        finally:
            if self._watcher is not None:
                self._watcher.cancel()
            try:
                await self._reply.aclose()
            finally:
                self._record()

    def _watch(self, task: asyncio.Task[Any] | None) -> None:
        """See, every `stall_after` seconds, whether the reader takes anything."""
        loop, limits = asyncio.get_running_loop(), self._admission.limits
        waited = 0.0 if self._handing_since is None else loop.time() - self._handing_since
        if waited >= limits.read_timeout and task is not None:
            self._outcome = "unread"
            # To all above it is as if the client had gone: the connection is closed.
            task.cancel()
            return
        if waited >= limits.stall_after:
            self._reply.stall()
        again = min(limits.stall_after, limits.read_timeout)
        self._watcher = loop.call_later(again, self._watch, task)

    async def _hand_over(self, message: Message, send: Send) -> None:
        """Send a message, which waits for its reader to take what was sent before."""
        size = len(message.get("body", b""))
        self._admission.reading.take(self._caller, size)
        self._handing_since = asyncio.get_running_loop().time()
        try:
            await send(message)
        finally:
            self._handing_since = None
            self._reply.resume()
            self._admission.reading.take(self._caller, -size)

    async def _send_whole(self, body: bytes, send: Send) -> None:
        """A reply that is there needs no task that watches whether the client leaves."""
        self._first_byte()
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        left = len(body)
        for piece in _cut(body) if body else (b"",):
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        self._outcome = "ok"

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            if self._reply.body is not None:
                self._first_byte()
                for piece in _cut(self._reply.body):
                    yield piece
            else:
                async for frame in self._reply.frames:
                    self._first_byte()
                    for piece in _cut(frame.data):
                        yield piece
                    self._audio_seconds += frame.audio_seconds
            self._outcome = "ok"
        except Exception as error:
            # Nothing can be said after the first byte: the connection breaks off, so that no
            # client takes a part for the whole.
            known = translate(error)
            self._outcome = known.code if known else SpeechError.code
            raise

    async def _events(self) -> AsyncGenerator[str, None]:
        try:
            async for piece in self._pieces():
                audio = base64.b64encode(piece).decode()
                yield _event({"type": "speech.audio.delta", "audio": audio})
        except Exception as error:  # noqa: BLE001 (whatever it was, an event stream can say so)
            known = translate(error) or SpeechError("internal error")
            detail = {"message": known.message, "type": "server_error", "code": known.code}
            yield _event({"type": "error", "error": detail})
            return
        spoken = self._spoken.characters
        heard = math.ceil(self._audio_seconds * _TOKENS_PER_SECOND)
        yield _event(
            {
                "type": "speech.audio.done",
                "usage": {
                    "input_tokens": spoken,
                    "output_tokens": heard,
                    "total_tokens": spoken + heard,
                },
            }
        )

    def _first_byte(self) -> None:
        if self._ttfa is None:
            self._ttfa = perf_counter() - self._arrived

    def _record(self) -> None:
        took = perf_counter() - self._arrived
        cache = self._reply.cache.value
        metrics.count(telemetry.REQUESTS, outcome=self._outcome, cache=cache)
        metrics.observe(telemetry.REQUEST_SECONDS, took, cache=cache)
        if self._ttfa is not None:
            metrics.observe(telemetry.TTFA_SECONDS, self._ttfa, cache=cache)
        for timing in self._reply.timings:
            if timing.stage in {"normalize", "cache", "encode"}:
                metrics.observe(telemetry.STAGE_SECONDS, timing.seconds, stage=timing.stage)
        record = (
            self._request_id,
            self._outcome,
            cache,
            ",".join(self._spoken.voices),
            self._spoken.format,
            self._spoken.characters,
            round(self._audio_seconds, 3),
            round(took, 4),
            round(self._ttfa or 0.0, 4),
        )
        _LOG.info("speech", extra=dict(zip(telemetry.LOG_FIELDS, record, strict=True)))


def _speakers(spoken: SpeechRequest) -> Iterable[str]:
    """Who speaks: voices with their speakers, each once."""
    deliveries = (passage.delivery for passage in spoken.passages)
    return dict.fromkeys("/".join(filter(None, (how.voice, how.speaker))) for how in deliveries)


def _media_type(spoken: SpeechRequest) -> str:
    asked = spoken.sample_rate
    return (
        media_type(spoken.format, codec_rate(spoken.format, asked))
        if asked
        else media_type(spoken.format)
    )


def _cut(data: bytes) -> Iterator[bytes]:
    """Pieces of what is handed over; none of nothing."""
    if len(data) <= _PIECE_BYTES:
        if data:
            yield data
        return
    for start in range(0, len(data), _PIECE_BYTES):
        yield data[start : start + _PIECE_BYTES]


def _event(value: object) -> str:
    return f"data: {json.dumps(value)}\n\n"


def _warnings(spoken: SpeechRequest, body: SpeechBody) -> list[str]:
    """What of the body was not heeded."""
    warnings = []
    if ignored := sorted(body.model_extra or {}):
        warnings.append(f"ignored fields: {_header_safe(ignored)}")
    language = spoken.passages[0].delivery.language
    if lost_region(body.language, language):
        asked = _header_safe([body.language or ""])
        warnings.append(f"language {asked} is not known, its base {language} is spoken")
    if body.normalization.enabled and left_out(body.input, language):
        warnings.append(f"letters that {language} cannot read were left out")
    return warnings


def _header_safe(names: list[str]) -> str:
    text = ", ".join(name[:32] for name in names[:8])
    return "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "?" for c in text)
