"""When requests of an open loop are due: a schedule that knows nothing of the replies.

A closed loop slows down with the server and so hides its worst moments ("coordinated omission").
Here the next request is due whether or not the last one was answered, and latency counts from the
moment it was due.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.config import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request of the schedule."""

    due: float
    """Seconds from the beginning of the first step."""
    step: int
    """Index of the step it belongs to."""


def schedule(plan: Plan) -> Iterator[Arrival]:
    """The arrivals of an open loop in order.

    `constant` arrivals are 1 / rate apart and the first is due at once; `poisson` arrivals are
    apart by exponentially distributed times of the same mean.

    Raises:
        ValueError: the plan is a closed loop.
    """
    draw = random.Random(f"arrivals {plan.workload} {plan.seed} {plan.round}")
    begin = 0.0
    for index, step in enumerate(plan.steps):
        if step.rate is None:
            raise ValueError("a closed loop has no schedule")
        offset, number = 0.0, 0
        if plan.arrivals == "poisson":
            offset = draw.expovariate(step.rate)
        while offset < step.seconds:
            yield Arrival(due=begin + offset, step=index)
            number += 1
            # Multiplied, not summed up: sums drift.
            offset = (
                number / step.rate
                if plan.arrivals == "constant"
                else offset + draw.expovariate(step.rate)
            )
        begin += step.seconds


def step_at(plan: Plan, seconds: float) -> int | None:
    """Index of the step a moment belongs to; None after the last."""
    for index, step in enumerate(plan.steps):
        if seconds < step.seconds:
            return index
        seconds -= step.seconds
    return None
