"""From a voice of the catalogue to a loaded engine. Each runtime is imported when first needed."""

from dataclasses import dataclass, replace

from speech.config import EngineConfig
from speech.interfaces import Engine, EngineInfo
from speech.voices import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An engine that speaks, and how it came to be."""

    engine: Engine
    choice: str
    """How its provider was chosen, in words for an operator."""
    config: EngineConfig
    """What was asked for."""

    @property
    def info(self) -> EngineInfo:
        """What the engine can do, with how it was chosen."""
        return replace(self.engine.info, choice=self.choice)


def load_voice(voice: Voice, config: EngineConfig) -> Loaded:
    """Load and warm a voice on the provider that is asked for, that is fastest, or that is left.

    Raises:
        ConfigError: the voice's files cannot be used, or no provider that may be taken can.
    """
    # Imports here: a replica that speaks with one engine pays for no other runtime.
    choice = "the only one"
    match voice.engine:
        case "piper":
            from speech.engines.providers import load_first  # noqa: PLC0415

            asked, how = config, "asked for"
            if config.provider == "auto":
                asked, how = _fastest(voice, config)
            engine, choice = load_first(voice, asked, how)
        case "espeak":
            from speech.engines.espeak_ng import EspeakEngine  # noqa: PLC0415

            engine = _warmed(EspeakEngine(voice))
        case "fake":
            from speech.engines.fake import FakeEngine  # noqa: PLC0415

            engine = _warmed(FakeEngine(voice, delay=config.fake_seconds))
    return Loaded(engine=engine, choice=choice, config=config)


def load_engine(voice: Voice, config: EngineConfig) -> Engine:
    """The engine of `load_voice` alone."""
    return load_voice(voice, config).engine


def _fastest(voice: Voice, config: EngineConfig) -> tuple[EngineConfig, str]:
    from speech.engines.onnx_session import cache_folder  # noqa: PLC0415 (a runtime)
    from speech.engines.provider_trials import best, measured  # noqa: PLC0415 (the front end)

    trials = measured(voice, config, cache_folder(config))
    taken = best(trials, config)
    tried = sum(1 for trial in trials if not trial.reason)
    update = {"provider": taken.provider, "precision": taken.precision}
    how = f"auto: the fastest of {tried} measured here, {taken.rate:.0f} times real time"
    return config.model_copy(update=update), how


def _warmed(engine: Engine) -> Engine:
    try:
        engine.warm_up()
    except BaseException:
        engine.close()
        raise
    return engine
