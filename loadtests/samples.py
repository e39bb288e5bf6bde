"""Percentiles and summaries of single measurements, and the stages that a reply names."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Measurements of one kind, in milliseconds."""

    count: int
    mean: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Summary":
        """Summarise measurements in seconds.

        Raises:
            ValueError: there are none.
        """
        if not seconds:
            raise ValueError("nothing was measured")
        ordered = sorted(1000 * value for value in seconds)
        return cls(
            count=len(ordered),
            mean=math.fsum(ordered) / len(ordered),
            p50=percentile(ordered, 50),
            p95=percentile(ordered, 95),
            p99=percentile(ordered, 99),
        )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Nearest rank: the least measurement that at least `percent` % of all do not exceed.

    It is one of the measurements, never a value between two of them; of fewer than 100
    measurements the 99th percentile is the largest.

    Args:
        ordered: Measurements in rising order.
        percent: Above 0, at most 100.

    Raises:
        ValueError: there are no measurements, or `percent` is out of range.
    """
    if not ordered or not 0 < percent <= 100:
        raise ValueError(f"no {percent}th percentile of {len(ordered)} measurements")
    return ordered[math.ceil(percent * len(ordered) / 100) - 1]


def percentile_interval(ordered: Sequence[float], percent: float) -> tuple[float, float]:
    """Where the percentile of all requests ever to come lies, with 95 % confidence.

    The number of measurements below it is binomial, so two ranks bound it whatever the
    distribution (Conover, Practical Nonparametric Statistics, 3.2; normal approximation). Each
    end is a measurement; with too few of them the upper end is the largest.

    Raises:
        ValueError: as `percentile` does.
    """
    count, share = len(ordered), percent / 100
    spread = 1.96 * math.sqrt(count * share * (1 - share))
    percentile(ordered, percent)
    low = max(0, math.floor(count * share - spread) - 1)
    high = min(count - 1, math.ceil(count * share + spread))
    return ordered[low], ordered[high]


def server_timing(header: str) -> Mapping[str, float]:
    """Read a `Server-Timing` header: stage to seconds, 0 where a stage names no duration.

    A stage that comes twice counts with the sum.
    """
    stages: dict[str, float] = {}
    for entry in header.split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        if not name:
            continue
        values = dict(item.partition("=")[::2] for item in parameters)
        milliseconds = float(values.get("dur", "0").strip('"'))
        stages[name] = stages.get(name, 0.0) + milliseconds / 1000
    return stages
