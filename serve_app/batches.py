"""Many texts in one request, each a reply of its own: a line of JSON for each, as it is ready."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, ValidationError
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from deployments import metrics
from deployments.failures import translate
from serve_app.admission import Admission
from serve_app.bodies import invalid
from serve_app.callers import Caller
from serve_app.error_table import error_response
from serve_app.marks import Marker
from serve_app.responses import SpeechResponse
from serve_app.schemas import ErrorDetail, SpeechBody, TimeMark
from serve_app.shapes import AudioInJson
from speech import telemetry
from speech.errors import AtCapacityError, DeadlineExceededError, SpeechError

_LOG = logging.getLogger("ray.serve")
MAX_ITEMS = 64
_IN_TURN = AtCapacityError, DeadlineExceededError
"""After these an item asks again."""
_SHORTEST_WAIT, _LONGEST_WAIT = 0.1, 2.0
"""Seconds until an item that was not admitted asks again."""


class BatchItem(SpeechBody):
    """What is said in one reply of a batch."""

    stream_format: Literal["audio"] = "audio"


class BatchBody(BaseModel):
    """Body of POST /v1/audio/speech/batch."""

    model_config = ConfigDict(extra="forbid")

    # Each is parsed by itself, since its errors are its own.
    items: list[SkipValidation[BatchItem]] = Field(
        min_length=1,
        max_length=MAX_ITEMS,
        description="Each as the body of POST /v1/audio/speech; `timestamps` need no events.",
    )


class BatchReply(BaseModel):
    """A line of the reply: an item's audio, or its error."""

    index: int = Field(description="Of the item, from 0.")
    content_type: str | None = Field(default=None, description="Of the audio.")
    audio: str | None = Field(default=None, description="Base64; beside an `error` only a part.")
    audio_seconds: float | None = None
    marks: list[TimeMark] | None = Field(default=None, description="With `timestamps`.")
    warnings: list[str] | None = Field(
        default=None, description="What of the item was not heeded, if anything."
    )
    error: ErrorDetail | None = None


def batch_item(value: Any) -> BatchItem:
    """Parse an item of a batch.

    Raises:
        InvalidInputError: naming the first offending parameter.
    """
    try:
        return BatchItem.model_validate(value)
    except ValidationError as error:
        raise invalid(error) from None


class BatchLine(AudioInJson):
    """The line of one item."""

    def __init__(self, index: int, content_type: str, marker: Marker | None) -> None:
        head = {"index": index, "content_type": content_type}, "audio"
        super().__init__(marker or Marker(""), head, self._rest)
        self._is_timed = marker is not None
        self.warnings: tuple[str, ...] = ()
        """What of the item was not heeded."""

    def _rest(self, marks: Any, seconds: float) -> dict[str, Any]:
        return {
            "audio_seconds": round(seconds, 4),
            **({"marks": [mark.wire() for mark in marks]} if self._is_timed else {}),
            **({"warnings": self.warnings} if self.warnings else {}),
        }

    def end(self, seconds: float) -> str:
        """See `Shape`."""
        return f"{super().end(seconds)}\n"

    def failure(self, error: SpeechError) -> str:
        """See `Shape`: the audio so far is a part, and the line says so."""
        return f'{self._head}", {json.dumps(_error(error))[1:]}\n'


class BatchResponse(Response):
    """Answers a batch, and ends what is left of it when the client leaves.

    A few items are under way at a time. One that is not admitted waits for its turn.

    Args:
        count: How many items there are.
        answer: Has an item spoken, by its index. Raises whatever its reply would.
        admission: Bounds batches, and says how many items of one are under way.
        caller: Whose share the batch takes.
    """

    media_type = "application/x-ndjson"

    def __init__(
        self,
        count: int,
        answer: Callable[[int], Awaitable[SpeechResponse]],
        admission: Admission,
        caller: Caller,
    ) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._count = count
        self._answer = answer
        self._admission = admission
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines.

        Raises:
            AtCapacityError: there are too many batches; nothing has been sent.
        """
        with self._admission.batch(self._caller):
            writing = asyncio.create_task(self._write(scope, send))
            leaving = asyncio.create_task(_departure(receive))
            try:
                await asyncio.wait([writing, leaving], return_when=asyncio.FIRST_COMPLETED)
                if writing.done():
                    writing.result()
            finally:
                writing.cancel()
                leaving.cancel()
                await asyncio.gather(writing, leaving, return_exceptions=True)

    async def _write(self, scope: Scope, send: Send) -> None:
        async def line(message: Message) -> None:
            if body := message.get("body"):
                await send({"type": "http.response.body", "body": body, "more_body": True})

        ready: asyncio.Queue[SpeechResponse | bytes] = asyncio.Queue(1)
        indices = iter(range(self._count))
        workers = [
            asyncio.create_task(self._work(indices, ready))
            for _ in range(min(self._count, self._admission.limits.batch_parallel))
        ]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            for _ in range(self._count):
                made = await ready.get()
                if isinstance(made, SpeechResponse):
                    await made(scope, _nobody_leaves, line)
                else:
                    await line({"body": made})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            if not ready.empty() and isinstance(unsent := ready.get_nowait(), SpeechResponse):
                await unsent.aclose()

    async def _work(
        self, indices: Iterator[int], ready: asyncio.Queue[SpeechResponse | bytes]
    ) -> None:
        for index in indices:
            made = await self._in_turn(index)
            if isinstance(made, SpeechResponse):
                made.wait()
            try:
                await ready.put(made)
            except asyncio.CancelledError:
                if isinstance(made, SpeechResponse):
                    await made.aclose()
                raise

    async def _in_turn(self, index: int) -> SpeechResponse | bytes:
        """An item's reply, or the line of its error."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._admission.limits.batch_patience
        while True:
            try:
                return await self._answer(index)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is one item's)
                told = translate(error)
                if told is None:
                    _LOG.error("unexpected %s", type(error).__name__, exc_info=error)
                    told = SpeechError("internal error; the log has more")
            wait = min(max(told.retry_after or 0.5, _SHORTEST_WAIT), _LONGEST_WAIT)
            is_full = isinstance(told, _IN_TURN)
            if not is_full or clock() + wait > until:
                metrics.count(telemetry.REQUESTS, outcome=told.code, cache="none")
                return f"{json.dumps({'index': index, **_error(told)})}\n".encode()
            await asyncio.sleep(wait)


def _error(error: SpeechError) -> dict[str, Any]:
    """An error in OpenAI's shape."""
    body: dict[str, Any] = json.loads(bytes(error_response(error).body))
    return body


async def _departure(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nobody_leaves() -> Message:
    """What an item hears of the client: the batch hears it for all."""
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}
