"""The flow of speech, in one place."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from speech.interfaces import PhraseSource, SynthesizerStage
from speech.types import NOBODYS, Phrase, PhraseJob, Share, SpeechJob, SynthesizedPhrase


@dataclass(frozen=True, slots=True)
class RenderedPhrase:
    """A phrase with its audio."""

    phrase: Phrase
    speech: SynthesizedPhrase
    unmade: float | None
    """Work of the phrases after it; None while more may arrive."""


async def phrases_of(job: SpeechJob, source: PhraseSource) -> AsyncGenerator[Phrase, None]:
    """The phrases of a job as they arrive: those it holds, then those its source reads."""
    for phrase in job.phrases:
        yield phrase
    if job.unread is not None:
        for phrase in await source.rest(job):
            yield phrase


async def render(
    phrases: AsyncGenerator[Phrase, None],
    synthesizer: SynthesizerStage,
    *,
    look_ahead: int,
    short: int,
    timed: bool = False,
    makers: Mapping[str, str] | None = None,
    is_suspect: bool = False,
    trace: str = "",
    share: Share = NOBODYS,
) -> AsyncGenerator[RenderedPhrase, None]:
    """Synthesise phrases concurrently, from when each arrives, and yield them in order.

    At most `look_ahead` phrases are asked for beyond the one that is delivered next, so audio is
    bounded by what the consumer takes; phrases, which are small, are taken as they arrive. Once
    more than `short` characters have arrived, phrases after the first are `later` ones. Leaving
    the iterator cancels what is under way and closes the source.
    """
    arrivals = _Arrivals(phrases)
    pending: deque[tuple[Phrase, asyncio.Task[SynthesizedPhrase]]] = deque()
    try:
        while True:
            arrivals.check()
            while arrivals.waiting and len(pending) <= look_ahead:
                phrase = arrivals.waiting.popleft()
                job = PhraseJob(
                    phrase=phrase,
                    later=phrase.index > 0 and arrivals.characters > short,
                    timed=timed,
                    made_by=(makers or {}).get(phrase.delivery.voice, ""),
                    is_suspect=is_suspect,
                    trace=trace,
                    share=share,
                )
                spoken = asyncio.create_task(_synthesize(synthesizer, job))
                pending.append((phrase, spoken))
            if arrivals.are_open and not (pending and pending[0][1].done()):
                await arrivals.news_or(pending[0][1] if pending else None)
                continue
            if not pending:
                return
            phrase, task = pending[0]
            speech = await task
            arrivals.unmade -= phrase.work
            yield RenderedPhrase(phrase, speech, None if arrivals.are_open else arrivals.unmade)
            pending.popleft()
    finally:
        left: list[asyncio.Task[object]] = [task for _, task in pending]
        for unfinished in left:
            unfinished.cancel()
        await asyncio.gather(*left, arrivals.close(), return_exceptions=True)


class _Arrivals:
    """Phrases taken from their source as they come."""

    def __init__(self, phrases: AsyncGenerator[Phrase, None]) -> None:
        self.waiting: deque[Phrase] = deque()
        self.are_open = True
        """Whether more may come."""
        self.characters = 0
        """Of all phrases so far."""
        self.unmade = 0.0
        """Work of those that have not been delivered."""
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._take(phrases))

    async def _take(self, phrases: AsyncGenerator[Phrase, None]) -> None:
        try:
            async with aclosing(phrases):
                async for phrase in phrases:
                    self.waiting.append(phrase)
                    self.characters += phrase.cost
                    self.unmade += phrase.work
                    self._news.set()
        except Exception as error:  # noqa: BLE001 (whatever ends the source, ends who takes from it)
            self._error = error
        finally:
            self.are_open = False
            self._news.set()

    async def news_or(self, task: asyncio.Task[SynthesizedPhrase] | None) -> None:
        """Wait until something arrived, or the source ended, or a task has."""
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait([news, *([task] if task else [])], return_when="FIRST_COMPLETED")
        finally:
            news.cancel()
        self._news.clear()

    def check(self) -> None:
        """Raise what the source raised, if it did."""
        if self._error is not None:
            raise self._error

    async def close(self) -> None:
        """Take nothing more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def _synthesize(synthesizer: SynthesizerStage, job: PhraseJob) -> SynthesizedPhrase:
    return await synthesizer.synthesize(job)
