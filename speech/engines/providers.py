"""What can compute a Piper voice on this machine, in which precision, and how one is chosen.

A provider is one entry of `PROVIDERS`: its precisions, why it cannot speak a voice, how it is
loaded. Everything else, fallbacks, trials, the table of `chorale providers`, reads that table.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

from speech.config import EngineConfig, Precision, ProviderName
from speech.engines.hardware import gpus
from speech.errors import ConfigError
from speech.interfaces import Engine
from speech.voices import Voice

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One way to compute a voice."""

    precisions: tuple[Precision, ...]
    unavailable: Callable[[Voice], str]
    """Why it cannot speak the voice here; empty where nothing speaks against trying. Cheap."""
    load: Callable[[Voice, EngineConfig], Engine]
    """Load the voice in `config.precision`. Raises ConfigError."""


def _onnx_unavailable(name: str, voice: Voice) -> str:
    from speech.engines.onnx_session import unavailable  # noqa: PLC0415 (a runtime)

    return unavailable(name)


def _onnx_load(voice: Voice, config: EngineConfig) -> Engine:
    from speech.engines.piper import PiperEngine  # noqa: PLC0415 (a runtime)

    return PiperEngine(voice, config)


def _onnx(name: str, *precisions: Precision) -> Provider:
    """A provider of ONNX Runtime, which reads its name from the configuration."""
    return Provider(
        precisions=precisions, unavailable=partial(_onnx_unavailable, name), load=_onnx_load
    )


def _torch_unavailable(_voice: Voice) -> str:
    return "" if find_spec("torch") else "torch is not installed"


def _torch_load(voice: Voice, config: EngineConfig) -> Engine:
    # Asked before torch is imported, which takes seconds and has no place where only a CPU is.
    if config.torch.device == "cuda" and not gpus():
        raise ConfigError(
            "provider 'torch' on device 'cuda': there is no GPU; its `device: cpu` does without"
        )
    from speech.engines.torch_voice import TorchVoice  # noqa: PLC0415 (a runtime)

    return TorchVoice(voice, config)


PROVIDERS: Mapping[ProviderName, Provider] = {
    # An x86 processor has no half-precision kernels: numbers are cast to single and back.
    "cpu": _onnx("cpu", "fp32", "fp16"),
    "cuda": _onnx("cuda", "fp32", "tf32", "fp16"),
    "tensorrt": _onnx("tensorrt", "fp32", "fp16"),
    "torch": Provider(
        precisions=("fp32", "bf16", "fp16"), unavailable=_torch_unavailable, load=_torch_load
    ),
}


def load_on(
    voice: Voice, config: EngineConfig, providers: Mapping[ProviderName, Provider] = PROVIDERS
) -> Engine:
    """Load and warm a voice on the one provider that `config` names.

    Raises:
        ConfigError: it is not there, lacks the precision, or does not speak.
    """
    if config.provider == "auto":
        raise ConfigError("provider 'auto' is none to load a voice on")
    provider = providers[config.provider]
    if config.precision not in provider.precisions:
        raise ConfigError(
            f"provider {config.provider!r} has no precision {config.precision!r}, only "
            f"{', '.join(provider.precisions)}"
        )
    if reason := provider.unavailable(voice):
        raise ConfigError(f"provider {config.provider!r} is not available: {reason}")
    engine = provider.load(voice, config)
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
    providers: Mapping[ProviderName, Provider] = PROVIDERS,
) -> tuple[Engine, str]:
    """Load a voice on `config.provider`, or else on the first of `config.fallback` that can.

    A fallback that lacks the precision speaks in single.

    Args:
        voice: One of Piper's.
        config: Its provider is not `auto`.
        choice: How that provider was chosen, in words.
        providers: The table.

    Returns:
        The engine, warm, and how its provider came to be chosen.

    Raises:
        ConfigError: none can; names all of them and why.
    """
    failed: list[str] = []
    for name in dict.fromkeys((config.provider, *config.fallback)):
        if name == "auto":
            continue
        fits = not failed or config.precision in providers[name].precisions
        update = {"provider": name, "precision": config.precision if fits else "fp32"}
        try:
            engine = load_on(voice, config.model_copy(update=update), providers)
        except ConfigError as error:
            _LOG.warning("voice %s: %s", voice.id, error)
            failed.append(str(error))
        else:
            return engine, f"fallback: {'; '.join(failed)}" if failed else choice
    raise ConfigError(f"voice {voice.id!r}: {'; '.join(failed)}")


def candidates(
    precisions: Sequence[Precision], providers: Mapping[ProviderName, Provider] = PROVIDERS
) -> list[tuple[ProviderName, Precision]]:
    """Every provider with every precision that it has and that is allowed."""
    return [
        (name, precision)
        for name, provider in providers.items()
        for precision in provider.precisions
        if precision in precisions
    ]
