"""What fills hold is bounded, and whoever does not read is waited for, or given up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing

import pytest
from fill_source import Maker, joined, read, settle, table, until

from speech.cache.fills import FillTable
from speech.cache.stored import StoredReply
from speech.errors import AtCapacityError, DeadlineExceededError, UnavailableError
from speech.types import AudioFrame, CacheState

FRAME = 4


async def rested() -> None:
    """Let every task go as far as it goes by itself."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "bounds",
    [{"max_fill_bytes": 40}, {"max_fills_bytes": 40}, {"max_fill_bytes": 3}],
    ids=["one", "all", "less than a frame"],
)
async def test_a_reply_larger_than_the_bound_is_a_pipe(bounds: dict[str, int]) -> None:
    fills, maker = table(frame_bytes=FRAME, **bounds), Maker(pieces=100, free=True)
    kept: list[StoredReply] = []

    async def commit(reply: StoredReply) -> None:
        kept.append(reply)

    most, had = 0, b""
    async with aclosing(fills.join("k", maker, commit)) as frames:
        async for frame in frames:
            await rested()
            most = max(most, fills.counters.held_bytes)
            had += frame.data
            if len(had) == 100:  # nobody joins what has lost its beginning
                other = Maker(free=True)
                late = await read(fills.join("k", other))
                assert (late[0].cache, joined(late)) == (CacheState.MISS, other.body)
    assert had == maker.body
    assert most <= max(bounds.values()) + FRAME
    await settle(fills)
    assert (kept, fills.counters.held_bytes, fills.counters.paused) == ([], 0, 0)


async def test_unread_replies_hold_no_more_than_all_may_and_others_go_on() -> None:
    fills = table(frame_bytes=FRAME, max_fills_bytes=100)
    async with AsyncExitStack() as stack:
        for number in range(5):
            unread = fills.join(f"{number}", Maker(pieces=1000, free=True))
            await anext(await stack.enter_async_context(aclosing(unread)))
        await rested()
        assert 100 < fills.counters.held_bytes <= 100 + 5 * FRAME
        assert fills.counters.paused == 5
        maker = Maker(pieces=30, free=True)
        async with asyncio.timeout(5):
            assert joined(await read(fills.join("other", maker))) == maker.body
    await settle(fills)
    assert (fills.counters.held_bytes, fills.counters.paused) == (0, 0)


async def test_while_memory_is_short_replies_in_the_making_hold_half() -> None:
    fills = table(frame_bytes=FRAME, max_fills_bytes=400)
    async with AsyncExitStack() as stack:
        unread = fills.join("k", Maker(pieces=25, free=True))
        await anext(await stack.enter_async_context(aclosing(unread)))
        await rested()
        assert fills.counters.held_bytes == 100
        fills.shrink()
        for number in range(3):
            late = fills.join(f"{number}", Maker(pieces=1000, free=True))
            await anext(await stack.enter_async_context(aclosing(late)))
        await rested()
        assert fills.counters.held_bytes <= 100 + 3 * FRAME
        assert fills.counters.paused == 3
        fills.restore()
        await asyncio.sleep(0)
        maker = Maker(pieces=30, free=True)
        assert joined(await read(fills.join("other", maker))) == maker.body
    await settle(fills)
    assert (fills.counters.held_bytes, fills.counters.paused) == (0, 0)


async def test_while_memory_is_short_short_replies_are_kept() -> None:
    fills = table(frame_bytes=FRAME, max_fills_bytes=1600)
    fills.shrink()  # nothing is held
    maker = Maker(pieces=25, free=True)
    kept: list[StoredReply] = []

    async def commit(reply: StoredReply) -> None:
        kept.append(reply)

    both = await asyncio.gather(*(read(fills.join("k", maker, commit)) for _ in range(2)))
    assert [joined(frames) for frames in both] == [maker.body, maker.body]
    assert fills.counters.started == 1
    assert len(kept) == 1


