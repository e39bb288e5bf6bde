"""The AudioCache deployment: read-through, routed by digest, one synthesis per key."""

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter

from ray.serve.handle import DeploymentHandle

from deployments import metrics, startup
from deployments.collector import settle
from deployments.epochs import EpochBook
from deployments.memory import MEMORY, MemoryWatch
from deployments.stages import RETRIES, Inline, Stage, check_inline, speech_stage
from speech import telemetry
from speech.cache.fills import FillTable
from speech.cache.keys import entry_key
from speech.cache.stored import StoredReply, replay
from speech.cache.tiers import Found, TieredCache, open_cache
from speech.config import CacheConfig, MemoryConfig, RetryConfig
from speech.engine_load import ProcessorLoad
from speech.interfaces import SpeechStage
from speech.types import AudioFrame, CacheState, SpeechJob, Timing


class AudioCache(Stage, serves=SpeechStage):
    """Owns the tiers and the replies in the making of the keys routed to this replica.

    It knows neither text nor codecs: a job without an entry goes to the encoder.
    """

    def __init__(
        self,
        config: CacheConfig,
        epoch_poll: float,
        encoder: DeploymentHandle | Inline,
        retries: RetryConfig = RETRIES,
        *,
        memory: MemoryConfig = MEMORY,
    ) -> None:
        began = startup.Startup("audio_cache")
        self._config = config
        self._encoder = speech_stage(encoder, retries)
        self._memory = MemoryWatch(memory)
        self._fills = FillTable(config)
        self._reported = self._fills.counters
        self._tiers: TieredCache = open_cache(
            config,
            redis_password=os.environ.get("CHORALE_REDIS_PASSWORD"),
            secret=os.environ.get("CHORALE_CACHE_KEY", "").encode(),
        )
        self._counted: dict[str, int] = {}
        self._epochs = EpochBook(epoch_poll)
        self._load = ProcessorLoad()
        began.done("tiers")
        settle()

    def check_health(self) -> None:
        """Report; a second tier that is down is a degraded cache, not a broken replica.

        Serve calls this every two seconds, which also keeps gauges alive: the exporter drops one
        that has not been set for about 20 s.
        """
        startup.report()
        self._memory.look(self._tiers.ram, self._fills)
        self._report()
        check_inline(self._encoder)

    def record_autoscaling_stats(self) -> dict[str, float]:
        """What `BusyPolicy` reads."""
        return self._load.stats()

    async def forget(self, voice: str | None) -> int:
        """Forget a voice's replies, or all; returns how many entries the tiers could count."""
        await self._epochs.refresh()
        return await self._tiers.purge(voice)

    async def stream(self, job: SpeechJob) -> AsyncGenerator[AudioFrame, None]:
        """Replay the reply of a key, or make it, once for all who ask for it meanwhile."""
        await self._epochs.follow()
        started = perf_counter()
        epochs = self._epochs.of(job.voices)
        key = entry_key(job.digest, epochs)
        found = await self._tiers.get(key, groups=job.voices)
        looked = Timing(stage="cache", seconds=perf_counter() - started)
        self._count_lookup(found)
        if found is not None:
            frame_bytes = self._config.frame_bytes
            with self._fills.lend(found.reply):
                for frame in replay(found.reply, CacheState.HIT, frame_bytes, timings=(looked,)):
                    yield frame
            return

        async def commit(reply: StoredReply) -> None:
            await self._epochs.refresh()
            if self._epochs.of(job.voices) == epochs:
                await self._tiers.put(key, reply, groups=job.voices)

        made = replace(
            job,
            makers=tuple(f"{it} {epoch}" for it, epoch in zip(job.makers, epochs, strict=True)),
        )
        # A private reply must not be shared either: its key is its own.
        fill_key = f"{key}.{job.request_id}" if job.private else key
        frames = self._fills.join(
            fill_key, lambda: self._encoder.stream(made), None if job.private else commit
        )
        async with aclosing(frames):
            async for frame in frames:
                if frame.is_first:
                    yield replace(frame, timings=(looked, *frame.timings))
                else:
                    yield frame

    def _count_lookup(self, found: Found | None) -> None:
        ram_hit = found is not None and found.tier == "ram"
        metrics.count(telemetry.CACHE_LOOKUPS, tier="ram", outcome="hit" if ram_hit else "miss")
        if self._config.second is not None and not ram_hit:
            outcome = "hit" if found is not None else "miss"
            metrics.count(telemetry.CACHE_LOOKUPS, tier=self._config.second.kind, outcome=outcome)

    def _report(self) -> None:
        """Export the state of fills and tiers; counters as what has come since the last report."""
        fills, reported = self._fills.counters, self._reported
        self._reported = fills
        metrics.set_gauge(telemetry.FILLS_RUNNING, fills.active)
        metrics.set_gauge(telemetry.FILLS_PAUSED, fills.paused)
        metrics.set_gauge(telemetry.FILL_BYTES, fills.held_bytes)
        metrics.count(telemetry.READERS_DROPPED, fills.dropped - reported.dropped)
        metrics.count(telemetry.FILLS, fills.completed - reported.completed, outcome="ok")
        metrics.count(telemetry.FILLS, fills.failed - reported.failed, outcome="failed")
        metrics.count(telemetry.FILLS, fills.abandoned - reported.abandoned, outcome="abandoned")
        health = self._tiers.health()
        metrics.set_gauge(telemetry.CACHE_BYTES, health.ram.bytes, tier="ram")
        if health.second is not None:
            tier = health.second.kind
            metrics.set_gauge(telemetry.CACHE_TIER_UP, float(health.second.healthy), tier=tier)
            for event in telemetry.CACHE_TIER_EVENT_LABELS:
                total = getattr(health.second, event)
                count = total - self._counted.get(event, 0)
                metrics.count(telemetry.CACHE_TIER_EVENTS, count, tier=tier, event=event)
                self._counted[event] = total
            if health.second.bytes is not None:
                metrics.set_gauge(telemetry.CACHE_BYTES, health.second.bytes, tier=tier)
