"""A Ray cluster of several nodes on one machine.

Each has its own processes and, where network namespaces are permitted, its own address and proxy.
Every process of a node inherits a marker in its environment, by which it is found again.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import psutil  # type: ignore[import-untyped]

from loadtests.cluster.network import HEAD, Namespaces, Network, OneAddress
from loadtests.local_server import ROOT, ServerError, free_port

_MARKER = "CHORALE_CLUSTER_NODE"
_START_TIMEOUT = 240.0
_ATTEMPTS = 3
PROXY_PORT = 8000
_STORE_BYTES = 100 * 2**20
"""Of each node's object store, which replicas that talk gRPC hardly use."""
SWITCHES = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH": str(64 * 2**20),
    "RAY_SERVE_REQUEST_LATENCY_BUCKETS_MS": (
        "5,10,25,50,75,100,125,150,175,200,300,500,1000,2500,5000,10000"
    ),
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1",
    "RAY_SERVE_HAPROXY_RETRY_ON": "conn-failure",
    "RAY_SERVE_HAPROXY_MAXCONN": "8192",
    "RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S": "40",
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "serve_app.http_guard:install",
    "RAY_SERVE_HAPROXY_NBTHREAD": "2",
    "RAY_SERVE_FORCE_STOP_UNHEALTHY_REPLICAS": "1",
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "2000",
    "RAY_SERVE_ROUTER_QUEUE_LEN_GAUGE_THROTTLE_S": "2",
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.25",
}
"""Those of serve_app/environment.py, as an operator exports them before `ray start`."""


