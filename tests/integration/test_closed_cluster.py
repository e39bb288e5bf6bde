"""A cluster that is started as docs/operations.md says turns away who has no token."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from ports_probe import CALLS, QUESTIONS
from servers import ROOT, wait_for

from loadtests.cluster.network import HEAD, Namespaces

pytestmark = pytest.mark.integration

NODE = HEAD + 1
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
STEPS = re.findall(
    r"```sh\n(.*?)```", PAGE[PAGE.index("## On a cluster") : PAGE.index("| switch | why |")], re.S
)
SSH = 'ssh() { [ "$1" = "$NODE" ] && HOME="$NODE_HOME" bash -c "$2"; }\n'
"""Nodes share this machine's files: only their homes and addresses are apart."""
STAGES = {
    "gateway": {"num_cpus": 0.1},
    "normalizer": {"inline": True},
    "audio_cache": {"num_cpus": 0.1},
    "encoder": {"inline": True},
    "synthesizer": {"num_cpus": 0.1},
}


class Nodes:
    """Two nodes with an empty home and an address each, and shells on them."""

    def __init__(self, folder: Path, network: Namespaces) -> None:
        self.folder, self.network = folder, network
        for node in (HEAD, NODE):
            network.add(node)
            self.home(node).mkdir()

    def home(self, node: int) -> Path:
        return self.folder / f"home{node}"

    def run(self, node: int, *command: str, **more: str) -> str:
        """Run a command on a node; what it starts stays."""
        log = self.folder / "log"
        with log.open("wb") as output:
            done = subprocess.run(
                self.network.inside(node, list(command)),
                env={
                    **{key: text for key, text in os.environ.items() if key[:4] != "RAY_"},
                    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                    "PYTHONPATH": str(ROOT),
                    "HOME": str(self.home(node)),
                    "HEAD": self.network.address(HEAD),
                    "NODE": self.network.address(NODE),
                    "NODE_HOME": str(self.home(NODE)),
                    **more,
                },
                # Not a pipe: what stays would keep it open.
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                umask=0o022,
                check=False,
                timeout=300,
                start_new_session=True,
            )
        told = log.read_text("utf-8", errors="replace")
        assert done.returncode == 0, told
        return told

    def shell(self, node: int, script: str, **more: str) -> str:
        return self.run(node, "bash", "-euc", SSH + script, **more)

    def write(self, **arguments: Any) -> None:
        """The Serve configuration that is deployed: small stages, and a voice without a model."""
        graph = {"catalogue": "voices.yaml", "preload": ["fake"], "stages": STAGES}
        catalogue = {"default": "fake", "voices": [{"id": "fake", "engine": "fake"}]}
        (self.folder / "voices.yaml").write_text(yaml.safe_dump(catalogue))
        (self.folder / "graph.yaml").write_text(yaml.safe_dump(graph))
        serve = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
        serve["http_options"]["host"] = "0.0.0.0"  # noqa: S104
        serve["applications"][0]["args"] = {"config": str(self.folder / "graph.yaml"), **arguments}
        (self.folder / "serve_config.yaml").write_text(yaml.safe_dump(serve))

    def probe(self, node: int, token: str = "") -> dict[str, dict[str, Any]]:
        program = str(Path(__file__).with_name("ports_probe.py"))
        told = self.run(node, sys.executable, "-W", "ignore", program, *filter(None, [token]))
        return dict(json.loads(told.splitlines()[-1]))

    def wait_until_it_speaks(self, node: int) -> None:
        url = f"http://{self.network.address(node)}:8000"
        wait_for(lambda: httpx.get(f"{url}/readyz").is_success, timeout=180, what="readiness")
        body = {"model": "tts-1", "voice": "fake", "input": "A word.", "response_format": "wav"}
        assert httpx.post(f"{url}/v1/audio/speech", json=body, timeout=60).is_success

    def stop(self) -> None:
        for node in (HEAD, NODE):
            name = self.network.inside(node, [])[3]
            while pids := subprocess.run(
                ["ip", "netns", "pids", name], capture_output=True, text=True, check=True
            ).stdout.split():
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), 9)


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    try:
        network = Namespaces()
    except OSError as error:
        pytest.skip(f"network namespaces are not permitted here: {error}")
    # Ray puts Unix sockets below a home, and their paths are limited to 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="cn-", dir="/tmp"))
    made = Nodes(folder, network)
    try:
        yield made
    finally:
        made.stop()
        network.remove()
        shutil.rmtree(folder)


def kinds(answers: dict[str, dict[str, Any]], status: object) -> set[str]:
    """Calls that some port answered so."""
    return {name for answer in answers.values() for name, told in answer.items() if told == status}


def test_the_steps_of_the_cluster_page_start_a_closed_cluster(nodes: Nodes) -> None:
    head, token, worker, deploy = STEPS
    nodes.write()
    nodes.shell(HEAD, head + token)
    nodes.shell(NODE, worker)
    nodes.shell(HEAD, head.splitlines()[0] + "\n" + deploy)
    nodes.wait_until_it_speaks(NODE)
    for node in (HEAD, NODE):
        assert (nodes.home(node) / ".ray").stat().st_mode & 0o777 == 0o700
        assert (nodes.home(node) / ".ray" / "auth_token").stat().st_mode & 0o777 == 0o600
    for wrong, refused in (("", 401), ("0" * 64, 403)):
        answers = nodes.probe(HEAD, wrong) | nodes.probe(NODE, wrong)
        assert kinds(answers, "UNAUTHENTICATED") == set(CALLS)
        assert kinds(answers, refused) == set(QUESTIONS)
        assert kinds(answers, "OK") == kinds(answers, 200) == set(), answers
        assert "UNKNOWN" not in {answer["replica"] for answer in answers.values()}
    right = (nodes.home(NODE) / ".ray" / "auth_token").read_text()
    answers = nodes.probe(HEAD, right) | nodes.probe(NODE, right)
    assert kinds(answers, "UNAUTHENTICATED") == set()
    assert {"gcs", "raylet"} <= kinds(answers, "OK")
    assert {"/api/jobs/", "/api/v0/nodes"} <= kinds(answers, 200)
    # A replica takes the call, and finds no pickle in it.
    assert "replica" in kinds(answers, "UNKNOWN")


def test_an_open_cluster_is_served_only_where_that_is_allowed(nodes: Nodes) -> None:
    switches = 'eval "$(chorale switches)"; unset RAY_AUTH_MODE\n'
    nodes.write()
    nodes.shell(HEAD, switches + "ray start --head; serve deploy serve_config.yaml")

    def status() -> str:
        return nodes.run(HEAD, "serve", "status")

    wait_for(lambda: "DEPLOY_FAILED" in status(), timeout=120, what="the refusal")
    assert "allow_open_cluster" in status()
    nodes.write(allow_open_cluster=True)
    nodes.shell(HEAD, switches + "serve deploy serve_config.yaml")
    nodes.wait_until_it_speaks(HEAD)
    # What the other test looks for is seen where it is.
    answers = nodes.probe(HEAD)
    assert kinds(answers, "UNAUTHENTICATED") == set()
    assert {"gcs", "raylet"} <= kinds(answers, "OK")
    assert {"/api/jobs/", "/api/v0/nodes"} <= kinds(answers, 200)
    assert "replica" in kinds(answers, "UNKNOWN")
