"""A fill belongs to its key: readers come and leave as they like, each at its own speed."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from fill_source import TIMINGS, Maker, joined, read, settle, table, until
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.cache.stored import StoredReply
from speech.errors import (
    SpeechError,
    SynthesisError,
)
from speech.types import AudioFrame, CacheState


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
    await until(lambda: fills.counters.held_bytes == 4 * steps)
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
    await until(lambda: fills.counters.held_bytes == 8)
    late = asyncio.create_task(read(fills.join("k", maker)))
    await until(lambda: fills.counters.readers == 2)
    await asyncio.sleep(0)
    maker.step()
    assert joined(await late) == joined(await first) == maker.body
    assert (await late)[0].data == maker.body[:8]
    assert (await late)[0].timings == TIMINGS


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
    assert (open_sources, counters.readers, counters.held_bytes) == (0, 0, 0)
    assert counters.started == counters.completed + counters.failed + counters.abandoned
    assert len(kept) == counters.completed
    assert all(reply.body in bodies.values() for reply in kept)