async def test_a_fill_whose_readers_take_nothing_pauses() -> None:
    fills = table(frame_bytes=FRAME, pause_after=0.01, max_ahead_bytes=20)
    maker = Maker(pieces=1000)
    async with aclosing(fills.join("k", maker)) as frames:
        maker.step(3)
        had = (await anext(frames)).data
        await asyncio.sleep(0.02)
        maker.step(997)
        await rested()
        assert fills.counters.paused == 1
        assert len(had) + 20 < fills.counters.held_bytes <= len(had) + 20 + FRAME
        async for frame in frames:
            had += frame.data
    assert had == maker.body
    await settle(fills)
    assert fills.counters.completed == 1


async def test_a_reader_that_takes_nothing_keeps_no_other_from_a_pipe() -> None:
    fills = table(frame_bytes=FRAME, max_fill_bytes=40, pause_after=0.01)
    maker = Maker(pieces=100)
    unread = fills.join("k", maker)
    maker.step()
    await anext(unread)
    reader = asyncio.create_task(read(fills.join("k", maker)))
    await until(lambda: fills.counters.readers == 2)
    maker.step(99)
    async with asyncio.timeout(5):
        assert joined(await reader) == maker.body
    assert fills.counters.dropped == 1
    with pytest.raises(UnavailableError, match="not read"):
        await anext(unread)
    await settle(fills)
    assert fills.counters.held_bytes == 0


async def test_a_pause_is_no_time_of_making() -> None:
    """A fill may wait for its readers longer than it may take; they may not wait for ever."""
    fills = table(frame_bytes=FRAME, max_fill_bytes=40, pause_after=0.01, fill_timeout=1.0)
    maker = Maker(pieces=100, free=True)
    async with aclosing(fills.join("k", maker)) as frames:
        for _ in range(10):
            await anext(frames)
            await asyncio.sleep(0.15)
        await until(lambda: fills.counters.dropped == 1)
        with pytest.raises(UnavailableError, match="not read"):
            await anext(frames)


async def test_a_fill_that_was_paused_is_still_bounded_in_time() -> None:
    fills = table(frame_bytes=FRAME, max_fill_bytes=40, pause_after=0.01, fill_timeout=0.1)
    maker = Maker(pieces=100)
    maker.step(20)
    async with aclosing(fills.join("k", maker)) as frames:
        await anext(frames)
        await until(lambda: fills.counters.paused == 1)
        with pytest.raises(DeadlineExceededError):
            await read(frames)


async def test_a_complete_reply_is_let_go_as_it_is_read() -> None:
    fills, maker = table(frame_bytes=FRAME), Maker(pieces=10, free=True)
    held = []
    async with aclosing(fills.join("k", maker)) as frames:
        async for _ in frames:
            await settle(fills)
            held.append(fills.counters.held_bytes)
    assert held == [40, *range(32, -1, -FRAME)]


async def test_stored_replies_count_once_while_they_are_read() -> None:
    fills = FillTable(table(max_fills_bytes=100)._config)
    one, other = (StoredReply(body=bytes(60), audio_seconds=1.0) for _ in range(2))
    with fills.lend(one):
        with fills.lend(one):
            assert fills.counters.held_bytes == 60
        with pytest.raises(AtCapacityError), fills.lend(other):
            pass
        assert fills.counters.held_bytes == 60
    with fills.lend(other):
        assert fills.counters.held_bytes == 60
    assert fills.counters.held_bytes == 0


async def test_frames_tell_what_is_still_to_be_made() -> None:
    go = asyncio.Event()

    async def source() -> AsyncIterator[AudioFrame]:
        yield AudioFrame(data=b"one", is_first=True)
        yield AudioFrame(data=b"two", unmade=70)
        await go.wait()
        yield AudioFrame(data=b"three", is_last=True, unmade=0)

    fills = table(frame_bytes=3)
    told = []
    async with aclosing(fills.join("k", source)) as frames:
        async for frame in frames:
            told.append(frame.unmade)
            await rested()
            if len(told) == 2:
                go.set()
                await rested()
    # A slow reader learns what has been made since the bytes it is given were.
    assert told[1:] == [70, 0, 0]
