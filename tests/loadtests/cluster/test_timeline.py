"""What is made of requests, looks and events on one clock."""

import pytest

from loadtests.cluster.timeline import (
    Event,
    bins,
    in_flight,
    queueing,
    queueing_p95,
    scaling,
    turns,
)
from loadtests.cluster.watch import Look, Stage, read
from loadtests.records import Row

STAGE = "Synthesizer"


def row(due: float, *, waited: float = 0.01, failure: str = "", seconds: float = 0.2) -> Row:
    graph = 1000 * (waited + 0.11)
    return Row(
        due=due,
        late=0.0,
        seconds=seconds,
        step=0,
        status=0 if failure else 200,
        cache="miss",
        timing=f"normalize;dur=5, cache;dur=4, queue;dur=1, synthesize;dur=100, encode;dur=6, "
        f"graph;dur={graph}",
        format="wav",
        size=1,
        failure=failure,
    )


def seen(moment: float, target: int, running: int) -> Look:
    stage = Stage(target=target, running=running, status="HEALTHY")
    return Look(moment=moment, status="RUNNING", message="", stages={STAGE: stage}, proxies=3)


def test_queueing_is_what_nobody_worked_in() -> None:
    assert queueing(row(0.0, waited=0.25)) == pytest.approx(0.25)
    assert queueing(row(0.0, failure="status 503")) is None
    # Hops overlap with work in a stream; less than nothing is nothing.
    assert queueing(row(0.0, waited=-0.05)) == 0.0


def test_few_replies_have_no_percentile() -> None:
    assert queueing_p95([row(0.0)] * 4) is None
    assert queueing_p95([row(0.0, waited=0.3)] * 5) == pytest.approx(0.3)


def test_bins_hold_what_was_due_in_them() -> None:
    rows = [row(100.0 + 0.5 * number) for number in range(20)]
    rows[-1] = row(109.5, failure="status 503")
    looks = [seen(101.0, 3, 1), seen(104.0, 2, 2), seen(106.0, 2, 2)]
    events = [Event(moment=107.0, what="worker lost")]
    first, second = bins(rows, looks, events, stage=STAGE, began=100.0, width=5.0)
    assert (first.begins, first.rate, first.failures, first.events) == (0.0, 2.0, 0, ())
    assert (first.target, first.running) == (3, 2)
    assert (second.begins, second.rate, second.failures) == (5.0, 2.0, 1)
    assert second.events == ("worker lost",)
    assert second.latency_p95 == pytest.approx(0.2)


def test_a_stretch_in_which_nobody_could_tell() -> None:
    (only,) = bins([row(1.0)], [], [], stage=STAGE, began=0.0, width=5.0)
    assert (only.target, only.running, only.queueing_p95, only.latency_p95) == (None,) * 4


def test_a_step_is_followed_up_and_down() -> None:
    looks = [
        *(seen(float(moment), 1, 1) for moment in range(10)),
        seen(11.5, 3, 1),
        seen(13.0, 5, 1),
        seen(18.0, 5, 4),
        seen(20.0, 5, 5),
        seen(45.0, 5, 5),
        seen(60.0, 1, 3),
        seen(62.0, 1, 1),
    ]
    # 40 a second; from 24 s on the queue is short.
    rows = [row(10.0 + number / 40, waited=2.0 if number < 560 else 0.05) for number in range(1600)]
    found = scaling(rows, looks, stage=STAGE, up=10.0, down=50.0, least=1, target=0.2)
    assert found.noticed == pytest.approx(1.5)
    assert found.wanted == 5
    assert found.ready == pytest.approx(10.0)
    assert (found.calm, found.above) == (pytest.approx(5.0), 0)
    assert found.turns == 1
    assert found.least == pytest.approx(12.0)


def test_a_step_that_nothing_follows() -> None:
    looks = [seen(float(moment), 1, 1) for moment in range(60)]
    found = scaling([], looks, stage=STAGE, up=10.0, down=50.0, least=1, target=0.2)
    assert (found.noticed, found.ready, found.calm, found.turns) == (None, None, None, 0)
    assert found.least == 0.0


def test_queueing_that_never_calms_or_comes_back() -> None:
    looks = [seen(0.0, 1, 1), seen(11.0, 2, 1), seen(12.0, 2, 2)]
    late = [row(10.0 + number / 10, waited=0.5) for number in range(400)]
    found = scaling(late, looks, stage=STAGE, up=10.0, down=50.0, least=1, target=0.2)
    assert (found.calm, found.above) == (None, 0)
    assert found.least is None
    # One calm window between others is chance, and calm that ends is counted.
    once = [row(item.due, waited=0.0 if 22 <= item.due < 27 else 0.5) for item in late]
    assert scaling(once, looks, stage=STAGE, up=10.0, down=50.0, least=1, target=0.2).calm is None
    rises = [row(item.due, waited=0.5 if item.due >= 40 else 0.0) for item in late]
    found = scaling(rises, looks, stage=STAGE, up=10.0, down=50.0, least=1, target=0.2)
    assert (found.calm, found.above) == (0.0, 2)


@pytest.mark.parametrize(
    ("targets", "count"),
    [([1], 0), ([1, 1, 4, 6, 6], 0), ([1, 6, 5, 1], 1), ([1, 6, 5, 6, 1], 3)],
)
def test_direction_changes(targets: list[int], count: int) -> None:
    assert turns(targets) == count


def test_in_flight_are_those_between_asking_and_answer() -> None:
    rows = [row(1.0, seconds=0.5), row(1.4, seconds=3.0), row(2.0, seconds=0.1)]
    assert in_flight(rows, 1.6) == [rows[1]]


def test_what_the_dashboard_tells() -> None:
    told = {
        "applications": {
            "chorale": {
                "status": "RUNNING",
                "message": "",
                "deployments": {
                    STAGE: {
                        "target_num_replicas": 2,
                        "status": "UPSCALING",
                        "replicas": [{"state": "RUNNING"}, {"state": "STARTING"}],
                    }
                },
            }
        },
        "proxies": {"a": {"status": "HEALTHY"}, "b": {"status": "STARTING"}},
    }
    look = read(told, 5.0)
    assert look.stages[STAGE] == Stage(target=2, running=1, status="UPSCALING")
    assert look.proxies == 1
    assert not look.settled
    told["applications"]["chorale"]["deployments"][STAGE]["status"] = "HEALTHY"  # type: ignore[index]
    assert read(told, 5.0).settled
    assert not read({"applications": {}, "proxies": {}}, 5.0).settled
