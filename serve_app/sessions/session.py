"""One client's WebSocket: what every protocol on it has in common."""

import asyncio
import json
import logging
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from deployments import metrics, tracing
from serve_app.admission import Admission, Ledger
from serve_app.bodies import invalid
from serve_app.callers import Caller, offered
from serve_app.dialects import Here
from serve_app.error_table import error_response
from serve_app.responses import RecordedReply
from serve_app.sessions.context import Context, Piece, SessionConfig
from serve_app.speaker import Speaker
from speech import telemetry
from speech.config import TextConfig
from speech.errors import AtCapacityError, InvalidInputError, SpeechError, UnavailableError
from speech.text import FrontEnd
from speech.text.arriving import Sentences
from speech.types import CacheState, SpeechRequest

_LOG = logging.getLogger("ray.serve")
T = TypeVar("T", bound=BaseModel)

NORMAL, GOING_AWAY, GONE, POLICY = 1000, 1001, 1006, 1008
"""Codes that a WebSocket is closed with (RFC 6455, section 7.4.1)."""
_ENDING = 1.0
"""Seconds that a context has to say its last words when the socket is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What a session has of its gateway."""

    here: Here
    caller: Caller
    who: Callable[[WebSocket], Caller]
    """Tells the caller as it is now, or that it may no longer call."""
    request_id: str
    speaker: Speaker
    admission: Admission
    config: SessionConfig


class Dialect(ABC):
    """A protocol on a session: what it hears, and how it says what happens.

    The constructor reads the request that opened the socket.

    Raises:
        InvalidInputError: of the constructor: a parameter is wrong, and the socket is refused.
    """

    idle_timeout: float | None = None
    """Seconds of silence of the client that the protocol allows, where it says."""

    def __init__(self, session: "Session") -> None:
        self.session = session

    async def opened(self) -> None:
        """The socket is open."""
        return

    @abstractmethod
    async def hear(self, message: str | bytes) -> None:
        """A message came.

        Raises:
            SpeechError: it is wrong, or asks for too much; `failed` says so.
        """

    @abstractmethod
    async def said(self, name: str, piece: Piece) -> None:
        """A piece of a context is there."""

    @abstractmethod
    async def ended(self, name: str) -> None:
        """All of a context was said, and it is no more."""

    @abstractmethod
    async def failed(self, name: str | None, error: SpeechError) -> None:
        """A context ended with an error, or a message was wrong."""

    async def leave(self, *, idle: bool) -> None:
        """The server goes, and all that was begun is said; or the client was silent for long."""
        del idle
        await self.session.close(GOING_AWAY)


