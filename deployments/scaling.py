"""Serve's autoscaling policies of this graph: see `speech.scaling` for what they decide."""

from collections.abc import Mapping, Sequence
from typing import Any

from speech.scaling import METRICS, Target, combined, replicas_for, replicas_for_busy


class QueueTimePolicy:
    """Called by Serve's controller ten times a second, so it may not block.

    Bounds and delays are Serve's to apply.
    """

    def __init__(self, **target: float) -> None:
        """Takes the fields of `Target`."""
        self._target = Target(**target)

    def __call__(self, context: Any) -> tuple[int, dict[str, Any]]:
        """Replicas wanted, and nothing to remember. Without metrics nothing changes."""
        now = len(context.running_replicas)
        found = _latest(context.aggregated_metrics or {}, context.running_replicas)
        queued = max(0.0, context.total_queued_requests or 0.0)
        if not found:
            least = 1 if queued else 0
            return max(int(context.target_num_replicas), least), {}
        demand, speed = combined(found, queued=queued)
        if speed is None:
            # None of them has spoken yet, as when those that had are gone.
            asleep = demand.nothing and not queued
            return 0 if asleep else max(int(context.target_num_replicas), 1), {}
        most = int(context.capacity_adjusted_max_replicas)
        return replicas_for(demand, speed, self._target, now=now, most=most), {}


class BusyPolicy:
    """For stages around the engines: as many replicas as their own work keeps busy.

    Serve's own count of requests under way holds those that only wait for an engine.
    """

    def __init__(self, *, cores: float) -> None:
        """Takes what one replica keeps busy at most, in cores."""
        self._cores = cores

    def __call__(self, context: Any) -> tuple[int, dict[str, Any]]:
        """Replicas wanted, and nothing to remember. Without metrics nothing changes."""
        running = context.running_replicas
        found = _latest(context.aggregated_metrics or {}, running, ("busy",))
        if not found:
            least = 1 if context.total_queued_requests else 0
            return max(int(context.target_num_replicas), least), {}
        busy = sum(report["busy"] for report in found)
        return replicas_for_busy(busy, self._cores, now=len(running)), {}


def _latest(
    metrics: Mapping[str, Mapping[Any, float]],
    replicas: Sequence[Any],
    names: Sequence[str] = METRICS,
) -> list[dict[str, float]]:
    """The reports of replicas that have sent every metric."""
    return [
        {name: float(metrics[name][replica]) for name in names}
        for replica in replicas
        if all(replica in metrics.get(name, {}) for name in names)
    ]
