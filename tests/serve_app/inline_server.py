"""A real Gateway whose stages live in this process; only the engine is fake."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt

from deployments.audio_cache import AudioCache
from deployments.encoder import Encoder
from deployments.normalizer import Normalizer
from deployments.stages import Inline
from serve_app.config import GatewayConfig
from serve_app.gateway import Gateway
from serve_app.keys.limits import KeysConfig
from speech.config import AudioConfig, CacheConfig
from speech.errors import SynthesisError, UnavailableError
from speech.interfaces import EngineInfo
from speech.types import Pcm, PhraseJob, SynthesizedPhrase

LONG = "".join(
    f"This is the {it} of several sentences that make a text of more than one phrase. "
    for it in ("first", "second", "third", "fourth", "fifth", "sixth")
)
"""No sentence comes twice: a phrase that was spoken is not spoken again."""
GOOD = {"model": "chorale", "input": "Hello.", "voice": "alloy", "response_format": "pcm"}
TOKEN = "a-token"  # noqa: S105


class Synthesizer:
    """Half a second a phrase, or more; fails at the phrase it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.5
        self.knows_no_times = False
        self.fail_at: int | None = None
        self.error: Exception = SynthesisError("the engine failed")

    async def loaded_engines(self) -> dict[str, EngineInfo]:
        raise UnavailableError("there is no engine here")

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        self.calls += 1
        if job.phrase.index == self.fail_at:
            raise self.error
        pcm = Pcm(
            samples=np.full(round(24_000 * self.seconds), 1000, np.int16),
            sample_rate=24_000,
            index=job.phrase.index,
            is_last=job.phrase.is_last,
            phoneme_seconds=self._seconds(job),
        )
        return SynthesizedPhrase(pcm=pcm, waited=0.0, synthesis=0.0, batch_size=1)

    def _seconds(self, job: PhraseJob) -> npt.NDArray[np.float32] | None:
        if not job.timed or self.knows_no_times:
            return None
        count = len(job.phrase.phoneme_ids or job.phrase.text)
        return np.full(count, self.seconds / count, np.float32)


class Server:
    """A gateway, its application and a client of it."""

    def __init__(
        self,
        catalogue: Path,
        home: Path | None = None,
        config: GatewayConfig | None = None,
        keys: KeysConfig | None = None,
    ) -> None:
        self.synthesizer = Synthesizer()
        audio = AudioConfig()
        normalizer = Inline(lambda: Normalizer(catalogue, audio, home=home))
        encoder = Encoder(audio, 16_384, Inline(lambda: self.synthesizer), normalizer)
        self.cache = AudioCache(CacheConfig(frame_bytes=16_384), 1000.0, Inline(lambda: encoder))
        self.gateway = Gateway(
            config or GatewayConfig(),
            catalogue,
            normalizer,
            Inline(lambda: self.cache),
            Inline(lambda: self.synthesizer),
            home=home,
            keys=keys,
        )
        self.app: Any = self.gateway.__serve_build_asgi_app__()
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test")

    async def speak(self, **changes: Any) -> httpx.Response:
        headers = changes.pop("headers", {})
        return await self.client.post("/v1/audio/speech", json={**GOOD, **changes}, headers=headers)

    async def settled(self) -> None:
        """Wait until every reply in the making is stored or dropped."""
        async with asyncio.timeout(10):
            while self.cache._fills.counters.active:  # noqa: ASYNC110 (the table tells nobody)
                await asyncio.sleep(0.001)

    @property
    def admitted(self) -> tuple[int, int]:
        return self.gateway._admission.requests, self.gateway._admission.characters
