"""Telephone numbers and other groups of digits."""

from collections.abc import Callable

import pytest

CASES = [
    ("call 555-123-4567", "call five five five, one two three, four five six seven"),
    ("call 555-1234", "call five five five, one two three four"),
    ("+1-800-555-0199", "plus one, eight hundred, five five five, zero one nine nine"),
    ("1-800-FLOWERS", "one, eight hundred, FLOWERS"),
    (
        "(212) 555-0123 ext. 45",
        "two one two, five five five, zero one two three, extension four five",
    ),
    ("+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
    ("call +44 20 today", "call plus forty four twenty today"),
    ("07700 900123", "zero seven seven zero zero, nine zero zero one two three"),
    ("call 911", "call nine one one"),
    ("the 9-1-1 operator", "the nine one one operator"),
    ("call 300 people", "call three hundred people"),
    ("SSN 123-45-6789", "SSN one two three, four five, six seven eight nine"),
    ("4111 1111 1111 1111", "four one one one, one one one one, one one one one, one one one one"),
    ("978-3-16-148410-0", "nine seven eight, three, one six, one four eight four one zero, zero"),
    ("135-4567-8900", "one three five, four five six seven, eight nine zero zero"),
    ("dial 999 or 112", "dial nine nine nine or one one two"),
    ("sort code 12-34-56", "sort code one two, three four, five six"),
    ("ISBN 0-306-40615-2", "ISBN zero, three zero six, four zero six one five, two"),
    ("Dial *69", "Dial star six nine"),
    ("press #31#", "press pound three one pound"),
    ("ID 843 2210 9915", "ID eight four three, two two one zero, nine nine one five"),
    ("(02) 9876 5432", "zero two, nine eight seven six, five four three two"),
    ("(22) ducklings", "(twenty two) ducklings"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_telephone(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
