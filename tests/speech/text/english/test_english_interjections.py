"""Sounds, stutters, drawn-out words."""

from collections.abc import Callable

import pytest

CASES = [
    ("sooo good, noooo", "so good, no"),
    ("coool", "cool"),
    ("Shhhh, grrrr", "Shh, grr"),
    ("c-c-can't", "c c can't"),
    ("I-I know", "I I know"),
    ("a no-no", "a no-no"),
    ("D-Day and a t-test", "D-Day and a t-test"),
    ("Chapters I-II", "Chapters one to two"),
    ("the www page", "the www page"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_interjections(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
