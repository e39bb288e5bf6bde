"""Starts real servers for the integration tests and proves that nothing of them is left.

Every process a server starts inherits a marker in its environment, by which it is found again,
also when it has moved to a session of its own.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from serve_app.environment import free_ports
from speech.engines.fake.engine import SECONDS_PER_CHARACTER
from speech.espeak import helper

ROOT = Path(__file__).resolve().parents[2]
MARKER = "CHORALE_TEST_MARKER"
ADMIN_TOKEN = "test-admin-token"  # noqa: S105
START_TIMEOUT = 180.0
EXPORT_SECONDS = 0.5

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background jobs ignore SIGINT, and what they start would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]
    marker: str
    folder: Path
    log: Path

    @property
    def speech(self) -> str:
        return f"{self.url}/v1/audio/speech"

    def processes(self) -> list[psutil.Process]:
        """Every live process that carries this server's marker."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if (
                    process.status() != psutil.STATUS_ZOMBIE
                    and process.environ().get(MARKER) == self.marker
                ):
                    found.append(process)
        return found

    def espeak_helpers(self) -> list[psutil.Process]:
        """The processes that run espeak-ng, which have no environment, and their children."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                for child in process.children():
                    if child.cmdline()[1:2] == ["-I"] and helper.__file__ in child.cmdline():
                        found += [child, *child.children()]
        return found

    def replicas(self, deployment: str) -> list[psutil.Process]:
        """The worker processes of a deployment's replicas."""
        title = f"ray::ServeReplica:chorale:{deployment}"
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error, IndexError):  # one that ends has no command
                if process.cmdline()[0].startswith(title):
                    found.append(process)
        return found

    def workers(self) -> set[tuple[int, float]]:
        """The replicas of all deployments, each by its id and the moment it began."""
        names = ("Gateway", "Normalizer", "AudioCache", "Encoder", "Synthesizer")
        found = [process for name in names for process in self.replicas(name)]
        return {(process.pid, process.create_time()) for process in found}

    def exported(self, prefix: str) -> Iterator[Sample]:
        """Every sample of the metrics with a prefix, over all exporters of this server's Ray."""
        discovery = self.folder / "ray" / "prom_metrics_service_discovery.json"
        for target in json.loads(discovery.read_text())[0]["targets"]:
            try:
                with urllib.request.urlopen(f"http://{target}/metrics", timeout=5) as answer:
                    lines = answer.read().decode().splitlines()
            except OSError:
                continue
            # An export of Ray is thousands of lines, and parsing is slow.
            wanted = "\n".join(line for line in lines if line.startswith(f"ray_{prefix}")) + "\n"
            for family in text_string_to_metric_families(wanted):
                yield from family.samples

    def metric(self, name: str, **labels: str) -> float:
        """Sum of a metric's samples."""
        return sum(
            sample.value
            for sample in self.exported(name)
            if sample.name == f"ray_{name}" and labels.items() <= sample.labels.items()
        )

    def labels(self, prefix: str) -> dict[str, set[str]]:
        """The values of every label of the metrics with a prefix."""
        found: dict[str, set[str]] = {}
        for sample in self.exported(prefix):
            for name, value in sample.labels.items():
                found.setdefault(name, set()).add(value)
        return found

    def counted(self, name: str, expected: float, **labels: str) -> float:
        """A counter some exports after it has reached a value: more than that if more was counted.

        A replica exports all its metrics at a time, so what was counted before is seen by then.
        """
        what = f"{name} {labels} of {expected:g}"
        try:
            wait_for(lambda: self.metric(name, **labels) >= expected, timeout=60, what=what)
        except TimeoutError as error:
            told = [(it.labels, it.value) for it in self.exported(name) if it.value]
            raise TimeoutError(f"{error}; there are {told}") from None
        time.sleep(3 * EXPORT_SECONDS)
        return self.metric(name, **labels)

    def shows(self, name: str, expected: object, **labels: str) -> None:
        """Wait until a gauge, which replicas set at their health checks, is told as expected."""
        wait_for(
            lambda: self.metric(name, **labels) == expected,
            timeout=30,
            what=f"{name} {labels} of {expected}",
        )

    def spoken(self, voice: str, expected: float) -> float:
        """Seconds of audio a voice has made in all, once there are as many as expected."""
        return self.counted("chorale_audio_seconds_total", 0.999 * expected, voice=voice)

    def lasts(self, text: str) -> float:
        """Seconds the phrases of a text take, without pauses, as an engine of `fake` says them."""
        reply = httpx.post(f"{self.url}/v1/text/normalize", json={"input": text}, timeout=60)
        return sum(SECONDS_PER_CHARACTER * len(item["text"]) for item in reply.json()["phrases"])

    def log_records(self, text: str) -> list[dict[str, Any]]:
        """JSON records of the replicas' logs that hold a text."""
        records = []
        for path in (self.folder / "ray" / "session_latest" / "logs" / "serve").glob("*.log"):
            lines = path.read_text(errors="replace").splitlines()
            records += [json.loads(line) for line in lines if text in line and line[0] == "{"]
        return records


