"""The ring that spreads keys over the AudioCache's replicas: what a replica more or less moves."""

import random
import warnings
from string import ascii_lowercase, digits

import pytest

with warnings.catch_warnings():
    # Ray's own imports warn, and warnings are errors here.
    warnings.simplefilter("ignore")
    from ray.serve._private.common import DeploymentID, ReplicaID
    from ray.serve.experimental.consistent_hash_router import ConsistentHashRouter

KEYS = [f"{number:064x}" for number in range(4000)]
AUDIO_CACHE = DeploymentID("AudioCache", "chorale")


def owners(names: list[str]) -> dict[str, str]:
    """Key to replica, by the router as `serve_app.app` configures it, without its network side."""
    router = ConsistentHashRouter.__new__(ConsistentHashRouter)
    router._deployment_id = AUDIO_CACHE
    router._num_virtual_nodes, router._num_fallback_replicas = 100, 0
    router._rebuild_ring(frozenset(ReplicaID(name, AUDIO_CACHE) for name in names))
    return {key: router._lookup_ranked_replicas(key)[0].unique_id for key in KEYS}


@pytest.mark.parametrize("replicas", [2, 3, 4, 8])
def test_a_replica_more_or_less_moves_its_own_keys_alone(replicas: int) -> None:
    rng = random.Random(replicas)
    kept = []
    for _ in range(10):
        # Serve names replicas at random, so every start has another ring.
        names = ["".join(rng.choices(ascii_lowercase + digits, k=8)) for _ in range(replicas)]
        few, more = owners(names[: replicas - 1]), owners(names[:replicas])
        newcomer = names[replicas - 1]
        assert all(more[key] in {few[key], newcomer} for key in KEYS)
        kept.append(sum(few[key] == more[key] for key in KEYS) / len(KEYS))
    expected = (replicas - 1) / replicas
    print(f"{replicas}: {min(kept):.3f} to {max(kept):.3f}, mean {sum(kept) / len(kept):.3f}")  # noqa: T201
    assert sum(kept) / len(kept) == pytest.approx(expected, abs=0.05)
    assert min(kept) > expected - 0.15
