"""Operators, comparisons, powers, digits of other scripts."""

from collections.abc import Callable

import pytest

CASES = [
    ("2 + 2 = 4", "two plus two equals four"),
    ("x^2 + y² = z^n", "x squared plus y squared equals z to the power of n"),
    ("10⁻⁵", "ten to the power of minus five"),
    ("a <= b != c", "a less than or equal to b not equal to c"),
    ("√9 is 3", "square root of nine is three"),
    ("π × 2", "pi times two"),
    ("±5", "plus or minus five"),
    ("3 x 10^8", "three times ten to the power of eight"),
    ("3 x 4 = 12", "three times four equals twelve"),
    ("5 - 3 = 2", "five minus three equals two"),
    ("5 * 3", "five times three"),
    ("① ٣٤", "one thirty four"),
    ("∞", "infinity"),
    ("3.0 x 10^8 m/s", "three point zero times ten to the power of eight meters per second"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_mathematics(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
