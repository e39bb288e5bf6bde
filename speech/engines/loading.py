"""From a voice of the catalogue to a loaded engine. Each runtime is imported when first needed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from speech.config import EngineConfig, ProviderName
from speech.engines.kinds import Provider, Voice, engine_kind
from speech.engines.providers import cache_folder, load_first, warmed
from speech.interfaces import Engine, EngineInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An engine that speaks, and how it came to be."""

    engine: Engine
    choice: str
    """How its provider was chosen, in words for an operator."""
    config: EngineConfig
    """What was asked for, the voice's own options aside."""

    @property
    def info(self) -> EngineInfo:
        """What the engine can do, with how it was chosen."""
        return replace(self.engine.info, choice=self.choice)


def load_voice(voice: Voice, config: EngineConfig) -> Loaded:
    """Load and warm a voice on the provider that is asked for, that is fastest, or that is left.

    Raises:
        ConfigError: the voice's files cannot be used, or no provider that may be taken can.
    """
    providers, own = engine_kind(voice.engine).providers, voice.config(config)
    if len(providers) == 1:
        (provider,) = providers.values()
        engine, choice = warmed(provider.load(voice, own)), "the only one"
    else:
        asked, how = own, "asked for"
        if own.provider == "auto":
            asked, how = _fastest(voice, own, providers)
        engine, choice = load_first(voice, asked, how, providers)
    return Loaded(engine=engine, choice=choice, config=config)


def load_engine(voice: Voice, config: EngineConfig) -> Engine:
    """The engine of `load_voice` alone."""
    return load_voice(voice, config).engine


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
