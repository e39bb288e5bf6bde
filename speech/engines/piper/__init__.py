"""The engine `piper`: voices in Piper's ONNX format, on ONNX Runtime."""

from speech.config import EngineConfig
from speech.engines.kinds import EngineKind, Voice
from speech.engines.piper.voice import PiperEntry, read_voice
from speech.engines.providers import on_onnx_runtime
from speech.interfaces import Engine


def _load(voice: Voice, config: EngineConfig) -> Engine:
    from speech.engines.piper.engine import PiperEngine  # noqa: PLC0415 (a runtime)

    return PiperEngine(voice, config)


ENGINE = EngineKind(entry=PiperEntry, read=read_voice, providers=on_onnx_runtime(_load))
