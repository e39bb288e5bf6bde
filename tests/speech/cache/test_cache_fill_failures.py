"""What fails in a fill ends its readers with that error, and nothing else."""

import asyncio
import traceback
from collections.abc import AsyncIterator

import pytest
from fill_source import Maker, joined, read, settle, table, until

from speech.cache.stored import StoredReply
from speech.errors import (
    DeadlineExceededError,
    SynthesisError,
    UnavailableError,
)
from speech.types import AudioFrame, CacheState


async def test_a_failure_ends_every_reader_and_is_not_kept() -> None:
    fills, maker = table(), Maker()
    kept: list[StoredReply] = []

    async def commit(reply: StoredReply) -> None:
        kept.append(reply)

    tasks = [asyncio.create_task(read(fills.join("k", maker, commit))) for _ in range(3)]
    await until(lambda: fills.counters.readers == 3)
    maker.step()
    await until(lambda: fills.counters.held_bytes == 4)
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


async def test_readers_of_a_failed_fill_do_not_wait_until_its_source_is_closed() -> None:
    release = asyncio.Event()

    async def source() -> AsyncIterator[AudioFrame]:
        try:
            yield AudioFrame(data=bytes(10), is_first=True, total_bytes=13)
            yield AudioFrame(data=bytes(10), is_last=True)
        finally:
            await release.wait()
            release.clear()

    fills, maker = table(), Maker(free=True)
    async with asyncio.timeout(2):
        with pytest.raises(RuntimeError, match="another size"):
            await read(fills.join("k", source))
        assert (fills.counters.active, fills.counters.held_bytes) == (1, 0)
        assert joined(await read(fills.join("k", maker))) == maker.body  # begins anew meanwhile
    release.set()
    await settle(fills)
    assert not release.is_set()  # the source's end was not cut short when its last reader left


async def test_a_source_that_never_closes_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def source() -> AsyncIterator[AudioFrame]:
        try:
            yield AudioFrame(data=bytes(20), is_first=True, is_last=True, total_bytes=13)
        finally:
            await asyncio.Event().wait()

    monkeypatch.setattr("speech.cache.fills.CLOSE_TIMEOUT", 0.02)
    fills = table()
    with pytest.raises(RuntimeError, match="another size"):
        await read(fills.join("k", source))
    await settle(fills)
    assert "failed to close" in caplog.text


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
