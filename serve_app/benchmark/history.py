"""Runs and their numbers, in an SQLite file."""

import json
import platform
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, machine TEXT NOT NULL, revision TEXT NOT NULL,
    versions TEXT NOT NULL, settings TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS numbers (
    run INTEGER NOT NULL REFERENCES runs(id), name TEXT NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (run, name)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A number of one run."""

    at: str
    """UTC, ISO 8601."""
    revision: str
    value: float


class History:
    """One file; runs of other machines and settings in it are left alone.

    Raises:
        OSError: the file cannot be used, or is something else.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path)
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise OSError(f"{path}: {error}") from None

    def add(
        self,
        numbers: Mapping[str, float],
        settings: Mapping[str, object],
        versions: Mapping[str, str],
    ) -> None:
        """Keep a run that has just ended."""
        with _as_os_error(), self._db:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            made = self._db.execute(
                "INSERT INTO runs (at, machine, revision, versions, settings) VALUES (?,?,?,?,?)",
                (at, machine(), _revision(), json.dumps(versions), _key(settings)),
            )
            rows = [(made.lastrowid, name, value) for name, value in numbers.items()]
            self._db.executemany("INSERT INTO numbers VALUES (?,?,?)", rows)

    def series(self, name: str, settings: Mapping[str, object]) -> list[Point]:
        """A number of all runs with these settings on this machine, in their order."""
        with (
            _as_os_error(),
            closing(
                self._db.execute(
                    "SELECT at, revision, value FROM numbers JOIN runs ON run = id "
                    "WHERE name = ? AND settings = ? AND machine = ? ORDER BY id",
                    (name, _key(settings), machine()),
                )
            ) as found,
        ):
            return [Point(at=at, revision=revision, value=value) for at, revision, value in found]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(f"the history cannot be used: {error}") from None


def machine() -> str:
    """What this machine is called, and what it is."""
    return f"{platform.node()} {platform.machine()} Python {platform.python_version()}"


def _key(settings: Mapping[str, object]) -> str:
    return json.dumps(settings, sort_keys=True)


def _revision() -> str:
    """Of the checkout that runs; empty of an installed package."""
    command: Sequence[str] = ("git", "-C", str(_ROOT), "rev-parse", "--short", "HEAD")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return ""
    return done.stdout.strip()
