"""What the cluster's demonstration allows, and what it does not."""

from typing import Any

import pytest

from loadtests.cluster.timeline import Scaling
from loadtests.cluster.verdict import (
    REDIS,
    Asleep,
    Change,
    Kept,
    change_check,
    kept_checks,
    scaling_checks,
    sleep_check,
    told_kept,
    told_scaling,
)
from loadtests.records import Row

FINE = {
    "noticed": 2.9,
    "wanted": 6,
    "ready": 12.0,
    "calm": 9.0,
    "above": 1,
    "turns": 1,
    "least": 14.0,
}


def row(failure: str = "") -> Row:
    return Row(
        due=1.0,
        late=0.0,
        seconds=0.1,
        step=0,
        status=200,
        cache="miss",
        timing="",
        format="wav",
        size=1,
        failure=failure,
    )


@pytest.mark.parametrize(
    ("changes", "failure", "broken"),
    [
        ({}, "", ""),
        ({"noticed": 3.1}, "", "more replicas are wanted"),
        ({"noticed": None}, "", "more replicas are wanted"),
        ({"calm": 10.5}, "", "calm queueing"),
        ({"calm": None}, "", "calm queueing"),
        ({"turns": 2}, "", "changes of direction"),
        ({"least": None}, "", "back to the minimum"),
        ({}, "status 503", "requests failed"),
    ],
)
def test_a_step_must_be_followed(changes: dict[str, Any], failure: str, broken: str) -> None:
    found = Scaling(**{**FINE, **changes})
    names = [check.name for check in scaling_checks(found, [row(), row(failure)]) if not check.kept]
    assert len(names) == bool(broken)
    assert all(broken in name for name in names)
    assert ("never" in told_scaling(found)) == (None in changes.values())


@pytest.mark.parametrize(
    ("what", "in_flight", "later", "kept"),
    [
        ("worker lost", 3, 0, True),
        ("worker lost", 0, 1, False),
        ("worker added", 0, 0, True),
        ("worker added", 1, 0, False),
        ("worker drained, another added", 1, 0, False),
    ],
)
def test_only_a_lost_node_may_take_what_it_had_in_hand(
    what: str, in_flight: int, later: int, kept: bool
) -> None:
    change = Change(
        what=what,
        seconds=5.0,
        requests=700,
        in_flight=4,
        failed_in_flight=in_flight,
        failed_later=later,
        first_failure="",
    )
    assert change_check(change).kept is kept


def test_what_caches_must_keep() -> None:
    alone = Kept(tier="no second tier", replies=60, elsewhere=60, afterwards=0)
    assert [check.kept for check in kept_checks(alone)] == [True]
    shared = Kept(tier=REDIS, replies=60, elsewhere=59, afterwards=58)
    assert [check.value for check in kept_checks(shared)] == [1, 2]
    assert "58 after" in told_kept(shared)


def test_a_sleeping_engine_must_wake_in_time() -> None:
    assert sleep_check(Asleep(slept=27.0, woken=3.0)).kept
    assert not sleep_check(Asleep(slept=27.0, woken=31.0)).kept
