"""Addresses for the nodes of a cluster on one machine: a network namespace for each, and a bridge.

Needs root and iproute2. Where that is not permitted every node has this machine's own address.
"""

import ipaddress
import shutil
import subprocess
from collections.abc import Mapping
from typing import Protocol

import psutil  # type: ignore[import-untyped]

_RANGE = ipaddress.ip_network("10.77.0.0/16")
_BRIDGE = 254
HEAD = 1
"""Number of the head; workers count on from there."""


class Network(Protocol):
    """Where nodes live."""

    @property
    def own_addresses(self) -> bool:
        """Whether each node has one of its own, and so ports of its own."""
        ...

    def address(self, node: int) -> str:
        """Of a node."""
        ...

    @property
    def outside(self) -> str:
        """This machine's address, as nodes see it."""
        ...

    def add(self, node: int) -> None:
        """Give a node its address."""
        ...

    def inside(self, node: int, command: list[str]) -> list[str]:
        """The command, run on a node."""
        ...

    def remove(self) -> None:
        """Leave nothing behind."""
        ...


class OneAddress:
    """Every node is at 127.0.0.1. Proxies would collide on their ports: only the head has one."""

    own_addresses = False

    outside = "127.0.0.1"

    def address(self, node: int) -> str:
        """See `Network`."""
        del node
        return self.outside

    def add(self, node: int) -> None:
        """See `Network`."""

    def inside(self, node: int, command: list[str]) -> list[str]:
        """See `Network`."""
        del node
        return command

    def remove(self) -> None:
        """See `Network`."""


class Namespaces:
    """One namespace for each node, all on one bridge that this machine is on, too."""

    own_addresses = True

    def __init__(self) -> None:
        """Set up the bridge.

        Raises:
            OSError: that is not permitted here.
        """
        if shutil.which("ip") is None:
            raise FileNotFoundError("iproute2 is not installed")
        self._nodes: list[int] = []
        self._subnet = _free_subnet()
        # Names of interfaces have at most 15 characters.
        self._name = f"chorale{self._subnet[0].packed[2]}"
        try:
            _ip("link", "add", self._name, "type", "bridge")
            _ip("addr", "add", f"{self.outside}/24", "dev", self._name)
            _ip("link", "set", self._name, "up")
        except OSError:
            self.remove()
            raise

    @property
    def outside(self) -> str:
        """See `Network`."""
        return str(self._subnet[_BRIDGE])

    def address(self, node: int) -> str:
        """See `Network`."""
        return str(self._subnet[node])

    def add(self, node: int) -> None:
        """See `Network`."""
        name, end = self._namespace(node), self._interface(node)
        _ip("netns", "add", name)
        self._nodes.append(node)
        _ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("link", "set", end, "master", self._name, "up")
        _ip("-n", name, "addr", "add", f"{self.address(node)}/24", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "route", "add", "default", "via", self.outside)

    def inside(self, node: int, command: list[str]) -> list[str]:
        """See `Network`."""
        return ["ip", "netns", "exec", self._namespace(node), *command]

    def remove(self) -> None:
        """See `Network`. Processes in a namespace must have ended before."""
        for node in self._nodes:
            # With a namespace alone its interface would go some time later, when the kernel has
            # done with its connections, and the next cluster could not take its name.
            _run_ip("link", "del", self._interface(node))
            _run_ip("netns", "del", self._namespace(node))
        _run_ip("link", "del", self._name)

    def _namespace(self, node: int) -> str:
        return f"{self._name}-{node}"

    def _interface(self, node: int) -> str:
        """This machine's end of the wire to a node."""
        return f"{self._name}v{node}"


def _free_subnet() -> ipaddress.IPv4Network:
    """A /24 nobody on this machine has an address in."""
    addresses: Mapping[str, list[psutil._common.snicaddr]] = psutil.net_if_addrs()
    taken = {
        ipaddress.ip_address(item.address)
        for items in addresses.values()
        for item in items
        if item.family.name == "AF_INET"
    }
    for subnet in _RANGE.subnets(new_prefix=24):
        if isinstance(subnet, ipaddress.IPv4Network) and not any(ip in subnet for ip in taken):
            return subnet
    raise OSError(f"every network of {_RANGE} is taken")


def _ip(*words: str) -> None:
    """Raises OSError with what `ip` said."""
    done = _run_ip(*words)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _run_ip(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["ip", *words], check=False, capture_output=True, text=True)  # noqa: S603, S607
