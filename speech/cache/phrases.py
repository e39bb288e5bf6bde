"""The audio of recent phrases, in front of the synthesizer.

A sentence that stands in several replies is spoken once. What a phrase sounds like hangs on what it
says and on who says it how, not on its place: engines enter their noise by `Phrase.said`.
"""

from dataclasses import dataclass, replace
from hashlib import blake2b

from speech.cache.ram import RamTier
from speech.config import PhraseCacheConfig, RamTierConfig
from speech.interfaces import SynthesizerStage
from speech.types import Pcm, PhraseJob, SpeechJob, SynthesizedPhrase


class PhraseCache:
    """Keeps phrases of one process, least recently used first to go, bounded in bytes."""

    def __init__(self, synthesizer: SynthesizerStage, config: PhraseCacheConfig) -> None:
        self._synthesizer = synthesizer
        self._config = config
        self.kept: RamTier[Pcm] = RamTier(
            RamTierConfig(max_bytes=max(1, config.max_bytes), ttl=config.ttl)
        )
        self.found_seconds = 0.0
        """Of audio that was here, so far."""
        self.made_seconds = 0.0
        """Of audio that was looked for and had to be made, so far."""

    @property
    def bytes(self) -> int:
        """What is held now."""
        return self.kept.counters.bytes

    def of(self, job: SpeechJob) -> SynthesizerStage:
        """Who speaks the phrases of a job: nothing is kept of a private one."""
        personal = job.is_personal and not self._config.personal
        if not self._config.max_bytes or job.private or personal:
            return self._synthesizer
        return _Keeper(self, job)

    async def speak(self, job: PhraseJob, key: str) -> SynthesizedPhrase:
        """A phrase from memory, or from the synthesizer."""
        phrase = job.phrase
        if (pcm := self.kept.get(key)) is not None:
            self.found_seconds += pcm.duration
            here = replace(pcm, index=phrase.index, is_last=phrase.is_last)
            return SynthesizedPhrase(pcm=here, waited=0.0, synthesis=0.0, batch_size=1)
        made = await self._synthesizer.synthesize(job)
        self.made_seconds += made.pcm.duration
        self.kept.put(key, made.pcm, size=_size(made.pcm), groups=())
        return made


@dataclass(frozen=True, slots=True)
class _Keeper:
    cache: PhraseCache
    job: SpeechJob

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        phrase = job.phrase
        # The voice's files and its epoch: after an invalidation nothing old is found.
        made_by = self.job.makers[self.job.voices.index(phrase.delivery.voice)]
        key = repr((made_by, phrase.delivery, phrase.phoneme_ids or phrase.text, job.timed))
        return await self.cache.speak(job, blake2b(key.encode(), digest_size=20).hexdigest())


def _size(pcm: Pcm) -> int:
    seconds = pcm.phoneme_seconds
    return pcm.samples.nbytes + (0 if seconds is None else seconds.nbytes)
