"""How figures are made of what the load generator recorded; nothing is measured here."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from loadtests.config import ConfigurationError, Plan, Step, Workloads
from loadtests.figures import NothingMeasuredError, evaluate
from loadtests.records import Record, Recorder, Row, read

WORKLOADS = Workloads.load()


def row(**changes: Any) -> Row:
    usual: dict[str, Any] = {
        "due": 0.0,
        "late": 0.0,
        "seconds": 0.1,
        "step": 0,
        "status": 200,
        "cache": "miss",
        "timing": "",
        "format": "mp3",
        "size": 1000,
        "failure": "",
    }
    return Row(**{**usual, **changes})


def record(*rows: Row) -> Record:
    return Record(began=0.0, wall=4.0, processor=1.0, rows=rows)


def plan(*steps: Step) -> Plan:
    chosen = steps or (Step(seconds=2, rate=10),)
    return Plan(workload="assistant", workloads=WORKLOADS, steps=chosen)


def test_percentiles_are_split_by_cache_and_format() -> None:
    found = evaluate(
        plan(),
        record(
            row(cache="hot", seconds=0.001),
            row(cache="hot", seconds=0.003, format="wav"),
            row(cache="hit", seconds=0.01),
            row(cache="coalesced", seconds=0.05),
            row(cache="miss", seconds=0.1),
        ),
    )
    assert {state: summary.count for state, summary in found.by_cache.items()} == {
        "hot": 2,
        "hit": 1,
        "coalesced": 1,
        "miss": 1,
    }
    assert math.isclose(found.by_cache["hot"].p95, 3.0)
    assert math.isclose(found.by_format["wav"].p50, 3.0)
    assert math.isclose(found.latency.p95, 100.0)
    assert found.hit_rate == 3 / 5
    assert found.hits is not None
    assert (found.hits.count, round(found.hits.p50, 6)) == (3, 3.0)
    assert (found.rate, found.bytes_rate) == (5 / 2, 5000 / 2)
    assert found.generator_cores == 0.25


def test_stages_are_split_by_cache() -> None:
    found = evaluate(
        plan(),
        record(
            row(cache="miss", timing="normalize;dur=2, synthesize;dur=40"),
            row(cache="miss", timing="normalize;dur=4, synthesize;dur=60"),
            row(cache="hit", timing="normalize;dur=8"),
            row(cache="hot"),
        ),
    )
    assert set(found.stages) == {"miss", "hit"}
    assert math.isclose(found.stages["miss"]["synthesize"].p95, 60)
    assert math.isclose(found.stages["hit"]["normalize"].p50, 8)


def test_failures_count_and_have_no_latency() -> None:
    found = evaluate(
        plan(),
        record(
            row(seconds=0.1),
            row(seconds=9.0, status=503, failure="status 503"),
            row(seconds=9.0, status=0, failure="TimeoutError: "),
        ),
    )
    assert (found.requests, found.failures, found.latency.count) == (3, 2, 1)
    assert found.first_failure == "status 503"
    assert found.statuses == {"0": 1, "200": 1, "503": 1}
    assert math.isclose(found.latency.p99, 100.0)


def test_late_requests_are_counted_and_keep_their_latency() -> None:
    found = evaluate(plan(), record(row(late=0.2, seconds=0.3), row(late=0.004), row()))
    assert (found.late, found.latest) == (1, 200.0)
    assert math.isclose(found.latency.p99, 300.0)


def test_a_step_is_taken_alone_without_its_beginning() -> None:
    steps = (Step(seconds=10, users=1), Step(seconds=10, users=4))
    rows = [row(due=due, step=int(due >= 10), seconds=due / 100) for due in (1, 5, 10.5, 13, 19)]
    found = evaluate(plan(*steps), record(*rows), step=1, settle=2)
    assert found.load == "4 users"
    assert found.latency.count == 2
    assert math.isclose(found.latency.p50, 130.0)
    assert found.rate == 2 / 8


def test_replies_that_came_after_the_last_arrival_stretch_the_time() -> None:
    found = evaluate(plan(), record(row(due=0.0), row(due=1.0, seconds=3.0)))
    assert found.rate == 2 / 4


def test_streams_tell_when_they_began_and_whether_they_stalled() -> None:
    found = evaluate(
        plan(),
        record(
            row(first_audio=0.1, first_sound=0.15, in_hand=0.5),
            row(first_audio=0.2, first_sound=0.2, in_hand=-0.1),
            row(first_audio=0.3, first_sound=0.35, in_hand=None),
        ),
    )
    assert found.streaming is not None
    assert math.isclose(found.streaming.first_audio.p95, 300.0)
    assert math.isclose(found.streaming.first_sound.p50, 200.0)
    assert (found.streaming.stalled, found.streaming.least_in_hand) == (1, -0.1)
    assert evaluate(plan(), record(row())).streaming is None


@pytest.mark.parametrize("rows", [(), (row(failure="ConnectionError", status=0),)])
def test_a_run_without_a_success_is_an_error(rows: tuple[Row, ...]) -> None:
    with pytest.raises(NothingMeasuredError, match="none succeeded"):
        evaluate(plan(), record(*rows))


def test_records_come_back_in_the_order_they_were_due(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.jsonl")
    rows = [
        row(due=2.0, first_audio=0.25, first_sound=0.3),
        row(due=1.0, failure="status 429", status=429),
    ]
    for item in rows:
        recorder.add(item)
    recorder.close(began=5.0, wall=4.0, processor=2.0, asked=2)
    found = read(tmp_path / "r.jsonl")
    assert found.rows == (rows[1], rows[0])
    assert (found.began, found.generator_cores) == (5.0, 0.5)


def test_a_request_that_left_no_record_is_an_error(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r.jsonl")
    recorder.add(row())
    recorder.close(began=5.0, wall=4.0, processor=2.0, asked=2)
    with pytest.raises(ConfigurationError, match="2 requests were made, 1 recorded"):
        read(tmp_path / "r.jsonl")


def test_records_of_an_unfinished_run_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text("")
    with pytest.raises(ConfigurationError, match="did not finish"):
        read(file)
    file.write_text(json.dumps({"due": 1.0}) + "\n")
    with pytest.raises(ConfigurationError, match="did not finish"):
        read(file)
