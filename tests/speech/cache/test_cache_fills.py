"""Single flight: one fill per key, owned by the key, whatever its readers do."""

import asyncio
import contextvars
import gc
import random
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.cache.fills import FillTable
from speech.cache.replies import StoredReply
from speech.config import CacheConfig
from speech.errors import (
    AtCapacityError,
    DeadlineExceededError,
    SpeechError,
    SynthesisError,
    TooLargeError,
    UnavailableError,
)
from speech.types import AudioFrame, CacheState, Timing

TIMINGS = (Timing(stage="synthesis", seconds=0.02),)


class Maker:
    """A source under the test's control: counts its calls and makes a piece when told to."""

    def __init__(self, pieces: int = 3, size: int = 4, *, free: bool = False) -> None:
        self.body = bytes(index % 251 for index in range(pieces * size))
        self.calls = 0
        self.closed = 0
        self.error: BaseException | None = None
        self.total_bytes: int | None = None
        self._pieces = pieces
        self._size = size
        self._steps = asyncio.Semaphore(10**6 if free else 0)

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self._steps.release()

    async def __call__(self) -> AsyncIterator[AudioFrame]:
        self.calls += 1
        try:
            for index in range(self._pieces):
                await self._steps.acquire()
                if self.error is not None:
                    raise self.error
                is_last = index == self._pieces - 1
                yield AudioFrame(
                    data=self.body[index * self._size : (index + 1) * self._size],
                    is_first=index == 0,
                    is_last=is_last,
                    timings=TIMINGS if index == 0 else (),
                    total_bytes=self.total_bytes,
                    audio_seconds=1.5 if is_last else 0.0,
                )
        finally:
            self.closed += 1


def table(**limits: float) -> FillTable:
    return FillTable(CacheConfig.model_validate(limits))


async def read(frames: AsyncIterator[AudioFrame]) -> list[AudioFrame]:
    return [frame async for frame in frames]


def joined(frames: list[AudioFrame]) -> bytes:
    return b"".join(frame.data for frame in frames)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the conditions are plain counters
            await asyncio.sleep(0)


async def settle(fills: FillTable) -> None:
    await until(lambda: fills.counters.active == 0)


async def test_32_readers_share_one_fill() -> None:
    fills, maker = table(), Maker()
    tasks = [asyncio.create_task(read(fills.join("k", maker))) for _ in range(32)]
    await until(lambda: fills.counters.readers == 32)
    maker.step(3)
    replies = await asyncio.gather(*tasks)
    assert maker.calls == 1
    assert {joined(frames) for frames in replies} == {maker.body}
    states = [frames[0].cache for frames in replies]
    assert states == [CacheState.MISS] + [CacheState.COALESCED] * 31
    await settle(fills)
    assert (maker.closed, fills.counters.completed, fills.counters.coalesced) == (1, 1, 31)


async def test_the_first_frame_tells_how_and_the_last_how_long() -> None:
    fills, maker = table(), Maker()
    maker.total_bytes = 12
    frames = []
    maker.step()
    async for frame in fills.join("k", maker):
        frames.append(frame)
        maker.step()
    assert [len(frame.data) for frame in frames] == [4, 4, 4]
    assert [frame.is_first for frame in frames] == [True, False, False]
    assert [frame.is_last for frame in frames] == [False, False, True]
    assert [frame.total_bytes for frame in frames] == [12, None, None]
    assert [frame.timings for frame in frames] == [TIMINGS, (), ()]
    assert [frame.audio_seconds for frame in frames] == [0.0, 0.0, 1.5]


async def test_frames_are_no_larger_than_configured() -> None:
    fills, maker = table(frame_bytes=5), Maker(pieces=2, size=11, free=True)
    frames = await read(fills.join("k", maker))
    assert joined(frames) == maker.body
    assert max(len(frame.data) for frame in frames) == 5
    assert [frame.is_last for frame in frames].count(True) == 1


@pytest.mark.parametrize("body", [b"", b"abc"])
async def test_a_last_frame_without_data_ends_the_reply(body: bytes) -> None:
    async def source() -> AsyncIterator[AudioFrame]:
        if body:
            yield AudioFrame(data=body, is_first=True)
            await asyncio.sleep(0.01)
        yield AudioFrame(data=b"", is_first=not body, is_last=True, audio_seconds=2.0)

    frames = await read(table().join("k", source))
    assert joined(frames) == body
    assert frames[0].is_first
    assert (frames[-1].is_last, frames[-1].audio_seconds) == (True, 2.0)


