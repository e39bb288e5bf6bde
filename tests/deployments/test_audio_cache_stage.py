"""The AudioCache over a fake encoder: hits, sharing, epochs, private replies."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from deployments import epochs
from deployments.audio_cache import AudioCache
from deployments.stages import Inline
from speech.config import CacheConfig, DiskTierConfig, RamTierConfig
from speech.errors import SpeechError, SynthesisError
from speech.types import AudioFrame, CacheState, SpeechJob, SpokenWord, Timing

MakeJob = Callable[..., SpeechJob]
WORDS = [SpokenWord("a", (0, 1), 0.0, 0.5), SpokenWord("b", (2, 3), 0.5, 2.0)]


class Encoder:
    """Replies of three frames, each when it is told."""

    def __init__(self) -> None:
        self.calls = 0
        self.running = 0
        self.error: Exception | None = None
        self.makers: tuple[str, ...] = ()
        self.go = asyncio.Event()
        self.go.set()

    async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        self.calls += 1
        self.running += 1
        self.makers = job.makers
        try:
            words = ([WORDS[0]], [], WORDS[1:]) if job.timed else ([], [], [])
            one, two, three = map(tuple, words)
            timings = (Timing(stage="queue", seconds=0.5),)
            yield AudioFrame(data=b"abc", is_first=True, timings=timings, words=one)
            await self.go.wait()
            if self.error is not None:
                raise self.error
            yield AudioFrame(data=str(self.calls).encode(), words=two)
            yield AudioFrame(data=b"z", is_last=True, words=three, audio_seconds=2.0)
        finally:
            self.running -= 1


@pytest.fixture
async def encoder() -> Encoder:
    return Encoder()


@pytest.fixture
async def cache(encoder: Encoder) -> AsyncIterator[AudioCache]:
    made = AudioCache(CacheConfig(frame_bytes=2), 1000.0, Inline(lambda: encoder))
    yield made
    await made._epochs.close()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the cluster's store of epochs holds."""
    value: dict[str, int] = {}
    monkeypatch.setattr(epochs, "_read", lambda: dict(value))
    return value


async def read(frames: AsyncGenerator[AudioFrame, None]) -> tuple[CacheState, bytes, float]:
    async with aclosing(frames):
        got = [frame async for frame in frames]
    return got[0].cache, b"".join(frame.data for frame in got), got[-1].audio_seconds


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (the table of fills tells nobody)
            await asyncio.sleep(0.001)


async def readers_of(cache: AudioCache, count: int) -> None:
    await until(lambda: cache._fills.counters.readers == count)


async def kept(cache: AudioCache) -> None:
    """Wait until every fill has ended and its reply is stored."""
    await until(lambda: not cache._fills.counters.active)


