"""From a validated request to a reply: hot cache, admission, normalizer, audio cache.

It knows neither HTTP nor Ray; the ingress gives it the stages and sends what it returns.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter

from serve_app.admission import Admission, Cost, Ticket
from speech.cache.keys import entry_key, request_digest
from speech.cache.ram import RamTier
from speech.errors import DeadlineExceededError, UnavailableError
from speech.interfaces import NormalizerStage, SpeechStage
from speech.types import AudioFrame, CacheState, SpeechJob, SpeechRequest, Timing


@dataclass(frozen=True, slots=True)
class HotReply:
    """A whole encoded reply in the gateway's own memory."""

    body: bytes
    audio_seconds: float


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
    source: AsyncGenerator[AudioFrame, None] | None = None
    """What `frames` reads from, where that is another iterator."""
    ticket: Ticket | None = None
    kept: list[bytes] | None = None
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
        hot: RamTier[HotReply],
        hot_entry_bytes: int,
        epoch: Callable[[str], int],
    ) -> None:
        self._normalizer = normalizer
        self._cache = cache
        self._admission = admission
        self._hot = hot
        self._hot_entry_bytes = hot_entry_bytes
        self._epoch = epoch

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
        key = entry_key(request_digest(request), self._epoch(request.voice))
        if (hot := self._hot.get(key)) is not None:
            self._admission.check_reading(caller)
            return Reply(
                cache=CacheState.HOT,
                timings=(),
                total_bytes=len(hot.body),
                body=hot.body,
                frames=_nothing(),
                audio_seconds=hot.audio_seconds,
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
        written = len(request.text)
        first = min(written, self._admission.limits.first_phrase_characters)
        return Cost(
            whole=math.ceil(written / request.speed),
            first=math.ceil((first if request.stream else written) / request.speed),
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
                ticket.reprice(_price(job, request.speed, ticket.cost))
                normalized = perf_counter()
                frames = self._cache.stream(job)
                first = await anext(frames)
                arrived = perf_counter()
                ticket.begin(made=first.cache is not CacheState.HIT)
                _count_made(ticket, first, request.speed)
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
            source=frames,
            ticket=ticket,
        )
        if first.is_last:
            if not private:
                self._keep(key, first.data, first.audio_seconds, request.voice)
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
                    _count_made(reply.ticket, frame, request.speed)
                size += len(frame.data)
                if size > self._hot_entry_bytes:
                    reply.kept = None
                if reply.kept is not None:
                    reply.kept.append(frame.data)
                    if frame.is_last:
                        body = b"".join(reply.kept)
                        self._keep(key, body, frame.audio_seconds, request.voice)
                yield frame

    def _keep(self, key: str, body: bytes, audio_seconds: float, voice: str) -> None:
        if len(body) <= self._hot_entry_bytes:
            self._hot.put(key, HotReply(body, audio_seconds), size=len(body), group=voice)


def _price(job: SpeechJob, speed: float, estimate: Cost) -> Cost:
    utterance = job.utterance
    first = utterance.cost if job.whole else utterance.phrases[0].cost
    whole = estimate.whole if job.opening else math.ceil(utterance.cost / speed)
    return Cost(whole=whole, first=math.ceil(first / speed))


def _count_made(ticket: Ticket, frame: AudioFrame, speed: float) -> None:
    """Give back what has been made; an opening is priced anew once all of its text is read."""
    if frame.unmade is not None:
        ticket.remain(math.ceil(frame.unmade / speed))


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
