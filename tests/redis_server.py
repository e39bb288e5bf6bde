"""A real redis-server for tests."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import redis as client

from serve_app.environment import free_ports

BINARY = shutil.which("redis-server")


class RedisServer:
    """One redis-server on a port of its own; nothing is persisted unless options say so."""

    def __init__(self, directory: Path) -> None:
        with free_ports(1) as (port,):
            self.port = port
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self, *options: str) -> None:
        assert BINARY is not None
        fixed = f"--port {self.port} --bind 127.0.0.1 --appendonly no --loglevel warning"
        self._process = subprocess.Popen(
            [BINARY, *fixed.split(), "--dir", str(self._directory), "--save", "", *options],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.perf_counter() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                if time.perf_counter() > deadline:
                    self.stop()
                    raise
                time.sleep(0.01)
            else:
                return

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def direct(self, **options: str) -> client.Redis:
        return client.Redis(port=self.port, protocol=2, **options)
