"""Two nodes with a logical GPU each, in a process of its own; prints what was placed where as JSON.

First one node with as many Synthesizers of `configs/gpu.yaml` as its fractions let on one GPU, then
a second node with replicas of another fraction.
"""

import json
import time
from pathlib import Path

import ray
from ray import serve
from ray._private.state import available_resources_per_node
from ray.cluster_utils import Cluster
from ray.serve.context import _get_global_client

from deployments.synthesizer import Synthesizer, SynthesizerConfig
from serve_app.config import CONFIG_FOLDER, GraphConfig

TIMEOUT = 150.0
HEAD = {"num_cpus": 4, "num_gpus": 1, "include_dashboard": False}


def deploy(name: str, catalogue: Path, *, fraction: float, replicas: int) -> None:
    """The shipped GPU graph's Synthesizer with the fake engine, which needs no CUDA."""
    graph = GraphConfig.load(CONFIG_FOLDER / "gpu.yaml")
    stage = graph.stages.synthesizer.model_copy(
        update={"num_gpus": fraction, "min": replicas, "max": replicas, "num_cpus": 0.1}
    )
    deployment = serve.deployment(
        Synthesizer,
        name="Synthesizer",
        user_config=graph.batch.model_dump(mode="json"),
        **stage.options(),
    )
    config = SynthesizerConfig(catalogue=catalogue, preload=("fake",))
    # Not waited for by `run`: that waits for a proxy, too, and there is none.
    serve.run(deployment.bind(config), name=name, route_prefix=None, blocking=False)


def placed() -> dict[str, dict[str, int]]:
    """Application to node to replicas that run there."""
    client = _get_global_client()
    details = ray.get(client._controller.get_serve_instance_details.remote())
    return {
        name: {
            node: sum(
                item["node_id"] == node and item["state"] == "RUNNING" for item in stage["replicas"]
            )
            for node in {item["node_id"] for item in stage["replicas"] if item["node_id"]}
        }
        for name, application in details["applications"].items()
        for stage in application["deployments"].values()
    }


def wait_until_placed(expected: dict[str, int]) -> None:
    deadline = time.perf_counter() + TIMEOUT
    while {name: sum(nodes.values()) for name, nodes in placed().items()} != expected:
        if time.perf_counter() > deadline:
            raise TimeoutError(str(placed()))
        time.sleep(0.2)


def main() -> None:
    graph = GraphConfig.load(CONFIG_FOLDER / "gpu.yaml")
    fraction = graph.stages.synthesizer.num_gpus
    cluster = Cluster(initialize_head=True, head_node_args=HEAD)
    try:
        ray.init(cluster.address, namespace="serve", log_to_driver=False, logging_level="error")
        catalogue = Path(ray._private.worker._global_node.get_session_dir_path()) / "voices.yaml"
        catalogue.write_text("default: fake\nvoices: [{id: fake, engine: fake}]\n")
        serve.start(proxy_location="Disabled")
        deploy("quarters", catalogue, fraction=fraction, replicas=round(1 / fraction))
        wait_until_placed({"quarters": 4})
        first = cluster.head_node.node_id
        alone = available_resources_per_node()[first].get("GPU", 0.0)
        second = cluster.add_node(num_cpus=4, num_gpus=1).node_id
        deploy("halves", catalogue, fraction=0.5, replicas=2)
        wait_until_placed({"quarters": 4, "halves": 2})
        left = available_resources_per_node()
        names = {first: "first", second: "second"}
        report = {
            "fraction": fraction,
            "left_on_one": alone,
            "left": {name: left[node].get("GPU", 0.0) for node, name in names.items()},
            "placed": {
                application: {names[node]: count for node, count in nodes.items()}
                for application, nodes in placed().items()
            },
        }
        serve.shutdown()
    finally:
        ray.shutdown()
        cluster.shutdown()
    print(json.dumps(report))  # noqa: T201


if __name__ == "__main__":
    main()