class Session:
    """Contexts that share a socket, and what ends with it."""

    def __init__(
        self,
        socket: WebSocket,
        seat: Seat,
        speaks: Callable[["Session"], Dialect],
    ) -> None:
        self.socket = socket
        self.here = seat.here
        self.request_id = seat.request_id
        self.contexts: dict[str, Context] = {}
        self.private = False
        """Replies are kept in no cache."""
        self._seat = seat
        self._players: dict[Context, asyncio.Task[None]] = {}
        self._leaving: asyncio.Event = socket.scope["state"].get("leaving") or asyncio.Event()
        self._over = asyncio.Event()
        self._spoken = 0
        self._dialect = speaks(self)

    def leave(self) -> None:
        """The server goes: finish the sentences under way, and say goodbye."""
        self._leaving.set()

    async def run(self) -> None:
        """Accept the socket and serve it until it ends."""
        await self.socket.accept(offered(self.socket))
        await self._dialect.opened()
        tasks = [
            asyncio.create_task(it)
            for it in (self._listen(), self._leaving.wait(), self._over.wait())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self._leaving.is_set() and not tasks[0].done():
                await self._say_goodbye()
        finally:
            for task in tasks:
                task.cancel()
            listened, *_ = await asyncio.gather(*tasks, return_exceptions=True)
            if isinstance(listened, Exception) and not isinstance(listened, WebSocketDisconnect):
                _LOG.error("unexpected %s", type(listened).__name__, exc_info=listened)
            for name in [*self.contexts]:
                await self.drop(name)
            await self._end_players()

    def open(self, name: str, spoken: SpeechRequest, *, max_wait: float | None = None) -> Context:
        """Begin a context.

        Args:
            name: Of the context on this socket.
            spoken: How it is said: a request of one passage, whose text does not matter.
            max_wait: See `SessionConfig`; None for its own.

        Raises:
            AtCapacityError: there are as many as one socket may have.
            UnavailableError: the server goes.
        """
        if self._leaving.is_set():
            raise UnavailableError("the server is shutting down")
        config = self._seat.config
        if len(self.contexts) >= config.max_contexts:
            raise AtCapacityError(f"a socket has at most {config.max_contexts} contexts")
        if max_wait is not None:
            config = config.model_copy(update={"max_wait": max_wait})
        context = Context(spoken, _cutter(spoken), self._speak, config)
        self.contexts[name] = context
        self._players[context] = asyncio.create_task(self._play(name, context))
        return context

    async def drop(self, name: str) -> None:
        """End a context at once; what it alone still causes ends with it."""
        if (context := self.contexts.pop(name, None)) is None:
            return
        player = self._players[context]
        player.cancel()
        await asyncio.wait({player})

    async def send_json(self, message: dict[str, Any]) -> None:
        """Send a message; a reader that takes nothing for long is cut off."""
        await self._send({"type": "websocket.send", "text": json.dumps(message)})

    async def send_bytes(self, data: bytes) -> None:
        """Likewise, for bytes."""
        await self._send({"type": "websocket.send", "bytes": data})

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the socket, and end what it still has."""
        self._over.set()
        with suppress(RuntimeError, WebSocketDisconnect):
            await self.socket.close(code, reason)

    async def _listen(self) -> None:
        idle = self._dialect.idle_timeout or self._seat.config.idle_timeout
        while True:
            try:
                async with asyncio.timeout(idle):
                    message = await self.socket.receive()
            except TimeoutError:
                if not all(context.is_idle for context in self.contexts.values()):
                    continue
                await self._dialect.leave(idle=True)
                return
            if message["type"] != "websocket.receive":
                return
            try:
                await self._dialect.hear(message.get("text") or message.get("bytes") or "")
            except SpeechError as error:
                metrics.count(telemetry.REQUESTS, outcome=error.code, cache="none")
                await self._dialect.failed(None, error)

    async def _play(self, name: str, context: Context) -> None:
        try:
            async for piece in context.pieces():
                await self._dialect.said(name, piece)
            self._forget(name, context)
            await self._dialect.ended(name)
        except SpeechError as error:
            self._forget(name, context)
            await self._dialect.failed(name, error)
        except WebSocketDisconnect:
            self._over.set()
        except Exception as error:  # noqa: BLE001 (else nobody would hear of it, or of anything)
            _LOG.error("unexpected %s", type(error).__name__, exc_info=error)
            self._over.set()
        finally:
            self._forget(name, context)
            try:
                await context.aclose()
            finally:
                del self._players[context]

    async def _end_players(self) -> None:
        """Wait for those of contexts that have ended by themselves; a reader may hold one up."""
        left = {*self._players.values()}
        if left:
            _, left = await asyncio.wait(left, timeout=_ENDING)
        for player in left:
            player.cancel()
        if left:
            await asyncio.wait(left)

    def _forget(self, name: str, context: Context) -> None:
        if self.contexts.get(name) is context:
            del self.contexts[name]

    async def _say_goodbye(self) -> None:
        for context in self.contexts.values():
            context.wind_down()
        if players := [*self._players.values()]:
            await asyncio.wait(players, timeout=self._seat.config.drain_timeout)
        with suppress(WebSocketDisconnect):
            await self._dialect.leave(idle=False)

    async def _speak(self, spoken: SpeechRequest) -> RecordedReply:
        seat, arrived = self._seat, perf_counter()
        self._spoken += 1
        request_id = f"{seat.request_id}-{self._spoken}"
        with tracing.sentence(spoken, seat.request_id, request_id) as traced:
            reply = await seat.speaker.speak(
                traced,
                request_id=request_id,
                deadline=seat.admission.limits.default_deadline,
                private=self.private,
                caller=seat.who(self.socket),
            )
        outcome = "hit" if reply.cache is CacheState.HOT else "miss"
        metrics.count(telemetry.CACHE_LOOKUPS, tier="hot", outcome=outcome)
        recorded = RecordedReply(reply, spoken, request_id, arrived)
        recorded.begin()
        return recorded

    async def _send(self, message: dict[str, Any]) -> None:
        size = len(message.get("bytes") or message.get("text") or b"")
        limits, loop = self._seat.admission.limits, asyncio.get_running_loop()
        timers = (
            loop.call_later(limits.stall_after, self._each, Context.stall),
            loop.call_later(limits.read_timeout, self._over.set),
        )
        self._seat.admission.reading.take(self._seat.caller, size)
        try:
            await self.socket.send(message)
        except RuntimeError as error:  # it was closed, or the client has left
            raise WebSocketDisconnect(GONE) from error
        finally:
            self._seat.admission.reading.take(self._seat.caller, -size)
            for timer in timers:
                timer.cancel()
            self._each(Context.resume)

    def _each(self, do: Callable[[Context], None]) -> None:
        for context in self.contexts.values():
            do(context)


class Sessions:
    """All sessions of one gateway."""

    def __init__(self, config: SessionConfig, speaker: Speaker, admission: Admission) -> None:
        self._config = config
        self._speaker = speaker
        self._admission = admission
        self._ledger = Ledger()
        self._open: set[Session] = set()
        self._draining = False

    @property
    def count(self) -> int:
        """Open sockets."""
        return len(self._open)

    def report(self) -> None:
        """Set the gauges."""
        contexts = [context for it in self._open for context in it.contexts.values()]
        metrics.set_gauge(telemetry.SESSIONS, self.count)
        metrics.set_gauge(
            telemetry.SESSION_CHARACTERS, sum(context.characters for context in contexts)
        )

    def leave(self) -> None:
        """The server goes: all say goodbye, and nobody comes in."""
        self._draining = True
        for session in self._open:
            session.leave()

    async def serve(
        self,
        socket: WebSocket,
        speaks: Callable[[Session], Dialect],
        here: Here,
        who: Callable[[WebSocket], Caller],
    ) -> None:
        """Serve one socket in a dialect, or refuse it."""
        try:
            caller = who(socket)
            session = self._admit(socket, speaks, here, who, caller)
        except SpeechError as error:
            metrics.count(telemetry.REQUESTS, outcome=error.code, cache="none")
            await socket.send_denial_response(error_response(error))
            return
        try:
            await session.run()
        finally:
            self._open.discard(session)
            self._ledger.take(caller, -1)

    def _admit(
        self,
        socket: WebSocket,
        speaks: Callable[[Session], Dialect],
        here: Here,
        who: Callable[[WebSocket], Caller],
        caller: Caller,
    ) -> Session:
        if self._draining:
            raise UnavailableError("the server is shutting down")
        share = self._admission.limits.caller_share
        if self.count and not self._ledger.fits(caller, 1, self._config.max_open, share):
            raise AtCapacityError("too many sockets are open")
        request_id = socket.headers.get("x-request-id", "")[:128] or uuid.uuid4().hex
        seat = Seat(
            here=here,
            caller=caller,
            who=who,
            request_id=request_id,
            speaker=self._speaker,
            admission=self._admission,
            config=self._config,
        )
        session = Session(socket, seat, speaks)
        self._open.add(session)
        self._ledger.take(caller, 1)
        return session


def read(model: type[T], message: str | bytes) -> T:
    """Parse a message of JSON.

    Raises:
        InvalidInputError: naming the first offending member.
    """
    try:
        return model.model_validate_json(message)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise InvalidInputError("the message is not valid JSON") from None
        raise invalid(error) from None


@cache
def _front_end() -> FrontEnd:
    return FrontEnd(TextConfig())


def _cutter(spoken: SpeechRequest) -> Sentences:
    passage = spoken.passages[0]

    def sentences(text: str) -> list[str]:
        try:
            return _front_end().sentences(replace(passage, text=text))
        except InvalidInputError:
            return [text]  # whoever has it spoken is told what is wrong

    return sentences
