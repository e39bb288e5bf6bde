"""Single flight: one fill per key, bounded in number, bytes and time, kept once complete."""

import asyncio
import contextvars
import gc
from collections.abc import AsyncIterator

import pytest
from fill_source import TIMINGS, Maker, joined, read, settle, table, until

from speech.cache.stored import StoredReply
from speech.errors import (
    AtCapacityError,
    DeadlineExceededError,
    UnavailableError,
)
from speech.types import AudioFrame, CacheState, SpokenWord


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


async def test_a_reply_is_committed_once_complete_and_joinable_meanwhile() -> None:
    fills, maker = table(), Maker(free=True)
    maker.head = b"known"
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
    # What is kept begins with sizes that nobody knew when the first readers began.
    assert kept == [StoredReply(body=b"known" + maker.body[5:], audio_seconds=1.5)]
    assert [frame.head for frame in late] == [*[b""] * (len(late) - 1), b"known"]
    assert maker.calls == 1
    await read(fills.join("k", maker, commit))  # dropped once committed
    assert maker.calls == 2


@pytest.mark.parametrize("frame_bytes", [1, 3, 100])
@pytest.mark.parametrize("told_at", [(0, 1, 1, 2, 3), (0, 0), (3,), (1, 1, 1), (2, 3)])
async def test_every_reader_has_every_word_once_and_in_order(
    frame_bytes: int, told_at: tuple[int, ...]
) -> None:
    """Whoever comes late, to a running fill or to one that is complete; the stored reply, too."""
    words = [SpokenWord(f"w{n}", (n, n + 1), n, n + 0.5) for n in range(len(told_at))]
    fills, maker = table(frame_bytes=frame_bytes), Maker(pieces=4)
    maker.words = tuple(
        tuple(word for word, at in zip(words, told_at, strict=True) if at == piece)
        for piece in range(4)
    )
    go = asyncio.Event()
    kept: list[StoredReply] = []

    async def commit(reply: StoredReply) -> None:
        await go.wait()
        kept.append(reply)

    def reader() -> asyncio.Task[list[AudioFrame]]:
        return asyncio.create_task(read(fills.join("k", maker, commit)))

    readers = [reader(), reader()]
    for made in range(1, 5):
        maker.step()
        await until(lambda made=made: fills.counters.held_bytes == 4 * made)
        readers.append(reader())
        await until(lambda made=made: maker.closed or fills.counters.readers == made + 2)
    for frames in await asyncio.gather(*readers):
        assert [word for frame in frames for word in frame.words] == words
        assert joined(frames) == maker.body
    go.set()
    await settle(fills)
    assert [reply.words for reply in kept] == [tuple(words)]
    assert maker.calls == 1


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
    await until(lambda: fills.counters.held_bytes == 8)
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
    await until(lambda: fills.counters.held_bytes == 4)
    await fills.close()
    assert (maker.closed, fills.counters.active) == (1, 0)
    with pytest.raises(UnavailableError):
        await task
    with pytest.raises(UnavailableError):
        await read(fills.join("k", maker))
    await fills.close()
