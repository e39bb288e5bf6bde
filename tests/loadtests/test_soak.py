"""A soak that is interrupted goes on; what is asked is a stub, so memory is nobody's."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from rich.console import Console
from stub_server import Stub

from loadtests import soak
from loadtests.limits import Limits
from loadtests.soak import Soak, State


@pytest.fixture
def state(stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setattr(soak, "_MINUTE", 1.0)
    monkeypatch.setattr(soak, "_LOOK_EVERY", 0.2)
    running = State(url=stub.url, home=str(tmp_path), marker="nobody", pid=0, rate=10, minutes=2)
    (tmp_path / "state.json").write_text(json.dumps(asdict(running)))
    return running


def test_only_the_minutes_that_are_missing_are_run(
    stub: Stub, state: State, tmp_path: Path
) -> None:
    under_way = Soak(tmp_path, Console(quiet=True))
    assert under_way.state() == state
    under_way.go_on(state)
    first, second = (tmp_path / f"minute-{minute}.jsonl" for minute in (1, 2))
    kept = first.read_text()
    # Interrupted within the second minute: its last line is missing.
    second.write_text("\n".join(second.read_text().splitlines()[:-1]))
    stub.asked.clear()
    under_way.go_on(state)
    assert first.read_text() == kept
    found = under_way.result(state, Limits.load().soak)
    assert found.minutes == 2
    assert (
        found.measured.requests == len(kept.splitlines()) + len(second.read_text().splitlines()) - 2
    )
    assert found.measured.failures == 0
    assert [check.kept for check in found.checks] == [True, True, True]
    assert (tmp_path / "memory.png").stat().st_size > 0


def test_a_failure_in_any_minute_breaks_the_limit(stub: Stub, state: State, tmp_path: Path) -> None:
    under_way = Soak(tmp_path, Console(quiet=True))
    under_way.go_on(state)
    rows = (tmp_path / "minute-2.jsonl").read_text().splitlines()
    rows[0] = json.dumps({**json.loads(rows[0]), "failure": "status 503", "status": 503})
    (tmp_path / "minute-2.jsonl").write_text("\n".join(rows))
    found = under_way.result(state, Limits.load().soak)
    assert [check.name for check in found.checks if not check.kept] == ["soak: failures"]


def test_without_a_server_there_is_nothing_to_go_on_with(state: State, tmp_path: Path) -> None:
    gone = asdict(state) | {"url": "http://127.0.0.1:9"}
    (tmp_path / "state.json").write_text(json.dumps(gone))
    assert Soak(tmp_path, Console(quiet=True)).state() is None
    assert Soak(tmp_path / "elsewhere", Console(quiet=True)).state() is None
