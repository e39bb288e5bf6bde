"""A soak that is interrupted goes on; what is asked is a stub, so memory is nobody's."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from stub_server import Stub

from loadtests import soak
from loadtests.limits import Limits
from loadtests.local_server import LocalServer
from loadtests.processes import Held, Look
from loadtests.soak import Soak, State


@pytest.fixture
def state(stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setattr(soak, "_MINUTE", 1.0)
    monkeypatch.setattr(soak, "_LOOK_EVERY", 0.2)
    running = State(
        url=stub.url, home=str(tmp_path), marker="nobody", pid=os.getpid(), rate=10, minutes=2
    )
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
    looks = (tmp_path / "looks.jsonl").read_text()
    # Each minute's file ends with a line about the run.
    asked = sum(len(path.read_text().splitlines()) - 1 for path in (first, second))
    warmed = len(stub.asked) - asked
    assert warmed > 0
    # Interrupted within the second minute: its last line is missing.
    second.write_text("\n".join(second.read_text().splitlines()[:-1]))
    stub.asked.clear()
    under_way.go_on(state)
    assert first.read_text() == kept
    assert len(stub.asked) == warmed + len(second.read_text().splitlines()) - 1
    assert (tmp_path / "looks.jsonl").read_text().startswith(looks)
    assert len((tmp_path / "looks.jsonl").read_text()) > len(looks)
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


def held(pid: int, kind: str, pss: float) -> Held:
    return Held(pid=pid, kind=kind, pss=pss, rss=pss)


DRIFT = "soak: largest drift of a process's memory"
GONE = "soak: replicas of ours that came or went"


def test_what_grows_comes_or_goes_breaks_a_limit(stub: Stub, state: State, tmp_path: Path) -> None:
    under_way = Soak(tmp_path, Console(quiet=True))
    under_way.go_on(state)
    usual = held(1, "Gateway", 100)
    for broken, *moments in (
        ([], [usual], [usual], [usual]),
        ([DRIFT], [usual], [usual], [held(1, "Gateway", 200)]),
        # Before the moment from which drift is judged: after half of two minutes.
        ([], [held(1, "Gateway", 50)], [usual], [usual]),
        # Too small to be judged.
        ([], [usual, held(2, "Encoder", 5)], [usual, held(2, "Encoder", 5)],
         [usual, held(2, "Encoder", 9)]),
        ([GONE], [usual], [usual, held(2, "Encoder", 100)], [usual]),
        # Not ours.
        ([], [usual], [usual, held(2, "rest of Ray", 100)], [usual]),
    ):  # fmt: skip
        looks = [Look(moment=at, held=tuple(seen)) for at, seen in enumerate(moments)]
        (tmp_path / "looks.jsonl").write_text(
            "".join(json.dumps(asdict(look)) + "\n" for look in looks)
        )
        found = under_way.result(state, Limits.load().soak)
        assert [check.name for check in found.checks if not check.kept] == broken


def test_a_soak_forgets_the_one_before_and_leaves_its_records(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    home = tmp_path / "home"
    home.mkdir()
    started = LocalServer(url=stub.url, folder=home, marker="nobody", pid=process.pid)
    monkeypatch.setattr(soak, "start_chorale", lambda *, graph: started)
    folder = tmp_path / "soak"
    folder.mkdir()
    for name in ("minute-1.jsonl", "minute-7.html", "looks.jsonl"):
        (folder / name).write_text("old")
    begun = Soak(folder, Console(quiet=True))
    state = begun.begin(10, 2, None)
    assert [path.name for path in folder.iterdir()] == ["state.json"]
    assert Soak(folder, Console(quiet=True)).state() == state
    (folder / "minute-1.jsonl").write_text("new")
    begun.end(state)
    process.wait(30)
    assert not home.exists()
    assert begun.state() is None
    assert (folder / "minute-1.jsonl").read_text() == "new"


def test_without_a_server_there_is_nothing_to_go_on_with(state: State, tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(30)
    gone = asdict(state) | {"pid": ended.pid}
    (tmp_path / "state.json").write_text(json.dumps(gone))
    assert Soak(tmp_path, Console(quiet=True)).state() is None
    assert Soak(tmp_path / "elsewhere", Console(quiet=True)).state() is None


@pytest.mark.parametrize("given", [None, {"catalogue": "v.yaml", "cache": {"max_fills": 3}}])
def test_caches_are_small_and_all_else_is_as_it_was(given: dict[str, Any] | None) -> None:
    made = soak.with_small_caches(given)
    assert made["gateway"]["hot"] == {"max_bytes": 16 * 2**20, "ttl": 60.0}
    assert made["cache"].pop("ram") == {"max_bytes": 48 * 2**20}
    assert made["cache"] == ({} if given is None else {"max_fills": 3})
    assert Path(made["catalogue"]).name == ("voices.yaml" if given is None else "v.yaml")
    assert ("stages" in made) == (given is None)
