"""A server of one's own for a measurement: `chorale serve` on a free port, and nothing left of it.

Every process it starts inherits a marker in its environment, by which it is found again, also when
it has moved to a session of its own.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import yaml

ROOT = Path(__file__).resolve().parents[1]
_MARKER = "CHORALE_LOADTEST_MARKER"
_START_TIMEOUT = 240.0
"""Seconds until ready; a busy machine of two cores takes a minute."""
_STOP_TIMEOUT = 90.0


class ServerError(RuntimeError):
    """The server did not start, or did not stop as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalServer:
    """A running server."""

    url: str
    folder: Path
    """Its home, with `server.log` and everything Ray writes."""
    marker: str

    @property
    def speech(self) -> str:
        """Address of the speech route."""
        return f"{self.url}/v1/audio/speech"

    def processes(self) -> list[psutil.Process]:
        """Every live process of this server."""
        return _marked(self.marker)


@contextlib.contextmanager
def local_server(
    *, graph: Mapping[str, Any] | None = None, folder: Path | None = None
) -> Iterator[LocalServer]:
    """Start a server, wait until it is ready, and stop it at the end.

    Args:
        graph: Content of a graph configuration; paths in it are relative to the folder. None
            takes what is shipped.
        folder: Where the server lives; removed at the end. None makes one.

    Raises:
        ServerError: it was not ready in time, or did not stop cleanly.
    """
    folder = folder or make_folder()
    marker = uuid.uuid4().hex
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = _start(folder, _write_config(folder, graph), port, marker)
    server = LocalServer(url=f"http://127.0.0.1:{port}", folder=folder, marker=marker)
    log = folder / "server.log"
    try:
        _wait_until_ready(server.url, process, log)
        yield server
        process.send_signal(signal.SIGTERM)
        if code := process.wait(_STOP_TIMEOUT):
            raise ServerError(f"the server ended with {code}:\n{_tail(log)}")
    finally:
        for item in server.processes():
            with contextlib.suppress(psutil.Error):
                item.kill()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def make_folder() -> Path:
    """A folder for a server. Ray puts Unix sockets below it, whose paths end at 107 bytes."""
    return Path(tempfile.mkdtemp(prefix="cl-", dir="/tmp"))


def stop_on_sigterm() -> None:
    """Let SIGTERM end this program as Ctrl-C does, so that its server is stopped, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _write_config(folder: Path, graph: Mapping[str, Any] | None) -> Path:
    path = folder / "serve.yaml"
    config = yaml.safe_load((ROOT / "serve_config.yaml").read_text("utf-8"))
    if graph is not None:
        (folder / "graph.yaml").write_text(yaml.safe_dump(dict(graph)), "utf-8")
        config["applications"][0]["args"] = {"config": str(folder / "graph.yaml")}
    path.write_text(yaml.safe_dump(config), "utf-8")
    return path


def _start(folder: Path, config: Path, port: int, marker: str) -> subprocess.Popen[bytes]:
    environment = {
        # Nothing of a Ray that runs beside it, or that this program was started from.
        **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
        _MARKER: marker,
        "RAY_TMPDIR": str(folder),
        "RAY_USAGE_STATS_ENABLED": "0",
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    chorale = Path(sys.executable).parent / "chorale"
    with (folder / "server.log").open("wb") as output:
        return subprocess.Popen(  # noqa: S603 (our own program)
            [str(chorale), "serve", "--port", str(port), "--config", str(config)],
            env=environment,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            # Ctrl-C reaches this program alone, which then stops the server in order.
            start_new_session=True,
        )


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.perf_counter() + _START_TIMEOUT
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise ServerError(f"the server ended with {process.returncode}:\n{_tail(log)}")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.2)
    raise ServerError(f"the server was not ready within {_START_TIMEOUT:.0f} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")[-4000:]


def _marked(marker: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if (
                process.status() != psutil.STATUS_ZOMBIE
                and process.environ().get(_MARKER) == marker
            ):
                found.append(process)
    return found
