"""Other programs beside ours: asked the same, counted the same."""

import sys
from pathlib import Path

import pytest

from loadtests.micro.text import Case
from loadtests.micro.text_peers import WORKER, Peer, outcome

CASES = [Case("a", "5", ("five",)), Case("a", "6", ("sechs",)), Case("b", "x", ("x",))]


def test_right_wrong_and_failed_are_told_apart() -> None:
    answers: dict[str, tuple[str | None, float]] = {
        "5": ("Five!", 0.001),
        "6": ("six", 0.003),
        "x": (None, 0.002),
    }
    found = outcome("some", "cases", CASES, answers.__getitem__)
    assert (found.count, found.right, found.failed) == (3, 1, 1)
    assert found.share == 1 / 3
    assert found.milliseconds.p50 == pytest.approx(2)


def test_a_worker_answers_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wetext.py").write_text(
        "class Normalizer:\n"
        "    def __init__(self, lang, operator): pass\n"
        "    def normalize(self, text):\n"
        "        print('noise')\n"
        "        return {'5': 'fünf', 'It costs $5.': ''}[text]\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    peer = Peer("wetext", Path(sys.executable))
    assert peer.start_seconds >= 0
    assert [peer.ask(text)[0] for text in ("5", "6", "5")] == ["fünf", None, "fünf"]
    peer.close()


def test_a_peer_that_is_not_there_is_told() -> None:
    assert WORKER.exists()
    with pytest.raises(RuntimeError, match="installed"):
        Peer("unknown", Path(sys.executable))
