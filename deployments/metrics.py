"""The metrics of `speech.telemetry`, exported by Ray."""

from functools import cache
from typing import Any

from ray.serve.metrics import Counter, Gauge, Histogram

from speech import espeak, telemetry
from speech.telemetry import Metric


@cache
def _instrument(metric: Metric) -> Any:
    if metric.kind == "counter":
        return Counter(metric.name, description=metric.help, tag_keys=metric.labels)
    if metric.kind == "gauge":
        return Gauge(metric.name, description=metric.help, tag_keys=metric.labels)
    return Histogram(
        metric.name,
        description=metric.help,
        boundaries=list(metric.buckets),
        tag_keys=metric.labels,
    )


def count(metric: Metric, amount: float = 1.0, **labels: str) -> None:
    """Add to a counter; nothing happens for an amount of zero."""
    if amount > 0:
        _instrument(metric).inc(amount, tags=labels)


def set_gauge(metric: Metric, value: float, **labels: str) -> None:
    """Set a gauge."""
    _instrument(metric).set(value, tags=labels)


def observe(metric: Metric, value: float, **labels: str) -> None:
    """Record one value of a histogram."""
    _instrument(metric).observe(value, tags=labels)


def report_espeak() -> None:
    """Report espeak-ng's processes, where there are any.

    Raises:
        ConfigError: none can be started.
    """
    if (state := espeak.state()) is None:
        return
    set_gauge(telemetry.ESPEAK_PROCESSES, state.running)
    for cause, ended in state.deaths.items():
        count(telemetry.ESPEAK_DEATHS, ended, cause=cause)
    if state.failure is not None:
        raise state.failure
