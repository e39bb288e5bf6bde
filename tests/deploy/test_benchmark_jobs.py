"""The nightly benchmark of Kubernetes and systemd asks for what the command line has."""

import configparser
import shlex
from pathlib import Path

import typer
import yaml

from serve_app.cli import app

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "benchmark"


def parsed(command: list[str]) -> dict[str, object]:
    """What `chorale benchmark` makes of its arguments; an unknown option is an error."""
    assert Path(command[0]).name == "chorale"
    assert command[1] == "benchmark"
    found = typer.main.get_command(app).commands["benchmark"]  # type: ignore[attr-defined]
    return dict(found.make_context("benchmark", command[2:]).params)


def test_kubernetes_runs_one_at_a_time() -> None:
    claim, job = yaml.safe_load_all((FOLDER / "cronjob.yaml").read_text("utf-8"))
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    found = parsed([*container["command"], *container["args"]])
    (mount,) = container["volumeMounts"]
    assert Path(str(found["history"])).is_relative_to(mount["mountPath"])
    (volume,) = pod["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]


def test_systemd_runs_it_at_night() -> None:
    service, timer = configparser.ConfigParser(), configparser.ConfigParser()
    for parser in (service, timer):
        parser.optionxform = str  # type: ignore[assignment, method-assign]
    service.read(FOLDER / "chorale-benchmark.service")
    timer.read(FOLDER / "chorale-benchmark.timer")
    found = parsed(shlex.split(service["Service"]["ExecStart"]))
    state = Path("/var/lib") / service["Service"]["StateDirectory"]
    assert Path(str(found["history"])).is_relative_to(state)
    assert service["Service"]["SuccessExitStatus"] == "3"
    assert timer["Timer"]["OnCalendar"]
