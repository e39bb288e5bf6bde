"""Private files, the switches a node's shell is told, and no records of use for others.

What a cluster without a token is refused by is tested with one, in integration.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve_app import closed, environment
from speech.errors import ConfigError
from tests.tiny_voice import write_tiny_voice

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(sys.executable).parent


def test_a_session_goes_with_its_links_and_nothing_else(tmp_path: Path) -> None:
    session, other = tmp_path / "session_1", tmp_path / "session_2"
    for folder in (session, other):
        folder.mkdir()
        (folder / "log").touch()
    (tmp_path / "session_latest").symlink_to(session)
    (tmp_path / "targets.json").symlink_to(session / "targets.json")
    (tmp_path / "another").symlink_to(other)
    closed.remove_session(session)
    assert {path.name for path in tmp_path.iterdir()} == {"session_2", "another"}


def test_a_folder_goes_that_a_process_still_writes_into(tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    busy.mkdir()
    code = f"for i in range(3000): open('{busy}/'+str(i), 'w').close()"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL):
        closed.remove_folder(busy)
    assert not busy.exists()


@pytest.mark.parametrize("path", ["RAY_AUTH_TOKEN_PATH", ""])
def test_a_token_that_others_could_read_becomes_its_owners(tmp_path: Path, path: str) -> None:
    token = tmp_path / ("elsewhere" if path else ".ray/auth_token")
    token.parent.mkdir(exist_ok=True)
    token.write_text("t")
    token.chmod(0o644)
    code = (
        "import os, serve_app.closed as it; it.keep_files_private(os.environ); print(os.umask(0))"
    )
    own = {**os.environ, "HOME": str(tmp_path), **({path: str(token)} if path else {})}
    done = subprocess.run(
        [sys.executable, "-c", code], env=own, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == 0o077
    assert token.stat().st_mode & 0o777 == 0o600


def test_a_folder_for_rays_files_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    with pytest.raises(ConfigError, match="0700"):
        closed.keep_files_private({"RAY_TMPDIR": str(tmp_path)})


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """What tests change here is as it was for others."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture
def home() -> Iterator[Path]:
    """One with as short a path as homes have."""
    with tempfile.TemporaryDirectory(prefix="ch-", dir="/tmp") as name:
        yield Path(name)


def test_a_node_exports_what_closes_it(home: Path) -> None:
    """What the operator has set stays, and values hold spaces."""
    script = f'umask 022; eval "$({HERE}/chorale switches)"; umask; env'
    own = {"HOME": str(home), "PATH": os.environ["PATH"], "RAY_SERVE_HAPROXY_NBTHREAD": "3 x"}
    done = subprocess.run(
        ["bash", "-euc", script],
        env={**own, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "0077"
    wanted = environment.COMMON | environment.CLOSED | environment.HAPROXY
    wanted |= {"RAY_SERVE_HAPROXY_NBTHREAD": "3 x", "RAY_TMPDIR": f"{home}/.ray"}
    assert {f"{name}={value}" for name, value in wanted.items()} <= set(lines)
    files = [line.partition("=")[2] for line in lines if "HAPROXY" in line and "/.ray" in line]
    assert len(files) == 5
    assert (home / ".ray").stat().st_mode & 0o777 == 0o700


def test_a_folder_whose_sockets_would_have_too_long_a_path_is_refused() -> None:
    name = "RAY_SERVE_HAPROXY_SOCKET_PATH"
    longest = Path("/" + "x" * 37)
    path = Path(environment.node_switches(longest)[name])
    # Serve puts the node's number between; HAProxy takes 97 bytes.
    assert len(str(path.parent / ("n" * 56) / path.name)) <= 97
    with pytest.raises(ConfigError, match="too long a path"):
        environment.node_switches(Path("/" + "x" * 38))


@pytest.mark.parametrize("module", ["speech.engines.onnx_session", "speech.evaluation.hearing"])
def test_onnxruntime_keeps_no_records_of_its_use(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, module: str
) -> None:
    model = write_tiny_voice(tmp_path_factory.mktemp("voice") / "tiny.onnx")
    code = (
        f"import warnings; warnings.simplefilter('ignore'); import {module}\n"
        f"import onnxruntime; onnxruntime.InferenceSession('{model}')"
    )
    own = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", code], env=own, cwd=ROOT, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
