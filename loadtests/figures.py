"""Figures of one run's rows: latencies by cache state, stages, failures."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadtests.config import Plan
from loadtests.records import Record, Row
from loadtests.samples import Summary, percentile_interval, server_timing

LATE = 0.005
"""Seconds after its due moment from which on a request counts as started late."""
HITS = ("hot", "hit")
"""`X-Cache` of replies that were there. A coalesced one was not: it waited for its making."""


class NothingMeasuredError(RuntimeError):
    """Not one request of a run succeeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming:
    """How replies that were read piece by piece would have played."""

    first_audio: Summary
    """From due until the first audio had come."""
    first_sound: Summary
    """From due until the first sample above -45 dBFS could be heard."""
    stalled: int
    """Replies with a gap longer than the audio already delivered."""
    least_in_hand: float | None
    """Least seconds of audio any player had left; None where every reply came at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One workload under one load; latencies in milliseconds, from due to the last byte."""

    workload: str
    target: str
    load: str
    """In words: the rate of arrivals, or the users."""
    seconds: float
    """Of arrivals."""
    requests: int
    latency: Summary
    """Of all good replies."""
    p95_between: tuple[float, float]
    """With 95 % confidence, as far as the requests are independent."""
    hits: Summary | None
    """Of replies that were there already."""
    by_cache: Mapping[str, Summary]
    by_format: Mapping[str, Summary]
    stages: Mapping[str, Mapping[str, Summary]]
    """By cache state, then by the stages `Server-Timing` names."""
    hit_rate: float
    """Share of good replies that were there already."""
    rate: float
    """Good replies per second."""
    bytes_rate: float
    """Their bodies' bytes per second: of WAV, audio seconds times twice the sample rate."""
    failures: int
    first_failure: str
    statuses: Mapping[str, int]
    late: int
    """Requests the load generator itself sent late."""
    latest: float
    """Milliseconds, the worst of them."""
    generator_cores: float
    """Cores the load generator kept busy."""
    streaming: Streaming | None


def evaluate(
    plan: Plan, record: Record, *, step: int | None = None, settle: float = 0.0
) -> Measured:
    """Make figures of a run, or of one of its steps.

    Args:
        plan: What was run.
        record: What was recorded.
        step: Index of the step; None takes all.
        settle: Seconds at the beginning of a step that do not count: while users of a closed
            loop start.

    Raises:
        NothingMeasuredError: no request succeeded.
    """
    rows, seconds = list(record.rows), plan.seconds
    if step is not None:
        begin = sum(item.seconds for item in plan.steps[:step]) + settle
        seconds = plan.steps[step].seconds - settle
        rows = [row for row in rows if row.step == step and row.due >= begin]
    good = [row for row in rows if not row.failure]
    failures = [row.failure for row in rows if row.failure]
    if not good:
        raise NothingMeasuredError(
            f"{plan.workload}: {len(rows)} requests, none succeeded: {failures[:1]}"
        )
    there = [row for row in good if row.cache in HITS]
    # A closed loop ends its last requests after the last step, and replies count until then.
    wall = max(seconds, max(row.due + row.seconds for row in good) - good[0].due)
    return Measured(
        workload=plan.workload,
        target=plan.target,
        load=plan.load(step),
        seconds=seconds,
        requests=len(rows),
        latency=_summary(good),
        p95_between=_interval(good),
        hits=_summary(there) if there else None,
        by_cache=_split(good, (row.cache for row in good)),
        by_format=_split(good, (row.format for row in good)),
        stages=_stages(good),
        hit_rate=len(there) / len(good),
        rate=len(good) / wall,
        bytes_rate=sum(row.size for row in good) / wall,
        failures=len(failures),
        first_failure=failures[0] if failures else "",
        statuses=dict(sorted(Counter(str(row.status) for row in rows).items())),
        late=sum(row.late > LATE for row in rows),
        latest=1000 * max(row.late for row in rows),
        generator_cores=record.generator_cores,
        streaming=_streaming(good),
    )


def _summary(rows: Iterable[Row]) -> Summary:
    return Summary.of([row.seconds for row in rows])


def _interval(rows: Sequence[Row]) -> tuple[float, float]:
    low, high = percentile_interval(sorted(row.seconds for row in rows), 95)
    return 1000 * low, 1000 * high


def _split(rows: Sequence[Row], keys: Iterable[str]) -> dict[str, Summary]:
    groups: dict[str, list[Row]] = {}
    for row, key in zip(rows, keys, strict=True):
        groups.setdefault(key, []).append(row)
    return {key: _summary(groups[key]) for key in sorted(groups)}


def _stages(rows: Sequence[Row]) -> dict[str, dict[str, Summary]]:
    seconds: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        for stage, value in server_timing(row.timing).items():
            seconds.setdefault(row.cache, {}).setdefault(stage, []).append(value)
    return {
        cache: {stage: Summary.of(values) for stage, values in stages.items()}
        for cache, stages in sorted(seconds.items())
    }


def _streaming(rows: Sequence[Row]) -> Streaming | None:
    first = [row.first_audio for row in rows if row.first_audio is not None]
    if not first:
        return None
    in_hand = [row.in_hand for row in rows if row.in_hand is not None]
    return Streaming(
        first_audio=Summary.of(first),
        first_sound=Summary.of([row.first_sound for row in rows if row.first_sound is not None]),
        stalled=sum(value < 0 for value in in_hand),
        least_in_hand=min(in_hand, default=None),
    )
