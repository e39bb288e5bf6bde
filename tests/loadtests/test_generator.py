"""The load generator itself, in its own process, against a small server that is told what to do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stub_server import Stub

from loadtests.arrivals import schedule
from loadtests.config import Plan, Step, Workloads
from loadtests.figures import evaluate
from loadtests.generator import GeneratorError, run_plan, warm
from loadtests.local_server import ROOT


def plan(*steps: Step, **changes: Any) -> Plan:
    usual: dict[str, Any] = {"workload": "unique", "workloads": Workloads.load().everywhere("wav")}
    return Plan(**{**usual, **changes}, steps=steps)


def test_arrivals_do_not_wait_for_a_server_that_stalls(stub: Stub, tmp_path: Path) -> None:
    """One second in which nobody is answered is seen by all who came in it: twenty, not one."""
    stub.stall = (0.5, 1.0)
    chosen = plan(Step(seconds=2.5, rate=20), arrivals="constant")
    found = run_plan(chosen, stub.url, tmp_path, "stalled")
    assert [row.due for row in found.rows] == [arrival.due for arrival in schedule(chosen)]
    assert all(not row.failure for row in found.rows)
    assert sum(row.seconds > 0.2 for row in found.rows) >= 12
    assert max(row.seconds for row in found.rows) > 0.7
    # They were sent all the same: the server had them in its hands.
    assert sum(row.late > 0.25 for row in found.rows) < 6
    assert len(stub.asked) == 50
    assert len({item["body"] for item in stub.asked}) == 50
    assert evaluate(chosen, found).stages["miss"]["normalize"].p50 == 1.0
    assert "50" in (tmp_path / "stalled.html").read_text()


def test_callers_wait_for_their_replies(stub: Stub, tmp_path: Path) -> None:
    """The same second, seen by one caller in a closed loop: once."""
    stub.stall = (0.5, 1.0)
    found = run_plan(plan(Step(seconds=2.5, users=1)), stub.url, tmp_path, "closed")
    assert sum(row.seconds > 0.2 for row in found.rows) < 12
    assert len(found.rows) > 20


def test_a_staircase_of_users_is_told_step_by_step(stub: Stub, tmp_path: Path) -> None:
    chosen = plan(Step(seconds=2, users=1), Step(seconds=2, users=4))
    found = run_plan(chosen, stub.url, tmp_path, "steps")
    assert {row.step for row in found.rows} == {0, 1}
    assert all(row.step == int(row.due >= 2) for row in found.rows)


def test_nothing_more_arrives_after_a_reply_that_took_too_long(stub: Stub, tmp_path: Path) -> None:
    stub.stall = (0.2, 0.8)
    found = run_plan(plan(Step(seconds=60, rate=20), give_up=0.5), stub.url, tmp_path, "given-up")
    assert len(found.rows) < 600


@pytest.mark.parametrize(("status", "ended"), [(200, 0), (503, 1)])
def test_plain_locust_asks_any_server(stub: Stub, tmp_path: Path, status: int, ended: int) -> None:
    stub.status, stub.cache = status, ""
    locust = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests" / "locustfile.py")]
    options = [*("--host", stub.url, "--headless", "--only-summary"), "-u2", "-r2", "-t6s"]
    done = subprocess.run(
        [*locust, *options], check=False, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == ended
    assert len(stub.asked) > 5
    asked = [json.loads(item["body"]) for item in stub.asked]
    assert {item["voice"] for item in asked} == {"alloy", "onyx"}


@pytest.mark.parametrize(
    ("status", "cache", "failure"),
    [(503, "", "status 503"), (200, "hot", "X-Cache: 'hot'"), (200, "", "X-Cache: ''")],
)
def test_what_is_no_good_reply_is_told(
    stub: Stub, tmp_path: Path, status: int, cache: str, failure: str
) -> None:
    stub.status, stub.cache = status, cache
    found = run_plan(plan(Step(seconds=0.5, rate=10)), stub.url, tmp_path, "failing")
    assert {row.failure for row in found.rows} == {failure}
    assert {row.status for row in found.rows} == {status}


def test_a_server_that_is_gone_fails_every_request(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    found = run_plan(plan(Step(seconds=0.5, rate=10)), nobody, tmp_path, "gone")
    assert found.rows
    assert all(row.failure and row.status == 0 for row in found.rows)


def test_callers_tell_their_deadline(stub: Stub, tmp_path: Path) -> None:
    run_plan(plan(Step(seconds=0.5, rate=10), deadline_ms=250), stub.url, tmp_path, "deadline")
    assert {item["headers"].get("X-Deadline-Ms") for item in stub.asked} == {"250"}


@pytest.mark.parametrize(("gap", "stalls"), [(0.3, False), (1.5, True)])
def test_a_reader_notices_a_gap_longer_than_what_it_has(
    stub: Stub, tmp_path: Path, gap: float, *, stalls: bool
) -> None:
    """A second of audio, a gap, another second."""
    stub.pieces = ((0.0, 48_000), (gap, 48_000))
    chosen = plan(
        Step(seconds=0.5, users=1),
        workload="reader",
        workloads=Workloads.load().model_copy(
            update={
                "reader": Workloads.load().reader.model_copy(
                    update={"services": Workloads.load().everywhere("wav").services}
                )
            }
        ),
    )
    found = evaluate(chosen, run_plan(chosen, stub.url, tmp_path, "reader")).streaming
    assert found is not None
    assert found.first_audio.p50 < 1000 * gap
    assert (found.stalled == found.first_audio.count) == stalls
    assert (found.stalled > 0) == stalls


def test_a_plan_the_generator_cannot_run_is_an_error(stub: Stub, tmp_path: Path) -> None:
    broken = plan(Step(seconds=0.5, rate=10)).model_copy(update={"workload": "singer"})
    with pytest.raises(GeneratorError, match="Locust ended"):
        run_plan(broken, stub.url, tmp_path, "broken")


def test_warming_asks_for_everything_once_and_fails_aloud(stub: Stub) -> None:
    assistant = plan(Step(seconds=1, rate=1), workload="assistant")
    count = warm(assistant, stub.url)
    assert count == len(stub.asked) == len({item["body"] for item in stub.asked})
    stub.status = 503
    with pytest.raises(GeneratorError, match="503"):
        warm(assistant, stub.url)
