"""Single flight: one reply in the making per key, however many callers wait for it.

A fill belongs to its key, not to the caller who came first. It runs in a task of its own and in an
empty context: Ray Serve cancels child calls through the ambient request context, so a fill that
inherited its first caller's context would die with that caller and take every other reader along.
It pulls at the source's speed into a bounded buffer; readers replay from byte 0 at their own speed.
When its last reader leaves before it is complete, it is cancelled.

This module knows neither tiers nor epochs: a complete reply is handed to the `commit` of the caller
who started the fill, and what that does with it is the caller's affair.
"""

import asyncio
import copy
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn

from speech.cache.replies import StoredReply
from speech.config import CacheConfig
from speech.errors import (
    AtCapacityError,
    DeadlineExceededError,
    SpeechError,
    TooLargeError,
    UnavailableError,
)
from speech.types import AudioFrame, CacheState, Timing

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
    buffered_bytes: int
    """Held by fills that run; a complete one that only slow readers hold is not counted."""
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
    """Readers turned away because `max_fills` were running."""


class _Fill:
    """One reply in the making. All methods run on the loop's thread and none of them waits."""

    __slots__ = (
        "_buffer",
        "audio_seconds",
        "changed",
        "complete",
        "error",
        "key",
        "readers",
        "started",
        "stopped",
        "task",
        "timings",
        "total_bytes",
        "traceback",
    )

    def __init__(self, key: str) -> None:
        self.key = key
        self.readers = 0
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
        self.changed = asyncio.Event()
        self._buffer: bytearray | bytes = bytearray()

    @property
    def size(self) -> int:
        return len(self._buffer)

    def add(self, frame: AudioFrame, max_bytes: int) -> None:
        if self.complete:
            raise RuntimeError("the source went on after its last frame")
        if self.size + len(frame.data) > max_bytes:
            raise TooLargeError(f"the reply is larger than {max_bytes} bytes", "input")
        if not self.started:
            self.started = True
            self.timings = frame.timings
            self.total_bytes = frame.total_bytes
        self._buffer += frame.data
        if frame.is_last:
            if self.total_bytes not in {None, self.size}:
                raise RuntimeError("the source announced another size than it delivered")
            self.complete = True
            self.audio_seconds = frame.audio_seconds
            self.total_bytes = self.size
            self._buffer = bytes(self._buffer)  # from here on a whole short reply is not copied
        self.wake()

    def fail(self, error: BaseException) -> None:
        self.error = error
        self.traceback = error.__traceback__
        self._buffer = b""  # a traceback may keep this object for a while
        self.wake()

    def wake(self) -> None:
        # A new event each time: a reader that looks at the state and then waits for `changed`,
        # with no await between, cannot miss anything.
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    def stored(self) -> StoredReply:
        return StoredReply(body=bytes(self._buffer), audio_seconds=self.audio_seconds)

    def has_frame(self, position: int) -> bool:
        """Whether a reader that is at `position` and not at the end has a frame to yield."""
        return position < self.size or self.complete

    def frame(
        self, position: int, max_bytes: int, state: CacheState, *, is_first: bool
    ) -> AudioFrame:
        end = min(position + max_bytes, self.size)
        if isinstance(self._buffer, bytes):
            data = self._buffer[position:end]
        else:
            data = bytes(memoryview(self._buffer)[position:end])  # one copy, not two
        is_last = self.complete and end == self.size
        return AudioFrame(
            data=data,
            is_first=is_first,
            is_last=is_last,
            cache=state,
            total_bytes=self.total_bytes if is_first else None,
            timings=self.timings if is_first else (),
            audio_seconds=self.audio_seconds if is_last else 0.0,
        )


class FillTable:
    """The fills of one process. For one event loop."""

    def __init__(self, config: CacheConfig) -> None:
        self._config = config
        self._fills: dict[str, _Fill] = {}
        """What a reader may join: runs, and has neither failed nor been stopped."""
        self._running: set[_Fill] = set()
        """Every fill whose task has not ended."""
        self._closed = False
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
            TooLargeError: it grew beyond `max_fill_bytes`.
            UnavailableError: the source ended early or was cancelled, or the table was closed.
            Exception: what the source raised: a copy for each reader if it is a SpeechError.
        """
        fill = self._fills.get(key)
        if fill is None:
            fill, state = self._begin(key, start, commit), CacheState.MISS
        else:
            state = CacheState.COALESCED
            self._coalesced += 1
        fill.readers += 1
        self._readers += 1
        try:
            position = 0
            is_first, is_last = True, False
            while not is_last:
                if fill.error is not None:
                    _raise(fill.error, fill.traceback)
                elif fill.has_frame(position):
                    frame = fill.frame(position, self._config.frame_bytes, state, is_first=is_first)
                    position += len(frame.data)
                    is_first, is_last = False, frame.is_last
                    yield frame
                else:
                    await fill.changed.wait()
        finally:
            self._leave(fill)

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
            buffered_bytes=sum(fill.size for fill in self._running),
            started=self._started,
            coalesced=self._coalesced,
            completed=self._completed,
            failed=self._failed,
            abandoned=self._abandoned,
            uncommitted=self._uncommitted,
            refused=self._refused,
        )

    def _begin(self, key: str, start: Source, commit: Commit | None) -> _Fill:
        if self._closed:
            raise UnavailableError("the server is shutting down")
        if len(self._running) >= self._config.max_fills:
            self._refused += 1
            raise AtCapacityError("too many replies are being made")
        fill = _Fill(key)
        context = Context()  # empty, for the callbacks too: see the top of this module
        timer = asyncio.get_running_loop().call_later(
            self._config.fill_timeout,
            self._stop,
            fill,
            DeadlineExceededError("the reply took too long to make"),
            context=context,
        )

        def done(task: asyncio.Task[None]) -> None:
            timer.cancel()
            self._done(fill, task)

        fill.task = asyncio.create_task(
            self._run(fill, start, commit), name=f"fill {key[:12]}", context=context
        )
        fill.task.add_done_callback(done, context=context)
        self._fills[key] = fill
        self._running.add(fill)
        self._started += 1
        return fill

    async def _run(self, fill: _Fill, start: Source, commit: Commit | None) -> None:
        source = start()
        try:
            async for frame in source:
                if fill.stopped:  # a source that swallowed its cancellation
                    return
                fill.add(frame, self._config.max_fill_bytes)
        except BaseException as error:
            self._fail(fill, error)  # now: readers need not wait until the source is closed
            raise
        finally:
            await _close(source)
        if not fill.complete:
            raise UnavailableError("the reply ended before it was complete")
        if commit is not None:
            await commit(fill.stored())

    def _done(self, fill: _Fill, task: asyncio.Task[None]) -> None:
        """Settle a fill whose task has ended, however it ended: no reader is left waiting."""
        self._running.discard(fill)
        self._forget(fill)
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

    def _leave(self, fill: _Fill) -> None:
        fill.readers -= 1
        self._readers -= 1
        if fill.readers == 0 and not fill.complete:
            self._stop(fill, None)

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
