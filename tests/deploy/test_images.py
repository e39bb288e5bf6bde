"""The container image and the Compose file: linted, and in agreement with the rest."""

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from serve_app.config import CONFIG_FOLDER, GraphConfig
from serve_app.launch import _DRAIN_TIMEOUT

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "deploy" / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
SCHEMA = json.loads((Path(__file__).parent / "schemas" / "compose_spec.json").read_text())
SERVICES = COMPOSE["services"]
IMAGE = r"^(?:\s*(?:FROM|image:) |# syntax=)(\S+[:/]\S+)"


def lint(dockerfile: str) -> list[str]:
    command = Path(sys.executable).with_name("hadolint")  # of the extra `dev`
    done = subprocess.run(
        [command, "--format", "json", "-"],
        input=dockerfile,
        capture_output=True,
        text=True,
        check=False,
    )
    return [f"{item['line']}: {item['code']} {item['message']}" for item in json.loads(done.stdout)]


def compose_problems(document: Any) -> list[str]:
    found = Draft201909Validator(SCHEMA).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in found]


def test_the_dockerfile_is_clean() -> None:
    assert lint(DOCKERFILE) == []
    untagged = re.sub(r"python:\S+", "python", DOCKERFILE)
    assert "DL3006" in lint(untagged)[0]


def stages() -> dict[str, list[str]]:
    """Instructions of each stage, in order, lines joined."""
    found: dict[str, list[str]] = {}
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    for line in filter(None, joined.splitlines()):
        if start := re.match(r"FROM (\S+) AS (\S+)", line):
            found[start[2]] = []
        found[list(found)[-1]].append(line)
    return found


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_a_target_runs_as_nobody_and_tells_its_health(target: str) -> None:
    own = stages()[target]
    assert own[0] == f"FROM runtime AS {target}"
    assert own[-1] == "USER 1000:1000"
    runtime = stages()["runtime"]
    health = next(line for line in runtime if line.startswith("HEALTHCHECK"))
    port = re.search(r"/readyz", health) and re.search(r":(\d+)/readyz", health)
    assert port
    command = json.loads(
        next(line for line in runtime if line.startswith("CMD")).removeprefix("CMD ")
    )
    assert command[:2] == ["chorale", "serve"]
    assert command[command.index("--port") + 1] == port[1]
    assert f"EXPOSE {port[1]}" in runtime


def test_what_goes_into_the_wheel_is_copied_and_not_ignored() -> None:
    copied = {
        name
        for stage in ("wheel", "install")
        for line in stages()[stage]
        if line.startswith("COPY") and "--from" not in line
        for name in line.split()[1:-1]
    } - {"locks/build.lock"}
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    packages = re.search(r"include = \[(.*)\]", (ROOT / "pyproject.toml").read_text("utf-8"))
    assert packages
    assert {name.rstrip("*") for name in re.findall(r'"(.*?)"', packages[1])} <= copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_the_python_we_test_with() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    lowest = re.search(r'requires-python = ">=([\d.]+)"', project)
    image = re.search(r"FROM python:([\d.]+)-slim", DOCKERFILE)
    assert lowest
    assert image
    minor = ".".join(image[1].split(".")[:2])
    assert minor == lowest[1]
    assert set(re.findall(r"lib/python([\d.]+)/", DOCKERFILE)) == {minor}


def test_images_of_others_are_named_by_digest() -> None:
    named = {
        image
        for path in (ROOT / "deploy").rglob("*")
        if path.suffix in {"", ".yaml"} and path.is_file()
        for image in re.findall(IMAGE, path.read_text(), re.MULTILINE)
    }
    our = r"^(registry\.example\.com/)?chorale(-evaluate)?:"
    ours = {image for image in named if re.search(our, image)}
    assert len(named - ours) == 5
    for image in named - ours:
        assert re.fullmatch(r"[\w/]+:[\w.-]+@sha256:[0-9a-f]{64}", image), image


def test_the_compose_file_is_one() -> None:
    assert compose_problems(COMPOSE) == []
    for service, key, value in (
        ("cache", "helthcheck", {}),
        ("grafana", "ports", "3000:3000"),
        ("chorale", "shm_size", None),
    ):
        wrong = copy.deepcopy(COMPOSE)
        wrong["services"][service][key] = value
        assert compose_problems(wrong), key


def test_what_the_services_mount_and_wait_for_is_there() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (DOCKER / source).exists(), source
            else:
                assert source in COMPOSE["volumes"]
        assert set(service.get("depends_on", [])) <= SERVICES.keys()
        assert ":" in service["image"]
        assert not service["image"].endswith(":latest")
    build = SERVICES["chorale"]["build"]
    assert (DOCKER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    assert build["target"] in stages()


def test_only_speech_is_reachable_from_outside() -> None:
    for name, service in SERVICES.items():
        open_ports = [
            port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")
        ]
        assert bool(open_ports) == (name == "chorale")


def test_prometheus_may_read_what_rays_session_tells() -> None:
    """A session is for its user alone, who is that of the image."""
    chorale, prometheus = SERVICES["chorale"], SERVICES["prometheus"]
    (user,) = {line.split()[1] for target in ("cpu", "gpu") for line in stages()[target][-1:]}
    assert prometheus["user"].split(":")[0] == user.split(":")[0]
    folder = chorale["environment"]["RAY_TMPDIR"]
    assert f"ray:{folder}" in chorale["volumes"]
    assert f"ray:{folder}:ro" in prometheus["volumes"]
    assert any(f"--mode=700 {folder}" in line for line in stages()["runtime"])
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    (found,) = scraped["scrape_configs"][0]["file_sd_configs"]
    assert found["files"] == [f"{folder}/ray/prom_metrics_service_discovery.json"]


def test_the_graph_is_one_and_finds_its_redis(tmp_path: Path) -> None:
    path = tmp_path / "graph.yaml"
    text = (DOCKER / "graph.yaml").read_text("utf-8")
    path.write_text(text.replace("/opt/chorale/configs", str(CONFIG_FOLDER)))
    graph = GraphConfig.load(path)
    compact = GraphConfig.load(CONFIG_FOLDER / "compact.yaml")
    assert graph.stages == compact.stages
    assert graph.batch == compact.batch
    assert graph.engine == compact.engine
    assert graph.cache.second is not None
    assert graph.cache.second.kind == "redis"
    assert graph.cache.second.url == "redis://cache:6379/0"
    assert "cache" in SERVICES


def test_stopping_has_time_for_what_is_under_way() -> None:
    assert int(SERVICES["chorale"]["stop_grace_period"].removesuffix("s")) >= _DRAIN_TIMEOUT + 30
