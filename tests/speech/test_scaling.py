"""The number of replicas: waits, backlogs, hysteresis, and what replicas report."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.engine_load import EngineLoad
from speech.scaling import (
    Demand,
    Speed,
    Target,
    combined,
    expected_wait,
    replicas_for,
    replicas_for_busy,
)

CPU = Speed(fixed=0.0, per_second=0.01, full=40.0)
GPU = Speed(fixed=0.02, per_second=0.0005, full=40.0)
TARGET = Target(wait=0.05, share=0.75, drain=2.0, margin=1.2)


def demand(arriving: float, waiting: float = 0.0) -> Demand:
    return Demand(arriving=arriving, waiting=waiting, phrase=4.0)


def test_one_phrase_a_batch_waits_as_in_a_queue_of_constant_service() -> None:
    # Service 40 ms, load 0.5: M/D/1 waits u S / 2(1 - u) = 20 ms, behind u S / 2 = 10 ms.
    assert expected_wait(50.0, 4.0, CPU) == pytest.approx(0.030)


def test_nobody_waits_where_nothing_comes_and_for_ever_where_too_much_does() -> None:
    assert expected_wait(0.0, 4.0, CPU) == 0.0
    assert expected_wait(100.0, 4.0, CPU) == math.inf
    assert expected_wait(99.0, 4.0, CPU) > 1.0


def test_a_batching_engine_bears_more_than_one_phrase_at_a_time() -> None:
    # Alone a phrase takes 22 ms: 182 audio seconds a second. Batches bear 1,000.
    assert expected_wait(400.0, 4.0, GPU) < 0.05
    assert GPU.throughput == pytest.approx(1000.0)


@pytest.mark.parametrize("speed", [CPU, GPU])
def test_more_load_never_wants_fewer_replicas(speed: Speed) -> None:
    counts = [replicas_for(demand(rate), speed, TARGET, now=0) for rate in range(0, 3000, 50)]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] > counts[1] >= 1


@given(st.floats(0.1, 500.0), st.floats(0.0, 0.1), st.floats(1e-4, 0.05), st.integers(1, 16))
def test_what_it_asks_for_meets_the_target(
    rate: float, fixed: float, per_second: float, phrases: int
) -> None:
    speed = Speed(fixed=fixed, per_second=per_second, full=phrases * 4.0)
    count = replicas_for(demand(rate), speed, TARGET, now=0, most=500)
    if count == 500:
        return
    assert rate / count <= speed.throughput * TARGET.share * 1.001
    idle = rate / count * (fixed + per_second * 4.0) / 4.0 < 0.05
    assert idle or expected_wait(rate / count, 4.0, speed) <= TARGET.wait


def test_a_queue_that_is_too_long_is_drained() -> None:
    calm = replicas_for(demand(50.0), CPU, TARGET, now=1)
    queued = replicas_for(demand(50.0, waiting=400.0), CPU, TARGET, now=1)
    assert calm == 1
    # 50 arrive and 200 a second are to be worked off, 75 by each: four replicas.
    assert queued == 4


def test_a_short_queue_is_no_reason() -> None:
    assert replicas_for(demand(50.0, waiting=4.0), CPU, TARGET, now=1) == 1


def test_a_replica_is_given_back_only_with_room_to_spare() -> None:
    # One replica bears 74, but not 1.2 times as much.
    assert replicas_for(demand(62.0), CPU, TARGET, now=0) == 1
    assert replicas_for(demand(62.0), CPU, TARGET, now=2) == 2
    assert replicas_for(demand(40.0), CPU, TARGET, now=2) == 1


def test_constant_load_settles() -> None:
    for rate in range(1, 400, 7):
        now = 5
        seen = [now := replicas_for(demand(float(rate)), CPU, TARGET, now=now) for _ in range(4)]
        assert len(set(seen[1:])) == 1


def report(**values: float) -> dict[str, float]:
    usual = {"arriving": 10.0, "waiting": 0.0, "phrase": 4.0, "fixed": 0.0}
    return usual | {"per_second": 0.01, "full": 40.0} | values


def test_reports_are_added_and_speeds_averaged() -> None:
    found, speed = combined([report(), report(arriving=30.0, per_second=0.03)], queued=2.0)
    assert found == Demand(arriving=40.0, waiting=8.0, phrase=4.0)
    assert speed == Speed(fixed=0.0, per_second=0.02, full=40.0)


def test_a_replica_that_has_not_spoken_says_nothing_of_speed() -> None:
    fresh = report(arriving=5.0, phrase=0.0, per_second=0.0, full=0.0)
    found, speed = combined([report(), fresh], queued=0.0)
    assert found.arriving == 15.0
    assert speed == Speed(fixed=0.0, per_second=0.01, full=40.0)
    assert combined([fresh], queued=0.0)[1] is None


@pytest.mark.parametrize(
    ("busy", "now", "wanted"),
    [(0.0, 1, 1), (0.5, 1, 1), (0.7, 1, 2), (0.55, 2, 2), (0.45, 2, 1), (1.9, 2, 4), (0.0, 3, 1)],
)
def test_replicas_by_what_they_keep_busy(busy: float, now: int, wanted: int) -> None:
    assert replicas_for_busy(busy, 0.6, now=now) == wanted


def test_what_is_left_of_the_last_phrase_keeps_nobody_awake() -> None:
    load = EngineLoad(Clock())
    load.spoke(characters=50, phrases=1, largest=1, audio=3.0, seconds=0.1)
    load.arrived(50)
    asleep = []
    for _ in range(30):
        found, speed = combined([load.stats(0.0)], queued=0.0)
        assert speed is not None
        asleep.append(replicas_for(found, speed, TARGET, now=1) == 0)
    assert not asleep[5]
    assert asleep[-1]
    assert asleep == sorted(asleep)


class Clock:
    """A second passes with each look."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now
