"""The search on simulated servers whose limit is known."""

import math
import random
from collections.abc import Callable

import pytest

from loadtests.search import highest_rate


def limited(truth: float) -> Callable[[float], bool]:
    return lambda rate: rate <= truth


@pytest.mark.parametrize("truth", [0.3, 1.0, 7.9, 8.0, 8.1, 40.0, 333.0])
@pytest.mark.parametrize("start", [0.5, 8.0, 100.0])
@pytest.mark.parametrize("precision", [0.25, 0.05])
def test_a_sharp_limit_is_found_to_the_precision(
    truth: float, start: float, precision: float
) -> None:
    found = highest_rate(limited(truth), start=start, precision=precision)
    assert found.failed is not None
    assert found.held <= truth < found.failed
    assert found.failed <= found.held * (1 + precision) * 1.000_001
    assert found.uncertainty is not None
    assert found.uncertainty <= precision * 1.000_001
    assert len(found.tried) < 20


def test_a_queue_grows_without_bound_above_its_service_rate() -> None:
    """M/M/1 has the P95 sojourn time ln(20) / (service - arrival rate): 150 ms at 20.03/s of 40."""
    service, limit = 40.0, 0.15

    def holds(rate: float) -> bool:
        return rate < service and math.log(20) / (service - rate) < limit

    truth = service - math.log(20) / limit
    found = highest_rate(holds, start=4, precision=0.05)
    assert found.held <= truth <= found.held * 1.05


def test_chance_near_the_limit_leaves_the_answer_near_it() -> None:
    draw = random.Random(5)
    answers = []
    for _ in range(200):
        # The chance to hold falls from 1 to 0 within 10 % around 20.
        found = highest_rate(
            lambda rate: draw.random() < min(1, max(0, (21 - rate) / 2)), start=5, precision=0.05
        )
        answers.append(found.held)
    assert all(18 <= answer <= 21 for answer in answers)


def test_a_server_that_never_holds_has_no_rate() -> None:
    found = highest_rate(lambda _: False, start=8, precision=0.1, lowest=1)
    assert (found.held, found.failed, found.uncertainty) == (0.0, 1.0, None)
    assert [item.rate for item in found.tried] == [8, 4, 2, 1]


def test_a_server_that_always_holds_has_no_upper_end() -> None:
    found = highest_rate(lambda _: True, start=8, precision=0.1, highest=30)
    assert (found.held, found.failed, found.uncertainty) == (30.0, None, None)


@pytest.mark.parametrize(("start", "precision"), [(0.1, 0.1), (9999, 0.1), (8, 0)])
def test_impossible_searches_are_errors(start: float, precision: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        highest_rate(lambda _: True, start=start, precision=precision)
