"""The Normalizer deployment: written text to phrases, phoneme ids and the reply's digest."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from deployments import metrics, startup
from deployments.collector import settle
from deployments.memory import MEMORY, MemoryWatch
from deployments.stages import Stage
from speech import espeak, telemetry
from speech.cache.keys import digest, library_versions
from speech.config import AudioConfig, EspeakConfig, MemoryConfig, TextConfig
from speech.engine_load import ProcessorLoad
from speech.engines.kinds import Voice
from speech.errors import ConfigError, InvalidInputError
from speech.interfaces import NormalizerStage
from speech.text import FrontEnd, phonemizers
from speech.text.phonemes import Unknown
from speech.types import (
    USUAL_RATES,
    Delivery,
    Explanation,
    Passage,
    Phrase,
    SpeechJob,
    SpeechRequest,
    Vocabulary,
)
from speech.voice_home import LiveCatalogue

_WARM_UP_TEXT = "On May 5, 2021, Dr. Smith paid $3.50 at 3:45 pm. Was it 12 %? Yes!"
_WARM_UP_SECONDS = 120.0
_PERSONAL = re.compile(r"[\d@]")
_INLINE_CHARACTERS = 300
"""Texts up to this length are prepared on the event loop: a thread costs more than they do."""
_SHORT_THREADS = 2
"""For those of them that are not."""

_Result = TypeVar("_Result")


class _Lanes:
    """Threads by kind of text: no short one waits behind long ones, nor speech behind showing."""

    def __init__(self, config: TextConfig) -> None:
        self._lanes = {
            "short": ThreadPoolExecutor(_SHORT_THREADS, "short-texts"),
            "long": ThreadPoolExecutor(config.long_threads, "long-texts"),
            "shown": ThreadPoolExecutor(config.shown_threads, "shown-texts"),
        }
        self.waiting = dict.fromkeys(self._lanes, 0)
        """Texts by lane, those included that are read now."""

    async def run(self, lane: str, read: Callable[..., _Result], *arguments: Any) -> _Result:
        """Read in a thread of a lane."""
        self.waiting[lane] += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._lanes[lane], read, *arguments)
        finally:
            self.waiting[lane] -= 1

    async def here(
        self, read: Callable[[SpeechRequest], _Result], request: SpeechRequest
    ) -> _Result:
        """Read on the event loop, if no phonemizer is busy and the text cannot keep one long.

        300 characters of ASCII took no phonemizer 50 ms in any language; of other scripts they
        took up to a second, mixed as nobody writes them.
        """
        plain = all(passage.text.isascii() for passage in request.passages)
        if not plain or phonemizers.is_busy():
            return await self.run("short", read, request)
        return read(request)

    def close(self) -> None:
        """Let the threads end with what they have."""
        for lane in self._lanes.values():
            lane.shutdown(wait=False)


class Normalizer(Stage, serves=NormalizerStage):
    """Owns the text front end. It knows voices by their vocabulary only."""

    def __init__(
        self,
        catalogue: Path,
        audio: AudioConfig,
        espeak_config: EspeakConfig | None = None,
        home: Path | None = None,
        *,
        memory: MemoryConfig = MEMORY,
    ) -> None:
        began = startup.Startup("normalizer")
        self._memory = MemoryWatch(memory)
        espeak.configure(espeak_config or EspeakConfig())
        self._live = LiveCatalogue(catalogue, home)
        began.done("catalogue")
        self._audio = audio
        self._pauses = TextConfig().phrases.pauses
        self._front_end = FrontEnd(TextConfig())
        self._lanes = _Lanes(TextConfig())
        self._reported: Unknown = Counter()
        self._reported_memo = self._front_end.memo
        self._load = ProcessorLoad()
        self._unread = {
            kind: problem
            for kind in phonemizers.PHONEMIZERS
            if (reader := phonemizers.phonemizer(kind)) and (problem := reader.unavailable())
        }
        self._check_phonemizers()
        self._shows_phonemes = not espeak.unavailable()
        library_versions()  # the first request would take 0.3 s longer
        began.done("front_end")
        self._warm_up()
        began.done("warm_up")
        settle()

    def _check_phonemizers(self) -> None:
        """Raise ConfigError where a voice's phonemizer is not installed."""
        for voice in self._live.shipped.voices.values():
            if voice.vocabulary is None:
                continue
            if problem := self._unread.get(voice.vocabulary.kind):
                raise ConfigError(f"voice {voice.id!r} cannot be read for: {problem}")

    def _warm_up(self) -> None:
        """Load tables and languages now: the first request would take some 45 ms longer.

        On an overloaded machine that may take longer than a text may.
        """
        front_end = FrontEnd(TextConfig(max_seconds=_WARM_UP_SECONDS))
        for voice in self._live.shipped.voices.values():
            delivery = Delivery(voice=voice.id, language=voice.language)
            passage = Passage(text=_WARM_UP_TEXT, delivery=delivery)
            front_end.prepare(passage, voice.vocabulary)
            front_end.explain(passage, phonemized=self._shows_phonemes)

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take a new `TextConfig` without a restart."""
        config = TextConfig.model_validate(user_config)
        self._front_end = FrontEnd(config)
        self._lanes.close()
        self._lanes = _Lanes(config)
        self._reported = Counter()
        self._reported_memo = self._front_end.memo

    def check_health(self) -> None:
        """Report, follow the user's voices, and raise when espeak-ng cannot be started."""
        startup.report()
        self._memory.look()
        self._live.poll()
        unknown = self._front_end.unknown_symbols
        for (kind, fate), count in (unknown - self._reported).items():
            metrics.count(telemetry.UNKNOWN_SYMBOLS, count, **{"class": kind, "fate": fate})
        self._reported = unknown
        memo, reported = self._front_end.memo, self._reported_memo
        metrics.set_gauge(telemetry.PHONEME_MEMO_ENTRIES, memo.entries)
        for lane, waiting in self._lanes.waiting.items():
            metrics.set_gauge(telemetry.TEXTS_READ, waiting, lane=lane)
        metrics.count(telemetry.PHONEME_LOOKUPS, memo.hits - reported.hits, outcome="hit")
        metrics.count(telemetry.PHONEME_LOOKUPS, memo.misses - reported.misses, outcome="miss")
        self._reported_memo = memo
        metrics.report_espeak()

    def record_autoscaling_stats(self) -> dict[str, float]:
        """What `BusyPolicy` reads."""
        return self._load.stats()

    async def prepare(self, request: SpeechRequest, request_id: str) -> SpeechJob:
        """Text to a job.

        Of a long text that is streamed it holds the first phrase alone, and the text; any other
        job no longer holds the text as written. That of a text that leaves nothing to say has no
        phrases.

        Raises:
            InvalidInputError: it becomes too much.
            UnreadableTextError: espeak-ng breaks down on it.
        """
        if any(voice not in self._live.catalogue.voices for voice in request.voices):
            # A gateway has seen it first.
            await asyncio.get_running_loop().run_in_executor(None, self._live.refresh)
        opening: Phrase | None = None
        phrases: tuple[Phrase, ...]
        if request.characters <= _INLINE_CHARACTERS:
            phrases = await self._lanes.here(self._phrases, request)
        elif request.stream and (opening := await self._lanes.here(self._opening, request)):
            phrases = (opening,)
        else:
            phrases = await self._lanes.run("long", self._phrases, request)
        voices = [self._voice(voice) for voice in request.voices]
        rate = USUAL_RATES.get(request.format) or max(v.sample_rate for v in voices)
        return SpeechJob(
            format=request.format,
            sample_rate=request.sample_rate or rate,
            whole=opening is None and (len(phrases) <= 1 or not request.stream),
            loudness=request.loudness,
            timed=request.timed,
            voices=request.voices,
            phrases=phrases,
            unread=request if opening else None,
            digest=digest(
                request=request,
                phrases=phrases,
                voices={voice.id: (voice.checksum, voice.sample_rate) for voice in voices},
                front_end=self._front_end.fingerprint if opening else None,
                audio=self._audio,
                versions=library_versions(),
            ),
            request_id=request_id,
            makers=tuple(voice.checksum for voice in voices),
            is_personal=any(
                passage.lexicon or _PERSONAL.search(passage.text) for passage in request.passages
            ),
        )

    async def rest(self, job: SpeechJob) -> tuple[Phrase, ...]:
        """The phrases after the first of a job that holds only that."""
        if job.unread is None:
            return ()
        phrases = await self._lanes.run("long", self._phrases, job.unread)
        return phrases[1:]

    def _opening(self, request: SpeechRequest) -> Phrase | None:
        """The first phrase, where it can be told without reading all."""
        first, *others = request.passages
        if others and self._may_be_too_silent(request.passages):
            return None
        others_length = sum(self._front_end.at_most(it, self._vocabulary(it)) for it in others)
        return self._front_end.opening(
            first,
            self._vocabulary(first, sounds=request.sounds),
            words=request.timed,
            sounds=request.sounds,
            followed_by=others_length,
        )

    def _phrases(self, request: SpeechRequest) -> tuple[Phrase, ...]:
        """All phrases of all passages; one that says nothing makes none.

        Raises:
            InvalidInputError: it becomes too much.
        """
        are_several = len(request.passages) > 1
        budget = self._front_end.budget()
        phrases: list[Phrase] = []
        pause: float | None = None
        for passage in request.passages:
            said = self._front_end.prepare(
                passage,
                self._vocabulary(passage, sounds=request.sounds),
                words=request.timed,
                sounds=request.sounds,
                budget=budget,
            ).phrases
            if said:
                phrases[-1:] = [self._front_end.followed(it, pause) for it in phrases[-1:]]
                phrases += said
                pause = passage.pause
            elif passage.pause is not None:
                pause = (pause or 0.0) + passage.pause
        if pause is not None and phrases:
            phrases[-1] = self._front_end.followed(phrases[-1], pause)
        if not are_several:
            return tuple(phrases)
        self._check_silence(phrases)
        end = len(phrases) - 1
        return tuple(
            replace(phrase, index=index, is_last=index == end)
            for index, phrase in enumerate(phrases)
        )

    def _check_silence(self, phrases: Sequence[Phrase]) -> None:
        """A passage's pauses are bounded; many passages would make a long reply of a short text.

        Raises:
            InvalidInputError: all pauses together are too long.
        """
        longest = self._pauses.max_total
        silence = sum(
            (phrase.pause_before + max(0.0, phrase.pause_after - self._pauses.paragraph))
            / phrase.delivery.speed
            for phrase in phrases
        )
        if silence > longest:
            raise InvalidInputError(f"all pauses together exceed {longest:g} s", "input")

    def _may_be_too_silent(self, passages: Sequence[Passage]) -> bool:
        """Whether only all phrases tell that the pauses are not too long."""
        between = sum(passage.pause or 0.0 for passage in passages)
        within = sum(bool(it.edits) or "[" in it.text or "<" in it.text for it in passages)
        return between + within * self._pauses.max_inline_total > self._pauses.max_total

    def _vocabulary(self, passage: Passage, *, sounds: bool = False) -> Vocabulary | None:
        """Of the passage's voice in its language.

        Raises:
            InvalidInputError: what would read it is not installed here, or the voice has gone; or
                `sounds` are asked for of a voice that reads text by itself.
        """
        how = passage.delivery
        vocabulary = self._voice(how.voice).vocabulary_in(how.language)
        if vocabulary is not None and (problem := self._unread.get(vocabulary.kind)):
            raise InvalidInputError(f"language {how.language!r}: {problem}", "language")
        if vocabulary is None and sounds:
            raise InvalidInputError(
                f"the voice {how.voice!r} does not tell its phonemes", "timestamps"
            )
        return vocabulary

    def _voice(self, name: str) -> Voice:
        """A voice by its id. Raises InvalidInputError where it has been removed meanwhile."""
        voice = self._live.catalogue.voices.get(name)
        if voice is None:
            raise InvalidInputError(f"voice {name[:64]!r} has been removed", "voice")
        return voice

    async def explain(self, passage: Passage) -> Explanation:
        """A text as it would be spoken, with the phonemes of espeak-ng if it is installed.

        Raises:
            InvalidInputError: the language is none of espeak-ng's; where that is not installed,
                none of the voices'.
        """
        if passage.delivery.language not in self._languages():
            raise InvalidInputError(
                f"unknown language {passage.delivery.language[:32]!r}", "language"
            )
        explain = partial(self._front_end.explain, phonemized=self._shows_phonemes)
        return await self._lanes.run("shown", explain, passage)

    def _languages(self) -> Collection[str]:
        if self._shows_phonemes:
            return espeak.languages()
        return {tag for voice in self._live.catalogue.voices.values() for tag in voice.languages}