async def test_the_first_reader_may_leave() -> None:
    fills, maker = table(), Maker()
    first = asyncio.create_task(read(fills.join("k", maker)))
    await until(lambda: fills.counters.readers == 1)
    others = [asyncio.create_task(read(fills.join("k", maker))) for _ in range(3)]
    await until(lambda: fills.counters.readers == 4)
    first.cancel()
    maker.step(3)
    assert {joined(frames) for frames in await asyncio.gather(*others)} == {maker.body}
    assert first.cancelled()
    assert maker.calls == 1


@pytest.mark.parametrize("steps", [0, 1])
async def test_the_last_reader_takes_the_fill_along(steps: int) -> None:
    fills, maker = table(), Maker()
    kept: list[StoredReply] = []

    async def commit(reply: StoredReply) -> None:
        kept.append(reply)

    tasks = [asyncio.create_task(read(fills.join("k", maker, commit))) for _ in range(2)]
    await until(lambda: fills.counters.readers == 2)
    maker.step(steps)
    await until(lambda: fills.counters.buffered_bytes == 4 * steps)
    await until(lambda: maker.calls == 1)
    tasks[0].cancel()
    await asyncio.sleep(0.01)
    assert maker.closed == 0
    tasks[1].cancel()
    await settle(fills)
    assert maker.closed == 1
    assert fills.counters.abandoned == 1
    assert fills.counters.readers == 0
    assert kept == []


async def test_closing_a_suspended_reader_leaves_too() -> None:
    fills, maker = table(), Maker()
    maker.step()
    async with aclosing(fills.join("k", maker)) as frames:
        assert (await anext(frames)).data == maker.body[:4]
        assert fills.counters.active == 1
    await settle(fills)
    assert maker.closed == 1


async def test_a_reader_nobody_closed_leaves_when_it_is_collected() -> None:
    fills, maker = table(), Maker()
    maker.step()
    frames = fills.join("k", maker)
    await anext(frames)
    del frames
    gc.collect()
    await settle(fills)
    assert maker.closed == 1


async def test_a_reader_that_never_began_holds_nothing() -> None:
    fills, maker = table(), Maker()
    await fills.join("k", maker).aclose()
    assert (fills.counters.started, maker.calls) == (0, 0)


async def test_a_fill_cancelled_before_its_first_step_calls_nobody() -> None:
    fills, maker = table(), Maker()
    step = anext(fills.join("k", maker)).__await__()
    next(step)  # by hand: no loop would let the reader go between its step and the fill's
    with pytest.raises(asyncio.CancelledError):
        step.throw(asyncio.CancelledError())
    await settle(fills)
    assert maker.calls == 0


async def test_a_key_whose_fill_is_being_cancelled_can_be_joined_anew() -> None:
    fills = table()
    release = asyncio.Event()
    calls = 0

    async def slow_to_die() -> AsyncIterator[AudioFrame]:
        nonlocal calls
        calls += 1
        try:
            yield AudioFrame(data=b"old", is_first=True)
            await asyncio.sleep(60)
        finally:
            await release.wait()

    async with aclosing(fills.join("k", slow_to_die)) as frames:
        await anext(frames)
    await asyncio.sleep(0)
    assert fills.counters.active == 1
    maker = Maker(free=True)
    frames = await read(fills.join("k", maker))
    assert joined(frames) == maker.body
    assert frames[0].cache is CacheState.MISS
    release.set()
    await settle(fills)
    assert calls == 1


async def test_a_failure_ends_every_reader_and_is_not_kept() -> None:
    fills, maker = table(), Maker()
    kept: list[StoredReply] = []

    async def commit(reply: StoredReply) -> None:
        kept.append(reply)

    tasks = [asyncio.create_task(read(fills.join("k", maker, commit))) for _ in range(3)]
    await until(lambda: fills.counters.readers == 3)
    maker.step()
    await until(lambda: fills.counters.buffered_bytes == 4)
    maker.error = SynthesisError("the engine failed", "input")
    maker.step()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert len({id(error) for error in errors}) == 3
    for error in errors:
        assert isinstance(error, SynthesisError)
        assert (error.message, error.param) == ("the engine failed", "input")
        assert error.__cause__ is maker.error
    assert kept == []
    assert fills.counters.failed == 1
    again = Maker(free=True)
    frames = await read(fills.join("k", again, commit))
    assert (joined(frames), frames[0].cache) == (again.body, CacheState.MISS)
    await settle(fills)
    assert kept == [StoredReply(body=again.body, audio_seconds=1.5)]


