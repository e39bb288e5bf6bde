"""The processes that read for this one: started, counted, replaced; a few, shared by all threads.

A helper (`helper.py`) has an empty environment and one socket to its caller, no other file of it,
and limits on memory and on processor time for each phrase. It ends when its caller does.
"""

import atexit
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter, deque
from concurrent.futures import Future
from pathlib import Path

from speech.config import EspeakConfig
from speech.errors import ConfigError, UnavailableError, UnreadableTextError
from speech.espeak import helper

_LOG = logging.getLogger("ray.serve")
_START_TIMEOUT = 30.0
"""Seconds a helper may take to start; it takes 0.05."""
_STALLED = 20.0
"""Seconds without an answer after which a helper is replaced; its child's limit is far below."""
_WAIT = 30.0
"""Seconds a call waits for a helper."""
_START_AGAIN = 1.0
"""Seconds after which a start that failed is tried again."""


class Helper:
    """One helper process, asked by one thread at a time."""

    def __init__(self, folder: Path, config: EspeakConfig) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 (our own file)
                [
                    *(sys.executable, "-I", "-S", helper.__file__, str(folder)),
                    *(str(config.seconds), str(config.memory_bytes), str(os.getpid())),
                ],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        try:
            self._socket.settimeout(_START_TIMEOUT)
            _, _, hello = self._answer()
        except (OSError, EOFError) as error:
            self.close()
            raise ConfigError(f"espeak-ng does not start from {folder}") from error
        self._socket.settimeout(_STALLED)
        rate, *tags = hello.decode().split("\n")
        self.sample_rate = int(rate)
        self.tags = tuple(tags)

    def ask(self, request: bytes) -> tuple[int, int, bytes]:
        """What became of a request: see `helper.REPLY`. Raises OSError or EOFError."""
        self._socket.sendall(request)
        return self._answer()

    def prepare(self, voice: bytes) -> None:
        """Say which voice will be wanted next, most likely. Raises OSError."""
        self._socket.sendall(helper.REQUEST.pack(helper.PREPARE, 0, len(voice), 0) + voice)

    def _answer(self) -> tuple[int, int, bytes]:
        status, code, size = helper.REPLY.unpack(helper.receive(self._socket, helper.REPLY.size))
        return status, code, helper.receive(self._socket, size)

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self.process.kill()
        self.process.wait()


class Helpers:
    """A pool of helpers. Thread-safe.

    One thread of its own starts them, so that they stay: Linux ends a process that asked to end
    with its parent when the *thread* that started it ends.
    """

    def __init__(self, folder: Path, config: EspeakConfig) -> None:
        self._folder = folder
        self.config = config
        self.changed = threading.Condition()
        self._free: deque[Helper] = deque()
        self._waiting: deque[Future[Helper]] = deque()
        """Callers; as many as there are threads that read."""
        self.helpers: set[Helper] = set()
        self.failure: ConfigError | None = None
        """Why none could be started the last time."""
        self._closed = False
        self._deaths: Counter[str] = Counter()
        atexit.register(self.close)
        threading.Thread(target=self._keep_up, name="espeak-helpers", daemon=True).start()

    @property
    def running(self) -> int:
        """Helpers alive."""
        return len(self.helpers)

    @property
    def is_busy(self) -> bool:
        """Whether a call would wait."""
        return not self._free

    def deaths(self) -> Counter[str]:
        """Processes that ended since this was last asked, by cause: `crash`, `time`, `lost`."""
        with self.changed:
            deaths, self._deaths = self._deaths, Counter()
        return deaths

    def ask(self, kind: int, voice: str, text: str, rate: int = 0) -> tuple[int, int, bytes]:
        """Have a phrase read: see `helper.REPLY`, but never `KILLED`.

        Raises:
            UnreadableTextError: espeak-ng crashed on it, or took too long or too much memory.
            UnavailableError: two helpers were lost one after the other, whatever the phrase.
            ConfigError: no helper can be started.
        """
        name, data = voice.encode(), text.encode()
        request = helper.REQUEST.pack(kind, rate, len(name), len(data)) + name + data
        for _ in range(2):
            taken = self._take()
            try:
                status, code, payload = taken.ask(request)
                # Variants are left out: one of them, robosoft2, stays in what follows it.
                if name != helper.HOME and b"+" not in name and status != helper.NO_VOICE:
                    taken.prepare(name)
            except TimeoutError:
                self._replace(taken)
                break
            except (OSError, EOFError):
                self._replace(taken)
                continue
            with self.changed:
                self._put(taken)
            if status == helper.KILLED:
                cause = "time" if code == signal.SIGPROF else "crash"
                self._count(cause, signal.Signals(code).name)
                raise UnreadableTextError(
                    "a phrase cannot be read: espeak-ng "
                    + ("takes too long" if cause == "time" else "breaks down")
                    + " on what it says; other words will do",
                    "input",
                )
            return status, code, payload
        raise UnavailableError("espeak-ng's processes were lost; they are started again")

    def close(self) -> None:
        """End every helper."""
        with self.changed:
            self._closed = True
            atexit.unregister(self.close)
            helpers, self.helpers = self.helpers, set()
            self._free.clear()
            while self._waiting:
                self._waiting.popleft().set_exception(
                    UnavailableError("espeak-ng's processes have been ended")
                )
            self.changed.notify_all()
        for each in helpers:
            each.close()

    def _take(self) -> Helper:
        """A helper that is free; callers get theirs in the order in which they came."""
        with self.changed:
            if self._closed:
                raise UnavailableError("espeak-ng's processes have been ended")
            if self._free:
                # The one that has rested longest: its next child is there by now.
                return self._free.popleft()
            if self.failure is not None:
                raise self.failure
            waiting: Future[Helper] = Future()
            self._waiting.append(waiting)
        try:
            return waiting.result(_WAIT)
        except TimeoutError:
            with self.changed:
                if waiting.cancel():
                    self._waiting.remove(waiting)
                    raise UnavailableError("espeak-ng's processes are busy") from None
            return waiting.result()

    def _put(self, helper: Helper) -> None:
        """Give a helper to whoever has waited longest; the lock is held."""
        if self._waiting:
            self._waiting.popleft().set_result(helper)
        else:
            self._free.append(helper)

    def _replace(self, lost: Helper) -> None:
        self._count("lost", "helper")
        with self.changed:
            self.helpers.discard(lost)
            self.changed.notify_all()
        lost.close()

    def _count(self, cause: str, what: str) -> None:
        _LOG.warning("espeak-ng: a process ended (%s, %s)", cause, what)
        with self.changed:
            self._deaths[cause] += 1

    def _keep_up(self) -> None:
        """Start helpers whenever there are fewer than there should be."""
        while True:
            with self.changed:
                self.changed.wait_for(
                    lambda: self._closed or len(self.helpers) < self.config.processes
                )
                if self._closed:
                    late, self.helpers = self.helpers, set()
                    break
            failure: ConfigError | None = None
            started: Helper | None = None
            try:
                started = Helper(self._folder, self.config)
            except (ConfigError, OSError) as error:
                failure = ConfigError(f"espeak-ng's processes cannot be started: {error}")
            with self.changed:
                self.failure = failure
                if started is not None:
                    self.helpers.add(started)
                    self._put(started)
                self.changed.notify_all()
                if failure is not None:
                    while self._waiting:
                        self._waiting.popleft().set_exception(failure)
                    self.changed.wait_for(lambda: self._closed, _START_AGAIN)
        for each in late:
            each.close()
