"""The engine `fake`: tones instead of speech, for tests and for load with a known service time."""

import hashlib
from pathlib import Path
from typing import Literal

from speech.config import EngineConfig, Seconds
from speech.engines.kinds import EngineKind, Provider, Voice, VoiceEntry, language_tag
from speech.interfaces import Engine

SAMPLE_RATE = 24_000


class FakeEntry(VoiceEntry):
    """One of its voices."""

    engine: Literal["fake"] = "fake"
    speakers: tuple[str, ...] = ()
    seconds: Seconds = 0.0
    """What every batch takes."""


def _read(entry: FakeEntry, folder: Path) -> Voice:
    language = language_tag(entry.language) or "en-us"
    return Voice(
        id=entry.id,
        engine=entry.engine,
        name=entry.name or entry.id,
        language=language,
        languages=(language,),
        speakers={name: index for index, name in enumerate(entry.speakers)},
        default_speaker=entry.default_speaker,
        sample_rate=SAMPLE_RATE,
        vocabulary=None,
        model=None,
        model_config={},
        checksum=hashlib.sha256(entry.id.encode()).hexdigest(),
        license=entry.license,
        description=entry.description,
        entry=entry,
    )


def _load(voice: Voice, config: EngineConfig) -> Engine:
    from speech.engines.fake.engine import FakeEngine  # noqa: PLC0415 (numpy)

    return FakeEngine(voice, delay=voice.entry.seconds if isinstance(voice.entry, FakeEntry) else 0)


ENGINE = EngineKind(entry=FakeEntry, read=_read, providers={"cpu": Provider(load=_load)})
