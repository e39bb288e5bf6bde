"""The flow of phrases: in order, bounded ahead, and nothing left behind."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from speech.errors import SynthesisError
from speech.pipeline import RenderedPhrase, phrase_job, render
from speech.types import (
    Explanation,
    LexiconEntry,
    Normalization,
    Pcm,
    Phrase,
    PhraseJob,
    SpeechJob,
    SpeechRequest,
    SynthesizedPhrase,
    Utterance,
)


def speech_job(phrases: int) -> SpeechJob:
    request = SpeechRequest(
        text="", voice="a", speaker="f1", language="en-us", speed=1.5, seed=7, format="wav"
    )
    utterance = Utterance(
        normalized="",
        phrases=tuple(
            Phrase(
                index=index,
                is_last=index == phrases - 1,
                text=f"phrase {index}",
                phonemes="",
                phoneme_ids=(),
                pause_after=0.0,
            )
            for index in range(phrases)
        ),
    )
    return SpeechJob(
        request=request,
        utterance=utterance,
        voice_sample_rate=24_000,
        digest="0",
        request_id="r",
    )


class Stage:
    """A synthesizer that finishes phrases when told."""

    def __init__(self, phrases: int) -> None:
        self.asked: list[int] = []
        self.ended: list[int] = []
        self.cancelled: list[int] = []
        self.later: list[bool] = []
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
        self.later.append(job.later)
        try:
            await self._told[index]
        except asyncio.CancelledError:
            self.cancelled.append(index)
            raise
        finally:
            self.ended.append(index)
        pcm = Pcm(samples=np.zeros(1, np.int16), sample_rate=24_000, index=index, is_last=False)
        return SynthesizedPhrase(pcm=pcm, waited=0.0, synthesis=0.0, batch_size=1)


class Reader:
    """A normalizer that gives the rest of an opening when told; nobody asks it to prepare."""

    def __init__(self, whole: SpeechJob | None = None) -> None:
        self.asked = 0
        self.cancelled = False
        self.told = asyncio.Event()
        self._whole = whole

    async def prepare(self, request: SpeechRequest, request_id: str) -> SpeechJob:
        raise NotImplementedError

    async def explain(
        self,
        text: str,
        language: str,
        wanted: Normalization,
        lexicon: tuple[LexiconEntry, ...],
    ) -> Explanation:
        raise NotImplementedError

    async def rest(self, job: SpeechJob) -> tuple[Phrase, ...]:
        self.asked += 1
        try:
            await self.told.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self._whole is None:
            raise SynthesisError("the rest cannot be read")
        return self._whole.utterance.phrases[1:]


def opening_of(job: SpeechJob) -> SpeechJob:
    first = replace(job.utterance, phrases=job.utterance.phrases[:1])
    return replace(job, utterance=first, opening=True)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def rest(frames: AsyncGenerator[RenderedPhrase, None]) -> list[int]:
    return [item.phrase.index async for item in frames]


def test_a_phrase_job_says_how_to_speak() -> None:
    job = speech_job(2)
    first, second = (phrase_job(phrase, job.request) for phrase in job.utterance.phrases)
    assert (first.voice, first.speaker, first.language) == ("a", "f1", "en-us")
    assert (first.speed, first.seed) == (1.5, 7)
    assert (first.phrase.index, second.phrase.index) == (0, 1)


async def test_phrases_come_in_order_however_they_finish() -> None:
    stage = Stage(4)
    stage.finish(3, 2, 1, 0)
    assert await rest(render(speech_job(4), stage, Reader(), look_ahead=10, short=0)) == [
        0,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize("look_ahead", [0, 1, 3])
async def test_only_so_many_phrases_are_asked_for_ahead(look_ahead: int) -> None:
    stage = Stage(10)
    stage.finish(*range(10))
    async with aclosing(
        render(speech_job(10), stage, Reader(), look_ahead=look_ahead, short=0)
    ) as phrases:
        for delivered in range(3):
            assert (await anext(phrases)).phrase.index == delivered
            await turns()
            assert stage.asked == list(range(delivered + look_ahead + 1))


@pytest.mark.parametrize(
    ("more", "opening", "later"),
    [(0, False, [False] * 3), (-1, False, [False, True, True]), (0, True, [False, True, True])],
)
async def test_only_the_phrases_of_a_long_reply_let_others_go_first(
    more: int, opening: bool, later: list[bool]
) -> None:
    job = speech_job(3)
    short = job.utterance.cost + more
    stage, reader = Stage(3), Reader(job)
    stage.finish(0, 1, 2)
    reader.told.set()
    asked = opening_of(job) if opening else job
    await rest(render(asked, stage, reader, look_ahead=1, short=short))
    assert stage.later == later


async def test_phrases_ahead_are_under_way_together() -> None:
    stage = Stage(5)
    async with aclosing(render(speech_job(5), stage, Reader(), look_ahead=2, short=0)) as phrases:
        first = asyncio.ensure_future(anext(phrases))
        await turns()
        assert stage.asked == [0, 1, 2]
        stage.finish(0)
        assert (await first).phrase.index == 0


async def test_leaving_cancels_what_is_under_way_and_waits_for_it() -> None:
    stage = Stage(5)
    stage.finish(0)
    phrases = render(speech_job(5), stage, Reader(), look_ahead=3, short=0)
    await anext(phrases)
    await turns()
    await phrases.aclose()
    assert stage.cancelled == [1, 2, 3]


async def test_cancelling_the_reader_cancels_what_is_under_way() -> None:
    stage = Stage(3)
    reader = asyncio.create_task(
        rest(render(speech_job(3), stage, Reader(), look_ahead=1, short=0))
    )
    await turns()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert sorted(stage.cancelled) == [0, 1]


async def test_an_error_comes_in_its_place_and_ends_the_rest() -> None:
    stage = Stage(6)
    stage.finish(0)
    stage.fail(1, SynthesisError("no"))
    phrases = render(speech_job(6), stage, Reader(), look_ahead=3, short=0)
    assert (await anext(phrases)).phrase.index == 0
    with pytest.raises(SynthesisError):
        await anext(phrases)
    assert stage.cancelled == [2, 3]
    assert 4 not in stage.asked


async def test_errors_behind_the_first_one_are_not_lost_loudly() -> None:
    """A phrase that failed ahead of a reader who left: no `exception was never retrieved`."""
    stage = Stage(3)
    stage.finish(0)
    stage.fail(1, SynthesisError("no"))
    phrases = render(speech_job(3), stage, Reader(), look_ahead=2, short=0)
    await anext(phrases)
    await turns()
    await phrases.aclose()
    assert stage.ended == [0, 1, 2]


async def test_the_first_phrase_of_an_opening_does_not_wait_for_the_rest() -> None:
    stage, reader = Stage(4), Reader(speech_job(4))
    stage.finish(0)
    async with aclosing(
        render(opening_of(speech_job(4)), stage, reader, look_ahead=1, short=0)
    ) as phrases:
        assert (await anext(phrases)).phrase.index == 0
        assert stage.asked == [0]
        reader.told.set()
        stage.finish(1, 2, 3)
        assert await rest(phrases) == [1, 2, 3]
    assert reader.asked == 1


async def test_the_rest_of_an_opening_is_asked_for_while_its_first_phrase_is_spoken() -> None:
    stage, reader = Stage(5), Reader(speech_job(5))
    reader.told.set()
    async with aclosing(
        render(opening_of(speech_job(5)), stage, reader, look_ahead=2, short=0)
    ) as phrases:
        first = asyncio.ensure_future(anext(phrases))
        await turns()
        assert stage.asked == [0, 1, 2]
        stage.finish(0)
        assert (await first).phrase.index == 0


async def test_a_rest_that_fails_ends_the_reply_and_leaves_nothing() -> None:
    stage, reader = Stage(2), Reader()
    reader.told.set()
    with pytest.raises(SynthesisError):
        await rest(render(opening_of(speech_job(2)), stage, reader, look_ahead=1, short=0))
    assert stage.cancelled == [0]


async def test_leaving_an_opening_stops_the_reading_of_its_rest() -> None:
    stage, reader = Stage(2), Reader(speech_job(2))
    stage.finish(0)
    phrases = render(opening_of(speech_job(2)), stage, reader, look_ahead=1, short=0)
    await anext(phrases)
    await phrases.aclose()
    assert reader.cancelled


async def test_only_an_opening_has_a_rest() -> None:
    stage, reader = Stage(2), Reader(speech_job(2))
    stage.finish(0, 1)
    assert await rest(render(speech_job(2), stage, reader, look_ahead=1, short=0)) == [0, 1]
    assert reader.asked == 0
