"""The simulator against queues whose answer is known, and the policies on it."""

import pytest

from loadtests.micro.scaling.__main__ import poisson, traffics
from loadtests.micro.scaling.simulator import (
    Arrival,
    Setting,
    ongoing_requests,
    queue_time,
    simulate,
)
from speech.scaling import Speed, Target


def setting(**more: float) -> Setting:
    usual: dict[str, float] = {"full_batch": 1, "start_up": 4.0, "largest": 8}
    speed = Speed(fixed=0.0, per_second=0.01, full=4.0)
    return Setting(speed=speed, **usual | more)  # type: ignore[arg-type]


def even(rate: float, seconds: float, audio: float = 4.0) -> list[Arrival]:
    return [Arrival(moment=i / rate, audio=audio) for i in range(int(rate * seconds))]


def test_arrivals_that_never_meet_never_wait() -> None:
    outcome = simulate(even(20, 10), setting(), queue_time(Target(), 8))
    assert max(outcome.waits) == 0.0
    assert len(outcome.waits) == 200


def test_the_wait_is_that_of_one_server_with_constant_service() -> None:
    # M/D/1 at a load of 0.6 and 40 ms: 0.6 * 40 / (2 * 0.4) = 30 ms in the mean.
    arrivals = [Arrival(moment=a.moment, audio=4.0) for a in poisson(lambda _: 15.0, 2000.0, 3)]
    fixed = setting(largest=1)
    outcome = simulate(arrivals, fixed, queue_time(Target(), 1))
    assert sum(outcome.waits) / len(outcome.waits) == pytest.approx(0.030, rel=0.15)


def test_a_batch_takes_in_what_came_while_the_last_one_ran() -> None:
    batching = Setting(
        speed=Speed(fixed=0.1, per_second=0.0, full=64.0), full_batch=16, start_up=1.0, largest=1
    )
    outcome = simulate(even(100, 20), batching, queue_time(Target(), 1))
    assert max(outcome.waits) <= 0.11
    one_by_one = Setting(speed=batching.speed, full_batch=1, start_up=1.0, largest=1)
    assert max(simulate(even(100, 20), one_by_one, queue_time(Target(), 1)).waits) > 10.0


def test_every_phrase_is_spoken_also_when_replicas_go() -> None:
    arrivals = list(poisson(traffics(120.0)["burst"], 120.0, 5))
    outcome = simulate(arrivals, setting(downscale_delay=5.0), queue_time(Target(), 8))
    assert len(outcome.waits) == len(arrivals)
    counts = [count for _, count in outcome.history]
    assert max(counts) > counts[-1] >= 1


def test_ours_holds_the_target_under_constant_load_without_turning() -> None:
    arrivals = list(poisson(traffics(300.0)["constant"], 300.0, 7))
    outcome = simulate(arrivals, setting(), queue_time(Target(wait=0.05), 8))
    settled = sorted(outcome.waits[len(arrivals) // 3 :])
    assert sum(settled) / len(settled) <= 0.05
    assert outcome.turns <= 1


def test_a_step_is_answered_within_seconds_of_the_start_up() -> None:
    arrivals = even(10, 60) + [Arrival(moment=60 + a.moment, audio=a.audio) for a in even(80, 60)]
    outcome = simulate(arrivals, setting(), queue_time(Target(), 8))
    grown = next(moment for moment, count in outcome.history if count >= 4)
    assert 60.0 < grown < 63.0
    assert max(outcome.waits[-800:]) < 0.2


def test_rays_policy_counts_requests() -> None:
    calm = simulate(even(20, 60), setting(), ongoing_requests(2.0))
    assert max(count for _, count in calm.history) == 1
    loaded = simulate(even(90, 60), setting(), ongoing_requests(2.0))
    assert max(count for _, count in loaded.history) > 3
