"""The voice catalogue: ids, aliases, speakers. What a voice is made of, its engine knows."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from speech.config import StrictModel
from speech.engines.kinds import ENGINES, Voice, VoiceEntry, engine_kind, language_tag
from speech.errors import ConfigError, InvalidInputError
from speech.mixes import Part, is_mix, mix_name, parse_mix


def parse_entry(raw: Any) -> Any:
    """An entry of the kind its engine has.

    Raises:
        ValueError: there is no such engine, or the entry is wrong.
    """
    name = raw.get("engine") if isinstance(raw, dict) else None
    if isinstance(raw, dict) and name not in ENGINES:
        raise ValueError(f"there is no engine {name!r}, only {', '.join(sorted(ENGINES))}")
    return engine_kind(name).entry.model_validate(raw) if name else raw


class VoiceName(StrictModel):
    """A voice of the catalogue, and one of its speakers."""

    voice: str
    speaker: str = ""
    """Empty takes the voice's default. Styles may be mixed: `af_bella(2)+af_sky(1)`."""


class Alias(VoiceName):
    """A name callers may use for a voice of the catalogue."""

    other_languages: VoiceName | None = None
    """Who speaks under this name what its voice does not; where absent, nobody."""
    language: str | None = None
    """In which texts are read that come without one, for clients that cannot name any."""


def as_spelled(name: str, names: Collection[str]) -> str:
    """The one of some names that differs from this one in case alone; else the name itself."""
    if name in names:
        return name
    folded = name.casefold()
    found = [it for it in names if it.casefold() == folded]
    return found[0] if len(found) == 1 else name


class CatalogueConfig(StrictModel):
    """The catalogue file."""

    default: str
    voices: tuple[Annotated[VoiceEntry, BeforeValidator(parse_entry)], ...]
    aliases: Mapping[str, Alias] = Field(default_factory=dict)


class VoiceCatalogue:
    """Voices by id and alias. Immutable; a changed file is a new catalogue."""

    def __init__(
        self,
        voices: Mapping[str, Voice],
        aliases: Mapping[str, Alias],
        default: str,
        left_out: Mapping[str, str] | None = None,
    ):
        self.voices = voices
        self.aliases = aliases
        self.default = default
        self.left_out = left_out or {}
        """Optional voices that are not here, and why."""
        self._styles: dict[str, list[Voice]] = defaultdict(list)
        for voice in voices.values():
            for style in voice.styles:
                self._styles[style].append(voice)
        self._names = {*aliases, *voices, *self._styles}

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
        left_out: dict[str, str] = {}
        for entry in config.voices:
            if entry.id in voices or entry.id in left_out:
                raise ConfigError(f"voice {entry.id!r} appears twice in the catalogue")
            try:
                voices[entry.id] = engine_kind(entry.engine).read(entry, folder)
            except ConfigError as error:
                if not entry.optional:
                    raise
                left_out[entry.id] = error.message
        catalogue = cls(voices, config.aliases, config.default, left_out)
        name = config.default
        try:
            for name in (config.default, *voices):
                catalogue.resolve(name)
            for name, alias in config.aliases.items():
                parts = [it for it in (alias, alias.other_languages) if it is not None]
                here = [it for it in parts if it.voice not in left_out]
                for part in here:
                    catalogue._find(part)
                if here == parts:
                    catalogue.resolve_in(name, None)
        except InvalidInputError as error:
            raise ConfigError(f"voice catalogue: {name!r}: {error}") from error
        return catalogue

    @property
    def default_voice(self) -> str:
        """Id of the default voice."""
        return self.resolve(self.default)[0].id

    def resolve(self, name: str) -> tuple[Voice, str]:
        """Find a voice and a speaker by id, alias or `id/speaker`, by a style's name, or as a mix.

        Names are taken in any case, unless several of them differ in nothing else.

        Raises:
            InvalidInputError: there is no such voice or speaker, or the mix cannot be made (`param`
                is `voice`).
        """
        name = as_spelled(name, self._names)
        if (alias := self.aliases.get(name)) is not None:
            return self._find(alias)
        if is_mix(name):
            return self._mixed(name)
        if name not in self.voices and (owners := self._styles.get(name)):
            if len(owners) > 1:
                names = " and ".join(f"{voice.id}/{name}" for voice in owners)
                raise InvalidInputError(f"voice {name[:64]!r} is several: {names}", "voice")
            return owners[0], name
        voice_id, _, speaker = name.partition("/")
        return self._find(VoiceName(voice=voice_id, speaker=speaker))

    def _mixed(self, name: str) -> tuple[Voice, str]:
        """A mix, under its one name."""
        try:
            written = parse_mix(name)
        except ValueError as error:
            raise InvalidInputError(f"voice {name[:64]!r}: {error}", "voice") from error
        parts = [self.resolve(part.name) for part in written]
        voice = parts[0][0]
        if len(parts) == 1:
            return parts[0]
        if any(other.id != voice.id for other, _ in parts) or not voice.styles:
            raise InvalidInputError(
                f"voice {name[:64]!r}: only styles of one voice can be mixed; GET /v1/audio/voices "
                "lists them",
                "voice",
            )
        # A part may be an alias of a mix.
        inner = [parse_mix(speaker) for _, speaker in parts]
        return voice, mix_name(
            Part(style.name, part.weight * style.weight / sum(it.weight for it in mix))
            for part, mix in zip(written, inner, strict=True)
            for style in mix
        )

    def resolve_in(self, name: str, language: str | None) -> tuple[Voice, str, str]:
        """Find who speaks under a name in a language: voice, speaker, and the language's tag.

        A voice that is called by its own id speaks its own languages only. An alias may have a
        language of its own, and name another voice for the languages its first one lacks. A region
        that neither of them knows gives way to its base language (`lost_region` tells).

        Raises:
            InvalidInputError: there is no such voice (`param` is `voice`), or none that speaks the
                language under this name (`param` is `language`).
        """
        voice, speaker = self.resolve(name)
        alias = self.aliases.get(as_spelled(name, self._names))
        language = language or (alias.language if alias is not None else None)
        other = alias.other_languages if alias is not None else None
        missing = self.left_out.get(other.voice) if other is not None else None
        speakers = [(voice, speaker)]
        if other is not None and missing is None:
            speakers.append(self._find(other))
        if not language:
            if speaker == voice.default_speaker or not voice.styles:
                return voice, speaker, voice.language
            language = voice.styles[parse_mix(speaker)[0].name]
        for tag in _wider(language):
            for voice, speaker in speakers:
                if tag in voice.languages:
                    return voice, speaker, tag
        raise InvalidInputError(
            f"voice {name[:64]!r} does not speak language {language[:32]!r}"
            + (f": {missing}" if missing else ""),
            "language",
        )

    def reading_language(self, asked: str) -> str:
        """The tag that a text is read in for no voice: what was asked, or its base language."""
        known = {tag for voice in self.voices.values() for tag in voice.languages}
        tags = _wider(asked)
        return next((tag for tag in tags if tag in known), tags[0])

    def _find(self, part: VoiceName) -> tuple[Voice, str]:
        voice = self.voices.get(as_spelled(part.voice, self.voices))
        if (reason := self.left_out.get(part.voice)) is not None:
            raise InvalidInputError(f"voice {part.voice!r} is not here: {reason}", "voice")
        if voice is None:
            raise InvalidInputError(
                f"unknown voice {part.voice[:64]!r}; GET /v1/audio/voices lists what there is",
                "voice",
            )
        speaker = as_spelled(part.speaker, voice.speakers) or voice.default_speaker
        if voice.styles and is_mix(speaker):
            return self._mixed("+".join(f"{voice.id}/{it}" for it in speaker.split("+")))
        if speaker and speaker not in voice.speakers:
            raise InvalidInputError(f"voice {voice.id!r} has no speaker {speaker[:64]!r}", "voice")
        return voice, speaker


