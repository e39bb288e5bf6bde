"""From a voice of the catalogue to a loaded engine. Each runtime is imported when first needed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

from speech.config import EngineConfig, ProviderName
from speech.engines.kinds import Provider, Voice, engine_kind
from speech.engines.providers import cache_folder, load_first, warmed
from speech.interfaces import Engine, EngineInfo
from speech.types import Delivery, Pcm, Phrase, PhraseJob

_TEXT = "the quick brown fox jumps over the lazy dog today."
_PHONEMES = "ðə kwˈɪk bɹˈaʊn fˈɑks dʒˈʌmps ˈoʊvəɹ ðə lˈeɪzi dˈɔɡ tədˈeɪ."
"""The same in IPA; each alphabet lacks few of them."""
_LONG = 0.2
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An engine that speaks, and how it came to be."""

    engine: Engine
    voice: Voice
    choice: str
    """How its provider was chosen, in words for an operator."""
    config: EngineConfig
    """What was asked for, the voice's own options aside."""
    speed: float | None
    """Seconds of audio in a second, of one phrase; None where it was not spoken."""
    fell_back: bool = False
    """Whether a provider that was to compute it could not."""

    @property
    def info(self) -> EngineInfo:
        """What the engine can do, with how it was chosen and how fast it is."""
        return replace(
            self.engine.info, choice=self.choice, speed=self.speed, fell_back=self.fell_back
        )


def load_voice(voice: Voice, config: EngineConfig) -> Loaded:
    """Load and warm a voice on the provider that is asked for, that is fastest, or that is left.

    Raises:
        ConfigError: the voice's files cannot be used, or no provider that may be taken can.
    """
    providers, own = engine_kind(voice.engine).providers, voice.config(config)
    if len(providers) == 1:
        (provider,) = providers.values()
        engine, choice, fell_back = warmed(provider.load(voice, own)), "the only one", False
    else:
        asked, how = own, "asked for"
        if own.provider == "auto":
            asked, how = _fastest(voice, own, providers)
        engine, choice, fell_back = load_first(voice, asked, how, providers)
    return Loaded(
        engine=engine,
        voice=voice,
        choice=choice,
        config=config,
        speed=_speed(voice, engine),
        fell_back=fell_back,
    )


def load_engine(voice: Voice, config: EngineConfig) -> Engine:
    """The engine of `load_voice` alone."""
    return load_voice(voice, config).engine


def _speed(voice: Voice, engine: Engine) -> float | None:
    """Seconds of audio in a second, of a phrase of about three seconds."""
    job = _sample(voice)
    best, begin = 0.0, perf_counter()
    # The fastest of three: what a run took longer, others took. A slow engine speaks but once.
    for _ in range(3):
        started = perf_counter()
        (result,) = engine.synthesize([job])
        ended = perf_counter()
        if not isinstance(result, Pcm):
            return None
        best = max(best, result.duration / (ended - started))
        if ended - begin > _LONG:
            break
    return round(best, 1)


def _sample(voice: Voice) -> PhraseJob:
    ids: tuple[int, ...] = ()
    if voice.vocabulary is not None:
        table = voice.vocabulary.ids
        pad = table.get("_", ())
        said = _TEXT if voice.vocabulary.kind == "text" else _PHONEMES
        middle = [number for symbol in said for number in (*table.get(symbol, ()), *pad)]
        ids = (*table.get("^", table["$"]), *pad, *middle, *table["$"])
    how = Delivery(voice=voice.id, speaker=voice.default_speaker, language=voice.language)
    phrase = Phrase(
        index=0,
        is_last=True,
        text=_TEXT,
        phonemes="",
        phoneme_ids=ids,
        pause_after=0.0,
        delivery=how,
    )
    return PhraseJob(phrase=phrase)


def _fastest(
    voice: Voice, config: EngineConfig, providers: Mapping[ProviderName, Provider]
) -> tuple[EngineConfig, str]:
    from speech.engines.provider_trials import best, measured  # noqa: PLC0415 (the front end)

    trials = measured(voice, config, cache_folder(config), providers)
    taken = best(trials, config)
    tried = sum(1 for trial in trials if not trial.reason)
    update = {"provider": taken.provider, "precision": taken.precision}
    how = f"auto: the fastest of {tried} measured here, {taken.rate:.0f} times real time"
    return config.model_copy(update=update), how