async def test_a_failure_before_the_first_byte_comes_from_the_first_step() -> None:
    maker = Maker(free=True)
    maker.error = SynthesisError("no")
    with pytest.raises(SynthesisError):
        await anext(table().join("k", maker))


async def test_a_strange_error_is_passed_on_and_its_traceback_does_not_grow() -> None:
    class OddError(Exception):
        def __init__(self, *, need: int) -> None:
            super().__init__()
            self.need = need

    fills, maker = table(), Maker()
    maker.error = OddError(need=1)
    tasks = [asyncio.create_task(read(fills.join("k", maker))) for _ in range(20)]
    await until(lambda: fills.counters.readers == 20)
    maker.step()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(error is maker.error for error in errors)
    assert len(traceback.extract_tb(maker.error.__traceback__)) < 10


async def test_a_source_that_cannot_start_fails_its_readers() -> None:
    def start() -> AsyncIterator[AudioFrame]:
        raise ValueError("cannot start")

    with pytest.raises(ValueError, match="cannot start"):
        await read(table().join("k", start))


async def test_a_cancelled_source_is_not_a_cancelled_reader() -> None:
    maker = Maker(free=True)
    maker.error = asyncio.CancelledError()
    with pytest.raises(UnavailableError):
        await read(table().join("k", maker))


async def test_a_source_that_stops_early_fails() -> None:
    async def source() -> AsyncIterator[AudioFrame]:
        yield AudioFrame(data=b"abc", is_first=True)

    fills = table()
    with pytest.raises(UnavailableError):
        await read(fills.join("k", source))
    assert fills.counters.completed == 0


async def test_a_source_that_announced_another_size_fails() -> None:
    maker = Maker(free=True)
    maker.total_bytes = 13
    with pytest.raises(RuntimeError, match="another size"):
        await read(table().join("k", maker))


