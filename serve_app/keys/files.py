"""Keys and usage in files of one machine, for its user alone.

keys.json                the table of keys
usage/MONTH/WRITER.json  what one gateway has counted in a month
"""

import asyncio
import fcntl
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from serve_app.keys.books import Entry, Grants, Pages, Usage, Wants, month_ago
from serve_app.keys.table import Edit, KeyFile
from speech.errors import UnavailableError


class FileStore:
    """Implements `Store`. Gateways of other machines have files, and limits, of their own.

    Args:
        folder: The home folder, which may be missing.
        writer: Name of the gateway's own files.
        keep_months: Months whose usage is kept.
    """

    def __init__(self, folder: Path, writer: str, keep_months: int) -> None:
        self._file = folder / "keys.json"
        self._usage = folder / "usage"
        self._writer = writer
        self._keep_months = keep_months
        self._stamp: tuple[int, ...] | None = None
        self._mine: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(dict)
        """By month, key and day."""
        self._read: dict[Path, tuple[tuple[int, ...], Pages]] = {}

    async def keys(self) -> KeyFile | None:
        """See `Store`."""
        return await asyncio.to_thread(self._changed_keys)

    async def edit(self, edit: Edit) -> KeyFile:
        """See `Store`."""
        return await asyncio.to_thread(self._edit, edit)

    async def share(self, wants: Mapping[str, Wants]) -> Mapping[str, Grants]:
        """See `Store`: each gateway has limits of its own."""
        del wants
        return {}

    async def write(self, pages: Pages) -> None:
        """See `Store`."""
        if not pages:
            return
        for (day, key), used in pages.items():
            self._mine[day[:7]].setdefault(key, {})[day] = used.packed()
        await asyncio.to_thread(self._write, {entry.month for entry in pages})

    async def read(
        self, month: str, keys: Collection[str] | None = None, *, others: bool = False
    ) -> Pages:
        """See `Store`."""
        return await asyncio.to_thread(self._sum, month, keys, others)

    async def close(self) -> None:
        """See `Store`."""

    def _changed_keys(self) -> KeyFile | None:
        stamp = _stamp(self._file)
        if stamp == self._stamp:
            return None
        found = self._keys()
        self._stamp = stamp
        return found

    def _keys(self) -> KeyFile:
        try:
            return KeyFile.parse(self._file.read_bytes())
        except FileNotFoundError:
            return KeyFile()
        except OSError as error:
            raise UnavailableError(f"{self._file} cannot be read: {error.strerror}") from error

    def _edit(self, edit: Edit) -> KeyFile:
        try:
            with self._locked():
                changed = edit(self._keys())
                _replace(self._file, changed.text())
                return changed
        except OSError as error:
            raise UnavailableError(f"{self._file} cannot be written: {error.strerror}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with (self._file.parent / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _write(self, months: Collection[str]) -> None:
        try:
            for month in months:
                folder = self._usage / month
                self._usage.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.mkdir(mode=0o700, exist_ok=True)
                _replace(folder / f"{self._writer}.json", json.dumps(self._mine[month]))
            oldest = month_ago(self._keep_months)
            for folder in self._usage.iterdir():
                if folder.name < oldest:
                    shutil.rmtree(folder, ignore_errors=True)
                    self._mine.pop(folder.name, None)
        except OSError as error:
            raise UnavailableError(f"usage cannot be written: {error.strerror}") from error

    def _sum(self, month: str, keys: Collection[str] | None, others: bool) -> Pages:
        total: Pages = {}
        for file in (self._usage / month).glob("*.json"):
            if others and file.stem == self._writer:
                continue
            for entry, used in self._pages(file).items():
                if keys is None or entry.key in keys:
                    total.setdefault(entry, Usage()).add(used)
        return total

    def _pages(self, file: Path) -> Pages:
        stamp = _stamp(file)
        if (known := self._read.get(file)) is not None and known[0] == stamp:
            return known[1]
        try:
            pages = {
                Entry(day, key): Usage.unpacked(packed)
                for key, days in json.loads(file.read_bytes()).items()
                for day, packed in days.items()
            }
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise UnavailableError(f"{file} cannot be read") from error
        self._read[file] = stamp, pages
        return pages


def _replace(file: Path, text: str) -> None:
    """Write a file, which is there whole or as before. `mkstemp` makes it its user's alone."""
    handle, made = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            target.write(text)
            target.flush()
            os.fsync(target.fileno())
        Path(made).replace(file)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes with a file's content; (0,) where there is none."""
    try:
        status = file.stat()
    except OSError:
        return (0,)
    return status.st_mtime_ns, status.st_size, status.st_ino