def _wider(language: str) -> list[str]:
    """A language's tag, then those of the wider ones it belongs to: `de-at`, then `de`.

    Without its script, too: `zh-hans-cn`, then `zh-cn`.
    """
    parts = language_tag(language)[:64].split("-")
    found = {
        "-".join(it[:count]): -count
        for it in (_unscripted(parts), parts)
        for count in range(len(it), 0, -1)
    }
    return sorted(found, key=lambda tag: found[tag])


def _unscripted(parts: Sequence[str]) -> list[str]:
    """Of the parts of a tag, those that are no script: all of them are spoken alike."""
    return [part for part in parts if len(part) != 4 or not part.isalpha()]


# Where a language is at home, if its region is not named like it.
_HOMES = {
    "bn": "bd", "ca": "es", "cmn": "cn", "cs": "cz", "cy": "gb", "da": "dk", "el": "gr", "en": "us",
    "et": "ee", "eu": "es", "fa": "ir", "ga": "ie", "gl": "es", "gu": "in", "he": "il", "hi": "in",
    "hy": "am", "ja": "jp", "ka": "ge", "kk": "kz", "kn": "in", "ko": "kr", "lb": "lu", "ml": "in",
    "mr": "in", "ms": "my", "nb": "no", "ne": "np", "pa": "in", "sl": "si", "sq": "al", "sr": "rs",
    "sv": "se", "sw": "ke", "ta": "in", "te": "in", "uk": "ua", "ur": "pk", "vi": "vn", "zh": "cn",
}  # fmt: skip


def lost_region(asked: str | None, found: str) -> str:
    """What of the language that was asked for is not heeded in the one that was found, or nothing.

    `de-DE` loses nothing as `de`, but `de-AT` does.
    """
    rest = language_tag(asked or "").removeprefix(found).strip("-")
    rest = "-".join(_unscripted(rest.split("-")))
    return "" if rest in {found, _HOMES.get(found)} else rest
