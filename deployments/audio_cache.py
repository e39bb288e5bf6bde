"""The AudioCache deployment: read-through, routed by digest, one synthesis per key."""

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import perf_counter
from typing import Any

from ray.serve.handle import DeploymentHandle

from deployments import metrics
from deployments.epochs import EpochBook
from deployments.shim_tiers import TieredCache, open_tiers
from deployments.stages import Inline, frames_or_error, speech_stage
from speech import telemetry
from speech.cache.fills import FillTable
from speech.cache.keys import entry_key
from speech.cache.replies import StoredReply, replay
from speech.config import CacheConfig
from speech.types import AudioFrame, CacheState, SpeechJob, Timing


class AudioCache:
    """Owns the tiers and the replies in the making of the keys routed to this replica.

    It knows neither text nor codecs: a job without an entry goes to the encoder.
    """

    def __init__(
        self, config: CacheConfig, epoch_poll: float, encoder: DeploymentHandle | Inline
    ) -> None:
        self._config = config
        self._encoder = speech_stage(encoder)
        self._fills = FillTable(config)
        self._tiers: TieredCache = open_tiers(
            config, redis_password=os.environ.get("CHORALE_REDIS_PASSWORD")
        )
        self._epochs = EpochBook(epoch_poll)

    def check_health(self) -> None:
        """A second tier that is down is a degraded cache, not a broken replica."""

    async def remote_stream(self, job: SpeechJob) -> AsyncGenerator[Any, None]:
        """`stream` with its error as the last value."""
        async with aclosing(frames_or_error(self.stream(job))) as items:
            async for item in items:
                yield item

    async def forget(self, voice: str | None) -> int:
        """Forget a voice's replies, or all; returns how many entries the tiers could count."""
        await self._epochs.refresh()
        return await self._tiers.purge(voice)

    async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        """Replay the reply of a key, or make it, once for all who ask for it meanwhile."""
        await self._epochs.follow()
        started = perf_counter()
        voice = job.request.voice
        epoch = self._epochs.current(voice)
        key = entry_key(job.digest, epoch)
        stored = await self._tiers.get(key)
        # Looking into the second tier takes a while, in which a fill may have been committed.
        stored = stored or self._tiers.get_ram(key)
        looked = perf_counter() - started
        self._report()
        if stored is not None:
            timing = (Timing(stage="cache", seconds=looked),)
            for frame in replay(stored, CacheState.HIT, self._config.frame_bytes, timings=timing):
                yield frame
            return

        async def commit(reply: StoredReply) -> None:
            await self._epochs.refresh()
            if self._epochs.current(voice) == epoch and reply.size <= self._config.max_entry_bytes:
                await self._tiers.put(key, reply, group=voice)

        # A private reply must not be shared either: its key is its own.
        fill_key = f"{key}.{job.request_id}" if job.private else key
        frames = self._fills.join(
            fill_key, lambda: self._encoder.stream(job), None if job.private else commit
        )
        async with aclosing(frames):
            async for frame in frames:
                yield frame

    def _report(self) -> None:
        metrics.set_gauge(telemetry.FILLS_RUNNING, self._fills.counters.active)
