"""Networks of nodes, and what is deployed on them; no Ray is started."""

import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from loadtests.cluster.deployment import Deployment, Engine
from loadtests.cluster.network import HEAD, Namespaces, OneAddress
from loadtests.cluster.nodes import SWITCHES, Cluster
from serve_app import environment

with warnings.catch_warnings():
    # Ray's own imports warn, and warnings are errors here.
    warnings.simplefilter("ignore")
    from serve_app.config import GraphArguments
from speech.engines.fake import FakeEntry
from speech.voices import VoiceCatalogue


@pytest.fixture
def nodes() -> Iterator[Cluster]:
    made = Cluster(OneAddress(), worker_cpus=4)
    yield made
    shutil.rmtree(made.folder)


def test_every_node_has_an_address_of_its_own() -> None:
    try:
        network = Namespaces()
    except OSError as error:
        pytest.skip(f"network namespaces are not permitted here: {error}")
    try:
        for node in (HEAD, HEAD + 1):
            network.add(node)
        command = network.inside(HEAD, ["ip", "-o", "addr", "show", "dev", "eth0"])
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert f"{network.address(HEAD)}/24" in shown
        assert network.address(HEAD) != network.address(HEAD + 1)
        other = Namespaces()
        try:
            assert (
                other.address(HEAD).rpartition(".")[0] != network.address(HEAD).rpartition(".")[0]
            )
        finally:
            other.remove()
    finally:
        network.remove()
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    assert command[3] not in listed.stdout


def test_an_interface_goes_with_its_network_though_somebody_is_in_the_namespace() -> None:
    """The kernel keeps a namespace while anything uses it, and the next network takes the name."""
    try:
        network = Namespaces()
    except OSError as error:
        pytest.skip(f"network namespaces are not permitted here: {error}")
    lingering = None
    try:
        network.add(HEAD)
        lingering = subprocess.Popen(network.inside(HEAD, ["sleep", "60"]))
        here, inside = Path("/proc/self/ns/net"), Path(f"/proc/{lingering.pid}/ns/net")
        deadline = time.perf_counter() + 10
        while inside.readlink() == here.readlink():
            assert time.perf_counter() < deadline
            time.sleep(0.02)
        before = set(psutil.net_if_stats())
        network.remove()
        assert (
            len(before - set(psutil.net_if_stats())) == 2
        )  # the bridge and this machine's end of the wire
    finally:
        network.remove()
        if lingering is not None:
            lingering.kill()
            lingering.wait(10)


def test_what_is_deployed_is_the_shipped_graph_with_a_known_engine(nodes: Cluster) -> None:
    deployment = Deployment(nodes, Engine(seconds=0.07, most=5))
    content = yaml.safe_load(deployment.write().read_text())
    (application,) = content["applications"]
    graph = GraphArguments.model_validate(application["args"]).graph()
    (voice,) = VoiceCatalogue.load(graph.catalogue).voices.values()
    assert voice.entry == FakeEntry(id="fake", language="en-us", seconds=0.07)
    assert (graph.stages.synthesizer.min, graph.stages.synthesizer.max) == (1, 5)
    assert graph.stages.gateway.max_per_node == 1
    assert application["deployments"] == []
    # Proxies of nodes that share an address would collide.
    assert content["proxy_location"] == "HeadOnly"
    assert content["http_options"]["port"] == nodes.proxy_port


def test_another_catalogue_is_another_argument(nodes: Cluster) -> None:
    deployment = Deployment(nodes, Engine())
    first = yaml.safe_load(deployment.write().read_text())["applications"][0]
    deployment.change_setting("Gateway", {"max_inflight_requests": 5})
    second = yaml.safe_load(deployment.write().read_text())["applications"][0]
    third = yaml.safe_load(deployment.write(voices=2).read_text())["applications"][0]
    assert first["args"] == second["args"] != third["args"]
    assert second["deployments"] == [
        {"name": "Gateway", "user_config": {"max_inflight_requests": 5}}
    ]
    catalogue = yaml.safe_load(GraphArguments(**third["args"]).graph().catalogue.read_text())
    assert [voice["id"] for voice in catalogue["voices"]] == ["fake", "fake2"]


def test_nothing_of_a_cluster_runs_before_it_is_started(nodes: Cluster) -> None:
    assert nodes.processes() == []
    assert nodes.kill(HEAD) == 0


def test_nodes_are_started_with_the_switches_of_the_server() -> None:
    assert environment.COMMON | environment.CLOSED | environment.HAPROXY == SWITCHES
