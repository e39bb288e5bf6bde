"""What `chorale doctor` finds, with each fault made for real."""

import json
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from serve_app import cli, doctor
from serve_app.doctor import Finding, examine
from serve_app.environment import free_ports


@pytest.fixture(autouse=True)
def own_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "none"))


@pytest.fixture
def redis_url() -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with free_ports(1) as ports:
        port = ports[0]
    command = ["redis-server", "--port", str(port), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield f"redis://127.0.0.1:{port}/0"
        process.kill()


def found(graph: str | Path = "cpu", listen: tuple[str, int] | None = None) -> dict[str, Finding]:
    return {it.check: it for it in examine(str(graph), listen)}


def graph_file(folder: Path, **parts: object) -> Path:
    path = folder / "graph.yaml"
    path.write_text(yaml.safe_dump(parts))
    return path


def test_a_sound_machine_has_no_problem() -> None:
    assert [it for it in found().values() if it.state == "problem"] == []


def test_whatever_is_not_right_has_an_advice(tmp_path: Path) -> None:
    every = [*found().values(), *found(graph_file(tmp_path, nothing=1)).values()]
    assert [it for it in every if (it.state == "ok") == bool(it.advice)] == []


def install(folder: Path, package: str, version: str) -> None:
    """What the metadata of an installed package is, and nothing else of it."""
    metadata = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}"
    )


@pytest.mark.parametrize(
    ("package", "version", "check"),
    [("ray", "2.40.0", "Ray"), ("onnxruntime-gpu", "1.0", "ONNX Runtime")],
)
def test_wrong_packages_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, version: str, check: str
) -> None:
    if check == "ONNX Runtime":
        install(tmp_path, "onnxruntime", "1.0")
    install(tmp_path, package, version)
    monkeypatch.syspath_prepend(tmp_path)
    assert found()[check].state == "problem"
    assert version in found()[check].found


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [it for it in sys.path if "site-packages" not in it])
    assert doctor._ray().found == "not installed"
    assert doctor._onnx_runtime().found == "not installed"


def test_one_core_is_told() -> None:
    code = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]);"
        "from serve_app.doctor import _cores; print(_cores().state)"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "warning"


@pytest.mark.parametrize(
    ("bound", "value", "check", "state"),
    [
        ("_PYTHON", (9, 9), "Python", "problem"),
        ("_MEMORY", 2**60, "memory", "warning"),
        ("_SHARED_MEMORY", 2**60, "shared memory", "problem"),
        ("_ROOM", 2**60, "temporary folder", "warning"),
    ],
)
def test_what_no_test_can_use_up_is_told_by_another_bound(
    monkeypatch: pytest.MonkeyPatch, bound: str, value: object, check: str, state: str
) -> None:
    monkeypatch.setattr(doctor, bound, value)
    assert found()[check].state == state


def test_a_temporary_folder_of_a_long_path_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    assert found()["temporary folder"].state == "problem"


def test_a_haproxy_that_is_off_and_a_missing_espeak_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_SERVE_ENABLE_HA_PROXY", "0")
    monkeypatch.setitem(sys.modules, "piper", None)
    assert found()["HAProxy"].state == "warning"
    assert "chorale[espeak]" in found()["espeak-ng"].found


def test_a_cache_folder_that_is_nobodys_to_write_to_is_told(tmp_path: Path) -> None:
    second = {"kind": "disk", "directory": "/proc/nothing"}
    graph = graph_file(tmp_path, catalogue=_shipped(), cache={"second": second})
    assert found(graph)["cache folder"].state != "ok"


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert found(listen=("127.0.0.1", port))["port"].state == "warning"
    assert found(listen=("127.0.0.1", port))["port"].state == "ok"


def test_a_token_that_others_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    token.chmod(0o644)
    assert found()["Ray's token"].advice == f"chmod 600 {token}"
    token.chmod(0o600)
    assert found()["Ray's token"].state == "ok"
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    assert found()["Ray's token"].state == "problem"


def test_switches_set_otherwise_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_SERVE_CONTROL_LOOP_INTERVAL_S", "5")
    assert "RAY_SERVE_CONTROL_LOOP_INTERVAL_S=5" in found()["switches"].found


def test_a_wrong_graph_is_told_and_ends_what_needs_it(tmp_path: Path) -> None:
    every = found(graph_file(tmp_path, stagez={}))
    assert every["graph"].state == "problem"
    assert "stagez" in every["graph"].found
    assert "voices" not in every


def test_a_missing_voice_is_told(tmp_path: Path) -> None:
    (tmp_path / "voices.yaml").write_text(
        yaml.safe_dump(
            {"default": "a", "voices": [{"id": "a", "engine": "piper", "model": "none.onnx"}]}
        )
    )
    voices = found(graph_file(tmp_path, catalogue="voices.yaml"))["voices"]
    assert voices.state == "problem"
    assert "none.onnx" in voices.found


def test_a_gpu_graph_without_a_gpu_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    graph = graph_file(tmp_path, catalogue=_shipped(), engine={"provider": "cuda"})
    assert found(graph)["GPU"].state == "problem"


def _shipped() -> str:
    return str(Path(doctor.__file__).parents[1] / "configs" / "voices.yaml")


def test_a_redis_that_is_away_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    second = {"kind": "redis", "url": f"redis://127.0.0.1:{port}/0"}
    graph = graph_file(tmp_path, catalogue=_shipped(), cache={"second": second})
    assert found(graph)["Redis"].state == "problem"


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    second = {"kind": "disk", "directory": str(tmp_path / "not" / "yet"), "max_bytes": 10**15}
    graph = graph_file(tmp_path, catalogue=_shipped(), cache={"second": second})
    assert found(graph)["cache folder"].state == "warning"


@pytest.mark.parametrize(("limit", "state"), [(4096, "warning"), (1024, "problem")])
def test_few_open_files_are_told(limit: int, state: str) -> None:
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}));"
        "from serve_app.doctor import _files; print(_files().state)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == state
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] > limit


def test_the_command_tells_machines_too_and_fails_with_a_problem(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.app, ["doctor", "--json", "--port", "1"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)[""]
    assert {"check", "state", "found", "advice"} == set(told[0])
    broken = CliRunner().invoke(cli.app, ["doctor", "--graph", str(graph_file(tmp_path, x=1))])
    assert broken.exit_code == 1
    assert "problem" in broken.output
    away = CliRunner().invoke(cli.app, ["doctor", "--url", "http://127.0.0.1:1"])
    assert away.exit_code == 1
    assert "chorale serve" in away.output


def test_a_redis_that_answers_is_told_without_its_password(tmp_path: Path, redis_url: str) -> None:
    second = {"kind": "redis", "url": redis_url}
    graph = graph_file(tmp_path, catalogue=_shipped(), cache={"second": second})
    told = found(graph)["Redis"]
    assert told.state == "warning"
    assert "maxmemory" in told.advice
    hidden = redis_url.replace("redis://", "redis://:s3cr3t@")
    graph = graph_file(tmp_path, catalogue=_shipped(), cache={"second": {**second, "url": hidden}})
    assert "s3cr3t" not in found(graph)["Redis"].found
