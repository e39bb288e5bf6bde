"""Which provider computes a voice, and what is taken where it cannot.

A provider is one entry of its engine's table (`EngineKind.providers`): its precisions, why it
cannot speak a voice, how it is loaded. Everything else, fallbacks, trials, the table of
`chorale providers`, reads that table.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from speech.config import EngineConfig, Precision, ProviderName
from speech.engines.kinds import Provider, Voice
from speech.errors import ConfigError
from speech.interfaces import Engine

_LOG = logging.getLogger(__name__)


def on_onnx_runtime(
    load: Callable[[Voice, EngineConfig], Engine],
) -> Mapping[ProviderName, Provider]:
    """The providers of an engine that computes on ONNX Runtime, which reads their names."""
    table: dict[ProviderName, tuple[Precision, ...]] = {
        # An x86 processor has no half-precision kernels: numbers are cast to single and back.
        "cpu": ("fp32", "fp16"),
        "cuda": ("fp32", "tf32", "fp16"),
        "tensorrt": ("fp32", "fp16"),
    }
    return {
        name: Provider(precisions=precisions, unavailable=partial(_unavailable, name), load=load)
        for name, precisions in table.items()
    }


def cache_folder(config: EngineConfig) -> Path:
    """Where what was measured or built for this machine is kept."""
    return config.provider_cache or Path("~/.cache/chorale/providers").expanduser()


def _unavailable(name: str, _voice: Voice) -> str:
    from speech.engines.onnx_session import unavailable  # noqa: PLC0415 (a runtime)

    return unavailable(name)


def load_on(
    voice: Voice, config: EngineConfig, providers: Mapping[ProviderName, Provider]
) -> Engine:
    """Load and warm a voice on the one provider that `config` names.

    Raises:
        ConfigError: it is not there, lacks the precision, or does not speak.
    """
    if config.provider == "auto":
        raise ConfigError("provider 'auto' is none to load a voice on")
    provider = providers.get(config.provider)
    if provider is None:
        raise ConfigError(
            f"provider {config.provider!r} computes no {voice.engine} voice, only "
            f"{', '.join(providers)}"
        )
    if config.precision not in provider.precisions:
        raise ConfigError(
            f"provider {config.provider!r} has no precision {config.precision!r}, only "
            f"{', '.join(provider.precisions)}"
        )
    if reason := provider.unavailable(voice):
        raise ConfigError(f"provider {config.provider!r} is not available: {reason}")
    return warmed(provider.load(voice, config))


def warmed(engine: Engine) -> Engine:
    """An engine after its first runs; closed where they fail."""
    try:
        engine.warm_up()
    except BaseException:
        engine.close()
        raise
    return engine


def load_first(
    voice: Voice,
    config: EngineConfig,
    choice: str,
    providers: Mapping[ProviderName, Provider],
) -> tuple[Engine, str, bool]:
    """Load a voice on `config.provider`, or else on the first of `config.fallback` that can.

    A fallback that lacks the precision speaks in single.

    Args:
        voice: What is to speak.
        config: Its provider is not `auto`.
        choice: How that provider was chosen, in words.
        providers: The engine's.

    Returns:
        The engine, warm, how its provider came to be chosen, and whether it is a fallback.

    Raises:
        ConfigError: none can; names all of them and why.
    """
    failed: list[str] = []
    for name in dict.fromkeys((config.provider, *config.fallback)):
        if name == "auto":
            continue
        fits = not failed or name not in providers or config.precision in providers[name].precisions
        update = {"provider": name, "precision": config.precision if fits else "fp32"}
        try:
            engine = load_on(voice, config.model_copy(update=update), providers)
        except ConfigError as error:
            _LOG.warning("voice %s: %s", voice.id, error)
            failed.append(str(error))
        else:
            how = f"fallback: {'; '.join(failed)}" if failed else choice
            return engine, how, bool(failed)
    raise ConfigError(f"voice {voice.id!r}: {'; '.join(failed)}")


def candidates(
    precisions: Sequence[Precision], providers: Mapping[ProviderName, Provider]
) -> list[tuple[ProviderName, Precision]]:
    """Every provider with every precision that it has and that is allowed."""
    return [
        (name, precision)
        for name, provider in providers.items()
        for precision in provider.precisions
        if precision in precisions
    ]
