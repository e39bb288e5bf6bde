"""The engine `espeak`: every language of espeak-ng, in its voice variants."""

from pathlib import Path
from typing import Literal

from speech import espeak
from speech.config import EngineConfig
from speech.engines.kinds import EngineKind, Provider, Voice, VoiceEntry, language_tag
from speech.errors import ConfigError
from speech.interfaces import Engine


class EspeakEntry(VoiceEntry):
    """One of its voices."""

    engine: Literal["espeak"] = "espeak"
    speakers: tuple[str, ...] = ()
    """Voice variants of espeak-ng, e.g. `f2`."""


def _read(entry: EspeakEntry, folder: Path) -> Voice:
    language = language_tag(entry.language) or "en-us"
    if language not in espeak.languages():
        raise ConfigError(f"voice {entry.id!r}: espeak-ng does not speak {language!r}")
    if unknown := sorted(set(entry.speakers) - set(espeak.variants())):
        raise ConfigError(f"voice {entry.id!r}: espeak-ng has no variants {unknown}")
    return Voice(
        id=entry.id,
        engine=entry.engine,
        name=entry.name or entry.id,
        language=language,
        languages=espeak.languages(),
        speakers={name: index for index, name in enumerate(entry.speakers)},
        default_speaker=entry.default_speaker,
        sample_rate=espeak.sample_rate(),
        vocabulary=None,
        model=None,
        model_config={},
        checksum=espeak.checksum(),
        license=entry.license,
        description=entry.description,
        entry=entry,
    )


def _load(voice: Voice, config: EngineConfig) -> Engine:
    from speech.engines.espeak.engine import EspeakEngine  # noqa: PLC0415 (its stretcher)

    return EspeakEngine(voice)


ENGINE = EngineKind(entry=EspeakEntry, read=_read, providers={"cpu": Provider(load=_load)})
