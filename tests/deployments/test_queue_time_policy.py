"""The policy as Serve's controller calls it."""

from types import SimpleNamespace
from typing import Any

import pytest

from deployments.scaling import BusyPolicy, QueueTimePolicy
from speech.scaling import METRICS


def report(**values: float) -> dict[str, float]:
    usual = {"arriving": 10.0, "waiting": 0.0, "phrase": 4.0, "fixed": 0.0}
    return usual | {"per_second": 0.01, "full": 40.0} | values


def context(reports: dict[str, dict[str, float]], **more: Any) -> Any:
    metrics = {name: {key: value[name] for key, value in reports.items()} for name in METRICS}
    usual = {
        "running_replicas": ["a", "b"],
        "aggregated_metrics": metrics,
        "total_queued_requests": 0.0,
        "target_num_replicas": 2,
        "capacity_adjusted_max_replicas": 8,
    }
    return SimpleNamespace(**usual | more)


def test_the_policy_follows_the_reports() -> None:
    policy = QueueTimePolicy(wait=0.05)
    both = {"a": report(arriving=200.0), "b": report(arriving=200.0)}
    assert policy(context(both))[0] == 7
    assert policy(context(both, capacity_adjusted_max_replicas=3))[0] == 3
    assert policy(context(both, total_queued_requests=500.0))[0] == 8


def test_without_metrics_nothing_changes() -> None:
    policy = QueueTimePolicy()
    assert policy(context({}))[0] == 2
    assert policy(context({}, aggregated_metrics=None))[0] == 2
    asleep = context({}, running_replicas=[], target_num_replicas=0, total_queued_requests=3.0)
    assert policy(asleep)[0] == 1


def test_replicas_that_never_spoke_go_when_nobody_asks() -> None:
    """They are left when others that had spoken were taken away."""
    policy = QueueTimePolicy()
    silent = {"per_second": 0.0, "phrase": 0.0, "full": 0.0}
    idle = {"a": report(arriving=0.0, **silent), "b": report(arriving=0.0, **silent)}
    assert policy(context(idle))[0] == 0
    assert policy(context(idle, total_queued_requests=1.0))[0] == 2
    asked = idle | {"a": report(arriving=1.0, **silent)}
    assert policy(context(asked))[0] == 2
    waiting = idle | {"a": report(arriving=0.0, waiting=2.0, **silent)}
    assert policy(context(waiting))[0] == 2


def test_a_target_must_make_sense() -> None:
    with pytest.raises(ValueError, match="wait"):
        QueueTimePolicy(wait=0.0)
    with pytest.raises(ValueError, match="latency"):
        QueueTimePolicy(latency=1.0)


def test_other_stages_follow_the_work_they_do() -> None:
    policy = BusyPolicy(cores=0.6)
    reports = {"busy": {"a": 0.5, "b": 0.9, "gone": 9.0}}
    assert policy(context({}, aggregated_metrics=reports))[0] == 3
    # Requests that only wait for an engine are no work.
    calm = {"busy": {"a": 0.1, "b": 0.1}}
    assert policy(context({}, aggregated_metrics=calm, total_queued_requests=500.0))[0] == 1
    assert policy(context({}, aggregated_metrics={}))[0] == 2
    asleep = context({}, running_replicas=[], target_num_replicas=0, total_queued_requests=3.0)
    assert policy(asleep)[0] == 1
