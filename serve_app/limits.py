"""What callers may hold of a server before a request of theirs is complete.

Read from the environment, because HAProxy and Ray Serve's proxies run before any configuration of
an application reaches a node. docs/operations.md has the switches.
"""

import resource
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from speech.errors import ConfigError

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""What reaches the application, which refuses most by itself. All others are one in the metrics."""
CONNECTIONS = "RAY_SERVE_HAPROXY_MAXCONN"
ADDRESS_CONNECTIONS = "CHORALE_ADDRESS_CONNECTIONS"
REQUEST_TIMEOUT = "CHORALE_REQUEST_TIMEOUT_S"
READ_TIMEOUT = "CHORALE_READ_TIMEOUT_S"
HAPROXY_HOST = "CHORALE_HAPROXY_HOST"
"""Address of HAProxy's door, where it is another than that of Serve's own servers."""
DEFAULT_CONNECTIONS = 8192
FEWEST_CONNECTIONS = 512
PIPES = 256
"""HAProxy's, to hand bytes on without copying; each has two ends."""
_OTHER_FILES = 2 * PIPES + 128
"""Beside them listeners, checks, logs and threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one process that listens."""

    request_timeout: int
    """Seconds in which a request's headers must be there, and then its body."""
    read_timeout: int
    """Seconds after which the connection of a client that takes nothing is cut. A gateway ends a
    reply before, after `admission.read_timeout`; this is for what lies in buffers behind it."""
    connections: int
    """Open at a time, in all."""
    address_connections: int
    """Open at a time from one address: by default three quarters, so that others come in."""

    @classmethod
    def of(cls, environment: Mapping[str, str], connections: int | None = None) -> Self:
        """The limits that an environment names.

        Raises:
            ConfigError: one is not a whole number above zero.
        """

        def number(name: str, default: int) -> int:
            given = environment.get(name) or str(default)
            if not given.isdecimal() or int(given) < 1:
                raise ConfigError(f"{name} must be a whole number above zero, not {given!r}")
            return int(given)

        connections = connections or number(CONNECTIONS, DEFAULT_CONNECTIONS)
        return cls(
            request_timeout=number(REQUEST_TIMEOUT, 10),
            read_timeout=number(READ_TIMEOUT, 45),
            connections=connections,
            address_connections=number(ADDRESS_CONNECTIONS, max(1, connections * 3 // 4)),
        )


def fitting_connections(wanted: int, files: int) -> int:
    """How many of HAProxy's wanted connections a limit of open files allows: each takes two.

    Raises:
        ConfigError: too few to serve.
    """
    fewest = min(wanted, FEWEST_CONNECTIONS)
    fitting = min(wanted, (files - _OTHER_FILES) // 2)
    if fitting < fewest:
        raise ConfigError(
            f"a process may open {files} files here, and HAProxy needs "
            f"{2 * wanted + _OTHER_FILES} for {wanted} connections, {2 * fewest + _OTHER_FILES} "
            f"for the fewest ({fewest}): raise the hard limit (`ulimit -Hn`)"
        )
    return fitting


def raise_file_limit() -> int:
    """Raise the limit of open files as far as this user may; returns what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
