"""One file over HTTP: resumed where it broke off, checked, and put in its place in one step."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO

import httpx

MOST_BYTES = 4 << 30
"""Of a file whose size nobody tells."""
_TRIES = 4
"""In a row that bring nothing."""
_MOST_TRIES = 100
_LONGEST_PAUSE = 60.0
"""Seconds between two tries."""
_AGAIN = {408, 425, 429, 500, 502, 503, 504}


class PullError(Exception):
    """A voice cannot be had. The message is for whoever asked for it."""


class _BrokenOffError(Exception):
    """A try that may be made again, after a pause if the server names one."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file as whoever offers it describes it."""

    url: str
    name: str
    """In the voice's folder."""
    size: int | None = None
    """Bytes."""
    sha256: str = ""
    md5: str = ""
    """Where nobody tells a SHA-256. It finds what was damaged, not what was forged."""

    def fault(self, path: Path, sha256: str = "") -> str:
        """What is wrong with a local copy; empty where nothing is.

        Args:
            path: The copy.
            sha256: A digest that is known besides.
        """
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            return f"it has {size} bytes and not {self.size}"
        for name, wanted in (("sha256", self.sha256 or sha256), ("md5", self.md5)):
            if wanted and (found := _digest(path, name)) != wanted.lower():
                return f"its {name} is {found} and not {wanted}"
        return ""


@dataclass(slots=True)
class _Progress:
    """Of one file: what is there, and whom to tell."""

    advance: Callable[[int], None]
    have: int = 0

    def at(self, have: int) -> None:
        self.advance(have - self.have)
        self.have = have


class Downloader:
    """Fetches files through one client, which knows about proxies."""

    def __init__(self, client: httpx.Client, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    def fetch(self, file: RemoteFile, target: Path, advance: Callable[[int], None]) -> None:
        """Bring a file to `target`; one that lies there and is right is taken as it is.

        What has come of a file that breaks off stays beside `target`, with `.part` behind its name,
        for the next try. It is resumed only where a digest tells at the end that both halves are of
        one file.

        Args:
            file: What is wanted.
            target: Its place; the folder is made.
            advance: Told how many bytes more there are; fewer, when it has to begin again.

        Raises:
            PullError: it cannot be had, or is not what was promised.
        """
        if target.exists() and not file.fault(target):
            advance(target.stat().st_size)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        with _alone(part) as opened:
            progress = _Progress(advance)
            if not (file.sha256 or file.md5):
                opened.truncate(0)
            progress.at(opened.seek(0, os.SEEK_END))
            resumed = progress.have > 0
            while fault := self._attempts(file, target, opened, progress):
                # Its beginning may be that of another file.
                opened.truncate(0)
                progress.at(0)
                if not resumed:
                    raise PullError(f"{file.url} is not what was promised: {fault}")
                resumed = False
            os.fsync(opened.fileno())
            part.replace(target)

    def _attempts(
        self, file: RemoteFile, target: Path, opened: IO[bytes], progress: _Progress
    ) -> str:
        """Receive the rest, again and again if need be; returns what is wrong with the whole."""
        vain = 0
        for _ in range(_MOST_TRIES):
            before = progress.have
            try:
                sha256 = self._receive(file, opened, progress)
                opened.flush()
                return file.fault(Path(opened.name), sha256)
            except (httpx.TransportError, _BrokenOffError) as error:
                vain = 0 if progress.have > before else vain + 1
                problem = error
            except httpx.RequestError as error:
                raise PullError(f"{file.url} cannot be had: {error}") from error
            if vain >= _TRIES:
                break
            pause = getattr(problem, "pause", None)
            self._sleep(min(0.5 * 2**vain if pause is None else pause, _LONGEST_PAUSE))
        raise PullError(
            f"{file.url} cannot be had: {str(problem) or type(problem).__name__}. Where there is "
            f"no network, put the file at {target} and run the command again."
        )

    def _receive(self, file: RemoteFile, opened: IO[bytes], progress: _Progress) -> str:
        """One try; returns the SHA-256 that the server tells, if it does."""
        have = progress.have
        if file.size is not None and have == file.size:
            return ""
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with self._client.stream("GET", file.url, headers=headers) as reply:
            total = self._begun(file, reply, opened, progress)
            for chunk in reply.iter_raw():
                if progress.have + len(chunk) > (total if file.size is None else file.size):
                    opened.truncate(0)
                    progress.at(0)
                    raise PullError(
                        f"{file.url} goes on beyond the {file.size or total} bytes told"
                    )
                opened.write(chunk)
                progress.at(progress.have + len(chunk))
        if file.size is not None and progress.have < file.size:
            raise _BrokenOffError(f"it ended after {progress.have} of {file.size} bytes")
        return _linked_sha256(reply)

    def _begun(
        self, file: RemoteFile, reply: httpx.Response, opened: IO[bytes], progress: _Progress
    ) -> int:
        """Judge a reply by its head; returns how many bytes the file may have."""
        if file.url.startswith("https:") and reply.url.scheme != "https":
            raise PullError(f"{file.url} leads to {reply.url}, which is not encrypted")
        status, have = reply.status_code, progress.have
        if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            opened.truncate(0)
            progress.at(0)
            raise _BrokenOffError("what was there is more than the server has")
        if status in _AGAIN:
            raise _BrokenOffError(f"the server answers {status}", _retry_after(reply))
        if status not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
            raise PullError(f"{file.url} cannot be had: the server answers {status}")
        length = reply.headers.get("content-length", "")
        total = int(length) if length.isdecimal() else None
        if status == httpx.codes.PARTIAL_CONTENT:
            begin, total = _content_range(reply.headers.get("content-range", ""))
            if begin != have:
                opened.truncate(0)
                progress.at(0)
                raise _BrokenOffError(f"asked for the bytes from {have} on, it gave others")
        elif have:
            opened.truncate(0)
            progress.at(0)
        if None not in (total, file.size) and total != file.size:
            raise _BrokenOffError(f"the server has {total} bytes, and {file.size} were promised")
        return MOST_BYTES if total is None else total


@contextmanager
def _alone(part: Path) -> Iterator[IO[bytes]]:
    """The unfinished file, opened by no other process of ours."""
    with part.open("ab+") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PullError(f"another process is fetching {part}") from None
        try:
            yield opened
        finally:
            if part.exists() and not part.stat().st_size:
                part.unlink()


def _digest(path: Path, name: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(name, usedforsecurity=False)
        ).hexdigest()


def _content_range(value: str) -> tuple[int, int | None]:
    """First byte and size of the whole in a header as `bytes 200-1000/67589`; -1 for neither."""
    unit, _, rest = value.partition(" ")
    span, _, total = rest.partition("/")
    begin = span.partition("-")[0]
    if unit != "bytes" or not begin.isdecimal():
        return -1, None
    return int(begin), int(total) if total.isdecimal() else None


def _retry_after(reply: httpx.Response) -> float | None:
    """Seconds, from a number or a date (RFC 9110, section 10.2.3)."""
    value = reply.headers.get("retry-after", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - _date(reply))
    except (ValueError, TypeError):
        return None


def _date(reply: httpx.Response) -> float:
    return parsedate_to_datetime(reply.headers.get("date", "")).timestamp()


def _linked_sha256(reply: httpx.Response) -> str:
    """What Hugging Face tells of a large file before it redirects; empty elsewhere."""
    for before in (*reply.history, reply):
        value = str(before.headers.get("x-linked-etag", "")).removeprefix("W/").strip('"')
        if len(value) == 64 and not set(value.lower()) - set("0123456789abcdef"):
            return value
    return ""