@pytest.mark.parametrize("how", ["more", "error"])
async def test_what_a_source_does_after_its_last_frame_only_costs_the_entry(
    how: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def source() -> AsyncIterator[AudioFrame]:
        yield AudioFrame(data=b"abc", is_first=True, is_last=True)
        if how == "error":
            raise SynthesisError("late")
        yield AudioFrame(data=b"more")

    fills = table()
    kept: list[StoredReply] = []

    async def commit(reply: StoredReply) -> None:
        kept.append(reply)

    assert joined(await read(fills.join("k", source, commit))) == b"abc"
    await settle(fills)
    assert kept == []
    assert fills.counters.uncommitted == 1
    assert "not stored" in caplog.text


async def test_a_slow_reader_slows_nobody() -> None:
    fills, maker = table(frame_bytes=4), Maker(pieces=50)
    slow = fills.join("k", maker)
    maker.step()
    await anext(slow)
    fast = asyncio.create_task(read(fills.join("k", maker)))
    maker.step(49)
    async with asyncio.timeout(5):
        assert joined(await fast) == maker.body
    await settle(fills)
    assert maker.closed == 1
    assert maker.body[:4] + joined(await read(slow)) == maker.body


async def test_a_late_reader_replays_from_byte_0() -> None:
    fills, maker = table(), Maker()
    first = asyncio.create_task(read(fills.join("k", maker)))
    maker.step(2)
    await until(lambda: fills.counters.buffered_bytes == 8)
    late = asyncio.create_task(read(fills.join("k", maker)))
    await until(lambda: fills.counters.readers == 2)
    await asyncio.sleep(0)
    maker.step()
    assert joined(await late) == joined(await first) == maker.body
    assert (await late)[0].data == maker.body[:8]
    assert (await late)[0].timings == TIMINGS


async def test_a_fill_is_bounded_in_bytes() -> None:
    fills, maker = table(max_fill_bytes=11), Maker(free=True)
    with pytest.raises(TooLargeError):
        await read(fills.join("k", maker))
    await settle(fills)
    assert (maker.closed, fills.counters.buffered_bytes) == (1, 0)
    assert joined(await read(table(max_fill_bytes=12).join("k", Maker(free=True)))) == maker.body


async def test_readers_of_a_failed_fill_do_not_wait_until_its_source_is_closed() -> None:
    release = asyncio.Event()

    async def source() -> AsyncIterator[AudioFrame]:
        try:
            yield AudioFrame(data=bytes(10), is_first=True)
            yield AudioFrame(data=bytes(10))
        finally:
            await release.wait()
            release.clear()

    fills, maker = table(max_fill_bytes=12), Maker(free=True)
    async with asyncio.timeout(2):
        with pytest.raises(TooLargeError):
            await read(fills.join("k", source))
        assert (fills.counters.active, fills.counters.buffered_bytes) == (1, 0)
        assert joined(await read(fills.join("k", maker))) == maker.body  # begins anew meanwhile
    release.set()
    await settle(fills)
    assert not release.is_set()  # the source's end was not cut short when its last reader left


async def test_a_source_that_never_closes_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def source() -> AsyncIterator[AudioFrame]:
        try:
            yield AudioFrame(data=bytes(20), is_first=True)
        finally:
            await asyncio.Event().wait()

    monkeypatch.setattr("speech.cache.fills.CLOSE_TIMEOUT", 0.02)
    fills = table(max_fill_bytes=11)
    with pytest.raises(TooLargeError):
        await read(fills.join("k", source))
    await settle(fills)
    assert "failed to close" in caplog.text


async def test_nothing_keeps_a_finished_fill() -> None:
    def alive(kind: str) -> int:
        gc.collect()
        return sum(type(kept).__qualname__ == kind for kept in gc.get_objects())

    fills_before, tables_before = alive("_Fill"), alive("FillTable")
    fills, maker = table(), Maker(free=True)
    await read(fills.join("k", maker))
    await settle(fills)
    assert alive("FillTable") > tables_before
    assert alive("_Fill") == fills_before  # kept by the timer of its deadline, for one


async def test_fills_are_bounded_in_number() -> None:
    fills = table(max_fills=2)
    makers = [Maker() for _ in range(3)]
    tasks = [asyncio.create_task(read(fills.join(f"{i}", makers[i]))) for i in range(2)]
    await until(lambda: fills.counters.active == 2)
    with pytest.raises(AtCapacityError):
        await read(fills.join("2", makers[2]))
    joiner = asyncio.create_task(read(fills.join("0", makers[0])))
    makers[0].step(3)
    makers[1].step(3)
    assert joined(await joiner) == makers[0].body
    await asyncio.gather(*tasks)
    makers[2].step(3)
    assert joined(await read(fills.join("2", makers[2]))) == makers[2].body
    assert fills.counters.refused == 1


async def test_a_fill_is_bounded_in_time() -> None:
    fills, maker = table(fill_timeout=0.02), Maker()
    with pytest.raises(DeadlineExceededError):
        await read(fills.join("k", maker))
    await settle(fills)
    assert (maker.closed, fills.counters.failed) == (1, 1)


async def test_a_timeout_of_the_source_is_its_own() -> None:
    maker = Maker(free=True)
    maker.error = TimeoutError("mine")
    with pytest.raises(TimeoutError, match="mine"):
        await read(table().join("k", maker))


async def test_a_source_that_swallows_its_cancellation_holds_no_reader() -> None:
    release = asyncio.Event()

    async def source() -> AsyncIterator[AudioFrame]:
        while True:
            try:
                await release.wait()
            except asyncio.CancelledError:
                yield AudioFrame(data=b"still here", is_first=True)
            else:
                return

    fills = table(fill_timeout=0.02)
    async with asyncio.timeout(1):
        with pytest.raises(DeadlineExceededError):
            await read(fills.join("k", source))
        await settle(fills)


async def test_a_reply_is_committed_once_complete_and_joinable_meanwhile() -> None:
    fills, maker = table(), Maker(free=True)
    begun, go = asyncio.Event(), asyncio.Event()
    kept: list[StoredReply] = []

    async def commit(reply: StoredReply) -> None:
        begun.set()
        await go.wait()
        kept.append(reply)

    first = await read(fills.join("k", maker, commit))  # does not wait for the commit
    await begun.wait()
    late = await read(fills.join("k", maker, commit))
    assert joined(late) == joined(first) == maker.body
    assert (late[0].cache, late[0].total_bytes) == (CacheState.COALESCED, 12)
    assert kept == []
    go.set()
    await settle(fills)
    assert kept == [StoredReply(body=maker.body, audio_seconds=1.5)]
    assert maker.calls == 1
    await read(fills.join("k", maker, commit))  # dropped once committed
    assert maker.calls == 2


async def test_without_a_commit_nothing_is_kept() -> None:
    fills, maker = table(), Maker(free=True)
    await read(fills.join("k", maker))
    await settle(fills)
    await read(fills.join("k", maker))
    assert maker.calls == 2


async def test_a_commit_may_decline_after_an_epoch_has_passed() -> None:
    fills, maker = table(), Maker()
    epoch, kept = 1, {}

    async def commit(reply: StoredReply, begun: int = epoch) -> None:
        if begun == epoch:
            kept["k"] = reply

    task = asyncio.create_task(read(fills.join("k", maker, commit)))
    maker.step(2)
    await until(lambda: fills.counters.buffered_bytes == 8)
    epoch = 2
    maker.step()
    assert joined(await task) == maker.body
    await settle(fills)
    assert kept == {}


async def test_a_failing_commit_costs_only_the_entry(caplog: pytest.LogCaptureFixture) -> None:
    async def commit(_: StoredReply) -> None:
        raise OSError("no room")

    fills, maker = table(), Maker(free=True)
    assert joined(await read(fills.join("k", maker, commit))) == maker.body
    await settle(fills)
    assert (fills.counters.completed, fills.counters.uncommitted) == (1, 1)
    assert "not stored" in caplog.text


async def test_the_source_and_the_commit_see_none_of_the_callers_context() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")
    seen = []

    def start() -> AsyncIterator[AudioFrame]:
        seen.append(variable.get())
        return source()

    async def source() -> AsyncIterator[AudioFrame]:
        seen.append(variable.get())
        await asyncio.sleep(0)
        yield AudioFrame(data=b"abc", is_first=True, is_last=True)

    async def commit(_: StoredReply) -> None:
        seen.append(variable.get())

    variable.set("the first caller's")
    fills = table()
    await read(fills.join("k", start, commit))
    await settle(fills)
    assert seen == ["none"] * 3


async def test_closing_fails_readers_and_waits_for_sources() -> None:
    fills, maker = table(), Maker()
    task = asyncio.create_task(read(fills.join("k", maker)))
    maker.step()
    await until(lambda: fills.counters.buffered_bytes == 4)
    await fills.close()
    assert (maker.closed, fills.counters.active) == (1, 0)
    with pytest.raises(UnavailableError):
        await task
    with pytest.raises(UnavailableError):
        await read(fills.join("k", maker))
    await fills.close()


async def test_a_source_that_fails_to_close_hides_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Source:
        def __aiter__(self) -> "Source":
            return self

        async def __anext__(self) -> AudioFrame:
            raise SynthesisError("the reason")

        async def aclose(self) -> None:
            raise OSError("cannot close")

    fills = table()
    with pytest.raises(SynthesisError, match="the reason"):
        await read(fills.join("k", Source))
    await settle(fills)
    assert "failed to close" in caplog.text


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_arrivals_and_leaves(seed: int) -> None:
    asyncio.run(_storm(random.Random(seed)))


async def _storm(dice: random.Random) -> None:
    """Readers come and go at random moments; whoever stays gets a whole reply or its error."""
    fills = table(frame_bytes=3)
    open_sources = 0
    kept: list[StoredReply] = []
    failures: set[type[SpeechError]] = set()
    bodies = {key: dice.randbytes(dice.randint(1, 20)) for key in "ab"}

    async def nap() -> None:
        for _ in range(dice.randint(0, 3)):
            await asyncio.sleep(0)

    async def source(key: str) -> AsyncIterator[AudioFrame]:
        nonlocal open_sources
        open_sources += 1
        try:
            body = bodies[key]
            cut = dice.randint(0, len(body))
            await nap()
            yield AudioFrame(data=body[:cut], is_first=True)
            await nap()
            if dice.random() < 0.2:
                raise SynthesisError("no")
            yield AudioFrame(data=body[cut:], is_last=True, audio_seconds=1.0)
            await nap()
        finally:
            open_sources -= 1

    async def commit(reply: StoredReply) -> None:
        await nap()
        kept.append(reply)

    async def reader(key: str) -> None:
        await nap()
        quits_after = dice.choice([0, 1, 2, 99, 99, 99])
        data = b""
        async with aclosing(fills.join(key, lambda: source(key), commit)) as frames:
            try:
                async for frame in frames:
                    data += frame.data
                    await nap()
                    quits_after -= 1
                    if quits_after < 0:
                        return
            except SpeechError as error:
                failures.add(type(error))
                return
        assert data == bodies[key]

    tasks = [asyncio.create_task(reader(dice.choice("ab"))) for _ in range(dice.randint(1, 12))]
    for task in tasks:
        await nap()
        if dice.random() < 0.3:
            task.cancel()
    async with asyncio.timeout(5):
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await settle(fills)
    for result in results:
        assert result is None or isinstance(result, asyncio.CancelledError), result
    assert failures <= {SynthesisError}
    counters = fills.counters
    assert (open_sources, counters.readers, counters.buffered_bytes) == (0, 0, 0)
    assert counters.started == counters.completed + counters.failed + counters.abandoned
    assert len(kept) == counters.completed
    assert all(reply.body in bodies.values() for reply in kept)
