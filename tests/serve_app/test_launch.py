"""What `chorale serve` tells of a start that failed, and which graph it takes."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.serve._private.common import DeploymentID
from ray.serve.exceptions import DeploymentUnavailableError
from typer.testing import CliRunner

from serve_app import cli
from serve_app.config import GraphArguments
from serve_app.environment import free_ports
from serve_app.launch import (
    _drain,
    _read,
    _reasons,
    _replace_graph,
    _wait_until_ready,
    raised,
)
from speech.errors import ConfigError


def test_the_reason_is_the_last_line_of_what_a_deployment_raised() -> None:
    deployments = {
        "Gateway": SimpleNamespace(status="DEPLOY_FAILED", message=" \n"),
        "Synthesizer": SimpleNamespace(
            status="DEPLOY_FAILED", message="Traceback\n  File x\nConfigError: no model\n\n"
        ),
        "Encoder": SimpleNamespace(status="HEALTHY", message="all is well"),
    }
    assert _reasons(SimpleNamespace(deployments=deployments)) == [
        "Synthesizer: ConfigError: no model"
    ]


def test_a_reason_of_several_lines_is_told_whole() -> None:
    message = """Traceback (most recent call last):
  File "x.py", line 1, in y
speech.errors.ConfigError: catalogue /c.yaml: 1 validation error for CatalogueFile
default_voice
  Extra inputs are not permitted [type=extra_forbidden, input_value='fake', input_type=str]
    For further information visit https://errors.pydantic.dev/2.14/v/extra_forbidden
"""
    told = raised(message)
    assert told.startswith("speech.errors.ConfigError: catalogue /c.yaml: 1 validation error")
    assert told.endswith("input_type=str]")
    assert "default_voice Extra inputs" in told


@pytest.mark.parametrize(("options", "inline"), [([], 0), (["--graph", "compact"], 4)])
def test_each_stage_is_a_deployment_unless_asked_otherwise(
    options: list[str], inline: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, Any]] = []
    monkeypatch.setattr("serve_app.launch.serve_forever", lambda **given: started.append(given))
    monkeypatch.setattr("os._exit", lambda _: None)
    done = CliRunner().invoke(cli.app, ["serve", *options])
    assert done.exit_code == 0, done.output
    config = _read(started[0]["config_file"])
    if started[0]["graph"]:
        _replace_graph(config, started[0]["graph"])
    stages = GraphArguments(**config["applications"][0]["args"]).graph().stages
    assert sum(replicas.inline for _, replicas in stages) == inline


def test_a_graph_replaces_the_files_and_nothing_else() -> None:
    config: dict[str, Any] = {
        "applications": [{"name": "chorale", "args": {"config": "cpu", "other": 1}}]
    }
    _replace_graph(config, "compact")
    assert config["applications"] == [
        {"name": "chorale", "args": {"config": "compact", "other": 1}}
    ]


@pytest.mark.parametrize("config", [{}, {"applications": [{}, {}]}])
def test_a_graph_is_chosen_for_one_application(config: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="one application"):
        _replace_graph(config, "compact")


@pytest.mark.parametrize(
    ("content", "says"),
    [("- a list", "not a mapping"), ("a: [", "serve.yaml: "), (None, "No such")],
)
def test_a_configuration_that_cannot_be_read_is_named(
    tmp_path: Path, content: str | None, says: str
) -> None:
    path = tmp_path / "serve.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"serve\.yaml") as raised:
        _read(path)
    assert says in str(raised.value)


class Handler(BaseHTTPRequestHandler):
    answers: list[bytes]

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        body = self.answers.pop(0)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def answering() -> Iterator[tuple[int, list[bytes]]]:
    """A port that answers what is in the list, in order."""
    answers: list[bytes] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"answers": answers}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], answers
    server.shutdown()
    server.server_close()
    thread.join()


def no_applications() -> SimpleNamespace:
    return SimpleNamespace(applications={})


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_ready_is_when_the_application_says_so(
    answering: tuple[int, list[bytes]], host: str
) -> None:
    port, answers = answering
    answers += [b"", b'{"ready": false}', b'{"ready": true}', b"unasked"]
    _wait_until_ready(host, port, threading.Event(), no_applications)
    assert answers == [b"unasked"]


def free_port() -> int:
    with free_ports(1) as ports:
        return ports[0]


def test_a_start_that_failed_is_not_waited_for() -> None:
    failed = SimpleNamespace(status="DEPLOY_FAILED", message="a model is missing", deployments={})
    fine = SimpleNamespace(status="RUNNING", message="", deployments={})
    status = SimpleNamespace(applications={"other": fine, "chorale": failed})
    with pytest.raises(ConfigError, match="'chorale' cannot be deployed: a model is missing"):
        _wait_until_ready("127.0.0.1", free_port(), threading.Event(), lambda: status)


def test_a_signal_ends_the_waiting() -> None:
    stop = threading.Event()
    stop.set()
    _wait_until_ready("127.0.0.1", free_port(), stop, no_applications)


async def test_draining_waits_for_gateways_that_do_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Any] = [TimeoutError(), [2, RuntimeError("lost")], [0]]

    class Handle:
        def broadcast(self, method: str) -> "Handle":
            assert method == "drain"
            return self

        async def results_async(self, *, timeout_s: float, return_exceptions: bool) -> list[Any]:
            assert timeout_s > 0
            assert return_exceptions
            answer = answers.pop(0) if answers else TimeoutError()
            if isinstance(answer, Exception):
                raise answer
            return list(answer)

    said: list[str] = []
    monkeypatch.setattr("ray.serve.get_deployment_handle", lambda *_: Handle())
    await _drain("chorale", said.append)
    assert (answers, said) == ([], [])
    monkeypatch.setattr("serve_app.launch._DRAIN_TIMEOUT", 0.0)
    await _drain("chorale", said.append)
    assert said == ["gateways do not answer within 0 s"]
    answers.append(DeploymentUnavailableError(DeploymentID("Gateway", "chorale")))
    await _drain("chorale", said.append)
    answers.append([3])
    await _drain("chorale", said.append)
    assert said[1:] == ["3 requests did not finish within 0 s"]
