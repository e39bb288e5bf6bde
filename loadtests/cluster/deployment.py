"""What the demonstration deploys: the shipped configurations, with an engine of known speed."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from loadtests.cluster.nodes import Cluster
from loadtests.config import ConfigurationError, StrictModel
from loadtests.local_server import ROOT

SCALING = "Synthesizer"
"""The stage that scales."""


class Engine(StrictModel):
    """The stand-in for a voice: tones after a fixed time, one phrase at a time."""

    seconds: float = 0.025
    """A phrase takes."""
    wait: float = 0.05
    """Seconds of queueing the policy expects in the mean."""
    queueing_p95: float = 0.2
    """Seconds of queueing that are calm: four times the mean."""
    most: int = 6
    """Replicas."""
    downscale_delay: float = 10.0
    """Short, so that the way down fits into a demonstration."""

    def __str__(self) -> str:
        return (
            f"the engine is a FAKE: a tone after {1000 * self.seconds:.0f} ms for each phrase, one "
            f"phrase at a time, so {1 / self.seconds:.0f} phrases/s for each replica"
        )


class Deployment:
    """Files below the cluster's folder; a changed setting rewrites them."""

    def __init__(self, cluster: Cluster, engine: Engine) -> None:
        """Nothing is written until `write`."""
        self._cluster = cluster
        self._folder = cluster.folder
        self._seconds = engine.seconds
        graph = _read(ROOT / "configs" / "cluster.yaml")
        graph["preload"] = ["fake"]
        graph["engine"] = {"provider": "cpu"}
        graph["batch"] = {"classes": [{"name": "any", "max_characters": 300, "max_batch_size": 1}]}
        graph["stages"]["synthesizer"] |= {
            "min": 1,
            "max": engine.most,
            "num_cpus": 0.5,
            "max_ongoing_requests": 8,
            "upscale_delay": 0.5,
            "downscale_delay": engine.downscale_delay,
            "queueing": {"wait": engine.wait},
        }
        self._graph = graph
        self._settings: dict[str, Mapping[str, Any]] = {}

    def write(self, *, voices: int = 1, least: int = 1, redis: str = "") -> Path:
        """Write the graph and its catalogue; returns the Serve configuration.

        Files have names of their own for each of these: Serve builds an application anew when its
        arguments have changed, and not when a file has that they name.

        Args:
            voices: So many are in the catalogue.
            least: Engines there are without load.
            redis: Address of the caches' second tier; without one they have none.
        """
        names = ["fake", *(f"fake{number}" for number in range(2, voices + 1))]
        catalogue = {
            "default": "fake",
            "voices": [
                {"id": name, "engine": "fake", "language": "en-us", "seconds": self._seconds}
                for name in names
            ],
        }
        graph = self._folder / f"graph{voices}-{least}-{'redis' if redis else 'ram'}.yaml"
        (self._folder / f"voices{voices}.yaml").write_text(yaml.safe_dump(catalogue), "utf-8")
        changed = copy.deepcopy(self._graph) | {"catalogue": f"voices{voices}.yaml"}
        changed["stages"]["synthesizer"]["min"] = least
        if redis:
            changed["cache"] = {"second": {"kind": "redis", "url": f"redis://{redis}/0"}}
        graph.write_text(yaml.safe_dump(changed), "utf-8")
        serve = _read(ROOT / "serve_config.yaml")
        serve["http_options"] |= {"host": "0.0.0.0", "port": self._cluster.proxy_port}  # noqa: S104
        if not self._cluster.network.own_addresses:
            serve["proxy_location"] = "HeadOnly"
        (application,) = serve["applications"]
        application["args"] = {"config": str(graph)}
        application["deployments"] = [
            {"name": name, "user_config": dict(setting)} for name, setting in self._settings.items()
        ]
        path = self._folder / "serve.yaml"
        path.write_text(yaml.safe_dump(serve), "utf-8")
        return path

    def change_setting(self, stage: str, setting: Mapping[str, Any]) -> None:
        """Give a stage another `user_config`; `write` puts it into the file."""
        self._settings[stage] = setting


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return content
