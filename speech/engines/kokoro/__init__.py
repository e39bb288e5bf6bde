"""The engine `kokoro`: Kokoro-82M's voices, on ONNX Runtime or batched on torch."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

from speech.config import EngineConfig, ProviderName
from speech.engines.kinds import EngineKind, Provider, Voice
from speech.engines.kokoro.voice import KokoroEntry, read_voice
from speech.engines.providers import on_onnx_runtime
from speech.interfaces import Engine


def _load(voice: Voice, config: EngineConfig) -> Engine:
    from speech.engines.kokoro.engine import KokoroEngine  # noqa: PLC0415 (a runtime)

    return KokoroEngine(voice, config)


def _load_torch(voice: Voice, config: EngineConfig) -> Engine:
    from speech.engines.kokoro.torch_engine import (  # noqa: PLC0415 (a runtime)
        KokoroTorchEngine,
    )

    return KokoroTorchEngine(voice, config)


def _without_torch(_voice: Voice) -> str:
    return "" if find_spec("torch") else "torch is not installed: `pip install chorale[torch]`"


def _unavailable(provider: Provider, voice: Voice) -> str:
    if voice.model is None or voice.model.suffix != ".onnx":
        return "its weights are no ONNX graph"
    return provider.unavailable(voice)


def _providers() -> Mapping[ProviderName, Provider]:
    # The precision of the products is that of the file.
    found: dict[ProviderName, Provider] = {
        name: replace(provider, precisions=("fp32",), unavailable=partial(_unavailable, provider))
        for name, provider in on_onnx_runtime(_load).items()
        if name != "tensorrt"
    }
    return {**found, "torch": Provider(load=_load_torch, unavailable=_without_torch)}


ENGINE = EngineKind(entry=KokoroEntry, read=read_voice, providers=_providers())
