"""Serve's environment switches, put in place before Ray starts.

They are read when ray.serve is imported, in every process, so they must be there on every node.
Values the operator has set already are kept. This module imports nothing of Ray, for that reason.
"""

import contextlib
import ipaddress
import os
import random
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from serve_app.closed import remove_folder
from serve_app.limits import DEFAULT_CONNECTIONS, HAPROXY_HOST
from speech.errors import ConfigError

LATENCY_BUCKETS_MS = "5,10,25,50,75,100,125,150,175,200,300,500,1000,2500,5000,10000"
"""Serve's own buckets jump from 100 to 200 ms: 150 ms could not be read off."""

COMMON = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_REQUEST_LATENCY_BUCKETS_MS": LATENCY_BUCKETS_MS,
    # A phrase of 300 characters at speed 0.25 is about 4 MB of PCM, the default cap of a message.
    "RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH": str(64 * 2**20),
    # A replica that fails its health checks hangs: what it has in hand is asked for elsewhere once
    # it is killed, and asking it to finish first would take 30 s more.
    "RAY_SERVE_FORCE_STOP_UNHEALTHY_REPLICAS": "1",
    # The only door is looked at every second; three looks in a row must fail.
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
    # A busy machine starts a proxy slower than the usual 5 s, and Serve would start another.
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    # Serve's own gauges and control loop are busy ten times a second, in every process. Prometheus
    # asks every ten seconds, and scaling decides on values that come twice a second.
    "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "2000",
    "RAY_SERVE_ROUTER_QUEUE_LEN_GAUGE_THROTTLE_S": "2",
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.25",
    # Half requests and invented methods end before they cost anything: serve_app/http_guard.py.
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "serve_app.http_guard:install",
}
CLOSED = {
    # Who has no token can run nothing. `ray.init` does so by itself, `ray start` does not.
    "RAY_AUTH_MODE": "token",
}
LOOPBACK = {
    # Ray's own servers listen on loopback, too. The name tells where that is otherwise the case.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}
HAPROXY = {
    # The throughput switches turn on direct ingress, which without HAProxy would put a proxy on
    # the head node only; the two belong together.
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    # A stopped gateway drains for as long as requests run, not for a fixed 30 s.
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
    "RAY_SERVE_HAPROXY_NBTHREAD": "2",
    "RAY_SERVE_HAPROXY_MAXCONN": str(DEFAULT_CONNECTIONS),
    # A reader that takes nothing for so long is gone; the usual hour keeps its connection.
    "RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S": "40",
    # A gateway that could not be reached has taken nothing. One that died may have died of the
    # request, and another must not be given it.
    "RAY_SERVE_HAPROXY_RETRY_ON": "conn-failure",
    # The throughput switches hold log records back until 1,000 have gathered; an operator who
    # looks for a request's record wants it now.
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1",
}


def apply(switches: dict[str, str]) -> None:
    """Set switches that the operator has not set."""
    for name, value in switches.items():
        os.environ.setdefault(name, value)


_REPLICA_PORTS = range(20_000, 24_001)
"""First of the thousand ports from which gateways take theirs."""
_PORTS = range(25_001, 30_000)
"""Where a free port is looked for: above those of Ray's workers (10,002 to 19,999) and below those
an operating system gives to outgoing connections, which could take one before it is listened on."""


def private_haproxy(folder: Path) -> dict[str, str]:
    """Switches that let several clusters share a machine: own files, own free ports.

    Raises:
        OSError: no free port was found.
    """
    with free_ports(4) as ports:
        first = random.choice(_REPLICA_PORTS)
        return _haproxy_files(folder) | {
            "RAY_SERVE_HAPROXY_STATS_PORT": str(ports[0]),
            "RAY_SERVE_HAPROXY_METRICS_PORT": str(ports[1]),
            "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(ports[2]),
            "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": str(ports[3]),
            "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(first),
            "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(first + 1000),
        }


def _haproxy_files(folder: Path) -> dict[str, str]:
    return {
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "a"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "m"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
    }


def node_switches(folder: Path) -> dict[str, str]:
    """What every node of a cluster has in its environment before `ray start`.

    Args:
        folder: Where Ray and HAProxy keep their files; nobody but their user may enter it.

    Raises:
        ConfigError: the folder's path is too long, or the program that starts our HAProxy is not
            installed.
    """
    _refuse_long(folder)
    switches = COMMON | CLOSED | HAPROXY | _haproxy_files(folder)
    switches["RAY_SERVE_HAPROXY_BINARY_PATH"] = _haproxy_program()
    switches["RAY_TMPDIR"] = str(folder)
    return {name: os.environ.get(name, value) for name, value in switches.items()}


def haproxy_problem() -> str | None:
    """Why HAProxy cannot run here, or None when it can."""
    if os.environ.get("RAY_SERVE_ENABLE_HA_PROXY", "1") != "1":
        return "RAY_SERVE_ENABLE_HA_PROXY is off"
    from serve_app.haproxy import binary  # noqa: PLC0415 (the command line needs it only here)

    try:
        subprocess.run([binary(os.environ), "-v"], check=True, capture_output=True, timeout=10)  # noqa: S603
    except ConfigError as error:
        return error.message
    except (OSError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def haproxy_door(host: str) -> dict[str, str]:
    """Switches that put our HAProxy at an address, while Serve's own servers stay on loopback.

    Raises:
        ConfigError: the program that starts it is not installed.
    """
    return {"RAY_SERVE_HAPROXY_BINARY_PATH": _haproxy_program(), HAPROXY_HOST: host}


def _haproxy_program() -> str:
    program = Path(sysconfig.get_path("scripts")) / "chorale-haproxy"
    if not os.access(program, os.X_OK):
        raise ConfigError(f"{program} is not there: install Chorale anew (`make setup`)")
    return str(program)


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def port_problem(host: str, port: int) -> str | None:
    """Why a port cannot be listened on, or None when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


_LONGEST_FOLDER = 38
"""Bytes of a path that holds sockets: HAProxy takes 97, and Serve puts a node's number of 56
between folder and socket. Ray's own sockets need less."""


def _refuse_long(folder: Path) -> None:
    if len(os.fsencode(folder)) > _LONGEST_FOLDER:
        raise ConfigError(
            f"{folder} is too long a path: sockets are put there, and it may have "
            f"{_LONGEST_FOLDER} bytes"
        )


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that goes with the server, also for what its processes keep in a temporary one.

    Ray's session is in it, too, unless RAY_TMPDIR names another place.

    Raises:
        ConfigError: the temporary folder, TMPDIR, has too long a path.
    """
    folder, before = Path(tempfile.mkdtemp(prefix="chorale-")), os.environ.get("TMPDIR")
    try:
        _refuse_long(folder)
        os.environ["TMPDIR"] = str(folder)
        yield folder
    finally:
        if before is None:
            os.environ.pop("TMPDIR", None)
        else:
            os.environ["TMPDIR"] = before
        remove_folder(folder)


@contextlib.contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Ports that nobody listens on, kept until the end of the block.

    Raises:
        OSError: too few were found.
    """
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        for port in random.sample(_PORTS, len(_PORTS)):
            if len(found) == count:
                break
            probe = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("", port))
                found.append(port)
        if len(found) < count:
            raise OSError(f"no {count} free ports from {_PORTS[0]} to {_PORTS[-1]}")
        yield found
