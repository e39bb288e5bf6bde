"""Single flight: one reply in the making per key, however many callers wait for it.

A fill belongs to its key, not to the caller who came first. It runs in a task of its own and in an
empty context: Ray Serve cancels child calls through the ambient request context, so a fill that
inherited its first caller's context would die with that caller and take every other reader along.
It pulls at the source's speed into a bounded buffer; readers replay from byte 0 at their own speed.
When its last reader leaves before it is complete, it is cancelled. When its readers take nothing
for a while and enough lies ready, it pauses. Where one reply, or all together, would hold too much,
it becomes a pipe: it holds what its readers have not read yet, nobody joins it, and it is not kept.

This module knows neither tiers nor epochs: it gives a complete reply to the `commit` of the caller
who started the fill.
"""

import asyncio
import copy
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn

from speech.cache.stored import StoredReply
from speech.config import CacheConfig
from speech.errors import (
    AtCapacityError,
    DeadlineExceededError,
    SpeechError,
    UnavailableError,
)
from speech.types import AudioFrame, CacheState, SpokenWord, Timing

logger = logging.getLogger(__name__)

Source = Callable[[], AsyncIterator[AudioFrame]]
Commit = Callable[[StoredReply], Awaitable[None]]

CLOSE_TIMEOUT = 5.0
"""Seconds a source may take to close before it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillCounters:
    """State of the table now, and events since it was made."""

    active: int
    """Fills that run, those included that are being cancelled."""
    readers: int
    paused: int
    """Fills that wait for their readers or for room."""
    held_bytes: int
    """Of replies that are made, are read, or are stored ones being read."""
    started: int
    coalesced: int
    """Readers that joined a fill of somebody else."""
    completed: int
    failed: int
    """Ended by an error of the source, a bound, the timeout or `close`."""
    abandoned: int
    """Cancelled because the last reader left."""
    uncommitted: int
    """Complete and delivered, but the source's end or the commit failed."""
    refused: int
    """Readers turned away because `max_fills` were running, or too much was held."""
    dropped: int
    """Readers given up because they took nothing while they were waited for."""


class _Stock:
    """What all replies of a table hold."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        self.bytes = 0


class _Reader:
    """One reader of a fill."""

    __slots__ = ("idle_since", "lost", "position", "words")

    def __init__(self) -> None:
        self.position = 0
        self.words = 0
        """Of the fill's words, how many it has had."""
        self.idle_since: float | None = None
        """When it was given its last frame; None while it asks for one."""
        self.lost = False
        """It was given up, and what it has not read may be gone."""


