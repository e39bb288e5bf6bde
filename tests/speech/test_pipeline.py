"""The flow of phrases: in order, bounded ahead, and nothing left behind."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from speech.errors import SynthesisError
from speech.pipeline import RenderedPhrase, phrases_of, render
from speech.types import Pcm, Phrase, PhraseJob, SpeechJob, SynthesizedPhrase
from tests import conftest

MakeJob = Callable[..., SpeechJob]


def phrases(count: int) -> tuple[Phrase, ...]:
    return conftest.phrases_of(*(f"phrase {index}" for index in range(count)), speed=0.5)


async def at_once(count: int) -> AsyncGenerator[Phrase, None]:
    for phrase in phrases(count):
        yield phrase


class Stage:
    """A synthesizer that finishes phrases when told."""

    def __init__(self, phrases: int) -> None:
        self.asked: list[int] = []
        self.ended: list[int] = []
        self.cancelled: list[int] = []
        self.jobs: list[PhraseJob] = []
        self._told: list[asyncio.Future[None]] = [
            asyncio.get_running_loop().create_future() for _ in range(phrases)
        ]

    def finish(self, *indices: int) -> None:
        for index in indices:
            self._told[index].set_result(None)

    def fail(self, index: int, error: Exception) -> None:
        self._told[index].set_exception(error)

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        index = job.phrase.index
        self.asked.append(index)
        self.jobs.append(job)
        try:
            await self._told[index]
        except asyncio.CancelledError:
            self.cancelled.append(index)
            raise
        finally:
            self.ended.append(index)
        pcm = Pcm(samples=np.zeros(1, np.int16), sample_rate=24_000, index=index, is_last=False)
        return SynthesizedPhrase(pcm=pcm, waited=0.0, synthesis=0.0, batch_size=1)


class Source:
    """Phrases that come when they are told to."""

    def __init__(self) -> None:
        self.closed = False
        self._coming: asyncio.Queue[Phrase | Exception | None] = asyncio.Queue()

    def give(self, *items: Phrase | Exception | None) -> None:
        """What comes next; None is the end."""
        for item in items:
            self._coming.put_nowait(item)

    async def phrases(self) -> AsyncGenerator[Phrase, None]:
        try:
            while (item := await self._coming.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed = True


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def rest(frames: AsyncGenerator[RenderedPhrase, None]) -> list[int]:
    return [item.phrase.index async for item in frames]


async def test_phrases_come_in_order_however_they_finish() -> None:
    stage = Stage(4)
    stage.finish(3, 2, 1, 0)
    assert await rest(render(at_once(4), stage, look_ahead=10, short=0)) == [0, 1, 2, 3]


@pytest.mark.parametrize("look_ahead", [0, 1, 3])
async def test_only_so_many_phrases_are_asked_for_ahead(look_ahead: int) -> None:
    stage = Stage(10)
    stage.finish(*range(10))
    async with aclosing(render(at_once(10), stage, look_ahead=look_ahead, short=0)) as spoken:
        for delivered in range(3):
            assert (await anext(spoken)).phrase.index == delivered
            await turns()
            assert stage.asked == list(range(delivered + look_ahead + 1))


@pytest.mark.parametrize(("more", "later"), [(0, [False] * 3), (-1, [False, True, True])])
async def test_only_the_phrases_of_a_long_reply_let_others_go_first(
    more: int, later: list[bool]
) -> None:
    stage = Stage(3)
    stage.finish(0, 1, 2)
    short = sum(phrase.cost for phrase in phrases(3)) + more
    await rest(render(at_once(3), stage, look_ahead=1, short=short))
    assert [job.later for job in stage.jobs] == later


async def test_phrases_let_others_go_first_once_it_is_known_to_be_long() -> None:
    stage, source = Stage(4), Source()
    stage.finish(*range(4))
    short = 2 * phrases(1)[0].cost
    async with aclosing(render(source.phrases(), stage, look_ahead=3, short=short)) as spoken:
        for phrase in phrases(4):
            source.give(phrase)
            assert (await anext(spoken)).phrase == phrase
    assert [job.later for job in stage.jobs] == [False, False, True, True]


async def test_every_phrase_is_asked_for_as_the_reply_is() -> None:
    stage = Stage(2)
    stage.finish(0, 1)
    how = {"timed": True, "is_suspect": True}
    await rest(render(at_once(2), stage, look_ahead=0, short=99, **how))
    assert stage.jobs == [PhraseJob(phrase=phrase, **how) for phrase in phrases(2)]


async def test_phrases_ahead_are_under_way_together() -> None:
    stage = Stage(5)
    async with aclosing(render(at_once(5), stage, look_ahead=2, short=0)) as spoken:
        first = asyncio.ensure_future(anext(spoken))
        await turns()
        assert stage.asked == [0, 1, 2]
        stage.finish(0)
        assert (await first).phrase.index == 0


async def test_leaving_cancels_what_is_under_way_and_waits_for_it() -> None:
    stage = Stage(5)
    stage.finish(0)
    spoken = render(at_once(5), stage, look_ahead=3, short=0)
    await anext(spoken)
    await turns()
    await spoken.aclose()
    assert stage.cancelled == [1, 2, 3]


async def test_cancelling_the_reader_cancels_what_is_under_way_and_closes_the_source() -> None:
    stage, source = Stage(3), Source()
    source.give(*phrases(3))
    reader = asyncio.create_task(rest(render(source.phrases(), stage, look_ahead=1, short=0)))
    await turns()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert sorted(stage.cancelled) == [0, 1]
    assert source.closed


async def test_an_error_comes_in_its_place_and_ends_the_rest() -> None:
    stage = Stage(6)
    stage.finish(0)
    stage.fail(1, SynthesisError("no"))
    spoken = render(at_once(6), stage, look_ahead=3, short=0)
    assert (await anext(spoken)).phrase.index == 0
    with pytest.raises(SynthesisError):
        await anext(spoken)
    assert stage.cancelled == [2, 3]
    assert 4 not in stage.asked


async def test_errors_behind_the_first_one_are_not_lost_loudly() -> None:
    """A phrase that failed ahead of a reader who left: no `exception was never retrieved`."""
    stage = Stage(3)
    stage.finish(0)
    stage.fail(1, SynthesisError("no"))
    spoken = render(at_once(3), stage, look_ahead=2, short=0)
    await anext(spoken)
    await turns()
    await spoken.aclose()
    assert stage.ended == [0, 1, 2]


async def test_a_phrase_is_asked_for_when_it_arrives_and_delivered_when_it_is_spoken() -> None:
    stage, source = Stage(4), Source()
    async with aclosing(render(source.phrases(), stage, look_ahead=2, short=0)) as spoken:
        for phrase in phrases(4):
            asked = asyncio.ensure_future(anext(spoken))
            await turns()
            assert not asked.done()
            source.give(phrase)
            await turns()
            assert stage.asked == list(range(phrase.index + 1))
            stage.finish(phrase.index)
            assert (await asked).phrase.index == phrase.index
        source.give(None)
        assert await rest(spoken) == []


async def test_what_is_unmade_is_known_once_nothing_more_can_arrive() -> None:
    stage, source = Stage(4), Source()
    stage.finish(*range(4))
    source.give(*phrases(2))
    async with aclosing(render(source.phrases(), stage, look_ahead=0, short=0)) as spoken:
        assert [(await anext(spoken)).unmade for _ in range(2)] == [None, None]
        source.give(*phrases(4)[2:], None)
        assert [item.unmade async for item in spoken] == [phrases(1)[0].work, 0]


@pytest.mark.parametrize("spoken_before", [0, 1, 2])
@pytest.mark.parametrize("while_it_is_read", [True, False])
async def test_a_source_that_fails_ends_the_reply_and_leaves_nothing(
    spoken_before: int, while_it_is_read: bool
) -> None:
    """Whether its reader waits then, or is busy with what came before."""
    stage, source = Stage(3), Source()
    stage.finish(*range(spoken_before))
    source.give(*phrases(3)[: spoken_before + while_it_is_read])
    spoken = render(source.phrases(), stage, look_ahead=3, short=0)
    for index in range(spoken_before):
        assert (await anext(spoken)).phrase.index == index
    source.give(SynthesisError("the rest cannot be read"))
    if not while_it_is_read:
        await turns()
    with pytest.raises(SynthesisError, match="the rest"):
        await asyncio.wait_for(anext(spoken), 10)
    assert stage.cancelled == stage.asked[spoken_before:]
    assert source.closed


async def test_leaving_closes_a_source_that_has_more() -> None:
    stage, source = Stage(1), Source()
    stage.finish(0)
    source.give(*phrases(1))
    spoken = render(source.phrases(), stage, look_ahead=1, short=0)
    await anext(spoken)
    assert not source.closed
    await spoken.aclose()
    assert source.closed


class Reader:
    """What reads the rest of an opening when it is told to."""

    def __init__(self, *found: Phrase) -> None:
        self.asked: list[SpeechJob] = []
        self.cancelled = False
        self.told = asyncio.Event()
        self._found = found

    async def rest(self, job: SpeechJob) -> tuple[Phrase, ...]:
        self.asked.append(job)
        try:
            await self.told.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return self._found


@pytest.fixture
def opening(make_job: MakeJob) -> SpeechJob:
    """A job of the first of three phrases."""
    return replace(make_job(), phrases=phrases(3)[:1], unread=conftest.request_of("all"))


async def test_the_rest_of_an_opening_is_read_while_its_first_phrase_is_spoken(
    opening: SpeechJob,
) -> None:
    stage, reader = Stage(3), Reader(*phrases(3)[1:])
    source = phrases_of(opening, reader)
    async with aclosing(render(source, stage, look_ahead=1, short=0)) as spoken:
        first = asyncio.ensure_future(anext(spoken))
        await turns()
        assert (stage.asked, reader.asked) == ([0], [opening])
        stage.finish(0)
        assert (await first).unmade is None
        reader.told.set()
        stage.finish(1, 2)
        assert await rest(spoken) == [1, 2]
    assert len(reader.asked) == 1


async def test_leaving_an_opening_stops_the_reading_of_its_rest(opening: SpeechJob) -> None:
    stage, reader = Stage(1), Reader()
    stage.finish(0)
    spoken = render(phrases_of(opening, reader), stage, look_ahead=1, short=0)
    await anext(spoken)
    await spoken.aclose()
    assert reader.cancelled


async def test_only_an_opening_has_a_rest(make_job: MakeJob) -> None:
    reader, job = Reader(), make_job("one", "two")
    reader.told.set()
    assert tuple([phrase async for phrase in phrases_of(job, reader)]) == job.phrases
    assert reader.asked == []
