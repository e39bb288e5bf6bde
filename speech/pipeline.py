"""The flow of speech, in one place."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from speech.interfaces import NormalizerStage, SynthesizerStage
from speech.types import Phrase, PhraseJob, SpeechJob, SpeechRequest, SynthesizedPhrase


@dataclass(frozen=True, slots=True)
class RenderedPhrase:
    """A phrase with its audio."""

    phrase: Phrase
    speech: SynthesizedPhrase
    unmade: int | None
    """Characters of the phrases after it; None while those of an opening are being read."""


async def render(
    job: SpeechJob,
    synthesizer: SynthesizerStage,
    normalizer: NormalizerStage,
    *,
    look_ahead: int,
    short: int,
) -> AsyncGenerator[RenderedPhrase, None]:
    """Synthesise a job's phrases concurrently and yield them in order.

    At most `look_ahead` phrases are asked for beyond the one that is delivered next, so memory is
    bounded by what the consumer takes. In a reply of more than `short` characters the phrases
    after the first are `later` ones. Of an `opening` job the normalizer reads the rest while the
    first phrase is spoken. Leaving the iterator cancels what is under way.
    """
    pending: deque[tuple[Phrase, asyncio.Task[SynthesizedPhrase]]] = deque()
    phrases = deque(job.utterance.phrases)
    unmade = job.utterance.cost
    is_long = job.opening or job.utterance.cost > short
    rest = asyncio.create_task(_rest(normalizer, job)) if job.opening else None
    try:
        while True:
            while phrases and len(pending) <= look_ahead:
                phrase = phrases.popleft()
                later = is_long and phrase.index > 0
                asked = phrase_job(phrase, job.request, later=later, is_suspect=job.is_suspect)
                spoken = asyncio.create_task(_synthesize(synthesizer, asked))
                pending.append((phrase, spoken))
            if rest is not None:
                await asyncio.wait(
                    [rest, *(task for _, task in list(pending)[:1])],
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if rest.done():
                    phrases.extend(rest.result())
                    unmade += sum(phrase.cost for phrase in rest.result())
                    rest = None
                    continue
            if not pending:
                return
            phrase, task = pending[0]
            speech = await task
            unmade -= phrase.cost
            yield RenderedPhrase(phrase, speech, None if rest is not None else unmade)
            pending.popleft()
    finally:
        left: list[asyncio.Task[object]] = [task for _, task in pending]
        if rest is not None:
            left.append(rest)
        for unfinished in left:
            unfinished.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def phrase_job(
    phrase: Phrase, request: SpeechRequest, *, later: bool = False, is_suspect: bool = False
) -> PhraseJob:
    """What the synthesizer is asked for."""
    return PhraseJob(
        phrase=phrase,
        voice=request.voice,
        speaker=request.speaker,
        language=request.language,
        speed=request.speed,
        seed=request.seed,
        later=later,
        is_suspect=is_suspect,
    )


async def _rest(normalizer: NormalizerStage, job: SpeechJob) -> tuple[Phrase, ...]:
    return await normalizer.rest(job)


async def _synthesize(synthesizer: SynthesizerStage, job: PhraseJob) -> SynthesizedPhrase:
    return await synthesizer.synthesize(job)