class Cluster:
    """A head, which holds no replica, and workers. Owns their processes, network and folder."""

    def __init__(self, network: Network, *, worker_cpus: float) -> None:
        """Nothing runs until `start`.

        Args:
            network: Where the nodes live.
            worker_cpus: What a worker says it has: a count that replicas are placed by.
        """
        self.network = network
        # Ray puts Unix sockets below this folder, and their paths are limited to 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="cc-", dir="/tmp"))
        self._token = self.folder / "token"
        self._token.touch(mode=0o600)
        self._token.write_text(secrets.token_hex(32))
        self._worker_cpus = worker_cpus
        self._mark = uuid.uuid4().hex
        self._last = HEAD
        # Nodes with addresses of their own may all use the usual ports.
        self._gcs, self._dashboard, self._proxy = (
            (6379, 8265, PROXY_PORT)
            if network.own_addresses
            else (free_port(), free_port(), free_port())
        )

    @property
    def dashboard(self) -> str:
        """Where `serve deploy` sends to."""
        return f"http://{self.network.address(HEAD)}:{self._dashboard}"

    def ask(self, path: str, *, timeout: float = 10.0) -> Any:
        """What Ray's dashboard says, which answers who has the token.

        Raises:
            OSError: it did not answer.
            ValueError: what came is no JSON.
        """
        headers = {"Authorization": f"Bearer {self._token.read_text()}"}
        question = urllib.request.Request(self.dashboard + path, headers=headers)  # noqa: S310
        with urllib.request.urlopen(question, timeout=timeout) as reply:  # noqa: S310
            return json.load(reply)

    @property
    def proxy_port(self) -> int:
        """Of every node that has a proxy."""
        return self._proxy

    def proxy(self, node: int) -> str:
        """Base address of a node's proxy."""
        return f"http://{self.network.address(node)}:{self._proxy}"

    def start(self, workers: int) -> None:
        """Start the head, then so many workers.

        Raises:
            ServerError: a node did not start.
        """
        address = self.network.address(HEAD)
        self.network.add(HEAD)
        self._ray(
            HEAD,
            *("--head", f"--port={self._gcs}", f"--node-ip-address={address}"),
            # Replicas go to the workers: the head's loss would be everybody's.
            *("--num-cpus=0", f"--temp-dir={self.folder / 'ray'}"),
            *("--dashboard-host", address, f"--dashboard-port={self._dashboard}"),
        )
        for _ in range(workers):
            self.add()

    def add(self) -> int:
        """Start one more worker; returns its number."""
        self._last = node = self._last + 1
        self.network.add(node)
        self._ray(
            node,
            f"--address={self.network.address(HEAD)}:{self._gcs}",
            f"--node-ip-address={self.network.address(node)}",
            f"--num-cpus={self._worker_cpus:g}",
        )
        return node

    def kill(self, node: int) -> int:
        """End every process of a node at once, as its loss would; returns how many."""
        found = self.processes(node)
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=10)
        return len(found)

    def drain(self, node: int, *, seconds: int = 90) -> float:
        """Let a node go as a pod's hook does: Ray moves its replicas away, then everything ends.

        Args:
            node: A worker.
            seconds: In which its replicas must have gone elsewhere.

        Returns:
            Seconds until no replica ran there.

        Raises:
            ServerError: Ray does not know the node, refused, or replicas were left in the end.
        """
        self._run(
            HEAD,
            *(str(_program("ray")), "drain-node", "--node-id", self._ray_id(node)),
            *("--address", f"{self.network.address(HEAD)}:{self._gcs}"),
            *("--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "the node goes"),
            *("--deadline-remaining-seconds", str(seconds)),
        )
        took = wait_until(
            lambda: not self._replicas(node), timeout=seconds, what="a node without replicas"
        )
        self.kill(node)
        return took

    def _replicas(self, node: int) -> int:
        """Replicas that run on a node."""
        count = 0
        for process in self.processes(node):
            with contextlib.suppress(psutil.Error, IndexError):
                count += process.cmdline()[0].startswith("ray::ServeReplica")
        return count

    def _ray_id(self, node: int) -> str:
        """What Ray calls a node."""
        known = self.ask("/api/v0/nodes")["data"]["result"]["result"]
        address = self.network.address(node)
        for item in known:
            if item["node_ip"] == address and item["state"] == "ALIVE":
                return str(item["node_id"])
        raise ServerError(f"Ray knows no node at {address}")

    def processes(self, node: int | None = None) -> list[psutil.Process]:
        """Every live process of a node, or of all."""
        mark = self._mark if node is None else f"{self._mark}-{node}"
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    own = process.environ().get(_MARKER, "")
                    if own == mark or (node is None and own.startswith(mark)):
                        found.append(process)
        return found

    def deploy(self, config: Path) -> None:
        """`serve deploy` of a Serve configuration; it returns before anything has changed.

        Raises:
            ServerError: the configuration was refused.
        """
        self._run(HEAD, str(_program("serve")), "deploy", "--address", self.dashboard, str(config))

    def stop(self) -> None:
        """End everything at once; nothing is left."""
        # What starts while the rest is being ended belongs to it.
        while left := self.processes():
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=10)
        self.network.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ray(self, node: int, *options: str) -> None:
        """`ray start`, again where it gives up: it waits 30 s, and a busy machine takes longer."""
        command = [str(_program("ray")), "start", *options]
        command += [f"--object-store-memory={_STORE_BYTES}", "--disable-usage-stats"]
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._run(node, *command)
            except ServerError:
                self.kill(node)
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _run(self, node: int, *command: str) -> None:
        """Run a command on a node until it ends; what it leaves running is the node's."""
        log = self.folder / f"node{node}.log"
        with log.open("ab") as output:
            done = subprocess.run(  # noqa: S603 (our own programs)
                self.network.inside(node, list(command)),
                env=self._environment(node),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                check=False,
                timeout=_START_TIMEOUT,
                # Ctrl-C is for this program, which then stops everything.
                start_new_session=True,
            )
        if done.returncode:
            tail = log.read_text("utf-8", errors="replace")[-3000:]
            raise ServerError(f"{' '.join(command)} ended with {done.returncode}:\n{tail}")

    def _environment(self, node: int) -> dict[str, str]:
        proxy = self.folder / f"proxy{node}"
        proxy.mkdir(exist_ok=True)
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
            **SWITCHES,
            "RAY_SERVE_HAPROXY_BINARY_PATH": str(Path(sys.executable).parent / "chorale-haproxy"),
            # Namespaces divide addresses, not files.
            "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(proxy / "haproxy.cfg"),
            "RAY_SERVE_HAPROXY_SOCKET_PATH": str(proxy / "admin.sock"),
            "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(proxy / "metrics.sock"),
            "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(proxy),
            "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(proxy / "state"),
            "RAY_AUTH_TOKEN_PATH": str(self._token),
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            _MARKER: f"{self._mark}-{node}",
        }


@contextlib.contextmanager
def cluster(*, workers: int, worker_cpus: float) -> Iterator[Cluster]:
    """A running cluster until the end of the block: namespaces if permitted, else one address."""
    network: Network
    try:
        network = Namespaces()
    except OSError:
        network = OneAddress()
    made = Cluster(network, worker_cpus=worker_cpus)
    try:
        made.start(workers)
        yield made
    finally:
        with _undisturbed():
            made.stop()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Whoever presses Ctrl-C twice shall not leave namespaces behind."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


def wait_until(condition: Callable[[], bool], *, timeout: float, what: str) -> float:
    """Poll until a condition holds; returns the seconds it took.

    Raises:
        ServerError: it did not in time.
    """
    began = perf_counter()
    while not condition():
        if perf_counter() - began > timeout:
            raise ServerError(f"{what}: not within {timeout:.0f} s")
        sleep(0.2)
    return perf_counter() - began


def _program(name: str) -> Path:
    return Path(sys.executable).parent / name
