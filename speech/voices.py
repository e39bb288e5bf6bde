"""The voice catalogue: voice id to files, checksum, licence, languages, speakers, sample rate.

It knows the files and formats of voices, not how they are spoken.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError

from speech import espeak
from speech.config import StrictModel
from speech.errors import ConfigError, InvalidInputError
from speech.types import Vocabulary

EngineName = Literal["espeak", "piper", "fake"]
FAKE_SAMPLE_RATE = 24_000


class VoiceConfig(StrictModel):
    """One entry of the catalogue file."""

    id: str
    engine: EngineName
    name: str = ""
    language: str = ""
    """Default language; empty takes the one the model names."""
    model: Path | None = None
    """`.onnx` file, with its `.onnx.json` beside it; relative to the catalogue file."""
    speakers: tuple[str, ...] = ()
    """For espeak: its voice variants, e.g. `f2`. Piper voices name theirs themselves."""
    default_speaker: str = ""
    license: str = ""
    description: str = ""


class Part(StrictModel):
    """A voice of the catalogue, and one of its speakers."""

    voice: str
    speaker: str = ""
    """Empty takes the voice's default."""


class Alias(Part):
    """A name callers may use for a voice of the catalogue."""

    other_languages: Part | None = None
    """Who speaks under this name what its voice does not; where absent, nobody."""


class CatalogueConfig(StrictModel):
    """The catalogue file."""

    default: str
    voices: tuple[VoiceConfig, ...]
    aliases: Mapping[str, Alias] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice that can be loaded."""

    id: str
    engine: EngineName
    name: str
    language: str
    languages: tuple[str, ...]
    """Every language it speaks, lower-case tags."""
    speakers: Mapping[str, int]
    """Speaker name to the model's speaker id; empty for a voice of one speaker."""
    default_speaker: str
    sample_rate: int
    """Hertz."""
    vocabulary: Vocabulary | None
    """None where the engine reads text itself."""
    model: Path | None
    model_config: Mapping[str, Any]
    """The parsed `.onnx.json`; empty for engines without one."""
    checksum: str
    """SHA-256 over everything that makes the voice, in hex."""
    license: str
    description: str


