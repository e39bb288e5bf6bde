"""The engine `hibari`: small natural voices of the package hibari-tts, on ONNX Runtime."""

from speech.config import EngineConfig
from speech.engines.hibari.voice import HibariEntry, read_voice
from speech.engines.kinds import EngineKind, Provider, Voice
from speech.interfaces import Engine


def _load(voice: Voice, config: EngineConfig) -> Engine:
    from speech.engines.hibari.engine import HibariEngine  # noqa: PLC0415 (a runtime)

    return HibariEngine(voice, config)


# Its graphs compute in 8-bit integers with a scale for each tensor, which ONNX Runtime has kernels
# for on processors alone.
ENGINE = EngineKind(entry=HibariEntry, read=read_voice, providers={"cpu": Provider(load=_load)})
