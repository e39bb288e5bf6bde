"""A `Reply` as an HTTP response: headers, body, server-sent events, and the record of it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from deployments import metrics
from deployments.failures import translate
from serve_app.admission import Admission
from serve_app.callers import Caller
from serve_app.shapes import Shape
from serve_app.speaker import Reply
from speech import telemetry
from speech.audio.containers import codec_rate, media_type
from speech.errors import SpeechError
from speech.text.edits import applied
from speech.text.scripts import left_out
from speech.types import Passage, SpeechRequest, SpokenWord
from speech.voices import lost_region

_LOG = logging.getLogger("ray.serve")
_PIECE_BYTES = 192 * 1024
"""What is handed over at a time: a reader that takes less than this within `read_timeout`, about,
is one that does not read."""


class RecordedReply:
    """A reply and how it goes, which the log and the metrics are told when it is closed.

    Args:
        reply: What was asked for.
        spoken: What it says.
        request_id: Of the log record.
        arrived: When it was asked for, by `perf_counter`.
    """

    def __init__(
        self, reply: Reply, spoken: SpeechRequest, request_id: str, arrived: float
    ) -> None:
        self.reply = reply
        self.outcome = "aborted"
        self.audio_seconds = reply.audio_seconds
        self._spoken = spoken
        self._request_id = request_id
        self._arrived = arrived
        self._ttfa: float | None = None

    def begin(self) -> None:
        """Its first byte is there. Once or more."""
        if self._ttfa is None:
            self._ttfa = perf_counter() - self._arrived

    def fail(self, error: Exception) -> SpeechError:
        """It broke off; returns the error as its caller may be told it."""
        known = translate(error) or SpeechError("internal error")
        self.outcome = known.code
        return known

    async def aclose(self) -> None:
        """End the work that it alone still causes, and tell how it went."""
        try:
            await self.reply.aclose()
        finally:
            self._record()

    async def drop(self) -> None:
        """End it as one of which nobody heard anything: it is not told of, nor charged."""
        self.reply.visit.fail()
        await self.reply.aclose()

    def _record(self) -> None:
        took = perf_counter() - self._arrived
        cache = self.reply.cache.value
        metrics.count(telemetry.REQUESTS, outcome=self.outcome, cache=cache)
        metrics.observe(telemetry.REQUEST_SECONDS, took, cache=cache)
        if self._ttfa is not None:
            metrics.observe(telemetry.TTFA_SECONDS, self._ttfa, cache=cache)
        for timing in self.reply.timings:
            if timing.stage in {"normalize", "cache", "encode"}:
                metrics.observe(telemetry.STAGE_SECONDS, timing.seconds, stage=timing.stage)
        record = (
            self._request_id,
            self.outcome,
            cache,
            ",".join(self._spoken.voices),
            self._spoken.format,
            self._spoken.characters,
            round(self.audio_seconds, 3),
            round(took, 4),
            round(self._ttfa or 0.0, 4),
        )
        _LOG.info("speech", extra=dict(zip(telemetry.LOG_FIELDS, record, strict=True)))


class SpeechResponse(StreamingResponse):
    """Sends a reply, stops its work if the client leaves, and records how it went.

    A reader that takes nothing for a while is treated as one that left.

    Args:
        reply: What was asked for.
        spoken: What it says.
        request: Whose reply it is.
        shape: How it is written; None for the audio itself.
        warnings: What of the request was not heeded.
        admission: Counts what waits for its reader.
        caller: Whose share that takes.
        limits: Headers that tell the caller what it has left.
    """

    def __init__(
        self,
        reply: Reply,
        spoken: SpeechRequest,
        request: Request,
        *,
        shape: Shape | None,
        warnings: Sequence[str],
        admission: Admission,
        caller: Caller,
        limits: Mapping[str, str],
    ) -> None:
        state = request.state
        self._recorded = RecordedReply(reply, spoken, state.request_id, state.arrived)
        self._reply = reply
        self._admission = admission
        self._caller = caller
        self._handing_since: float | None = None
        """When the message was sent that now waits for its reader, by the loop's clock."""
        self._watcher: asyncio.TimerHandle | None = None
        self._shape = shape
        headers = {
            "X-Cache": reply.cache.value,
            "X-Voice": header_safe(_speakers(spoken), 128),
            "Server-Timing": ", ".join(
                f"{timing.stage};dur={timing.seconds * 1000:.2f}" for timing in reply.timings
            ),
        }
        if shape is None and reply.total_bytes is not None:
            headers["Content-Length"] = str(reply.total_bytes)
        else:
            # nginx would collect a stream before it hands anything on.
            headers["X-Accel-Buffering"] = "no"
        headers["X-Characters"] = str(spoken.characters)
        if reply.audio_seconds:
            headers["X-Audio-Seconds"] = f"{reply.audio_seconds:.3f}"
        headers.update(limits)
        silent = ("nothing was left to say, the reply is silence",) if reply.is_silent else ()
        self.warnings = (*warnings, *silent)
        headers |= warning_header(self.warnings)
        super().__init__(
            self._shaped(shape) if shape else self._audio(),
            headers={name: value for name, value in headers.items() if value},
            media_type=shape.media_type if shape else audio_type(spoken),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply. Whatever happens, the work it alone caused ends with it."""

        async def watched(message: Message) -> None:
            await self._hand_over(message, send)

        self._watch(asyncio.current_task())
        try:
            if self._reply.body is None or self._shape:
                await super().__call__(scope, receive, watched)
            else:
                await self._send_whole(self._reply.body, watched)
        finally:
            if self._watcher is not None:
                self._watcher.cancel()
            await self.aclose()

    def wait(self) -> None:
        """It is there before its turn: until it is sent it does not count as being made."""
        self._reply.stall()

    async def aclose(self) -> None:
        """End the work of a reply that is not sent, too, and record how it went."""
        await self._recorded.aclose()

    def _watch(self, task: asyncio.Task[Any] | None) -> None:
        """See, every `stall_after` seconds, whether the reader takes anything."""
        loop, limits = asyncio.get_running_loop(), self._admission.limits
        waited = 0.0 if self._handing_since is None else loop.time() - self._handing_since
        if waited >= limits.read_timeout and task is not None:
            self._recorded.outcome = "unread"
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
        self._recorded.begin()
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        left = len(body)
        for piece, _ in cut(body, ()) if body else ((b"", ()),):
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        self._recorded.outcome = "ok"

    async def _audio(self) -> AsyncGenerator[bytes, None]:
        async for piece, _ in self._pieces():
            yield piece

    async def _pieces(self) -> AsyncGenerator[tuple[bytes, tuple[SpokenWord, ...]], None]:
        """Stretches of the audio, with the words whose times became known with each."""
        try:
            if self._reply.body is not None:
                self._recorded.begin()
                for piece in cut(self._reply.body, self._reply.words):
                    yield piece
            else:
                async for frame in self._reply.frames:
                    self._recorded.begin()
                    for piece in cut(frame.data, frame.words):
                        yield piece
                    self._recorded.audio_seconds += frame.audio_seconds
            self._recorded.outcome = "ok"
        except Exception as error:
            # Nothing can be said after the first byte: the connection breaks off, so that no
            # client takes a part for the whole.
            self._recorded.fail(error)
            raise

    async def _shaped(self, shape: Shape) -> AsyncGenerator[str | bytes, None]:
        try:
            async for piece, words in self._pieces():
                if written := shape.audio(piece, words):
                    yield written
        except Exception as error:
            if not (told := shape.failure(translate(error) or SpeechError("internal error"))):
                raise
            yield told
            return
        yield shape.end(self._recorded.audio_seconds)


def _speakers(spoken: SpeechRequest) -> Iterable[str]:
    """Who speaks: voices with their speakers, each once."""
    deliveries = (passage.delivery for passage in spoken.passages)
    return dict.fromkeys("/".join(filter(None, (how.voice, how.speaker))) for how in deliveries)


def audio_type(spoken: SpeechRequest) -> str:
    """Media type of a reply's audio."""
    asked = spoken.sample_rate
    return media_type(spoken.format, codec_rate(spoken.format, asked) if asked else None)


def cut(
    data: bytes, words: tuple[SpokenWord, ...], size: int = _PIECE_BYTES
) -> Iterator[tuple[bytes, tuple[SpokenWord, ...]]]:
    """Pieces of what is handed over, none of nothing; the words go with the first."""
    for start in range(0, len(data), size):
        yield (data if len(data) <= size else data[start : start + size]), words
        words = ()
    if words:
        yield b"", words


def warning_header(warnings: Iterable[str]) -> dict[str, str]:
    """The header `Warning`, or none."""
    told = ", ".join(f'299 - "{warning}"' for warning in warnings)
    return {"Warning": told} if told else {}


def unheeded(
    passages: Sequence[Passage], *, ignored: Iterable[str] = (), language: str | None = None
) -> list[str]:
    """What of a request was not heeded: names of fields, and of its text and language what."""
    warnings = []
    if ignored := sorted(ignored):
        warnings.append(f"ignored fields: {header_safe(ignored)}")
    known = passages[0].delivery.language
    if lost_region(language, known):
        asked = header_safe([language or ""])
        warnings.append(f"language {asked} is not known, its base {known} is spoken")
    for passage in passages:
        known, text = passage.delivery.language, applied(passage.text, passage.edits)
        if passage.normalization.enabled and left_out(text, known):
            warnings.append(f"letters that {known} cannot read were left out")
            break
    return warnings


def header_safe(names: Iterable[str], longest: int = 32) -> str:
    """Names that others chose, shortened to what a header may hold."""
    text = ", ".join(name[:longest] for name in islice(names, 8))
    return "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "?" for c in text)
