"""The verdict on how soon a text is heard: the worst round counts."""

from pathlib import Path

import pytest
from rich.console import Console
from stub_server import Stub

from loadtests.config import Workloads
from loadtests.figures import NothingMeasuredError
from loadtests.first_audio import Held, held, measure


def measured(
    stub: Stub, out: Path, limit_ms: float = 5000.0, rate: float = 6.0, rounds: int = 2
) -> Held:
    workloads = Workloads.load()
    reader = workloads.reader.model_copy(update={"services": workloads.everywhere("wav").services})
    (found,) = measure(
        stub.url,
        workloads.model_copy(update={"reader": reader}),
        rates=[rate],
        rounds=rounds,
        seconds=0.5,
        limit_ms=limit_ms,
        out=out,
        console=Console(quiet=True),
    )
    return found


def test_a_rate_holds_where_all_are_heard_in_time_and_play_on(stub: Stub, tmp_path: Path) -> None:
    stub.pieces = ((0.0, 48_000), (0.1, 48_000))
    found = measured(stub, tmp_path)
    assert found.holds
    assert (found.continuity, found.failures, len(found.first_sound)) == (1.0, 0, 2)
    worst = max(range(2), key=lambda at: found.first_sound[at])
    best = 1 - worst
    between = (found.first_sound[worst] + found.first_sound[best]) / 2
    assert not held(found.rate, found.rounds, between).holds


def test_a_rate_whose_replies_stop_playing_does_not_hold(stub: Stub, tmp_path: Path) -> None:
    stub.pieces = ((0.0, 9_600), (0.5, 48_000))
    found = measured(stub, tmp_path)
    assert found.continuity == 0.0
    assert not found.holds


def test_a_round_without_a_text_is_left_out(stub: Stub, tmp_path: Path) -> None:
    stub.pieces = ((0.0, 48_000), (0.1, 48_000))
    found = measured(stub, tmp_path, rate=1.0, rounds=4)
    assert 0 < len(found.rounds) < 4
    assert found.holds


def test_nothing_is_said_of_a_rate_without_a_text(stub: Stub, tmp_path: Path) -> None:
    with pytest.raises(NothingMeasuredError, match=r"0\.001/s"):
        measured(stub, tmp_path, rate=0.001)
