import itertools
import math
from typing import Any

import pytest

from loadtests.arrivals import schedule, step_at
from loadtests.config import Plan, Step, Workloads

WORKLOADS = Workloads.load()


def plan(*steps: Step, **changes: Any) -> Plan:
    return Plan(workload="unique", workloads=WORKLOADS, steps=steps, **changes)


def test_constant_arrivals_are_a_metronome_that_does_not_drift() -> None:
    due = [a.due for a in schedule(plan(Step(seconds=300, rate=30), arrivals="constant"))]
    assert len(due) == 9000
    assert due[0] == 0
    assert all(math.isclose(moment, index / 30) for index, moment in enumerate(due))


def test_poisson_arrivals_come_at_their_rate_and_independently() -> None:
    due = [a.due for a in schedule(plan(Step(seconds=500, rate=40)))]
    # The count is Poisson: five standard deviations; the draws are the same in every run.
    assert abs(len(due) - 20_000) < 5 * math.sqrt(20_000)
    gaps = [b - a for a, b in itertools.pairwise(due)]
    mean = math.fsum(gaps) / len(gaps)
    deviation = math.sqrt(math.fsum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    # An exponential distribution's deviation is its mean.
    assert abs(mean - 1 / 40) < 0.002
    assert abs(deviation / mean - 1) < 0.05
    assert min(gaps) >= 0


def test_steps_follow_each_other_at_their_own_rates() -> None:
    steps = (Step(seconds=20, rate=10), Step(seconds=10, rate=100), Step(seconds=20, rate=10))
    arrivals = list(schedule(plan(*steps, arrivals="constant")))
    assert [sum(a.step == index for a in arrivals) for index in range(3)] == [200, 1000, 200]
    assert all(20 <= a.due < 30 for a in arrivals if a.step == 1)
    assert [a.due for a in arrivals] == sorted(a.due for a in arrivals)


def test_a_round_has_arrivals_of_its_own() -> None:
    steady = Step(seconds=10, rate=20)
    first = list(schedule(plan(steady)))
    assert first == list(schedule(plan(steady)))
    assert first != list(schedule(plan(steady, round=2)))
    assert first != list(schedule(plan(steady, seed=2)))


def test_a_closed_loop_has_no_schedule() -> None:
    with pytest.raises(ValueError, match="closed loop"):
        next(schedule(plan(Step(seconds=1, users=3))))


@pytest.mark.parametrize(
    ("moment", "step"), [(0, 0), (1.9, 0), (2.0, 1), (4.9, 1), (5.0, None), (99, None)]
)
def test_a_moment_belongs_to_a_step(moment: float, step: int | None) -> None:
    assert step_at(plan(Step(seconds=2, users=1), Step(seconds=3, users=2)), moment) == step
