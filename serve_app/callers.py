"""Who calls, in an HTTP request or a WebSocket: by whom admission shares out what it bounds."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.requests import HTTPConnection

from serve_app.keys.limits import NO_LIMITS, KeyLimits, RateLimits
from serve_app.keys.table import KeyTable

CLIENT_HEADER = "x-chorale-client"
"""The address a connection came from, as our HAProxy writes it over whatever a client sent."""
VERSION_HEADER = "x-chorale-http-version"
"""The version of HTTP that a client speaks, from the same hand: HAProxy itself speaks 1.1."""
HAPROXY = "chorale-haproxy"
_IPV6_PREFIX = 64
"""Bits of an address that belong to one household or machine, which may take any of the rest."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls."""

    name: str = ""
    """Whose share a request takes; empty where nothing tells callers apart."""
    limits: KeyLimits = NO_LIMITS
    key: str = ""
    """Name of the key it signed in with; empty where none is asked for."""

    @property
    def weight(self) -> float:
        """How much of what is shared out it may hold, beside callers of weight 1."""
        return self.limits.weight

    @property
    def cache(self) -> str:
        """Whose replies it is given and adds to; empty for those of all."""
        return self.name if self.limits.own_cache else ""


NOBODY = Caller()


_KEY_HEADERS = ("xi-api-key", "x-api-key")
_SCHEMES = {"bearer", "token", "api-key"}
_KEY_PARAMETERS = ("api_key", "xi-api-key", "xi_api_key", "token", "authorization")
"""Of a WebSocket's address, because a browser cannot give it headers."""
_KEY_PROTOCOL = "openai-insecure-api-key."
"""Likewise, what the name of a sub-protocol begins with; or the key follows `token` or `bearer`."""


def presented(connection: HTTPConnection) -> str:
    """The key that a request or a WebSocket carries; empty where it has none."""
    headers = connection.headers
    for name in _KEY_HEADERS:
        if given := headers.get(name):
            return given.strip()
    if given := headers.get("authorization"):
        return _bare(given)
    return _in_address(connection) if connection.scope["type"] == "websocket" else ""


def _in_address(socket: HTTPConnection) -> str:
    """The key in a WebSocket's address or in the names of its sub-protocols."""
    for name in _KEY_PARAMETERS:
        if given := socket.query_params.get(name):
            return _bare(given)
    protocols: list[str] = socket.scope.get("subprotocols", [])
    for before, protocol in zip(["", *protocols], protocols, strict=False):
        if before.lower() in _SCHEMES:
            return protocol
        if protocol.startswith(_KEY_PROTOCOL):
            return protocol.removeprefix(_KEY_PROTOCOL)
    return ""


def offered(socket: HTTPConnection) -> str | None:
    """The sub-protocol to answer with, rather not a key; None where none was offered.

    A browser ends a WebSocket of whose sub-protocols none is taken.
    """
    protocols: list[str] = socket.scope.get("subprotocols", [])
    key = _in_address(socket)
    return next((it for it in protocols if not key or key not in it), *protocols[:1] or (None,))


def _bare(given: str) -> str:
    """A key without its scheme; nothing where the scheme is none of keys."""
    scheme, space, key = given.strip().partition(" ")
    if not space:
        return scheme
    return key.strip() if scheme.lower() in _SCHEMES else ""


class Callers:
    """Tells callers apart, by their keys where those are required, else by address."""

    def __init__(
        self,
        trusted: tuple[str, ...],
        environment: Mapping[str, str] = os.environ,
        *,
        keys: KeyTable | None = None,
        address: RateLimits | None = None,
    ) -> None:
        """Take what tells them apart.

        Args:
            trusted: Networks of proxies in front of ours, whose `X-Forwarded-For` is believed.
            environment: Says whether our HAProxy is in front.
            keys: Required ones; None for none.
            address: Limits of each address, where no keys are required.
        """
        self._trusted = tuple(ipaddress.ip_network(network) for network in trusted)
        binary = Path(environment.get("RAY_SERVE_HAPROXY_BINARY_PATH", "")).name
        behind = environment.get("RAY_SERVE_ENABLE_HA_PROXY") == "1" and binary == HAPROXY
        self._header = CLIENT_HEADER if behind else ""
        self._keys = keys
        self._limits = KeyLimits(**address.model_dump()) if address else NO_LIMITS
        self._at = lru_cache(4096)(self._at_address)

    def of(self, connection: HTTPConnection) -> Caller:
        """The caller of a request, or of a WebSocket while it opens.

        Raises:
            UnknownKeyError: a key is required, and there is none that is known.
            UnavailableError: no keys have been read yet.
        """
        if self._keys is not None:
            found = self._keys.find(presented(connection))
            # An address has no space, so none is taken for a key.
            return Caller(f"key {found.name}", found.limits, key=found.name)
        return self._at(self._address(connection))

    def _address(self, connection: HTTPConnection) -> str:
        """Where it comes from, as far as the caller cannot choose it."""
        client = connection.client.host if connection.client else ""
        address = connection.headers.get(self._header, "") if self._header else client
        named = ",".join(connection.headers.getlist("x-forwarded-for")) if self._trusted else ""
        while named and self._is_trusted(address):
            named, _, last = named.rpartition(",")
            address = last.strip()
        return address

    def _is_trusted(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._trusted)

    def _at_address(self, address: str) -> Caller:
        return Caller(_household(address), self._limits)


def _household(address: str) -> str:
    """Who may take an address at will is one caller; empty where it is none."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, _IPV6_PREFIX), strict=False))
    return str(known)
