"""How long a server took for what it refused, from its own metrics.

The client's clock cannot tell: on a machine that is overloaded on purpose it waits for a core
itself. Serve counts every HTTP reply by status into a histogram, from arrival to the end.
"""

import json
import math
import urllib.request
from collections.abc import Iterable, Mapping

from prometheus_client.parser import text_string_to_metric_families

from loadtests.local_server import LocalServer

REFUSALS = ("429", "503")
_METRIC = "ray_serve_http_request_latency_ms"

Buckets = Mapping[float, float]
"""Replies that took at most so many milliseconds."""


def read_refusals(server: LocalServer) -> Buckets:
    """Refusals since the server was started, over all its exporters."""
    discovery = server.folder / "ray" / "prom_metrics_service_discovery.json"
    texts = []
    for target in json.loads(discovery.read_text("utf-8"))[0]["targets"]:
        try:
            with urllib.request.urlopen(f"http://{target}/metrics", timeout=10) as reply:
                texts.append(reply.read().decode("utf-8"))
        except OSError:
            continue  # an exporter that is listed and not there
    return parse(texts)


def parse(texts: Iterable[str]) -> Buckets:
    """Sum the histograms of all refusals in Prometheus' text format."""
    found: dict[float, float] = {}
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name != f"{_METRIC}_bucket":
                    continue
                if sample.labels.get("status_code") in REFUSALS:
                    bound = float(sample.labels["le"])
                    found[bound] = found.get(bound, 0.0) + sample.value
    return dict(sorted(found.items()))


def between(before: Buckets, after: Buckets) -> Buckets:
    """What was counted in between."""
    return {bound: count - before.get(bound, 0.0) for bound, count in after.items()}


def at_most(buckets: Buckets, percent: float) -> float:
    """Milliseconds that so many percent did not exceed: the bound of their bucket.

    Infinite where it lies in the last one; 0 where nothing was refused.
    """
    total = max(buckets.values(), default=0.0)
    if not total:
        return 0.0
    return next(
        (bound for bound, count in sorted(buckets.items()) if count >= total * percent / 100),
        math.inf,
    )


def share_within(buckets: Buckets, milliseconds: float) -> float:
    """Share that took at most so long; 1 where nothing was refused.

    Raises:
        KeyError: the server keeps no bucket with that bound.
    """
    total = max(buckets.values(), default=0.0)
    return buckets[milliseconds] / total if total else 1.0
