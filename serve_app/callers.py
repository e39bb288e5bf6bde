"""Who calls: one opaque word per caller, by which admission shares out what it bounds."""

import ipaddress
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request

CLIENT_HEADER = "x-chorale-client"
"""The address a connection came from, as our HAProxy writes it over whatever a client sent."""
VERSION_HEADER = "x-chorale-http-version"
"""The version of HTTP that a client speaks, from the same hand: HAProxy itself speaks 1.1."""
HAPROXY = "chorale-haproxy"
_IPV6_PREFIX = 64
"""Bits of an address that belong to one household or machine, which may take any of the rest."""


class Callers:
    """Tells callers apart by address."""

    def __init__(self, trusted: tuple[str, ...], environment: Mapping[str, str] = os.environ):
        """Take the networks of proxies in front of ours, whose `X-Forwarded-For` is believed."""
        self._trusted = tuple(ipaddress.ip_network(network) for network in trusted)
        binary = Path(environment.get("RAY_SERVE_HAPROXY_BINARY_PATH", "")).name
        behind = environment.get("RAY_SERVE_ENABLE_HA_PROXY") == "1" and binary == HAPROXY
        self._header = CLIENT_HEADER if behind else ""

    def of(self, request: Request) -> str:
        """The caller of a request; the empty word where its address is not known."""
        client = request.client.host if request.client else ""
        address = request.headers.get(self._header, "") if self._header else client
        named = ",".join(request.headers.getlist("x-forwarded-for")) if self._trusted else ""
        while named and self._is_trusted(address):
            named, _, last = named.rpartition(",")
            address = last.strip()
        return _caller(address)

    def _is_trusted(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._trusted)


@lru_cache(4096)
def _caller(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, _IPV6_PREFIX), strict=False))
    return str(known)
