import math

import pytest

from loadtests.drift import Drift, drifts
from loadtests.processes import Held, Look


def held(pid: int, pss: float, kind: str = "Gateway") -> Held:
    return Held(pid=pid, kind=kind, pss=pss, rss=2 * pss)


def looks(*moments: tuple[float, list[Held]]) -> list[Look]:
    return [Look(moment=100 + moment, held=tuple(items)) for moment, items in moments]


def only(found: tuple[Drift, ...], pid: int) -> Drift:
    (one,) = [item for item in found if item.pid == pid]
    return one


def test_growth_before_the_moment_does_not_count() -> None:
    found = drifts(
        looks(
            (0, [held(1, 10)]), (60, [held(1, 100)]), (120, [held(1, 102)]), (180, [held(1, 98)])
        ),
        since=60,
    )
    assert (found[0].pss, found[0].last, found[0].rss) == (100, 98, 196)
    assert math.isclose(abs(found[0].largest), 0.02)


def test_a_peak_in_between_counts_with_its_sign() -> None:
    at = [(0, 100.0), (10, 140.0), (20, 101.0)]
    found = drifts(looks(*((moment, [held(1, pss)]) for moment, pss in at)), since=0)
    assert math.isclose(found[0].largest, 0.4)
    at = [(0, 100.0), (10, 50.0), (20, 120.0)]
    found = drifts(looks(*((moment, [held(1, pss)]) for moment, pss in at)), since=0)
    assert math.isclose(found[0].largest, -0.5)


def test_every_process_is_set_against_itself() -> None:
    found = drifts(
        looks((0, [held(1, 100), held(2, 10)]), (10, [held(1, 100), held(2, 12)])), since=0
    )
    assert only(found, 1).largest == 0
    assert math.isclose(only(found, 2).largest, 0.2)


def test_a_process_that_was_not_always_there_is_told_apart() -> None:
    found = drifts(
        looks((0, [held(1, 10)]), (10, [held(1, 10), held(2, 5)]), (20, [held(2, 9)])), since=0
    )
    assert [item.came_or_went for item in found] == [True, True]
    assert [item.largest for item in found] == [0, 0]


@pytest.mark.parametrize("seen", [[], looks((0, []), (5, []))])
def test_too_short_a_run_is_an_error(seen: list[Look]) -> None:
    with pytest.raises(ValueError, match="so late"):
        drifts(seen, since=60)
