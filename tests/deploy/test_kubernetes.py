"""The Kubernetes manifests: what Kubernetes and KubeRay take, and what agrees with the code."""

import copy
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from ray.serve.schema import ServeDeploySchema
from rayservice_model import RayService

from serve_app import environment
from serve_app.app import build_graph
from serve_app.capacity import Costs, Load, plan
from serve_app.config import CONFIG_FOLDER, GraphConfig, Replicas
from serve_app.launch import _DRAIN_TIMEOUT

ROOT = Path(__file__).resolve().parents[2]
KUBERAY = ROOT / "deploy" / "kuberay"
SCHEMAS = json.loads((Path(__file__).parent / "schemas" / "kubernetes.json").read_text())
IN_IMAGE = "/opt/chorale/configs"
TYPES = {
    "StatefulSet": "io.k8s.api.apps.v1.StatefulSet",
    "Deployment": "io.k8s.api.apps.v1.Deployment",
    "Service": "io.k8s.api.core.v1.Service",
    "ConfigMap": "io.k8s.api.core.v1.ConfigMap",
    "NetworkPolicy": "io.k8s.api.networking.v1.NetworkPolicy",
}


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((KUBERAY / name).read_text("utf-8")))


(MANIFEST,) = documents("rayservice.yaml")
CLUSTER = MANIFEST["spec"]["rayClusterConfig"]
HEAD = CLUSTER["headGroupSpec"]
WORKERS = {group["groupName"]: group for group in CLUSTER["workerGroupSpecs"]}
PODS = {"head": HEAD, **WORKERS}
(GRAPHS,) = documents("graphs.yaml")


def pod(group: str) -> dict[str, Any]:
    spec: dict[str, Any] = PODS[group]["template"]["spec"]
    return spec


def container(group: str) -> dict[str, Any]:
    (only,) = pod(group)["containers"]
    return dict(only)


def graph(name: str, folder: Path) -> GraphConfig:
    """A graph of the config map; the image's paths become the repository's."""
    path = folder / name
    path.write_text(GRAPHS["data"][name].replace(IN_IMAGE, str(CONFIG_FOLDER)))
    return GraphConfig.load(path)


def problems(kind: str, document: Any) -> list[str]:
    schema = {"$ref": f"#/$defs/{kind}", "$defs": SCHEMAS["$defs"]}
    found = Draft202012Validator(schema).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in found]


def pod_problems(group: str, template: Any) -> list[str]:
    return [f"{group}{item}" for item in problems("io.k8s.api.core.v1.PodTemplateSpec", template)]


