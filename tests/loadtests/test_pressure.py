"""The verdict of `loadtests.memory`: each thing that must not be breaks its own check."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loadtests.cgroup import Group
from loadtests.memory import Sight, Trial, checks

RAN: dict[str, Any] = {"replaced": 0, "relieved_after": 4.0}


def sight(second: int, phase: str = "narrow", level: str = "voices", used: int = 100) -> Sight:
    return Sight(seconds=second, phase=phase, used=used, limit=120, level=level, voices=6)


def trial(killed: int = 0) -> Trial:
    made = Trial(SimpleNamespace(), SimpleNamespace(killed=lambda: killed))  # type: ignore[arg-type]
    made.sights = [sight(second) for second in range(60)]
    made.sights += [sight(60, "tight", "admission"), sight(61, "relieved", "caches")]
    made.calls = {"narrow": Counter({"200": 50, "429": 2})}
    made.readers = Counter({"200": 40, "429": 300, "503": 5})
    return made


def broken(made: Trial, **ran: Any) -> list[str]:
    return [check.name for check in checks(made, RAN | ran) if not check.kept]


def test_all_is_well() -> None:
    assert broken(trial()) == []


def test_each_fault_breaks_its_check() -> None:
    assert broken(trial(killed=1)) == ["processes the kernel killed"]
    assert broken(trial(), replaced=2) == ["replicas that came or went"]
    assert broken(trial(), relieved_after=None) == ["levels not left"]
    made = trial()
    made.wrong.append("samples differ by up to 90")
    assert broken(made) == ["replies that were wrong"]
    made = trial()
    made.calls["tight"] = Counter({"500": 1})
    assert broken(made) == ["answers to callers but 200 and 429"]
    made = trial()
    made.readers["ConnectionResetError"] += 1
    assert broken(made) == ["answers to readers but 200, 429 and 503"]
    made = trial()
    made.unfounded = 1
    assert broken(made) == ["calls refused while admission was not narrow"]
    made = trial()
    made.calls["narrow"] = Counter({"429": 50})
    assert broken(made) == ["callers answered with the narrow limit"]
    made = trial()
    made.readers = Counter({"429": 300})
    assert broken(made) == ["readers served"]
    made = trial()
    made.sights[40:60] = [sight(second, used=110) for second in range(40, 60)]
    assert broken(made) == ["drift with the narrow limit, percent"]
    made = trial()
    del made.sights[60]
    assert broken(made) == ["levels not seen"]


@pytest.mark.parametrize("old", [True, False])
def test_files_are_not_counted(tmp_path: Path, old: bool) -> None:
    group = Group.__new__(Group)
    group.folder, group._old = tmp_path, old
    prefix = "total_" if old else ""
    usage, events = (
        ("memory.usage_in_bytes", "memory.oom_control")
        if old
        else ("memory.current", "memory.events")
    )
    (tmp_path / usage).write_text("1000\n")
    (tmp_path / "memory.stat").write_text(f"{prefix}inactive_file 200\n{prefix}active_file 50\n")
    (tmp_path / events).write_text("under_oom 0\noom_kill 3\n")
    assert (group.used(), group.killed()) == (750, 3)
