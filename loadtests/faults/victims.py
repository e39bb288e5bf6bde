"""A server's processes as victims: found by what they are, killed, frozen, counted until back."""

import contextlib
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import psutil  # type: ignore[import-untyped]

from loadtests.processes import STAGES, kind_of

GCS = "GCS"
"""Ray's global control service, which a cluster has one of."""


class NoVictimError(RuntimeError):
    """There is no process of this kind."""


class Cluster(Protocol):
    """What has to be known of a server; `LocalServer` is one."""

    @property
    def url(self) -> str:
        """Where it listens."""
        ...

    @property
    def folder(self) -> Path:
        """Its home, with `server.log` and everything Ray writes."""
        ...

    def processes(self) -> list[psutil.Process]:
        """Every live process of this server."""
        ...


def find(server: Cluster, kind: str) -> list[psutil.Process]:
    """Processes of a kind of `loadtests.processes`, or the GCS; oldest first."""
    found = []
    for process in server.processes():
        with contextlib.suppress(psutil.Error, IndexError):
            title = process.cmdline()[0]
            if (kind == GCS and title.endswith("/gcs_server")) or kind_of(title) == kind:
                found.append(process)
    return sorted(found, key=lambda process: float(process.create_time()))


def one(server: Cluster, kind: str) -> psutil.Process:
    """The process of a kind that is there for the longest time.

    Raises:
        NoVictimError: there is none.
    """
    for process in find(server, kind):
        return process
    raise NoVictimError(f"the server has no {kind}")


def freeze(process: psutil.Process) -> None:
    """Stop a process without ending it; nobody is told."""
    os.kill(process.pid, signal.SIGSTOP)


class Gcs:
    """A cluster's GCS, which nothing on its machine starts again but us."""

    def __init__(self, server: Cluster) -> None:
        """Raises: NoVictimError."""
        process = one(server, GCS)
        port = f"--gcs_server_port={_gcs_port(server)}"
        self._command = [
            port if word.startswith("--gcs_server_port=") else word for word in process.cmdline()
        ]
        self._environment: Mapping[str, str] = process.environ()
        self._process = process

    def kill(self) -> None:
        """As kill -9 does."""
        self._process.kill()

    def start(self) -> None:
        """Start it again where it was; what it knew it reads from its Redis."""
        subprocess.Popen(  # noqa: S603 (the command it was started with)
            self._command,
            env=dict(self._environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _gcs_port(server: Cluster) -> str:
    """Where the rest of Ray expects it; its own command line may have left the choice to it."""
    for process in server.processes():
        with contextlib.suppress(psutil.Error):
            for word in process.cmdline():
                if word.startswith("--gcs-address="):
                    return str(word.rpartition(":")[2])
    raise NoVictimError("nobody knows the GCS")


def running_replicas(server: Cluster) -> dict[str, set[int]]:
    """Process ids of the replicas Serve says are running, by deployment; empty if it cannot say."""
    said = re.search(r"Ray dashboard: (http\S+)", (server.folder / "server.log").read_text("utf-8"))
    token = server.folder / ".ray" / "auth_token"
    if not said or not token.exists():
        return {}
    request = urllib.request.Request(  # noqa: S310 (our own server)
        f"{said[1].rstrip('/')}/api/serve/applications/",
        headers={"Authorization": f"Bearer {token.read_text('ascii').strip()}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            details: dict[str, Any] = json.load(answer)
    except (OSError, urllib.error.URLError, ValueError):
        return {}
    return {
        name: {
            replica["pid"] for replica in deployment["replicas"] if replica["state"] == "RUNNING"
        }
        for application in details["applications"].values()
        for name, deployment in application["deployments"].items()
    }


def counts(replicas: Mapping[str, set[int]]) -> dict[str, int]:
    """How many replicas each of our stages has."""
    return {stage: len(replicas[stage]) for stage in STAGES if stage in replicas}
