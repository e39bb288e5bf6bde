"""Refusals as a server counts them, and when it is all over."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests import refusals
from loadtests.config import ConfigurationError
from loadtests.limits import Limits
from loadtests.overload import checks_of, is_refusal, normal_after, read_goodput
from loadtests.records import Row
from loadtests.samples import Summary

LIMITS = Limits.load().overload
GOOD = Row(
    due=0.0,
    late=0.0,
    seconds=0.05,
    step=0,
    status=200,
    cache="miss",
    timing="",
    format="mp3",
    size=1,
    failure="",
)


def rows(*parts: tuple[float, float, float]) -> list[Row]:
    """Ten requests a second: from, to, seconds each."""
    return [
        replace(GOOD, due=tenth / 10, seconds=seconds)
        for begin, end, seconds in parts
        for tenth in range(round(10 * begin), round(10 * end))
    ]


def test_it_is_normal_at_once_where_nothing_stayed_slow() -> None:
    assert normal_after(rows((0, 10, 9.0), (10, 30, 0.05)), 10, 0.15) == 0


def test_it_is_normal_when_the_slow_ones_are_past() -> None:
    # From 3.5 s on half a second of the next five is slow, a tenth, and 2 % of all that follows.
    after = normal_after(rows((0, 10, 9.0), (10, 14, 0.5), (14, 34, 0.05)), 10, 0.15)
    assert after == 4.0


def test_trouble_that_comes_again_is_not_over() -> None:
    after = normal_after(rows((10, 15, 0.05), (15, 22, 0.5), (22, 40, 0.05)), 10, 0.15)
    assert after == 12.0


def test_who_was_refused_waited_for_ever() -> None:
    late = [
        replace(GOOD, due=16.2 + n / 100, seconds=0.001, status=503, failure="status 503")
        for n in range(12)
    ]
    seen = sorted([*rows((10, 30, 0.05)), *late], key=lambda row: row.due)
    assert normal_after(seen, 10, 0.15) == 6.5
    # One among hundreds happens in calm times, too.
    assert (
        normal_after(sorted([*rows((10, 30, 0.05)), late[0]], key=lambda row: row.due), 10, 0.15)
        == 0
    )


def test_it_never_was_normal() -> None:
    assert normal_after(rows((10, 30, 0.5)), 10, 0.15) is None
    assert normal_after(rows((10, 28.5, 0.5), (28.5, 30, 0.05)), 10, 0.15) is None


@pytest.mark.parametrize(
    ("status", "refused"), [(429, True), (503, True), (500, False), (0, False)]
)
def test_refusals_are_two_statuses(status: int, *, refused: bool) -> None:
    assert is_refusal(replace(GOOD, status=status)) == refused


METRICS = """\
# HELP ray_serve_http_request_latency_ms latency
# TYPE ray_serve_http_request_latency_ms histogram
ray_serve_http_request_latency_ms_bucket{status_code="%s",le="5.0"} %d
ray_serve_http_request_latency_ms_bucket{status_code="%s",le="50.0"} %d
ray_serve_http_request_latency_ms_bucket{status_code="%s",le="+Inf"} %d
ray_serve_http_request_latency_ms_count{status_code="%s"} %d
ray_serve_http_request_latency_ms_sum{status_code="%s"} 1
"""


def export(status: str, *counts: int) -> str:
    five, fifty, everything = counts
    return METRICS % (*(status, five), *(status, fifty), *(status, everything) * 2, status)


def test_refusals_are_summed_over_exporters_and_statuses() -> None:
    found = refusals.parse(
        [export("429", 1, 2, 3), export("503", 10, 20, 30), export("200", 9, 9, 9)]
    )
    assert found == {5.0: 11.0, 50.0: 22.0, math.inf: 33.0}


def test_what_was_refused_before_does_not_count() -> None:
    before, after = (
        refusals.parse([text]) for text in (export("429", 5, 6, 7), export("429", 5, 25, 27))
    )
    assert refusals.between(before, after) == {5.0: 0.0, 50.0: 19.0, math.inf: 20.0}
    assert refusals.between({}, after) == after


@pytest.mark.parametrize(
    ("counts", "bound"),
    [((95, 100, 100), 5.0), ((94, 100, 100), 50.0), ((0, 94, 100), math.inf), ((0, 0, 0), 0.0)],
)
def test_the_percentile_of_refusals_is_the_bound_of_its_bucket(
    counts: tuple[int, int, int], bound: float
) -> None:
    assert refusals.at_most(refusals.parse([export("429", *counts)]), 95) == bound


def test_refusals_at_once_are_told_apart_from_those_that_waited() -> None:
    buckets = refusals.parse([export("429", 10, 80, 90), export("503", 0, 0, 10)])
    assert refusals.share_within(buckets, 50.0) == 0.8
    assert refusals.share_within({}, 50.0) == 1.0
    with pytest.raises(KeyError):
        refusals.share_within(buckets, 60.0)


def test_each_limit_of_an_overload_is_broken_alone() -> None:
    fine = {
        "admitted": Summary(count=9, mean=1, p50=1, p95=300, p99=400),
        "refused_ms": 50.0,
        "other_failures": 0,
        "after": 10.0,
    }
    assert all(check.kept for check in checks_of(LIMITS, **fine))  # type: ignore[arg-type]
    for name, value in {
        "admitted": Summary(count=9, mean=1, p50=1, p95=301, p99=400),
        "refused_ms": 75.0,
        "other_failures": 1,
        "after": None,
    }.items():
        checks = checks_of(LIMITS, **{**fine, name: value})  # type: ignore[arg-type]
        assert [check.kept for check in checks].count(False) == 1, name


def test_the_goodput_comes_from_its_report(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make goodput"):
        read_goodput(tmp_path)
    found = [
        {"workload": name, "found": {"held": held}}
        for name, held in (("unique", 9), ("assistant", 30))
    ]
    (tmp_path / "goodput.json").write_text(json.dumps({"results": found}))
    assert read_goodput(tmp_path) == 30
    (tmp_path / "goodput.json").write_text(json.dumps({"results": found[:1]}))
    with pytest.raises(ConfigurationError, match="name one"):
        read_goodput(tmp_path)
