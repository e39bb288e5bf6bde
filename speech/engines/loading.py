"""From a voice of the catalogue to a loaded engine. Each runtime is imported when first needed."""

from speech.config import EngineConfig
from speech.interfaces import Engine
from speech.voices import Voice


def load_engine(voice: Voice, config: EngineConfig) -> Engine:
    """Load a voice: reads its files, allocates its memory, runs nothing yet.

    Raises:
        ConfigError: the voice's files or the asked-for provider cannot be used.
    """
    # Imports here: a replica that speaks with one engine pays for no other runtime.
    match voice.engine:
        case "piper":
            from speech.engines.piper import PiperEngine  # noqa: PLC0415

            return PiperEngine(voice, config)
        case "espeak":
            from speech.engines.espeak_ng import EspeakEngine  # noqa: PLC0415

            return EspeakEngine(voice)
        case "fake":
            from speech.engines.fake import FakeEngine  # noqa: PLC0415

            return FakeEngine(voice, delay=config.fake_seconds)
