"""A server for one measurement, started on a free port and removed without a trace.

Every process that it starts inherits a marker in its environment, so that it is found even in
another session.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil  # type: ignore[import-untyped]
import yaml

from loadtests.placement import pinned, this_placement

ROOT = Path(__file__).resolve().parents[1]
_MARKER = "CHORALE_LOADTEST_MARKER"
_START_TIMEOUT = 240.0
"""Seconds until ready; a busy machine of two cores takes a minute."""
_STOP_TIMEOUT = 90.0
_PORTS = range(25_001, 30_000)
"""Above those of Ray's workers and of the gateways of `chorale serve`."""


class ServerError(RuntimeError):
    """The server did not start, or did not stop as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalServer:
    """A running server; plain values, so that another process can take it over."""

    url: str
    folder: Path
    """Its home, with `server.log` and everything Ray writes."""
    marker: str
    pid: int
    """Of the process that started all others, and stops them on SIGTERM."""

    @property
    def speech(self) -> str:
        """Address of Chorale's speech route."""
        return f"{self.url}/v1/audio/speech"

    def processes(self) -> list[psutil.Process]:
        """Every live process of this server."""
        return _marked(self.marker)

    def stop(self) -> None:
        """Stop it in order, then whatever is left; its home is removed.

        Raises:
            ServerError: it did not end by itself, or not well.
        """
        problem = ""
        try:
            problem = self._ask_to_stop()
        finally:
            self.kill()
        if problem:
            raise ServerError(problem)

    def kill(self) -> None:
        """End everything of it at once; its home is removed."""
        left = self.processes()
        for item in left:
            with contextlib.suppress(psutil.Error):
                item.kill()
        # One that is not gone yet may still write into the folder.
        psutil.wait_procs(left, timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ask_to_stop(self) -> str:
        """Empty where it ended well."""
        log = self.folder / "server.log"
        try:
            process = psutil.Process(self.pid)
            process.terminate()
            code = process.wait(_STOP_TIMEOUT)
        except psutil.TimeoutExpired:
            return f"the server did not stop within {_STOP_TIMEOUT:.0f} s:\n{_tail(log)}"
        except psutil.NoSuchProcess:
            return f"the server had ended before it was stopped:\n{_tail(log)}"
        # Of a process that is not our child nobody knows the code; -15 is a program's plain end.
        return f"the server ended with {code}:\n{_tail(log)}" if code not in {None, 0, -15} else ""


@contextlib.contextmanager
def local_server(
    *, graph: Mapping[str, Any] | None = None, folder: Path | None = None
) -> Iterator[LocalServer]:
    """`chorale serve` until the end of the block.

    Args:
        graph: Content of a graph configuration; paths in it are relative to the folder. None
            takes what `chorale serve` takes on this machine.
        folder: Where the server lives; removed at the end. None makes one.

    Raises:
        ServerError: it was not ready in time, or did not stop cleanly.
    """
    server = start_chorale(graph=graph, folder=folder)
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        yield server


def start_chorale(
    *,
    graph: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
) -> LocalServer:
    """Start `chorale serve`, as arguments of `before`, until it is ready; the caller stops it."""
    folder = folder or make_folder()
    port = free_port()
    program = str(Path(sys.executable).parent / "chorale")
    command = [*before, program, "serve", "--port", str(port)]
    if graph is not None:
        command += ["--config", str(_write_config(folder, graph))]
    return start(
        command,
        port=port,
        ready="/readyz",
        folder=folder,
        cores=this_placement().server,
        environment=environment,
    )


def start(
    command: list[str],
    *,
    port: int,
    ready: str,
    folder: Path,
    cores: AbstractSet[int],
    environment: Mapping[str, str] | None = None,
) -> LocalServer:
    """Start a server and wait until it answers; the caller stops it.

    Args:
        command: What listens on 127.0.0.1 and the port.
        port: A free one.
        ready: Path that answers 200 as soon as the server can be used.
        folder: Its home; removed when it stops.
        cores: Those it may use.
        environment: Variables beside the usual ones.

    Raises:
        ServerError: it was not ready in time; nothing of it is left.
    """
    marker = uuid.uuid4().hex
    variables = {
        # Nothing of a Ray that runs beside it, or that this program was started from.
        **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
        _MARKER: marker,
        "RAY_TMPDIR": str(folder),
        "RAY_USAGE_STATS_ENABLED": "0",
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        **(environment or {}),
    }
    log = folder / "server.log"
    with log.open("wb") as output:
        process = Popen(  # noqa: S603 (our own programs)
            pinned(command, cores),
            env=variables,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            # Ctrl-C reaches this program alone, which then stops the server in order.
            start_new_session=True,
        )
    server = LocalServer(
        url=f"http://127.0.0.1:{port}", folder=folder, marker=marker, pid=process.pid
    )
    try:
        _wait_until_ready(f"{server.url}{ready}", process, log)
    except BaseException:  # Ctrl-C as well: nobody else has this server's name yet to end it
        server.kill()
        raise
    return server


def make_folder() -> Path:
    """A folder for a server. Ray puts Unix sockets below it, whose paths end at 107 bytes."""
    return Path(tempfile.mkdtemp(prefix="cl-", dir="/tmp"))


def free_port() -> int:
    """A port nobody listens on, of those an operating system gives to no outgoing connection.

    Raises:
        ServerError: all are taken.
    """
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port
    raise ServerError(f"no free port from {_PORTS.start} to {_PORTS.stop - 1}")


def stop_on_sigterm() -> None:
    """Let SIGTERM end this program as Ctrl-C does, so that its server is stopped, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _write_config(folder: Path, graph: Mapping[str, Any]) -> Path:
    path = folder / "serve.yaml"
    config = yaml.safe_load((ROOT / "serve_config.yaml").read_text("utf-8"))
    (folder / "graph.yaml").write_text(yaml.safe_dump(dict(graph)), "utf-8")
    config["applications"][0]["args"] = {"config": str(folder / "graph.yaml")}
    path.write_text(yaml.safe_dump(config), "utf-8")
    return path


def _wait_until_ready(url: str, process: "Popen[bytes]", log: Path) -> None:
    deadline = time.perf_counter() + _START_TIMEOUT
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise ServerError(f"the server ended with {process.returncode}:\n{_tail(log)}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (our own server)
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.2)
    raise ServerError(f"the server was not ready within {_START_TIMEOUT:.0f} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")[-4000:] if log.exists() else ""


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
