"""What an engine is to everybody else: how its voices are described and read, what computes them.

An engine is a folder here. Its `__init__.py` holds one `EngineKind`, called `ENGINE`, and imports
no runtime; `ENGINES` names the folder. Nothing else in Chorale knows an engine's name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from speech.config import EngineConfig, Precision, ProviderName, StrictModel
from speech.interfaces import Engine
from speech.types import Vocabulary

ENGINES: dict[str, str] = {
    "espeak": "speech.engines.espeak",
    "fake": "speech.engines.fake",
    "hibari": "speech.engines.hibari",
    "kokoro": "speech.engines.kokoro",
    "piper": "speech.engines.piper",
}
"""Name of an engine, as the catalogue has it, to the module with its `ENGINE`."""


class VoiceEntry(StrictModel):
    """One entry of the catalogue file: what a voice of any engine has."""

    id: str
    engine: str
    name: str = ""
    language: str = ""
    """Default language; empty takes the one the model names."""
    default_speaker: str = ""
    license: str = ""
    description: str = ""
    quality: str = ""
    """How good it sounds, in a word or a figure, for listings."""
    optional: bool = False
    """Left out where it cannot be read, because something is not installed; else that is an error.
    """


class ComputedEntry(VoiceEntry):
    """An entry of an engine that has a choice of providers: what it sets goes before `engine`."""

    provider: Literal["auto", ProviderName] | None = None
    fallback: tuple[ProviderName, ...] | None = None
    precision: Precision | None = None
    precisions: tuple[Precision, ...] | None = None
    threads: int | None = Field(default=None, ge=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice that can be loaded."""

    id: str
    engine: str
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
    entry: VoiceEntry
    """What the catalogue says, with the engine's own options."""
    vocabularies: Mapping[str, Vocabulary] = field(default_factory=dict)
    """By language tag, those that differ from `vocabulary`."""
    files: Path | None = None
    """What its speakers are made of, where that is not in the model."""
    styles: Mapping[str, str] = field(default_factory=dict)
    """Language tag of each speaker that is a style: it is known by its name alone, without the
    voice's id, and styles can be mixed. Empty where speakers are nothing of the kind."""

    pitch: Mapping[str, float] = field(default_factory=dict)
    """About how many Hertz each speaker has, the nameless one of a voice without speakers, too;
    empty where the engine cannot say a phrase at another pitch."""

    def vocabulary_in(self, language: str) -> Vocabulary | None:
        """What it is read for in a language; None where the engine reads text itself."""
        return self.vocabularies.get(language, self.vocabulary)

    @property
    def size(self) -> int:
        """Bytes of its files; 0 where it has none of its own."""
        found = [path for path in (self.model, self.files) if path is not None]
        if self.model is not None:
            found.append(self.model.with_name(f"{self.model.name}.json"))
        files = [file for path in found for file in (path.iterdir() if path.is_dir() else [path])]
        return sum(file.stat().st_size for file in files if file.is_file())

    def config(self, shared: EngineConfig) -> EngineConfig:
        """What the voice is loaded with: its own options, else those that all voices share."""
        own = self.entry.model_dump(include=_SHARED, exclude_none=True)
        return shared.model_copy(update=own)


_SHARED = set(EngineConfig.model_fields) & set(ComputedEntry.model_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One way to compute a voice."""

    load: Callable[[Voice, EngineConfig], Engine]
    """Load the voice in `config.precision`. Raises ConfigError."""
    precisions: tuple[Precision, ...] = ("fp32",)
    unavailable: Callable[[Voice], str] = lambda _voice: ""
    """Why it cannot speak the voice here; empty where nothing speaks against trying. Cheap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineKind:
    """One engine."""

    entry: type[VoiceEntry]
    """Its entries in the catalogue file, with options of its own."""
    read: Callable[[Any, Path], Voice]
    """From such an entry and the catalogue's folder to a voice. Raises ConfigError."""
    providers: Mapping[ProviderName, Provider]
    """What can compute it. With one alone nothing is asked for: `EngineConfig.provider`, its
    precision and its fallback are for engines with a choice."""


def engine_kind(name: str) -> EngineKind:
    """The engine of a name of `ENGINES`."""
    kind: EngineKind = import_module(ENGINES[name]).ENGINE
    return kind


# Tags that have another name today.
_RENAMED = {
    "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "sh": "hbs", "tl": "fil",
    "ger": "de", "deu": "de", "eng": "en", "fre": "fr", "fra": "fr", "spa": "es",
    "ita": "it", "por": "pt", "nld": "nl", "dut": "nl", "pol": "pl", "rus": "ru", "ces": "cs",
    "cze": "cs", "swe": "sv", "jpn": "ja", "zho": "zh", "chi": "zh", "kor": "ko",
}  # fmt: skip


def language_tag(language: str) -> str:
    """A language as tags are compared: `en_US` is `en-us`, and the old `iw` is `he`."""
    first, mark, rest = language.strip().replace("_", "-").lower().partition("-")
    return f"{_RENAMED.get(first, first)}{mark}{rest}"
