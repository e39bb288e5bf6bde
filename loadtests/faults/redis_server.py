"""A Redis server for one program."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

import redis

from loadtests.local_server import ServerError, free_port

_START_TIMEOUT = 20.0


class RedisServer:
    """Holds everything in memory: what it is killed with is lost."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        """Start one.

        Args:
            host: Address it listens on.

        Raises:
            ServerError: it is not installed or does not start.
        """
        binary = shutil.which("redis-server")
        if binary is None:
            raise ServerError("redis-server is not installed (Debian package of the same name)")
        self.port, self._host = free_port(), host
        options = ["--port", str(self.port), "--bind", host, "--save", "", "--protected-mode", "no"]
        self._client = redis.Redis(host=host, port=self.port, socket_timeout=5)
        self._frozen = False
        self._command = [binary, *options, "--appendonly", "no"]
        self._process = self._start()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self._host}:{self.port}"

    def strike(self, *, frozen: bool) -> None:
        """Kill it, or stop it without ending it."""
        self._frozen = frozen
        if frozen:
            os.kill(self._process.pid, signal.SIGSTOP)
        else:
            self._process.kill()
            self._process.wait(10)

    def mend(self) -> None:
        """Start it again, empty, or let it go on."""
        if self._frozen:
            os.kill(self._process.pid, signal.SIGCONT)
            self._client.config_resetstat()
        else:
            self._process = self._start()

    def used(self) -> bool:
        """Whether anybody has read from it since it is back."""
        return "cmdstat_get" in self._client.info("commandstats")

    def stop(self) -> None:
        """End it."""
        self._client.close()
        self._process.kill()
        self._process.wait(10)

    def _start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)  # noqa: S603
        deadline = time.perf_counter() + _START_TIMEOUT
        while time.perf_counter() < deadline:
            with contextlib.suppress(redis.ConnectionError):
                self._client.ping()
                return process
            time.sleep(0.1)
        process.kill()
        raise ServerError("redis-server does not start")


@contextlib.contextmanager
def redis_server(host: str = "127.0.0.1") -> Iterator[RedisServer]:
    """One until the end of the block."""
    server = RedisServer(host)
    try:
        yield server
    finally:
        server.stop()
