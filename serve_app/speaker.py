"""From a validated request to a reply: hot cache, admission, normalizer, audio cache.

It knows neither HTTP nor Ray; the ingress gives it the stages and sends what it returns.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from serve_app.admission import Admission, Cost, Ticket
from serve_app.callers import NOBODY, Caller
from serve_app.keys.meter import UNMETERED, Meter, Visit
from speech.cache.keys import entry_key, own_digest, request_digest
from speech.cache.ram import RamTier
from speech.cache.stored import StoredReply
from speech.errors import DeadlineExceededError, UnavailableError
from speech.interfaces import NormalizerStage, SpeechStage
from speech.types import AudioFrame, CacheState, Share, SpeechJob, SpeechRequest, SpokenWord, Timing


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
    is_silent: bool = False
    """The text left nothing to say."""
    visit: Visit = UNMETERED
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

    async def settle(self, most: int) -> None:
        """Read all of it as its `body`, or, of a reply of more than `most` bytes, so much ahead."""
        if self.body is not None:
            return
        read: list[AudioFrame] = []
        async for frame in self.frames:
            read.append(frame)
            most -= len(frame.data)
            if frame.is_last:
                whole = _stored(read)
                self.body, self.total_bytes = whole.body, len(whole.body)
                self.audio_seconds, self.words = whole.audio_seconds, whole.words
                return
            if most < 0:
                break
        self.source = self.frames
        self.frames = _resumed(read, self.source)

    async def aclose(self) -> None:
        """Stop what this reply alone still causes, and give its admission back."""
        try:
            # Closing an iterator that was never read does not run it, so it closes no other.
            await self.frames.aclose()
            if self.source is not None:
                await self.source.aclose()
        finally:
            self.visit.leave()
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
        meter: Meter,
    ) -> None:
        self._normalizer = normalizer
        self._cache = cache
        self._admission = admission
        self._hot = hot
        self._hot_entry_bytes = hot_entry_bytes
        self._epochs = epochs
        self._meter = meter

    async def speak(
        self,
        request: SpeechRequest,
        *,
        request_id: str,
        deadline: float,
        private: bool,
        caller: Caller = NOBODY,
    ) -> Reply:
        """Answer a request once its first audio exists.

        Args:
            request: What to say.
            request_id: Travels with the job, for logs.
            deadline: Seconds the first frame may take.
            private: The reply is kept in no cache.
            caller: Who asks: whose limits and share of what is bounded it takes.

        Raises:
            SpeechError: nothing was answered; the class says what a retry is worth.
        """
        visit = await self._meter.enter(caller, request)
        try:
            return await self._reply(
                request,
                request_id=request_id,
                deadline=deadline,
                private=private,
                caller=caller,
                visit=visit,
            )
        except Exception:
            visit.fail()
            raise
        except BaseException:
            visit.leave()
            raise

    async def _reply(
        self,
        request: SpeechRequest,
        *,
        request_id: str,
        deadline: float,
        private: bool,
        caller: Caller,
        visit: Visit,
    ) -> Reply:
        key = entry_key(request_digest(request), self._epochs(request.voices)) + caller.cache
        if (hot := self._hot.get(key)) is not None:
            self._admission.check_reading(caller)
            visit.begin(hit=True)
            visit.heard(hot.audio_seconds)
            return Reply(
                cache=CacheState.HOT,
                timings=(),
                total_bytes=len(hot.body),
                body=hot.body,
                frames=_nothing(),
                audio_seconds=hot.audio_seconds,
                words=hot.words,
                visit=visit,
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
                visit=visit,
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
        visit: Visit,
    ) -> Reply:
        started = perf_counter()
        frames: AsyncGenerator[AudioFrame, None] | None = None
        try:
            async with asyncio.timeout(deadline):
                job = await self._normalizer.prepare(request, request_id)
                job = _on_behalf(job, request, ticket.caller, private=private)
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
            is_silent=not job.phrases,
            visit=visit,
        )
        visit.begin(hit=first.cache is CacheState.HIT)
        if first.is_last:
            visit.heard(first.audio_seconds)
            # The hot cache knows no job, so it could not say that a reply is silent.
            if not private and job.phrases:
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
        try:
            async with aclosing(_resumed([first], rest)) as frames:
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
                    if frame.is_last:
                        reply.visit.heard(frame.audio_seconds)
                    yield frame
        except Exception:
            reply.visit.fail()
            raise

    def _keep(self, key: str, frames: Sequence[AudioFrame], voices: tuple[str, ...]) -> None:
        reply = _stored(frames)
        if reply.size <= self._hot_entry_bytes:
            self._hot.put(key, reply, size=reply.size, groups=voices)


def _on_behalf(
    job: SpeechJob, request: SpeechRequest, caller: Caller, *, private: bool
) -> SpeechJob:
    """The job of a caller; what is kept for it alone has a digest, and makers, of its own."""
    own: dict[str, Any] = {}
    if caller.cache:
        own["digest"] = own_digest(job.digest, caller.cache)
        own["makers"] = tuple(f"{maker} {caller.cache}" for maker in job.makers)
    share = Share(caller.name, caller.weight)
    return replace(job, private=private, trace=request.trace, share=share, **own)


def _stored(frames: Sequence[AudioFrame]) -> StoredReply:
    """All frames of a reply as one."""
    head = frames[-1].head
    return StoredReply(
        body=head + b"".join(frame.data for frame in frames)[len(head) :],
        audio_seconds=frames[-1].audio_seconds,
        words=tuple(word for frame in frames for word in frame.words),
    )


def _price(job: SpeechJob, estimate: Cost) -> Cost:
    first = job.work if job.whole else job.phrases[0].work
    whole = estimate.whole if job.unread else math.ceil(job.work)
    return Cost(whole=whole, first=math.ceil(first))


def _count_made(ticket: Ticket, frame: AudioFrame) -> None:
    """Give back what has been made; an opening is priced again once all of its text is read."""
    if frame.unmade is not None:
        ticket.remain(math.ceil(frame.unmade))


async def _resumed(
    read: Iterable[AudioFrame], rest: AsyncGenerator[AudioFrame, None]
) -> AsyncGenerator[AudioFrame, None]:
    async with aclosing(rest):
        for frame in read:
            yield frame
        async for frame in rest:
            yield frame


async def _nothing() -> AsyncGenerator[AudioFrame, None]:
    return
    yield
