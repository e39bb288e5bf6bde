"""The user's own voices: a folder with a catalogue that is read beside the shipped one.

    voices.yaml     entries, aliases and a default, like the shipped catalogue
    voices/ID/      files of one voice

`chorale voices` writes it. A running server reads it again when the file has changed; what of it
cannot be used is left out and told, and never keeps the server from speaking with the rest.
"""

import fcntl
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from speech.config import StrictModel
from speech.engines.kinds import Voice, engine_kind
from speech.errors import ConfigError, InvalidInputError
from speech.text import phonemizers
from speech.voices import Alias, VoiceCatalogue, parse_entry

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 1 << 20
"""Of the catalogue file."""
_HEAD = "# `chorale voices` writes this file: entries of your own stay, comments do not.\n"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")
"""Of a voice and of its files: each is one part of a path."""


def home_folder() -> Path:
    """CHORALE_HOME, else `chorale` in the user's data folder."""
    if named := os.environ.get("CHORALE_HOME"):
        return Path(named).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser().absolute() / "chorale"


class HomeFile(StrictModel):
    """The user's catalogue file. Entries are parsed one by one, so that a wrong one is alone."""

    voices: tuple[Mapping[str, Any], ...] = Field(default=(), max_length=1000)
    aliases: Mapping[str, Alias] = Field(default_factory=dict)
    """Names that go before those of the shipped catalogue."""
    default: str = ""
    """Goes before the shipped one, too; empty leaves that."""


