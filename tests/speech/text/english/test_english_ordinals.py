"""Positions."""

from collections.abc import Callable

import pytest

CASES = [
    ("the 1st, 2nd and 3rd", "the first, second and third"),
    ("on the 21st floor", "on the twenty first floor"),
    ("her 112th win", "her one hundred twelfth win"),
    ("the 9,000th", "the nine thousandth"),
    ("21ST century", "twenty first century"),
    ("the 11st", "the eleven st"),
    ("the 1st-3rd", "the first to third"),
    ("5th-grade", "fifth-grade"),
    ("9000,000th", "nine thousand, zero zero zero th"),
    ("the 1st–3rd", "the first to third"),
    ("the 1ˢᵗ", "the first"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_ordinals(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
