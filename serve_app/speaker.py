"""From a validated request to a reply: hot cache, admission, normalizer, audio cache.

It knows neither HTTP nor Ray; the ingress gives it the stages and sends what it returns.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter

from serve_app.admission import Admission, Cost, Ticket
from speech.cache.keys import entry_key, request_digest
from speech.cache.ram import RamTier
from speech.cache.stored import StoredReply
from speech.errors import DeadlineExceededError, UnavailableError
from speech.interfaces import NormalizerStage, SpeechStage
from speech.types import AudioFrame, CacheState, SpeechJob, SpeechRequest, SpokenWord, Timing


@dataclass(slots=True, kw_only=True, eq=False)
class Reply:
    """A reply whose first frame exists. `frames` is read once, then `aclose` is called."""

    cache: CacheState
    timings: tuple[Timing, ...]
    total_bytes: int | None
    body: bytes | None
    """The whole reply, where the first frame is also the last."""
    frames: AsyncGenerator[AudioFrame, None]
    """Every frame from the first; unused where `body` is there."""
    audio_seconds: float
    """Known from the start only with `body`."""
    words: tuple[SpokenWord, ...] = ()
    """Likewise; of other replies, `frames` carry them."""
    source: AsyncGenerator[AudioFrame, None] | None = None
    """What `frames` reads from, where that is another iterator."""
    ticket: Ticket | None = None
    kept: list[AudioFrame] | None = None
    """What was read so far, for the hot cache; None where that keeps nothing of it."""

    def stall(self) -> None:
        """Its reader takes nothing: nothing is made for it, or held for others, meanwhile."""
        self.kept = None
        if self.ticket is not None:
            self.ticket.stall()

    def resume(self) -> None:
        """Its reader takes more."""
        if self.ticket is not None:
            self.ticket.resume()

    async def aclose(self) -> None:
        """Stop what this reply alone still causes, and give its admission back."""
        try:
            # Closing an iterator that was never read does not run it, so it closes no other.
            await self.frames.aclose()
            if self.source is not None:
                await self.source.aclose()
        finally:
            if self.ticket is not None:
                self.ticket.leave()


class Speaker:
    """One gateway's way through the graph."""

    def __init__(
        self,
        *,
        normalizer: NormalizerStage,
        cache: SpeechStage,
        admission: Admission,
        hot: RamTier[StoredReply],
        hot_entry_bytes: int,
        epochs: Callable[[Iterable[str]], Iterable[int]],
    ) -> None:
        self._normalizer = normalizer
        self._cache = cache
        self._admission = admission
        self._hot = hot
        self._hot_entry_bytes = hot_entry_bytes
        self._epochs = epochs

    async def speak(
        self,
        request: SpeechRequest,
        *,
        request_id: str,
        deadline: float,
        private: bool,
        caller: str = "",
    ) -> Reply:
        """Answer a request once its first audio exists.

        Args:
            request: What to say.
            request_id: Travels with the job, for logs.
            deadline: Seconds the first frame may take.
            private: The reply is kept in no cache.
            caller: Whose share of what is bounded it takes.

        Raises:
            SpeechError: nothing was answered; the class says what a retry is worth.
        """
        key = entry_key(request_digest(request), self._epochs(request.voices))
        if (hot := self._hot.get(key)) is not None:
            self._admission.check_reading(caller)
            return Reply(
                cache=CacheState.HOT,
                timings=(),
                total_bytes=len(hot.body),
                body=hot.body,
                frames=_nothing(),
                audio_seconds=hot.audio_seconds,
                words=hot.words,
            )
        ticket = self._admission.enter(self._estimate(request), deadline, caller)
        try:
            return await self._from_graph(
                request,
                key,
                request_id=request_id,
                deadline=deadline,
                private=private,
                ticket=ticket,
            )
        except BaseException:
            ticket.leave()
            raise

    def _estimate(self, request: SpeechRequest) -> Cost:
        """Before the text has been read: as if it were spoken as it is written."""
        whole, passage = request.work, request.passages[0]
        first = min(len(passage.text), self._admission.limits.first_phrase_characters)
        return Cost(
            whole=math.ceil(whole),
            first=math.ceil(first / passage.delivery.speed if request.stream else whole),
        )

    async def _from_graph(
        self,
        request: SpeechRequest,
        key: str,
        *,
        request_id: str,
        deadline: float,
        private: bool,
        ticket: Ticket,
    ) -> Reply:
        started = perf_counter()
        frames: AsyncGenerator[AudioFrame, None] | None = None
        try:
            async with asyncio.timeout(deadline):
                job = await self._normalizer.prepare(request, request_id)
                if private:
                    job = replace(job, private=True)
                ticket.reprice(_price(job, ticket.cost))
                normalized = perf_counter()
                frames = self._cache.stream(job)
                first = await anext(frames)
                arrived = perf_counter()
                ticket.begin(made=first.cache is not CacheState.HIT)
                _count_made(ticket, first)
        except BaseException as error:
            if frames is not None:
                await frames.aclose()
            if isinstance(error, TimeoutError):
                raise DeadlineExceededError("no audio within the request's deadline") from None
            if isinstance(error, StopAsyncIteration):
                raise UnavailableError("the reply ended before it began") from None
            raise
        timings = (
            Timing(stage="normalize", seconds=normalized - started),
            *first.timings,
            Timing(stage="graph", seconds=arrived - normalized),
        )
        reply = Reply(
            cache=first.cache,
            timings=timings,
            total_bytes=first.total_bytes,
            body=first.data if first.is_last else None,
            frames=frames,
            audio_seconds=first.audio_seconds,
            words=first.words,
            source=frames,
            ticket=ticket,
        )
        if first.is_last:
            if not private:
                self._keep(key, [first], request.voices)
        else:
            reply.kept = None if private else []
            reply.frames = self._frames(reply, first, frames, key, request)
        return reply

    async def _frames(
        self,
        reply: Reply,
        first: AudioFrame,
        rest: AsyncGenerator[AudioFrame, None],
        key: str,
        request: SpeechRequest,
    ) -> AsyncGenerator[AudioFrame, None]:
        """Pass frames on; keep the reply in the hot cache if it stays small and ends well."""
        size = 0
        async with aclosing(_resumed(first, rest)) as frames:
            async for frame in frames:
                if reply.ticket is not None:
                    _count_made(reply.ticket, frame)
                size += len(frame.data)
                if size > self._hot_entry_bytes:
                    reply.kept = None
                if reply.kept is not None:
                    reply.kept.append(frame)
                    if frame.is_last:
                        self._keep(key, reply.kept, request.voices)
                yield frame

    def _keep(self, key: str, frames: Sequence[AudioFrame], voices: tuple[str, ...]) -> None:
        head = frames[-1].head
        reply = StoredReply(
            body=head + b"".join(frame.data for frame in frames)[len(head) :],
            audio_seconds=frames[-1].audio_seconds,
            words=tuple(word for frame in frames for word in frame.words),
        )
        if reply.size <= self._hot_entry_bytes:
            self._hot.put(key, reply, size=reply.size, groups=voices)


def _price(job: SpeechJob, estimate: Cost) -> Cost:
    first = job.work if job.whole else job.phrases[0].work
    whole = estimate.whole if job.unread else math.ceil(job.work)
    return Cost(whole=whole, first=math.ceil(first))


def _count_made(ticket: Ticket, frame: AudioFrame) -> None:
    """Give back what has been made; an opening is priced again once all of its text is read."""
    if frame.unmade is not None:
        ticket.remain(math.ceil(frame.unmade))


async def _resumed(
    first: AudioFrame, rest: AsyncGenerator[AudioFrame, None]
) -> AsyncGenerator[AudioFrame, None]:
    async with aclosing(rest):
        yield first
        async for frame in rest:
            yield frame


async def _nothing() -> AsyncGenerator[AudioFrame, None]:
    return
    yield
