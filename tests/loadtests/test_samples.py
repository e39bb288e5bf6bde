import math
import random

import pytest

from loadtests.samples import Summary, percentile, percentile_interval, server_timing


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 1.0), (50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0)]
)
def test_percentile_of_a_hundred_is_the_rank(percent: float, expected: float) -> None:
    assert percentile([float(value) for value in range(1, 101)], percent) == expected


def test_percentile_is_always_one_of_the_measurements() -> None:
    ordered = [1.0, 2.0, 10.0]
    assert percentile(ordered, 50) == 2.0
    assert percentile(ordered, 67) == 10.0
    assert percentile([7.0], 1) == percentile([7.0], 99) == 7.0


@pytest.mark.parametrize("percent", [50, 95, 99])
@pytest.mark.parametrize("count", [1, 2, 7, 100, 101, 999])
def test_percentile_is_the_least_value_with_enough_below(count: int, percent: float) -> None:
    ordered = [float(value) for value in range(count)]
    found = percentile(ordered, percent)
    shares = {value: (rank + 1) / count for rank, value in enumerate(ordered)}
    assert shares[found] >= percent / 100
    assert all(shares[value] < percent / 100 for value in ordered if value < found)


@pytest.mark.parametrize(("ordered", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_percentile_of_nothing_is_an_error(ordered: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(ordered, percent)


def test_summary_sorts_and_counts_in_milliseconds() -> None:
    summary = Summary.of([0.003, 0.001, 0.002])
    assert (summary.count, summary.p50, summary.p95, summary.p99) == (3, 2.0, 3.0, 3.0)
    assert math.isclose(summary.mean, 2.0)


def test_summary_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Summary.of([])


def test_server_timing_as_the_gateway_writes_it() -> None:
    stages = server_timing("normalize;dur=2.50, queue;dur=0.01, synthesize;dur=40.00")
    assert list(stages) == ["normalize", "queue", "synthesize"]
    assert math.isclose(stages["normalize"], 0.0025)
    assert math.isclose(stages["synthesize"], 0.04)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", {}),
        ("miss", {"miss": 0.0}),
        ('db;desc="a store";dur=1', {"db": 0.001}),
        ('a;dur="2"', {"a": 0.002}),
        ("a;dur=1,a;dur=2", {"a": 0.003}),
        (" a ; dur=1 , b;dur=0 ", {"a": 0.001, "b": 0.0}),
    ],
)
def test_server_timing_in_other_forms(header: str, expected: dict[str, float]) -> None:
    stages = server_timing(header)
    assert list(stages) == list(expected)
    assert all(math.isclose(stages[name], expected[name]) for name in expected)


@pytest.mark.parametrize("count", [40, 400, 4000])
def test_the_interval_of_a_percentile_holds_it_about_as_often_as_it_says(count: int) -> None:
    draw = random.Random(count)
    held = 0
    for _ in range(400):
        ordered = sorted(draw.random() for _ in range(count))
        low, high = percentile_interval(ordered, 95)
        held += low <= 0.95 <= high
    assert held / 400 > 0.92 if count > 40 else held / 400 > 0.85


def test_the_interval_holds_the_percentile_itself_and_narrows() -> None:
    small, large = ([float(value) for value in range(count)] for count in (100, 10_000))
    for ordered in (small, large):
        low, high = percentile_interval(ordered, 95)
        assert low <= percentile(ordered, 95) <= high
    width = [high - low for low, high in (percentile_interval(o, 95) for o in (small, large))]
    assert width[1] / 10_000 < width[0] / 100 / 5
