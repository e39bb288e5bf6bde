"""The ports a server of one machine takes beside others."""

import socket
from pathlib import Path

import pytest

from serve_app import environment

RAY_WORKERS = range(10_002, 20_000)
OUTGOING = range(32_768, 61_000)
"""What Linux gives to outgoing connections: one of them may take a port before a server listens."""


def test_free_ports_are_taken_by_nothing_else_of_the_machine(tmp_path: Path) -> None:
    switches = environment.private_haproxy(tmp_path)
    ports = {int(value) for name, value in switches.items() if name.endswith("_PORT")}
    assert len(ports) == 6
    assert not [port for port in ports if port in RAY_WORKERS or port in OUTGOING]


def test_a_port_somebody_listens_on_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with environment.free_ports(2) as (first, second):
        pass
    monkeypatch.setattr(environment, "_PORTS", (first, second))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        with environment.free_ports(1) as ports:
            assert ports == [second]
        with pytest.raises(OSError, match="free port"), environment.free_ports(2):
            pass


def test_ports_are_kept_until_the_end_of_the_block() -> None:
    with environment.free_ports(1) as ports:
        assert environment.port_problem("127.0.0.1", ports[0])
    assert environment.port_problem("127.0.0.1", ports[0]) is None
