"""A phrase that was spoken is not spoken again, unless anything else would sound."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from speech.cache.phrases import PhraseCache
from speech.config import PhraseCacheConfig
from speech.errors import SynthesisError
from speech.types import Pcm, PhraseJob, SpeechJob, SynthesizedPhrase
from tests.conftest import phrase_job

MakeJob = Callable[..., SpeechJob]
SAMPLES = 2400


class Synthesizer:
    """Every phrase is a tenth of a second of its place among the calls."""

    def __init__(self) -> None:
        self.asked: list[PhraseJob] = []
        self.error: Exception | None = None

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        self.asked.append(job)
        if self.error is not None:
            raise self.error
        pcm = Pcm(
            samples=np.full(SAMPLES, len(self.asked), np.int16),
            sample_rate=24_000,
            index=job.phrase.index,
            is_last=job.phrase.is_last,
            phoneme_seconds=np.full(3, 0.03, np.float32) if job.timed else None,
        )
        return SynthesizedPhrase(pcm=pcm, waited=0.1, synthesis=0.2, batch_size=2)


def tone(text: str = "Hello.", **more: Any) -> PhraseJob:
    return phrase_job(text, **{"voice": "tone", "phoneme_ids": tuple(map(ord, text)), **more})


async def test_a_phrase_is_spoken_once_wherever_it_stands(make_job: MakeJob) -> None:
    engine = Synthesizer()
    cache = PhraseCache(engine, PhraseCacheConfig())
    first = await cache.of(make_job()).synthesize(tone(index=0, is_last=True))
    again = await cache.of(make_job(request_id="other")).synthesize(tone(index=7))
    assert len(engine.asked) == 1
    assert again.pcm.samples is first.pcm.samples
    assert (again.pcm.index, again.pcm.is_last) == (7, False)
    assert (again.waited, again.synthesis) == (0.0, 0.0)
    assert (cache.made_seconds, cache.found_seconds) == (0.1, 0.1)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Hello!"},
        {"speed": 1.1},
        {"seed": 5},
        {"speaker": "low"},
        {"language": "en-gb"},
        {"timed": True},
    ],
)
async def test_whatever_changes_its_sound_makes_it_another(
    make_job: MakeJob, other: dict[str, Any]
) -> None:
    engine = Synthesizer()
    speaker = PhraseCache(engine, PhraseCacheConfig()).of(make_job())
    await speaker.synthesize(tone())
    made = await speaker.synthesize(tone(**other))
    assert len(engine.asked) == 2
    assert (made.pcm.phoneme_seconds is not None) == other.get("timed", False)


async def test_other_files_or_an_epoch_make_it_another(make_job: MakeJob) -> None:
    engine = Synthesizer()
    cache = PhraseCache(engine, PhraseCacheConfig())
    for made_by in ("old files 0", "new files 0", "new files 1"):
        await cache.of(make_job(makers=(made_by,))).synthesize(tone())
    assert len(engine.asked) == 3
    both = make_job(voices=("other", "tone"), makers=("whatever", "new files 1"))
    await cache.of(both).synthesize(tone())
    assert len(engine.asked) == 3


@pytest.mark.parametrize(
    ("job", "config", "kept"),
    [
        ({"private": True}, {}, False),
        ({"is_personal": True}, {}, True),
        ({"is_personal": True}, {"personal": False}, False),
        ({}, {"personal": False}, True),
        ({}, {"max_bytes": 0}, False),
    ],
)
async def test_what_is_not_to_be_kept_is_not(
    make_job: MakeJob, job: dict[str, Any], config: dict[str, Any], kept: bool
) -> None:
    engine = Synthesizer()
    cache = PhraseCache(engine, PhraseCacheConfig(**config))
    for _ in range(2):
        await cache.of(make_job(**job)).synthesize(tone())
    assert len(engine.asked) == (1 if kept else 2)
    assert (cache.bytes > 0) == kept


async def test_a_private_reply_finds_nothing_of_others(make_job: MakeJob) -> None:
    engine = Synthesizer()
    cache = PhraseCache(engine, PhraseCacheConfig())
    await cache.of(make_job()).synthesize(tone())
    await cache.of(make_job(private=True)).synthesize(tone())
    assert len(engine.asked) == 2


async def test_it_is_bounded_and_keeps_no_failures(make_job: MakeJob) -> None:
    engine = Synthesizer()
    cache = PhraseCache(engine, PhraseCacheConfig(max_bytes=20_000))
    speaker = cache.of(make_job())
    for number in range(10):
        await speaker.synthesize(tone(f"Number {number}."))
        assert cache.bytes <= 20_000
    await speaker.synthesize(tone("Number 9."))
    assert len(engine.asked) == 10
    engine.error = SynthesisError("no")
    for _ in range(2):
        with pytest.raises(SynthesisError):
            await speaker.synthesize(tone("Another."))
    assert len(engine.asked) == 12
