"""Bounds of the door, and what a limit of open files leaves of them."""

import resource
import subprocess
import sys

import pytest

from serve_app.limits import Limits, fitting_connections
from speech.errors import ConfigError


def test_one_address_leaves_room_for_others() -> None:
    limits = Limits.of({})
    assert 0 < limits.address_connections < limits.connections
    given = {"RAY_SERVE_HAPROXY_MAXCONN": "100", "CHORALE_ADDRESS_CONNECTIONS": "7"}
    limits = Limits.of(given | {"CHORALE_REQUEST_TIMEOUT_S": "3"})
    assert (limits.connections, limits.address_connections, limits.request_timeout) == (100, 7, 3)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "ten"])
@pytest.mark.parametrize("name", ["CHORALE_REQUEST_TIMEOUT_S", "CHORALE_ADDRESS_CONNECTIONS"])
def test_a_bound_that_is_none_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Limits.of({name: value})


def test_fewer_files_mean_fewer_connections() -> None:
    assert fitting_connections(8192, 1_000_000) == 8192
    assert 512 <= fitting_connections(8192, 4096) < 2048
    assert fitting_connections(100, 1024) == 100
    with pytest.raises(ConfigError, match=r"1024 files .* 8192 connections"):
        fitting_connections(8192, 1024)


def test_a_start_with_too_few_files_says_so_at_once() -> None:
    few = (900, 900)
    failed = subprocess.run(
        [
            sys.executable,
            "-c",
            "from serve_app.cli import main; main()",
            "serve",
            "--port",
            "24999",
        ],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, few),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert failed.returncode == 1
    assert "a process may open 900 files here, and HAProxy needs" in failed.stderr
    assert "dashboard" not in failed.stderr  # Ray was not started