class _Fill:
    """One reply in the making. All methods run on the loop's thread and none of them waits."""

    __slots__ = (
        "_base",
        "_buffer",
        "_stock",
        "audio_seconds",
        "changed",
        "complete",
        "due",
        "error",
        "head",
        "is_pipe",
        "key",
        "readers",
        "started",
        "stopped",
        "task",
        "timer",
        "timings",
        "total_bytes",
        "traceback",
        "unmade",
        "words",
    )

    def __init__(self, key: str, stock: _Stock) -> None:
        self.key = key
        self.readers: set[_Reader] = set()
        self.is_pipe = False
        """What every reader has read is let go."""
        self.timer: asyncio.TimerHandle | None = None
        self.due = 0.0
        """When it has taken too long, by the loop's clock."""
        self.started = False
        """The source's first frame is here."""
        self.complete = False
        """The source's last frame is here."""
        self.stopped = False
        """Cancelled by the table; whatever the source still says is ignored."""
        self.task: asyncio.Task[None] | None = None
        self.error: BaseException | None = None
        self.traceback: TracebackType | None = None
        self.timings: tuple[Timing, ...] = ()
        self.total_bytes: int | None = None
        self.audio_seconds = 0.0
        self.head = b""
        self.unmade: float | None = None
        self.words: list[SpokenWord] = []
        self.changed = asyncio.Event()
        self._stock = stock
        self._base = 0
        """Bytes let go at the front."""
        self._buffer: bytearray | bytes = bytearray()

    @property
    def size(self) -> int:
        return self._base + len(self._buffer)

    @property
    def held(self) -> int:
        return len(self._buffer)

    @property
    def ahead(self) -> int:
        """Bytes that no reader has had."""
        return self.size - max((reader.position for reader in self.readers), default=0)

    def idle_readers(self, since: float) -> list[_Reader]:
        """Those that have taken nothing since."""
        return [
            reader
            for reader in self.readers
            if reader.idle_since is not None and reader.idle_since <= since
        ]

    def let_go(self) -> int:
        """Drop what every reader has had; returns how many bytes."""
        had = min((r.position for r in self.readers if not r.lost), default=self.size) - self._base
        if had <= 0:
            return 0
        if isinstance(self._buffer, bytes):
            self._buffer = self._buffer[had:]
        else:
            del self._buffer[:had]
        self._base += had
        self._stock.bytes -= had
        return had

    def empty(self) -> None:
        """Drop everything."""
        self._stock.bytes -= len(self._buffer)
        self._base = self.size
        self._buffer = b""

    def add(self, frame: AudioFrame, max_frame: int) -> None:
        if self.complete:
            raise RuntimeError("the source went on after its last frame")
        if not self.started:
            self.started = True
            self.timings = frame.timings
            self.total_bytes = frame.total_bytes
        self._buffer += frame.data
        self._stock.bytes += len(frame.data)
        self.unmade = frame.unmade
        self.words += frame.words
        if frame.is_last:
            self.unmade = 0
            if self.total_bytes not in {None, self.size}:
                raise RuntimeError("the source announced another size than it delivered")
            self.complete = True
            self.audio_seconds = frame.audio_seconds
            self.head = frame.head
            self.total_bytes = self.size
            if self.held <= max_frame:
                self._buffer = bytes(self._buffer)  # from here on it is not copied
        self.wake()

    def fail(self, error: BaseException) -> None:
        self.error = error
        self.traceback = error.__traceback__
        self.empty()  # a traceback may keep this object for a while
        self.wake()

    def wake(self) -> None:
        # A new event each time: a reader that looks at the state and then waits for `changed`,
        # with no await between, cannot miss anything.
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    def stored(self) -> StoredReply:
        return StoredReply(
            body=self.head + bytes(self._buffer)[len(self.head) :],
            audio_seconds=self.audio_seconds,
            words=tuple(self.words),
        )

    def has_frame(self, position: int) -> bool:
        """Whether a reader that is at `position` and not at the end has a frame to yield."""
        return position < self.size or self.complete

    def frame(
        self, reader: _Reader, max_bytes: int, state: CacheState, *, is_first: bool
    ) -> AudioFrame:
        """The next frame of a reader, which it moves on."""
        end = min(reader.position + max_bytes, self.size)
        start = reader.position - self._base
        words = tuple(self.words[reader.words :])
        reader.position, reader.words = end, len(self.words)
        if isinstance(self._buffer, bytes):
            data = self._buffer[start : start + max_bytes]
        else:
            # One copy, not two; and no view is left that would keep the buffer from growing.
            with memoryview(self._buffer) as view:
                data = bytes(view[start : start + max_bytes])
        is_last = self.complete and end == self.size
        return AudioFrame(
            data=data,
            is_first=is_first,
            is_last=is_last,
            cache=state,
            total_bytes=self.total_bytes if is_first else None,
            timings=self.timings if is_first else (),
            unmade=self.unmade,
            words=words,
            audio_seconds=self.audio_seconds if is_last else 0.0,
            head=self.head if is_last else b"",
        )


