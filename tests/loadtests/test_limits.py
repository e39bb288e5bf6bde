"""The verdict: which limit is broken by what."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.config import ConfigurationError
from loadtests.figures import Measured, Streaming
from loadtests.limits import Limits, checks_of, memory_check
from loadtests.samples import Summary
from loadtests.watch import Memory

SHIPPED = Limits.load()


def summary(p95: float) -> Summary:
    return Summary(count=100, mean=p95 / 2, p50=p95 / 2, p95=p95, p99=p95)


GOOD = Measured(
    workload="assistant",
    target="chorale",
    load="40/s poisson",
    seconds=300,
    requests=12_000,
    latency=summary(149.0),
    p95_between=(140.0, 150.0),
    hits=summary(9.0),
    by_cache={"hot": summary(9.0), "miss": summary(300.0)},
    by_format={},
    stages={},
    hit_rate=0.61,
    rate=40.0,
    bytes_rate=8e6,
    failures=0,
    first_failure="",
    statuses={},
    late=100,
    latest=20.0,
    generator_cores=0.5,
    streaming=None,
)


def broken(measured: Measured) -> list[str]:
    limits = SHIPPED.workloads.named()[measured.workload]  # type: ignore[index]
    checks = checks_of(measured, limits, SHIPPED.generator)
    return [check.name for check in checks if not check.kept]


def test_the_shipped_limits_are_the_promised_ones() -> None:
    assistant, unique = SHIPPED.workloads.assistant, SHIPPED.workloads.unique
    assert (assistant.rate, assistant.seconds, assistant.p95_ms) == (40, 300, 150)
    assert (assistant.hot_p95_ms, assistant.failures, assistant.hit_rate) == (10, 0, 0.6)
    assert (unique.rate, unique.p95_ms, unique.failures) == (8, 150, 0)
    assert SHIPPED.memory.replicas_mib == 2048


def test_what_keeps_every_limit_breaks_none() -> None:
    assert broken(GOOD) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"latency": summary(150.0)}, "assistant: P95 of all replies, ms"),
        ({"failures": 1}, "assistant: failures"),
        ({"by_cache": {"hot": summary(10.0)}}, "assistant: P95 of hot hits, ms"),
        ({"by_cache": {"miss": summary(9.0)}}, "assistant: P95 of hot hits, ms"),
        ({"hit_rate": 0.6}, "assistant: hit rate"),
        ({"generator_cores": 0.81}, "assistant: load generator, cores"),
        ({"late": 601}, "assistant: share sent late"),
    ],
)
def test_each_limit_is_broken_alone(change: dict[str, Any], name: str) -> None:
    assert broken(replace(GOOD, **change)) == [name]


def test_unique_needs_no_hits() -> None:
    unique = replace(GOOD, workload="unique", by_cache={"miss": summary(149.0)}, hit_rate=0.0)
    assert broken(unique) == []


@pytest.mark.parametrize(
    ("first", "heard", "stalled", "name"),
    [
        (149.0, 199.0, 0, None),
        (150.0, 199.0, 0, "reader: P95 of the first audio, ms"),
        (149.0, 200.0, 0, "reader: P95 of the first sound, ms"),
        (1.0, 2.0, 1, "reader: replies that stall"),
    ],
)
def test_readers_want_their_first_audio_and_no_gaps(
    first: float, heard: float, stalled: int, name: str | None
) -> None:
    streaming = Streaming(
        first_audio=summary(first),
        first_sound=summary(heard),
        stalled=stalled,
        least_in_hand=0.5,
    )
    reader = replace(
        GOOD, workload="reader", latency=summary(9_000.0), by_cache={}, streaming=streaming
    )
    assert broken(reader) == ([] if name is None else [name])


@pytest.mark.parametrize(("mib", "kept"), [(2047.0, True), (2048.0, False)])
def test_memory_of_our_replicas_is_limited_and_rays_is_not(mib: float, *, kept: bool) -> None:
    memory = Memory(ours=mib, rays=9999.0, by_kind={})
    assert memory_check(memory, SHIPPED.memory).kept == kept


def test_a_misspelt_limit_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("workloads: {}\nmemory: {replica_mib: 1}\n")
    with pytest.raises(ConfigurationError, match="replica_mib"):
        Limits.load(file)
