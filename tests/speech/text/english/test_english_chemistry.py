"""Formulas, and names that only look like them."""

from collections.abc import Callable

import pytest

CASES = [
    ("H2O and CO2", "H two O and C O two"),
    ("H₂SO₄", "H two S O four"),
    ("C6H12O6", "C six H twelve O six"),
    ("NaCl", "N A C L"),
    ("Ca(OH)2", "C A O H two"),
    ("Fe2+ ions", "F E two plus ions"),
    ("pH 7", "P H seven"),
    ("type O- blood", "type O negative blood"),
    ("W3C and B2B", "W three C and B two B"),
    ("A320", "A three twenty"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_chemistry(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
