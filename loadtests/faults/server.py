"""The server that things happen to: two replicas of every stage, so that one can take over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from loadtests.faults.redis_server import RedisServer
from loadtests.local_server import LocalServer, make_folder, start_chorale

VOICES = ("fake", "heart")
"""The invented voice is busy without using the machine; the other one is what is shipped."""
REPLICAS = 2
_STAGES = ("gateway", "normalizer", "audio_cache", "encoder", "synthesizer")


@contextmanager
def faults_server(cache: RedisServer, cluster: RedisServer) -> Iterator[LocalServer]:
    """`chorale serve` until the end of the block.

    Args:
        cache: The second tier of its caches.
        cluster: Where its GCS keeps what it knows.

    Raises:
        ServerError: it was not ready in time.
    """
    folder = make_folder()
    (folder / "voices.yaml").write_text(yaml.safe_dump(_catalogue()), "utf-8")
    server = start_chorale(
        graph=_graph(cache), folder=folder, environment={"RAY_REDIS_ADDRESS": cluster.address}
    )
    try:
        yield server
    finally:
        # What was restarted behind its back it cannot stop in order.
        server.kill()


def _graph(cache: RedisServer) -> dict[str, Any]:
    stage = {"num_cpus": 0.05, "min": REPLICAS, "max": REPLICAS}
    return {
        "catalogue": "voices.yaml",
        "preload": list(VOICES),
        "stages": dict.fromkeys(_STAGES, stage),
        # Kept for moments only, so that Redis is asked, and replies are made, again and again.
        "cache": {
            "ram": {"ttl": 5.0},
            "second": {"kind": "redis", "url": f"redis://{cache.address}/0", "ttl": 20.0},
        },
        "gateway": {"hot": {"ttl": 1.0}},
    }


def _catalogue() -> dict[str, Any]:
    return {
        "default": "heart",
        "voices": [
            {"id": "fake", "engine": "fake"},
            {"id": "heart", "engine": "hibari"},
        ],
    }
