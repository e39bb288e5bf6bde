"""Entries as files of one directory that several processes share. Synchronous; for threads.

    DIRECTORY/ab/ab12….rec   one record; modified = last used (touched on every hit)
    DIRECTORY/tmp/           records being written, renamed when whole
    DIRECTORY/usage          8 bytes: what all processes have taken together, and its lock
    DIRECTORY/sweep          lock: many write, or one sweeps

Bounded without an index. Every writer first takes its bytes from `usage` (3 microseconds under a
file lock; a row in SQLite took 22, its touch on a hit another 12, and it would be a second truth to
repair after a crash). Where they do not fit, one process sweeps while no other writes: it lists all
files (4 microseconds each), removes the longest unused down to 90 % and writes the true sum into
`usage`. So the folder never exceeds its bound, a wrong `usage` heals, and a sweep is paid for by
the tenth of all entries that it makes room for. A medium that is full before the bound is reached
makes room in the same way. Reading takes no lock and needs no right to write.

Who else may write here can cost hits, no more: no link is followed, no pipe waited for, no file
read that is larger than a record, and with a secret no record played that is not ours.

Nothing is synced to the medium: a power cut may leave torn records, which their checksums turn into
misses, and a cache may always lose an entry. Syncing would cost each put milliseconds.
"""

import errno
import fcntl
import os
import secrets
import stat
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from speech.cache.records import (
    GROUP_PREFIX_BYTES,
    BadRecordError,
    Record,
    decode,
    encode,
    read_groups,
)

BLOCK = 4096
"""Files take whole blocks of the medium; that is what counts against the bound."""
SWEEP_TO = 0.9
SWEEP_EVERY = 3600.0
"""Seconds between sweeps of one process that no bound asks for: expired and orphaned files."""
ORPHANED_AFTER = 600.0
"""Seconds after which a file in `tmp` has lost its writer."""
MAX_RECORD_BYTES = 64 * 2**20
"""No larger record is written or read."""

_USAGE = struct.Struct(">q")
_SUFFIX = ".rec"
_NAME_LENGTH = 64 + len(_SUFFIX)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_FILE = {errno.ELOOP, errno.ENXIO}
"""What opening a link, or a socket, says."""


class _File(NamedTuple):
    used: float
    size: int
    path: str


def wall_clock() -> float:
    """Seconds since 1970: ages must survive a restart, which no monotonic clock does."""
    return time.time_ns() / 1e9


