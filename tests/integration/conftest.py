import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from servers import ROOT, Server, running

FAKES = ("fake", "once", "joined", "left")
"""All but the first belong to one test each, like `crowd`: what is counted of them is its own."""


def catalogue() -> dict[str, object]:
    """The shipped catalogue, with a real tiny Piper voice and fakes beside it."""
    shipped = yaml.safe_load((ROOT / "configs" / "voices.yaml").read_text())
    for voice in shipped["voices"]:
        if "model" in voice:
            voice["model"] = str(ROOT / "configs" / voice["model"])
    shipped["voices"] += [
        {"id": "tiny", "engine": "piper", "model": "tiny.onnx"},
        {"id": "crowd", "engine": "piper", "model": "tiny.onnx"},
        *({"id": name, "engine": "fake"} for name in FAKES),
    ]
    return dict(shipped)


def make_tiny_voice(folder: Path) -> None:
    from tests.tiny_voice import write_tiny_voice  # noqa: PLC0415 (onnx is slow to import)

    write_tiny_voice(folder / "tiny.onnx", speakers=2)


GRAPH = {
    "preload": ["heart", "espeak", "tiny", "crowd", *FAKES],
    "stages": {"synthesizer": {"num_cpus": 0.5, "max_ongoing_requests": 2048}},
}


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """`chorale serve` as it comes: HAProxy, gRPC between stages."""
    with running(GRAPH, catalogue(), prepare=make_tiny_voice) as started:
        yield started


@pytest.fixture(params=["haproxy", "default"])
def any_server(request: pytest.FixtureRequest) -> Server:
    """Both ways of running, one after the other."""
    name = {"haproxy": "server", "default": "default_server"}[request.param]
    chosen: Server = request.getfixturevalue(name)
    return chosen


@pytest.fixture(scope="session")
def default_server() -> Iterator[Server]:
    """`serve run` with no switches: Python proxy, object store between stages."""
    with running(GRAPH, catalogue(), mode="default", prepare=make_tiny_voice) as started:
        yield started