def set_in(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    *way, last = path.split(".")
    inner: Any = changed
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    inner[last] = value
    return changed


def test_the_service_is_one_kuberay_takes() -> None:
    service = RayService.model_validate(MANIFEST)
    assert service.spec.ray_cluster_config.enable_in_tree_autoscaling
    for group in service.spec.ray_cluster_config.worker_group_specs:
        assert group.min_replicas <= group.replicas <= group.max_replicas


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.serveConfig", {}),
        ("spec.upgradeStrategy.type", "Rolling"),
        ("spec.rayClusterConfig.gcsFaultToleranceOptions.address", "redis"),
        ("spec.rayClusterConfig.autoscalerOptions.version", "2"),
        ("spec.rayClusterConfig.headGroupSpec.rayStartParams.num-cpus", 0),
        ("spec.rayClusterConfig.workerGroupSpecs.0.maxReplicas", "16"),
        ("spec.rayClusterConfig.workerGroupSpecs.0.groupName", "CPU"),
    ],
)
def test_a_wrong_service_is_refused(path: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        RayService.model_validate(set_in(MANIFEST, path, value))


def test_pods_are_what_kubernetes_takes() -> None:
    assert [
        item for name, group in PODS.items() for item in pod_problems(name, group["template"])
    ] == []
    wrong = set_in(HEAD["template"], "spec.containers.0.readinesProbe", {})
    assert "readinesProbe" in pod_problems("head", wrong)[0]


@pytest.mark.parametrize("name", ["graphs.yaml", "redis.yaml", "network-policy.yaml"])
def test_the_other_manifests_are_what_kubernetes_takes(name: str) -> None:
    for document in documents(name):
        assert problems(TYPES[document["kind"]], document) == []
        assert document["metadata"]["namespace"] == MANIFEST["metadata"]["namespace"]
    assert problems(TYPES["Service"], {"apiVersion": "v1", "kind": "Service", "spec": {"port": 1}})


@pytest.mark.parametrize("group", PODS)
def test_every_pod_has_the_switches_of_chorale_serve(group: str) -> None:
    given = {item["name"]: item["value"] for item in container(group)["env"] if "value" in item}
    ours = {"RAY_SERVE_HAPROXY_BINARY_PATH": "/opt/chorale/bin/chorale-haproxy"}
    assert given == environment.COMMON | environment.HAPROXY | ours
    # The operator gives the mode to every pod, and the token.
    assert CLUSTER["authOptions"] == {"mode": environment.CLOSED["RAY_AUTH_MODE"]}


@pytest.mark.parametrize("group", PODS)
def test_no_pod_is_root_or_without_bounds(group: str) -> None:
    assert pod(group)["securityContext"]["runAsNonRoot"]
    assert container(group)["securityContext"]["allowPrivilegeEscalation"] is False
    resources = container(group)["resources"]
    assert resources["requests"] == resources["limits"]
    assert {"cpu", "memory"} <= resources["limits"].keys()


@pytest.mark.parametrize("group", PODS)
def test_every_pod_is_probed_at_ports_it_has(group: str) -> None:
    only = container(group)
    named = {port["name"] for port in only["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        port = only[probe]["httpGet"]["port"]
        # The agent's port is Ray's own choice (DEFAULT_DASHBOARD_AGENT_LISTEN_PORT).
        assert port in named or port == 52365


def test_the_serve_configuration_is_ours() -> None:
    ours = yaml.safe_load((ROOT / "serve_config.yaml").read_text("utf-8"))
    ours["http_options"]["host"] = "0.0.0.0"  # noqa: S104 (a pod is reached from outside)
    ours["applications"][0]["args"]["config"] = "/etc/chorale/cpu.yaml"
    deployed = yaml.safe_load(MANIFEST["spec"]["serveConfigV2"])
    assert deployed == ours
    assert ServeDeploySchema.model_validate(deployed)


def test_the_rays_are_of_one_version() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    version = re.search(r"ray\[serve\]==([\d.]+)\.\*", project)
    assert version
    assert CLUSTER["rayVersion"].startswith(version[1] + ".")


def test_a_pod_that_goes_has_time_for_what_is_under_way() -> None:
    drain = _DRAIN_TIMEOUT + Replicas().options()["graceful_shutdown_timeout_s"]
    for group in WORKERS:
        hook = container(group)["lifecycle"]["preStop"]["exec"]["command"][-1]
        deadline = int(re.search(r"deadline-remaining-seconds (\d+)", hook)[1])  # type: ignore[index]
        waits = [int(seconds) for seconds in re.findall(r"(?:sleep|timeout) (\d\d+)", hook)]
        assert deadline == sum(waits) == drain
        assert pod(group)["terminationGracePeriodSeconds"] >= drain + 30
    assert MANIFEST["spec"]["rayClusterDeletionDelaySeconds"] >= drain


@pytest.mark.parametrize(
    ("cmdline", "waits"), [("ray::ServeReplica:chorale:Gateway", True), ("x", False)]
)
def test_the_hook_waits_for_replicas_and_not_for_itself(
    tmp_path: Path, cmdline: str, *, waits: bool
) -> None:
    hook = container("cpu")["lifecycle"]["preStop"]["exec"]["command"][-1]
    loop = re.search(r"while (.*?); do", hook)
    assert loop
    for number, text in ((1, cmdline), (2, hook)):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "cmdline").write_text(text)
    condition = loop[1].replace("/proc/", f"{tmp_path}/")
    assert (subprocess.run(["bash", "-c", condition], check=False).returncode == 0) == waits


@pytest.mark.filterwarnings("ignore:The `metrics_interval_s`")
@pytest.mark.parametrize("name", GRAPHS["data"])
def test_a_graph_can_be_bound(tmp_path: Path, name: str) -> None:
    assert build_graph(graph(name, tmp_path))


@pytest.mark.parametrize("name", GRAPHS["data"])
def test_nothing_admitted_waits_for_a_slot(tmp_path: Path, name: str) -> None:
    loaded = graph(name, tmp_path)
    most = loaded.stages.gateway.max * loaded.admission.max_inflight_requests
    for stage in (loaded.stages.audio_cache, loaded.stages.encoder):
        assert stage.max_ongoing_requests >= most
    assert loaded.cache.max_fills >= most
    assert loaded.batch.max_waiting >= loaded.stages.synthesizer.max_ongoing_requests


@pytest.mark.parametrize("name", GRAPHS["data"])
def test_the_pods_have_room_for_all_replicas(tmp_path: Path, name: str) -> None:
    stages = [stage for _, stage in graph(name, tmp_path).stages if not stage.inline]
    on_gpus = any(stage.num_gpus for stage in stages)
    groups = ["cpu", "gpu"] if on_gpus else ["cpu"]
    # Without GPUs the pods that are always there are enough for the least.
    for size in ("max",) if on_gpus else ("min", "max"):
        for resource, field in (("cpu", "num_cpus"), ("nvidia.com/gpu", "num_gpus")):
            room = sum(
                WORKERS[group][f"{size}Replicas"]
                * int(container(group)["resources"]["limits"].get(resource, 0))
                for group in groups
            )
            wanted = sum(getattr(stage, size) * getattr(stage, field) for stage in stages)
            assert wanted <= room, (size, resource)


def test_no_stage_holds_the_engines_up(tmp_path: Path) -> None:
    """Each stage may have as many replicas as the load needs that graphs.yaml names."""
    load = Load(
        rate=1000.0,
        hit_rate=0.65,
        lengths={60.0: 1.0},
        formats={"mp3": 0.5, "opus": 0.2, "wav": 0.2, "aac": 0.1},
        keep_hours=1.0,
        mean_share=0.5,
    )
    stages = graph("cpu.yaml", tmp_path).stages
    most = {
        "Gateway": stages.gateway.max,
        "AudioCache": stages.audio_cache.max,
        "Encoder": stages.encoder.max,
        "Synthesizer": stages.synthesizer.max,
    }
    for stage in plan(load, Costs.load()).stages:
        assert stage.replicas <= most[stage.name], stage.name


def services() -> Iterator[tuple[str, int]]:
    for document in documents("redis.yaml"):
        if document["kind"] == "Service":
            yield document["metadata"]["name"], document["spec"]["ports"][0]["port"]


def test_what_is_named_is_there(tmp_path: Path) -> None:
    addresses = {f"{name}:{port}" for name, port in services()}
    assert CLUSTER["gcsFaultToleranceOptions"]["redisAddress"] in addresses
    for name in GRAPHS["data"]:
        second = graph(name, tmp_path).cache.second
        assert second is not None
        assert second.kind == "redis"
        assert second.url.removeprefix("redis://").removesuffix("/0") in addresses
    for group in PODS:
        maps = [
            volume["configMap"]["name"] for volume in pod(group)["volumes"] if "configMap" in volume
        ]
        assert maps == [GRAPHS["metadata"]["name"]]
        mounts = {mount["mountPath"] for mount in container(group)["volumeMounts"]}
        assert "/etc/chorale" in mounts


def test_the_cache_may_forget_and_the_head_may_not() -> None:
    arguments = {
        document["metadata"]["name"]: document["spec"]["template"]["spec"]["containers"][0]["args"]
        for document in documents("redis.yaml")
        if document["kind"] != "Service"
    }
    assert "allkeys-lru" in arguments["chorale-cache"]
    assert not {"--maxmemory", "--maxmemory-policy"} & set(arguments["chorale-gcs"])
    assert "--appendonly" in arguments["chorale-gcs"]
