"""Runs of characters without spaces: where they begin and end, and what they leave alone."""

import time

import pytest

from speech.text.english.runs import MAX_RUN, find_runs


def found(text: str) -> list[str]:
    return [text[start : reading.end] for start, reading in find_runs(text)]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("(see me@x.com).", ["me@x.com"]),
        ('at "http://x.org/a", then', ["http://x.org/a"]),
        ("a.b@c.de;d@e.fr", ["a.b@c.de", "d@e.fr"]),
        ("to:me@x.com", ["me@x.com"]),
        ("open /etc/hosts.", ["/etc/hosts"]),
        ("He left. She stayed: 3.5, 1/2, 10:30 and 5-6", []),
        ("and/or 24/7 w/o", []),
        ("@", []),
    ],
)
def test_a_run_ends_before_the_sentence_goes_on(text: str, runs: list[str]) -> None:
    assert found(text) == runs


def test_runs_come_in_order() -> None:
    starts = [
        start for start, _ in find_runs("a@b.co /etc/x v1.2.3 #Tag file.txt www.x.org 10.0.0.1")
    ]
    assert starts == sorted(starts)
    assert len(starts) == 7


def test_a_very_long_run_is_no_name() -> None:
    assert found("a_" * MAX_RUN) == []


@pytest.mark.parametrize(
    "unit",
    [
        "a@",
        "a.",
        "#",
        "/",
        "http://",
        "a_",
        "\\",
        "::",
        "0:",
        "c-c-",
        "v1.",
        "1.1.",
        "~/",
        "ooo",
        "@a",
    ],
)
def test_finding_takes_linear_time(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = 1.0
        for _ in range(4):
            begin = time.process_time()
            find_runs(text)
            best = min(best, time.process_time() - begin)
        return best

    # Quadratic time would give 16; the shared machine and small times ask for room.
    assert seconds(4096) < 9 * seconds(1024) + 0.005