class FillTable:
    """The fills of one process. For one event loop."""

    def __init__(self, config: CacheConfig) -> None:
        self._config = config
        self._fills: dict[str, _Fill] = {}
        """What a reader may join: runs, and has neither failed nor been stopped."""
        self._running: set[_Fill] = set()
        """Every fill whose task has not ended."""
        self._stock = _Stock()
        self._max_bytes = config.max_fills_bytes
        """From which on those in the making are pipes."""
        self._lent: dict[int, int] = {}
        """Readers of stored replies, by the identity of the bytes they share."""
        self._moved = asyncio.Event()
        self._closed = False
        self._paused = 0
        self._dropped = 0
        self._readers = 0
        self._started = 0
        self._coalesced = 0
        self._completed = 0
        self._failed = 0
        self._abandoned = 0
        self._uncommitted = 0
        self._refused = 0

    async def join(
        self, key: str, start: Source, commit: Commit | None = None
    ) -> AsyncGenerator[AudioFrame, None]:
        """Read the reply of `key` from its first byte, starting a fill if none is running.

        Nothing happens before the first `__anext__`, and nothing is awaited between a call's first
        step and its place in the fill: a caller that found the tiers empty may join at once and
        knows that no fill of this key was committed in between. Read it under `aclosing`: a reader
        that is closed or cancelled leaves its fill, and the last one to leave cancels it.

        Args:
            key: the entry key. A reply that no stranger may share needs a key of its own.
            start: makes the source; called inside the fill's task. Its frames are joined, its
                last one must say `is_last`; it is closed whatever happens.
            commit: receives the complete reply while the key can still be joined. Failing costs
                only the entry. None keeps nothing. Those of later readers are not called.

        Yields:
            Frames of at most `frame_bytes`. The first carries `miss` for the reader who started
            the fill and `coalesced` for others; the last may be empty when the source's was.

        Raises:
            AtCapacityError: `max_fills` are running.
            DeadlineExceededError: the fill took longer than `fill_timeout`.
            UnavailableError: the source ended early or was cancelled, or the table was closed, or
                this reader took nothing for too long.
            Exception: what the source raised: a copy for each reader if it is a SpeechError.
        """
        fill = self._fills.get(key)
        if fill is None:
            fill, state = self._begin(key, start, commit), CacheState.MISS
        else:
            state = CacheState.COALESCED
            self._coalesced += 1
        reader = _Reader()
        fill.readers.add(reader)
        self._readers += 1
        loop = asyncio.get_running_loop()
        try:
            is_first, is_last = True, False
            while not is_last:
                if reader.lost:
                    raise UnavailableError("the reply was not read for too long")
                if fill.error is not None:
                    _raise(fill.error, fill.traceback)
                elif fill.has_frame(reader.position):
                    size = self._config.frame_bytes
                    frame = fill.frame(reader, size, state, is_first=is_first)
                    is_first, is_last = False, frame.is_last
                    if fill.is_pipe:
                        fill.let_go()
                    self._move()
                    reader.idle_since = loop.time()
                    yield frame
                    reader.idle_since = None
                else:
                    await fill.changed.wait()
        finally:
            self._leave(fill, reader)

    @contextmanager
    def lend(self, reply: StoredReply) -> Iterator[None]:
        """Count a stored reply among what is held while it is read; once, however many read it.

        Raises:
            AtCapacityError: too much is held.
        """
        key, size = id(reply.body), reply.size
        if key not in self._lent:
            if self._stock.bytes and self._stock.bytes + size > self._config.max_fills_bytes:
                self._refused += 1
                raise AtCapacityError("too much is being read")
            self._stock.bytes += size
        self._lent[key] = self._lent.get(key, 0) + 1
        try:
            yield
        finally:
            self._lent[key] -= 1
            if not self._lent[key]:
                del self._lent[key]
                self._stock.bytes -= size
                self._move()

    def shrink(self) -> None:
        """Have those in the making hold half of what is held; nothing goes before it is read.

        A sixteenth of the bound stays, so that short replies are made once for all and kept.
        """
        self._max_bytes = max(self._stock.bytes // 2, self._config.max_fills_bytes // 16)

    def restore(self) -> None:
        """Hold as much as is configured again."""
        self._max_bytes = self._config.max_fills_bytes

    async def close(self) -> None:
        """Cancel all fills, fail their readers and wait until every source is closed."""
        self._closed = True
        for fill in list(self._running):
            self._stop(fill, UnavailableError("the server is shutting down"))
        tasks = [fill.task for fill in self._running if fill.task is not None]
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=2 * CLOSE_TIMEOUT)
            if stuck:
                logger.error("%d fills ignored their cancellation", len(stuck))

    @property
    def counters(self) -> FillCounters:
        """A snapshot."""
        return FillCounters(
            active=len(self._running),
            readers=self._readers,
            paused=self._paused,
            held_bytes=self._stock.bytes,
            started=self._started,
            coalesced=self._coalesced,
            completed=self._completed,
            failed=self._failed,
            abandoned=self._abandoned,
            uncommitted=self._uncommitted,
            refused=self._refused,
            dropped=self._dropped,
        )

    def _begin(self, key: str, start: Source, commit: Commit | None) -> _Fill:
        if self._closed:
            raise UnavailableError("the server is shutting down")
        if len(self._running) >= self._config.max_fills:
            self._refused += 1
            raise AtCapacityError("too many replies are being made")
        fill = _Fill(key, self._stock)
        context = Context()  # empty, for the callbacks too: see the top of this module
        self._time(fill, self._config.fill_timeout, context)

        def done(task: asyncio.Task[None]) -> None:
            if fill.timer is not None:
                fill.timer.cancel()
            self._done(fill, task)

        fill.task = asyncio.create_task(
            self._run(fill, start, commit), name=f"fill {key[:12]}", context=context
        )
        fill.task.add_done_callback(done, context=context)
        self._fills[key] = fill
        self._running.add(fill)
        self._started += 1
        return fill

    def _time(self, fill: _Fill, seconds: float, context: Context | None = None) -> None:
        """Stop a fill that has not ended in so many seconds."""
        loop = asyncio.get_running_loop()
        fill.due = loop.time() + seconds
        error = DeadlineExceededError("the reply took too long to make")
        fill.timer = loop.call_at(fill.due, self._stop, fill, error, context=context)

    async def _run(self, fill: _Fill, start: Source, commit: Commit | None) -> None:
        source = start()
        try:
            async for frame in source:
                if fill.stopped:  # a source that swallowed its cancellation
                    return
                fill.add(frame, self._config.frame_bytes)
                if not self._may_go_on(fill):
                    await self._pause(fill)
        except BaseException as error:
            self._fail(fill, error)  # now: readers need not wait until the source is closed
            raise
        finally:
            await _close(source)
        if not fill.complete:
            raise UnavailableError("the reply ended before it was complete")
        # What no tier would keep is not copied for them.
        if commit is not None and not fill.is_pipe and fill.size <= self._config.max_entry_bytes:
            await commit(fill.stored())

    def _may_go_on(self, fill: _Fill) -> bool:
        """Whether a fill may ask its source for more; makes a pipe of one that holds too much.

        So much is held at most: `max_fills_bytes`, or what `shrink` leaves of it, and for every
        fill one frame of its source.
        """
        config = self._config
        if fill.complete:
            return True
        now = asyncio.get_running_loop().time()
        if fill.held <= config.max_fill_bytes and self._stock.bytes <= self._max_bytes:
            if fill.ahead <= config.max_ahead_bytes:
                return True
            idle = fill.idle_readers(now - config.pause_after)
            return len(idle) < len(fill.readers)
        if not fill.is_pipe:
            fill.is_pipe = True
            self._forget(fill)
        # One that waits for more does not wait for others that take nothing.
        waited_for = fill.ahead == 0
        patience = config.pause_after if waited_for else config.fill_timeout
        for reader in fill.idle_readers(now - patience):
            if reader.position < fill.size and not reader.lost:
                reader.lost = True
                self._dropped += 1
        fill.let_go()
        return fill.held == 0 or (
            fill.held <= config.max_fill_bytes and self._stock.bytes <= self._max_bytes
        )

    async def _pause(self, fill: _Fill) -> None:
        """Wait until a fill may go on; time does not run for it meanwhile."""
        left = fill.due - asyncio.get_running_loop().time()
        if fill.timer is not None:
            fill.timer.cancel()
        self._paused += 1
        try:
            while not self._may_go_on(fill):
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._config.pause_after):
                        await self._moved.wait()
        finally:
            self._paused -= 1
            if not fill.stopped:
                self._time(fill, left)

    def _move(self) -> None:
        """Something was read or let go: whoever is paused looks again."""
        if self._paused:
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    def _done(self, fill: _Fill, task: asyncio.Task[None]) -> None:
        """Settle a fill whose task has ended, however it ended: no reader is left waiting."""
        self._running.discard(fill)
        self._forget(fill)
        fill.is_pipe = True  # nobody can join it any more
        if not fill.readers:
            fill.empty()
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if fill.complete:
            self._completed += 1
            if error is not None:
                self._uncommitted += 1
                logger.warning("a complete reply was not stored", exc_info=error)
        elif error is not None:
            self._fail(fill, error)

    def _fail(self, fill: _Fill, error: BaseException) -> None:
        """End all readers, unless they have been told or need nothing more."""
        if fill.complete or fill.error is not None:
            return
        self._forget(fill)
        self._failed += 1
        if isinstance(error, asyncio.CancelledError):
            # Not by us (`_stop` has spoken first): in a reader it would pass for its own.
            error = UnavailableError("the reply was cancelled where it was made")
        fill.fail(error)

    def _leave(self, fill: _Fill, reader: _Reader) -> None:
        fill.readers.discard(reader)
        self._readers -= 1
        if not fill.readers:
            if not fill.complete:
                self._stop(fill, None)
            elif fill not in self._running:
                fill.empty()
        elif fill.is_pipe:
            fill.let_go()
        self._move()

    def _stop(self, fill: _Fill, error: SpeechError | None) -> None:
        """Cancel a fill; readers do not wait until its source agrees. None: nobody reads it."""
        if fill.stopped or fill.error is not None or fill.task is None:
            return  # it has ended already: at most its source is being closed, in bounded time
        fill.stopped = True
        if error is not None:
            self._fail(fill, error)
        else:
            self._forget(fill)
            self._abandoned += 1
            fill.fail(UnavailableError("nobody waits for this reply"))
        fill.task.cancel()

    def _forget(self, fill: _Fill) -> None:
        """Let the next reader of the key start anew."""
        if self._fills.get(fill.key) is fill:
            del self._fills[fill.key]


async def _close(source: AsyncIterator[AudioFrame]) -> None:
    close = getattr(source, "aclose", None)
    if close is None:
        return
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await close()
    except Exception:  # it must not hide why the fill ended
        logger.exception("a source failed to close")


def _raise(error: BaseException, traceback: TracebackType | None) -> NoReturn:
    """Raise a fill's error in one reader.

    A raised object collects the frames it passes. So each reader gets a SpeechError of its own;
    other errors may refuse to be copied, and start again from the traceback they came with.
    """
    if isinstance(error, SpeechError):
        raise copy.copy(error) from error
    raise error.with_traceback(traceback)
