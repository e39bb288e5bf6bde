"""The flow of speech, in one place."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from speech.interfaces import SynthesizerStage
from speech.types import PhraseJob, SpeechJob, SynthesizedPhrase


async def render(
    job: SpeechJob, synthesizer: SynthesizerStage, *, look_ahead: int
) -> AsyncGenerator[SynthesizedPhrase, None]:
    """Synthesise a job's phrases concurrently and yield them in order.

    At most `look_ahead` phrases are asked for beyond the one that is delivered next, so memory is
    bounded by what the consumer takes. Leaving the iterator cancels what is under way.
    """
    pending: deque[asyncio.Task[SynthesizedPhrase]] = deque()
    phrases = iter(phrase_jobs(job))
    try:
        while True:
            while len(pending) <= look_ahead and (item := next(phrases, None)):
                pending.append(asyncio.create_task(_synthesize(synthesizer, item)))
            if not pending:
                return
            yield await pending[0]
            pending.popleft()
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def phrase_jobs(job: SpeechJob) -> list[PhraseJob]:
    """What the synthesizer is asked for, phrase by phrase."""
    request = job.request
    return [
        PhraseJob(
            phrase=phrase,
            voice=request.voice,
            speaker=request.speaker,
            language=request.language,
            speed=request.speed,
            seed=request.seed,
        )
        for phrase in job.utterance.phrases
    ]


async def _synthesize(synthesizer: SynthesizerStage, job: PhraseJob) -> SynthesizedPhrase:
    return await synthesizer.synthesize(job)