class Folder:
    """Files under one directory, at most `max_bytes` of them. Every method may raise OSError.

    Only files that look like its own are ever counted or removed.
    """

    def __init__(
        self,
        directory: Path,
        *,
        max_bytes: int,
        ttl: float,
        secret: bytes = b"",
        clock: Callable[[], float] = wall_clock,
    ) -> None:
        self._directory = directory
        self._secret = secret
        self._temporary = directory / "tmp"
        self._max_bytes = max_bytes
        self._ttl = ttl
        self._clock = clock
        self._next_sweep = 0.0
        # Counted in several threads without a lock: a lost count is worth less than one.
        self.corrupted = 0
        self.evictions = 0
        self.bytes: int | None = None
        """Of all processes, as far as this one has looked."""

    def read(self, key: str) -> bytes | None:
        """Value of a key, or None; touches it. Removes what is expired, damaged or not ours."""
        path = self._path(key)
        try:
            record = decode(_head(path, MAX_RECORD_BYTES), key, self._secret)
        except FileNotFoundError:
            return None
        except BadRecordError:
            self.corrupted += 1
            _remove(path)  # still counted until a sweep: too much is safe
            return None
        now = self._clock()
        if abs(now - record.created) >= self._ttl:  # of the future, it would never be too old
            _remove(path)
            return None
        with suppress(OSError):  # evicted since, or not ours to touch: the bytes are good
            os.utime(path, (now, now))
        return record.value

    def write(self, key: str, value: bytes, groups: tuple[str, ...]) -> bool:
        """Store a value; False when the bound leaves no room for it.

        Raises:
            OSError: the medium leaves none either, or fails.
        """
        now, path = self._clock(), self._path(key)
        record = Record(key=key, groups=groups, created=now, value=value)
        data = encode(record, self._secret)
        size = _on_disk(len(data))
        if size > self._max_bytes or len(data) > MAX_RECORD_BYTES:
            return False
        if time.monotonic() >= self._next_sweep or not self._temporary.is_dir():
            self.sweep()
        with self._lock("sweep", fcntl.LOCK_SH):
            if self._fits(path, data, size, now) == "":
                return True
        # Under the sweep's own lock to the end: else others would take the room just made.
        with self._lock("sweep", fcntl.LOCK_EX):
            if lacking := self._fits(path, data, size, now):  # nobody has swept while we waited
                self._clean(size, full=lacking == "medium")
                if not self._take(size):
                    return False  # what lies in `tmp` leaves none
                self._store(path, data, size, now)
            return True

    def _fits(self, path: Path, data: bytes, size: int, now: float) -> str:
        """Store a record; returns what has no room for it, `bound` or `medium`, if anything."""
        try:
            if not self._take(size):
                return "bound"
            self._store(path, data, size, now)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            return "medium"
        return ""

    def purge(self, group: str | None) -> int:
        """Remove a group's entries, or all; returns how many.

        Of a group, reads every record's head (8 microseconds each): rare, and never on a request's
        way. Entries written meanwhile may stay.
        """
        if not self._directory.is_dir():
            return 0
        count = 0
        with self._lock("sweep", fcntl.LOCK_SH):
            for file in self._files():
                if group is not None and group not in _groups_of(file.path):
                    continue
                with suppress(FileNotFoundError):
                    Path(file.path).unlink()
                    self._give(file.size)
                    count += 1
        return count

    def sweep(self) -> None:
        """Make the folder, count it, and remove what is expired, orphaned or too much."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._temporary.mkdir(mode=0o700, exist_ok=True)
        with self._lock("sweep", fcntl.LOCK_EX):
            self._clean(0)
        self._next_sweep = time.monotonic() + SWEEP_EVERY

    def _clean(self, room: int, *, full: bool = False) -> None:
        """Sweep until `room` bytes are free; the caller holds the lock.

        Args:
            room: Bytes below the bound.
            full: The medium itself has no room: evict as much as is wanted, or nothing where all
                entries together are less.
        """
        now = self._clock()
        total = 0
        for file in self._listed(self._temporary):
            if now - file.used >= ORPHANED_AFTER:
                _remove(file.path)
            else:
                total += file.size
        files = sorted(self._files())
        held = sum(file.size for file in files)
        total += held
        limit, whole = self._max_bytes - room, self._max_bytes
        if full and held > room:
            limit, whole = min(limit, total - room - BLOCK), total  # a block for its folder
        target = total if total <= limit else min(limit, int(SWEEP_TO * whole))
        for file in files:
            expired = now - file.used >= self._ttl
            if not expired and total <= target:
                break
            _remove(file.path)
            total -= file.size
            self.evictions += not expired
        if full:  # of files, perhaps: their folders are files, too
            for number in range(256):
                with suppress(OSError):
                    (self._directory / f"{number:02x}").rmdir()
        with self._usage() as usage:
            usage.total = self.bytes = total

    def _store(self, path: Path, data: bytes, size: int, now: float) -> None:
        temporary = self._temporary / f"{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}"
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            temporary.write_bytes(data)
            os.utime(temporary, (now, now))
            replaced = _size_of(path)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            with suppress(OSError):
                self._give(size)
            raise
        if replaced:
            self._give(replaced)

    def _take(self, size: int) -> bool:
        with self._usage() as usage:
            if usage.total is None or not 0 <= usage.total <= self._max_bytes - size:
                return False
            usage.total += size
            self.bytes = usage.total
            return True

    def _give(self, size: int) -> None:
        with self._usage() as usage:
            if usage.total is not None:
                usage.total = max(0, usage.total - size)
                self.bytes = usage.total

    def _path(self, key: str) -> Path:
        # Hashed again: whatever a key holds, its file has a plain name of one length.
        name = blake2b(key.encode(), digest_size=32).hexdigest()
        return self._directory / name[:2] / f"{name}{_SUFFIX}"

    def _files(self) -> Iterator[_File]:
        for number in range(256):
            yield from self._listed(self._directory / f"{number:02x}", _NAME_LENGTH)

    def _listed(self, directory: Path, length: int | None = None) -> Iterator[_File]:
        try:
            entries = list(os.scandir(directory))
        except FileNotFoundError:
            return
        for entry in entries:
            if not entry.name.endswith(_SUFFIX) or length not in {None, len(entry.name)}:
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # another process was faster
            if stat.S_ISDIR(found.st_mode):
                continue
            yield _File(found.st_mtime, _on_disk(found.st_size), entry.path)

    @contextmanager
    def _usage(self) -> Iterator["_Usage"]:
        with self._lock("usage", fcntl.LOCK_EX) as handle:
            usage = _Usage(handle)
            yield usage
            usage.save()

    @contextmanager
    def _lock(self, name: str, sort: int) -> Iterator[int]:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self._directory / name, flags, 0o600)
        try:
            fcntl.flock(handle, sort)
            yield handle
        finally:
            os.close(handle)  # and unlocks


class _Usage:
    """The shared sum, while its lock is held."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        data = os.pread(handle, _USAGE.size, 0)
        self._saved = _USAGE.unpack(data)[0] if len(data) == _USAGE.size else None
        self.total: int | None = self._saved
        """None before the first sweep, and when somebody has damaged the file."""

    def save(self) -> None:
        if self.total is not None and self.total != self._saved:
            os.pwrite(self._handle, _USAGE.pack(self.total), 0)


def _on_disk(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _size_of(path: Path) -> int:
    try:
        return _on_disk(path.stat().st_size)
    except FileNotFoundError:
        return 0


def _remove(path: str | Path) -> None:
    """Remove a file if the medium lets us."""
    with suppress(OSError):
        Path(path).unlink()


def _head(path: str | Path, size: int, *, whole: bool = True) -> bytes:
    """A plain file's first bytes.

    Args:
        path: Where it is.
        size: At most so many.
        whole: Whether a longer file is wrong.

    Raises:
        BadRecordError: it is longer, or no plain file.
        FileNotFoundError: it is not there.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise
        raise BadRecordError("no plain file") from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or (whole and found.st_size > size):
            raise BadRecordError("no plain file, or longer than any record")
        return os.read(handle, min(size, found.st_size))
    finally:
        os.close(handle)


def _groups_of(path: str) -> tuple[str, ...]:
    try:
        return read_groups(_head(path, GROUP_PREFIX_BYTES, whole=False))
    except (FileNotFoundError, BadRecordError):
        return ()