def wait_for(condition: Callable[[], Any], *, timeout: float, what: str) -> Any:
    """Poll until a condition is truthy and return it."""
    deadline = time.perf_counter() + timeout
    while time.perf_counter() < deadline:
        with contextlib.suppress(httpx.HTTPError, OSError):
            if value := condition():
                return value
        time.sleep(0.2)
    raise TimeoutError(f"{what} did not happen within {timeout:.0f} s")


def nonce() -> str:
    """A word nobody has said before; digits would be read out and lengthen the phrase."""
    return uuid.uuid4().hex[:8].translate(str.maketrans("0123456789", "ghijklmnop"))


def free_port() -> int:
    with free_ports(1) as ports:
        return ports[0]


def write_config(
    folder: Path,
    graph: dict[str, Any],
    catalogue: dict[str, Any],
    *,
    http: dict[str, Any] | None = None,
) -> Path:
    """Write a catalogue, a graph and a Serve configuration that uses them."""
    (folder / "voices.yaml").write_text(yaml.safe_dump(catalogue))
    (folder / "graph.yaml").write_text(yaml.safe_dump({"catalogue": "voices.yaml", **graph}))
    serve_config = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    serve_config["applications"][0]["args"] = {"config": str(folder / "graph.yaml")}
    serve_config["http_options"] |= http or {}
    path = folder / "serve.yaml"
    path.write_text(yaml.safe_dump(serve_config))
    return path


@contextlib.contextmanager
def running(
    graph: dict[str, Any],
    catalogue: dict[str, Any],
    *,
    mode: str = "haproxy",
    prepare: Callable[[Path], None] | None = None,
    python_path: str = str(ROOT),
) -> Iterator[Server]:
    """A server of its own: `haproxy` and `python` through `chorale serve`, `default` through
    `serve run` with no switches at all. Checks afterwards that nothing of it is left.
    """
    # Ray puts Unix sockets below this folder, and their paths are limited to 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ct-", dir="/tmp"))
    port = free_port()
    marker = uuid.uuid4().hex
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
        MARKER: marker,
        "RAY_TMPDIR": str(folder),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_metrics_report_interval_ms": str(int(1000 * EXPORT_SECONDS)),
        "CHORALE_ADMIN_TOKEN": ADMIN_TOKEN,
        "HOME": str(folder),
        "CHORALE_HOME": str(folder / "home"),
        "PYTHONPATH": python_path,
    }
    if prepare is not None:
        prepare(folder)
    config = write_config(folder, graph, catalogue, http={"port": port})
    binaries = Path(sys.executable).parent
    command = [str(binaries / "chorale"), "serve", "--port", str(port), "--config", str(config)]
    if mode == "python":
        command.append("--no-haproxy")
    if mode == "default":
        command = [str(binaries / "serve"), "run", str(config)]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, cwd=ROOT, start_new_session=True
        )
    server = Server(f"http://127.0.0.1:{port}", process, marker, folder, log)
    try:
        wait_for(
            lambda: process.poll() is not None or httpx.get(f"{server.url}/readyz").is_success,
            timeout=START_TIMEOUT,
            what="readiness",
        )
        assert process.poll() is None, log.read_text(errors="replace")
        yield server
        helpers = server.espeak_helpers()
        if process.poll() is None:
            process.send_signal(signal.SIGINT if mode == "default" else signal.SIGTERM)
            process.wait(90)
        if mode != "default":
            assert process.returncode == 0, log.read_text(errors="replace")
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: not server.processes(), timeout=10, what="the end of every process")
        assert not server.processes(), [item.cmdline() for item in server.processes()]
        assert psutil.wait_procs(helpers, timeout=10)[1] == []
    finally:
        for item in server.processes():
            with contextlib.suppress(psutil.Error):
                item.kill()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