class Home:
    """The folder as the command line changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "voices.yaml"

    def folder_of(self, voice: str) -> Path:
        """Where the files of a voice lie.

        Raises:
            ConfigError: it is no name of a voice.
        """
        if not NAME.fullmatch(voice):
            raise ConfigError(f"{voice[:100]!r} is no name of a voice")
        return self.folder / "voices" / voice

    def read(self) -> HomeFile:
        """Parse the catalogue; empty where there is none.

        Raises:
            ConfigError: it cannot be read.
        """
        try:
            with self.file.open(encoding="utf-8") as file:
                text = file.read(_MOST_BYTES + 1)
            if len(text) > _MOST_BYTES:
                raise ConfigError(f"{self.file} is longer than {_MOST_BYTES} characters")
            raw = yaml.safe_load(text)
            return HomeFile.model_validate({} if raw is None else raw)
        except FileNotFoundError:
            return HomeFile()
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            raise ConfigError(f"{self.file}: {error}") from error

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write an entry, in the place of one of the same id.

        Raises:
            ConfigError: the present file cannot be read.
        """
        with self._locked():
            found = self.read()
            others = [one for one in found.voices if one.get("id") != entry["id"]]
            self._write(found, [*others, entry], found.aliases)

    def name(self, name: str, alias: Alias) -> None:
        """Write an alias, in the place of one of the same name.

        Raises:
            ConfigError: the present file cannot be read.
        """
        with self._locked():
            found = self.read()
            self._write(found, found.voices, {**found.aliases, name: alias})

    def drop(self, voice: str) -> bool:
        """Take an entry out, and the aliases of it; False where there is none.

        Raises:
            ConfigError: the present file cannot be read.
        """
        with self._locked():
            found = self.read()
            others = [one for one in found.voices if one.get("id") != voice]
            aliases = {name: it for name, it in found.aliases.items() if it.voice != voice}
            if len(others) < len(found.voices):
                self._write(found, others, aliases)
            return len(others) < len(found.voices)

    def _write(
        self, found: HomeFile, voices: Sequence[Mapping[str, Any]], aliases: Mapping[str, Alias]
    ) -> None:
        changed = found.model_copy(update={"voices": tuple(map(dict, voices)), "aliases": aliases})
        content = changed.model_dump(mode="json", exclude_defaults=True)
        made = self.file.with_name(".voices.yaml.new")
        with made.open("w", encoding="utf-8") as file:
            file.write(_HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
            file.flush()
            os.fsync(file.fileno())
        made.replace(self.file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True)
class _Known:
    """A voice of the user's that was read before."""

    raw: Mapping[str, Any]
    stamp: tuple[int, ...]
    """Of its model's file."""
    voice: Voice


class LiveCatalogue:
    """The shipped catalogue with the user's voices; follows the user's file while it is used.

    `poll` costs a `stat`; a changed file is read in a thread, where only voices that are new or
    changed are read. Every method may be called from any thread.

    Raises:
        ConfigError: the shipped catalogue is wrong.
    """

    def __init__(self, shipped: Path, home: Path | None = None) -> None:
        """Read both.

        Args:
            shipped: The catalogue file.
            home: Folder of the user's voices, which may be missing; None for no such folder.
        """
        self.shipped = _readable(VoiceCatalogue.load(shipped))
        self._home = None if home is None else Home(home)
        self._stamp: tuple[int, ...] = ()
        self._known: Mapping[str, _Known] = {}
        self._lock = threading.Lock()
        self.catalogue = self.shipped
        """Of both; another object as soon as something has changed, with the same `Voice` objects
        for what has not."""
        self._left_out = tuple(f"voice {it!r}: {why}" for it, why in self.shipped.left_out.items())
        for problem in self._left_out:
            _LOG.warning("not used: %s", problem)
        self.problems = self._left_out
        """What cannot be used, of the shipped voices and the user's, and why."""
        self.refresh()

    def poll(self) -> None:
        """Begin to read the user's file if it has changed."""
        if self._home is not None and _stamp(self._home.file) != self._stamp:
            threading.Thread(target=self.refresh, name="voices", daemon=True).start()

    def refresh(self) -> None:
        """Read the user's file if it has changed."""
        if self._home is None:
            return
        with self._lock:
            stamp = _stamp(self._home.file)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                found = self._home.read()
            except ConfigError as error:
                problems: tuple[str, ...] = (error.message,)
            else:
                self.catalogue, problems = self._joined(found, self._home.folder)
            for problem in problems:
                _LOG.error("not used: %s", problem)
            self.problems = (*self._left_out, *problems)

    def _joined(self, found: HomeFile, folder: Path) -> tuple[VoiceCatalogue, tuple[str, ...]]:
        """The shipped voices with those of the file, and what of it is left out."""
        known: dict[str, _Known] = {}
        problems: list[str] = []
        for raw in found.voices:
            name = str(raw.get("id", ""))[:100]
            if name in self.shipped.voices or name in known:
                problems.append(f"voice {name!r}: there is one of this id already")
                continue
            try:
                known[name] = self._read(name, raw, folder)
            except Exception as error:  # noqa: BLE001 (of strange files a reader may raise anything)
                problems.append(f"voice {name!r}: {error}")
        self._known = known
        voices = {**self.shipped.voices, **{name: it.voice for name, it in known.items()}}
        aliases, left_out = dict(self.shipped.aliases), self.shipped.left_out
        for name, alias in found.aliases.items():
            tried = VoiceCatalogue(voices, {name: alias}, self.shipped.default, left_out)
            try:
                tried.resolve(name)
                if (other := alias.other_languages) is not None:
                    tried.resolve(f"{other.voice}/{other.speaker}".rstrip("/"))
                tried.resolve_in(name, None)
                aliases[name] = alias
            except InvalidInputError as error:
                problems.append(f"alias {name[:100]!r}: {error}")
        joined = VoiceCatalogue(voices, aliases, found.default or self.shipped.default, left_out)
        try:
            joined.resolve(joined.default)
        except InvalidInputError as error:
            problems.append(f"default: {error}")
            joined = VoiceCatalogue(voices, aliases, self.shipped.default, left_out)
        return joined, tuple(problems)

    def _read(self, name: str, raw: Mapping[str, Any], folder: Path) -> _Known:
        before = self._known.get(name)
        if before is not None and before.raw == raw and before.stamp == _files(before.voice):
            return before
        entry = parse_entry(raw)
        voice = engine_kind(entry.engine).read(entry, folder)
        if problem := _unread(voice):
            raise ConfigError(problem)
        return _Known(raw, _files(voice), voice)


def _readable(catalogue: VoiceCatalogue) -> VoiceCatalogue:
    """A catalogue without the optional voices whose phonemizer is not installed."""
    unread = {it.id: _unread(it) for it in catalogue.voices.values() if it.entry.optional}
    left_out = {name: problem for name, problem in unread.items() if problem}
    voices = {name: it for name, it in catalogue.voices.items() if name not in left_out}
    found = VoiceCatalogue(
        voices, catalogue.aliases, catalogue.default, {**catalogue.left_out, **left_out}
    )
    try:
        found.resolve(found.default)
    except InvalidInputError as error:
        raise ConfigError(f"voice catalogue: {error}") from error
    return found


def _unread(voice: Voice) -> str:
    """Why nothing tells the phonemes of a voice here; empty where something does."""
    reader = phonemizers.phonemizer(voice.vocabulary.kind) if voice.vocabulary else None
    problem = reader.unavailable() if reader else ""
    return f"it cannot be read for: {problem}" if problem else ""


def _files(voice: Voice) -> tuple[int, ...]:
    paths = [path for path in (voice.model, voice.files) if path is not None]
    return tuple(number for path in paths for number in _stamp(path))


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes with a file's content; (0,) where there is none."""
    try:
        status = file.stat()
    except OSError:
        return (0,)
    return status.st_mtime_ns, status.st_size, status.st_ino