class VoiceCatalogue:
    """Voices by id and alias. Immutable; a changed file is a new catalogue."""

    def __init__(self, voices: Mapping[str, Voice], aliases: Mapping[str, Alias], default: str):
        self.voices = voices
        self.aliases = aliases
        self.default = default

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a catalogue file and the headers of every voice in it.

        Raises:
            ConfigError: the file, or a file it names, is missing or wrong.
        """
        try:
            config = CatalogueConfig.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            raise ConfigError(f"voice catalogue {path}: {error}") from error
        return cls.build(config, path.parent)

    @classmethod
    def build(cls, config: CatalogueConfig, folder: Path) -> Self:
        """Resolve a parsed catalogue; model paths are relative to `folder`."""
        voices: dict[str, Voice] = {}
        for entry in config.voices:
            if entry.id in voices:
                raise ConfigError(f"voice {entry.id!r} appears twice in the catalogue")
            voices[entry.id] = _LOADERS[entry.engine](entry, folder)
        catalogue = cls(voices, config.aliases, config.default)
        for name in (config.default, *voices, *config.aliases):
            try:
                catalogue.resolve(name)
            except InvalidInputError as error:
                raise ConfigError(f"voice catalogue: {name!r}: {error}") from error
        for name, alias in config.aliases.items():
            try:
                catalogue._play(alias.other_languages or alias)
            except InvalidInputError as error:
                raise ConfigError(f"voice catalogue: {name!r}: {error}") from error
        return catalogue

    @property
    def default_voice(self) -> str:
        """Id of the default voice."""
        return self.resolve(self.default)[0].id

    def resolve(self, name: str) -> tuple[Voice, str]:
        """Find a voice and a speaker by id, alias or `id/speaker`.

        Raises:
            InvalidInputError: there is no such voice or speaker (`param` is `voice`).
        """
        if (alias := self.aliases.get(name)) is not None:
            return self._play(alias)
        voice_id, _, speaker = name.partition("/")
        return self._play(Part(voice=voice_id, speaker=speaker))

    def cast(self, name: str, language: str | None) -> tuple[Voice, str, str]:
        """Find who speaks under a name in a language: voice, speaker, and the language's tag.

        A voice that is called by its own id speaks its own languages only. An alias may name
        another voice for the languages its first one lacks.

        Raises:
            InvalidInputError: there is no such voice (`param` is `voice`), or none that speaks the
                language under this name (`param` is `language`).
        """
        voice, speaker = self.resolve(name)
        alias = self.aliases.get(name)
        other = alias.other_languages if alias is not None else None
        if language and other is not None and _tag(language) not in voice.languages:
            voice, speaker = self._play(other)
        return voice, speaker, self.language(voice, language)

    def _play(self, part: Part) -> tuple[Voice, str]:
        voice = self.voices.get(part.voice)
        if voice is None:
            raise InvalidInputError(
                f"unknown voice {part.voice[:64]!r}; GET /v1/audio/voices lists what there is",
                "voice",
            )
        speaker = part.speaker or voice.default_speaker
        if speaker and speaker not in voice.speakers:
            raise InvalidInputError(f"voice {voice.id!r} has no speaker {speaker[:64]!r}", "voice")
        return voice, speaker

    def language(self, voice: Voice, asked: str | None) -> str:
        """The language to read in: the caller's, if this voice speaks it, or the voice's own.

        Raises:
            InvalidInputError: the voice does not speak it (`param` is `language`).
        """
        if not asked:
            return voice.language
        tag = _tag(asked)
        if tag in voice.languages:
            return tag
        raise InvalidInputError(
            f"voice {voice.id!r} does not speak language {asked[:32]!r}", "language"
        )


def _tag(language: str) -> str:
    """A language as tags are compared: `en_US` is `en-us`."""
    return language.strip().replace("_", "-").lower()


def _espeak_voice(entry: VoiceConfig, folder: Path) -> Voice:
    language = _tag(entry.language) or "en-us"
    if language not in espeak.languages():
        raise ConfigError(f"voice {entry.id!r}: espeak-ng does not speak {language!r}")
    if unknown := sorted(set(entry.speakers) - set(espeak.variants())):
        raise ConfigError(f"voice {entry.id!r}: espeak-ng has no variants {unknown}")
    return Voice(
        id=entry.id,
        engine="espeak",
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
    )


def _piper_voice(entry: VoiceConfig, folder: Path) -> Voice:
    if entry.model is None:
        raise ConfigError(f"voice {entry.id!r}: a piper voice needs `model`")
    model = (folder / entry.model).resolve()
    header = model.with_name(model.name + ".json")
    try:
        raw = header.read_bytes()
        config = json.loads(raw)
        digest = hashlib.sha256(raw)
        with model.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        speaker_count = int(config["num_speakers"])
        speakers = {str(k): int(v) for k, v in (config.get("speaker_id_map") or {}).items()}
        if speaker_count > 1 and not speakers:
            speakers = {str(index): index for index in range(speaker_count)}
        if speaker_count <= 1:
            speakers = {}
        default_id = int(config.get("default_speaker_id", 0))
        default = entry.default_speaker or next(
            (name for name, index in speakers.items() if index == default_id), ""
        )
        espeak_voice = str(config["espeak"]["voice"])
        kind = config.get("phoneme_type", "espeak")
        if kind not in {"espeak", "text"}:
            raise ConfigError(f"voice {entry.id!r}: phoneme type {kind!r} is not supported")
        vocabulary = Vocabulary(
            kind=kind,
            espeak_voice=espeak_voice,
            ids={
                str(phoneme): tuple(int(number) for number in ids)
                for phoneme, ids in config["phoneme_id_map"].items()
            },
        )
        language = _tag(entry.language or espeak_voice)
        family = language.split("-")[0]
        return Voice(
            id=entry.id,
            engine="piper",
            name=entry.name or entry.id,
            language=language,
            languages=tuple(dict.fromkeys((language, family))),
            speakers=speakers,
            default_speaker=default,
            sample_rate=int(config["audio"]["sample_rate"]),
            vocabulary=vocabulary,
            model=model,
            model_config=config,
            checksum=digest.hexdigest(),
            license=entry.license,
            description=entry.description,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"voice {entry.id!r}: {model}: {error!r}") from error


def _fake_voice(entry: VoiceConfig, folder: Path) -> Voice:
    language = _tag(entry.language) or "en-us"
    return Voice(
        id=entry.id,
        engine="fake",
        name=entry.name or entry.id,
        language=language,
        languages=(language,),
        speakers={name: index for index, name in enumerate(entry.speakers)},
        default_speaker=entry.default_speaker,
        sample_rate=FAKE_SAMPLE_RATE,
        vocabulary=None,
        model=None,
        model_config={},
        checksum=hashlib.sha256(entry.id.encode()).hexdigest(),
        license=entry.license,
        description=entry.description,
    )


_LOADERS = {"espeak": _espeak_voice, "piper": _piper_voice, "fake": _fake_voice}