async def test_a_miss_and_then_a_hit(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    assert await read(cache.stream(make_job())) == (CacheState.MISS, b"abc1z", 2.0)
    await kept(cache)
    for _ in range(2):
        assert await read(cache.stream(make_job())) == (CacheState.HIT, b"abc1z", 2.0)
    assert encoder.calls == 1
    assert (await read(cache.stream(make_job(digest="e" * 64))))[0] is CacheState.MISS


async def test_frames_of_a_hit_and_of_a_miss(
    cache: AudioCache, store: dict[str, int], make_job: MakeJob
) -> None:
    first = [frame async for frame in cache.stream(make_job())]
    await kept(cache)
    again = [frame async for frame in cache.stream(make_job())]
    assert [timing.stage for timing in first[0].timings] == ["cache", "queue"]
    assert [timing.stage for timing in again[0].timings] == ["cache"]
    assert again[0].total_bytes == 5
    assert all(len(frame.data) <= 2 for frame in first + again)


async def test_the_same_key_at_the_same_time_is_made_once(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    encoder.go.clear()
    readers = [asyncio.create_task(read(cache.stream(make_job()))) for _ in range(5)]
    await readers_of(cache, 5)
    encoder.go.set()
    replies = await asyncio.gather(*readers)
    assert {reply[1] for reply in replies} == {b"abc1z"}
    states = [reply[0] for reply in replies]
    assert states.count(CacheState.MISS) == 1
    assert states.count(CacheState.COALESCED) == 4
    assert encoder.calls == 1


async def test_a_reply_begun_in_an_older_epoch_is_not_kept(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    encoder.go.clear()
    frames = cache.stream(make_job())
    await anext(frames)
    store["tone"] = 1
    encoder.go.set()
    await read(frames)
    await kept(cache)
    # Nobody may be given it, not even under the epoch it was begun in.
    assert cache._tiers.health().ram.entries == 0
    assert (await read(cache.stream(make_job())))[:2] == (CacheState.MISS, b"abc2z")


async def test_an_epoch_ends_what_was_kept_before(
    cache: AudioCache, store: dict[str, int], make_job: MakeJob
) -> None:
    await read(cache.stream(make_job()))
    await kept(cache)
    store["other"] = 1
    assert await cache.forget("other") == 0
    assert (await read(cache.stream(make_job())))[0] is CacheState.HIT
    store["tone"] = 1
    assert await cache.forget("tone") == 1
    assert (await read(cache.stream(make_job())))[0] is CacheState.MISS


async def test_the_encoder_is_told_the_epoch_of_each_voice(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    job = make_job(voices=("tone", "other"))
    await read(cache.stream(job))
    assert encoder.makers == ("files of tone 0", "files of other 0")
    store["other"] = 1
    await cache.forget("other")
    await read(cache.stream(job))
    assert encoder.makers == ("files of tone 0", "files of other 1")


@pytest.mark.parametrize("voice", ["tone", "other"])
async def test_an_epoch_of_either_voice_ends_a_reply_of_two(
    cache: AudioCache, store: dict[str, int], make_job: MakeJob, voice: str
) -> None:
    job = make_job(voices=("tone", "other"))
    await read(cache.stream(job))
    await kept(cache)
    store["third"] = 1
    assert await cache.forget("third") == 0
    assert (await read(cache.stream(job)))[0] is CacheState.HIT
    store[voice] = 1
    assert await cache.forget(voice) == 1
    assert (await read(cache.stream(job)))[0] is CacheState.MISS


@pytest.mark.parametrize("voice", ["tone", "other"])
async def test_a_reply_of_two_begun_in_an_older_epoch_of_either_is_not_kept(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob, voice: str
) -> None:
    encoder.go.clear()
    frames = cache.stream(make_job(voices=("tone", "other")))
    await anext(frames)
    store[voice] = 1
    encoder.go.set()
    await read(frames)
    await kept(cache)
    assert cache._tiers.health().ram.entries == 0


async def test_a_hit_has_the_words_of_the_reply_that_was_kept(
    cache: AudioCache, store: dict[str, int], make_job: MakeJob
) -> None:
    for _ in range(2):
        frames = [frame async for frame in cache.stream(make_job(timed=True))]
        assert [word for frame in frames for word in frame.words] == WORDS
        await kept(cache)
    assert frames[0].cache is CacheState.HIT


async def test_a_reader_after_the_bump_does_not_join_a_fill_from_before(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    encoder.go.clear()
    old = asyncio.create_task(read(cache.stream(make_job())))
    await readers_of(cache, 1)
    store["tone"] = 1
    await cache.forget("tone")
    new = asyncio.create_task(read(cache.stream(make_job())))
    await readers_of(cache, 2)
    encoder.go.set()
    assert [(await task)[0] for task in (old, new)] == [CacheState.MISS, CacheState.MISS]
    assert encoder.calls == 2


async def test_without_a_store_of_epochs_it_caches_all_the_same(
    cache: AudioCache, make_job: MakeJob
) -> None:
    await read(cache.stream(make_job()))
    await kept(cache)
    assert (await read(cache.stream(make_job())))[0] is CacheState.HIT


async def test_a_private_reply_is_neither_kept_nor_shared(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    encoder.go.clear()
    jobs = [make_job(private=True, request_id=name) for name in "abc"]
    readers = [asyncio.create_task(read(cache.stream(job))) for job in jobs]
    await readers_of(cache, 3)
    encoder.go.set()
    assert [reply[0] for reply in await asyncio.gather(*readers)] == [CacheState.MISS] * 3
    assert encoder.calls == 3
    await kept(cache)
    assert cache._tiers.health().ram.entries == 0


async def test_a_failure_reaches_every_reader_and_is_not_kept(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    encoder.error = SynthesisError("no")
    results = await asyncio.gather(
        *(read(cache.stream(make_job())) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [SynthesisError] * 3
    items = [item async for item in cache.remote_stream(make_job())]
    assert isinstance(items[-1], SpeechError)
    encoder.error = None
    assert (await read(cache.stream(make_job())))[0] is CacheState.MISS


async def test_the_last_reader_to_leave_ends_the_work(
    cache: AudioCache, encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    encoder.go.clear()
    one, two = cache.stream(make_job()), cache.stream(make_job())
    await anext(one)
    await anext(two)
    await one.aclose()
    await asyncio.sleep(0.001)
    assert encoder.running == 1
    await two.aclose()
    await until(lambda: encoder.running == 0)


async def test_a_check_of_health_reports(
    cache: AudioCache, store: dict[str, int], make_job: MakeJob
) -> None:
    cache.check_health()
    await read(cache.stream(make_job()))
    await kept(cache)
    cache.check_health()
    assert cache._reported.completed == 1


async def test_entries_on_disk_are_those_of_who_knows_the_key(
    encoder: Encoder,
    store: dict[str, int],
    make_job: MakeJob,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = CacheConfig(second=DiskTierConfig(directory=tmp_path / "cache"))
    seen = []
    for key in ("our key, and long enough", *["another, also long enough"] * 2):
        monkeypatch.setenv("CHORALE_CACHE_KEY", key)
        cache = AudioCache(config, 1000.0, Inline(lambda: encoder))
        state, *_ = await read(cache.stream(make_job()))
        await kept(cache)
        cache.check_health()
        seen.append((state, cache._counted["stored"], cache._counted["corrupted"]))
        await cache._tiers.close()
        await cache._epochs.close()
    assert seen == [(CacheState.MISS, 1, 0), (CacheState.MISS, 1, 1), (CacheState.HIT, 0, 0)]


async def test_a_reply_larger_than_the_memory_is_delivered(
    encoder: Encoder, store: dict[str, int], make_job: MakeJob
) -> None:
    config = CacheConfig(ram=RamTierConfig(max_bytes=0))
    small = AudioCache(config, 1000.0, Inline(lambda: encoder))
    for _ in range(2):
        assert (await read(small.stream(make_job())))[0] is CacheState.MISS
        await kept(small)
    await small._epochs.close()
