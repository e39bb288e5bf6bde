"""Units as written, their plurals and shares."""

from collections.abc import Callable

import pytest

from speech.text.english.units import plural, unit_name

CASES = [
    ("5 mg/kg/day", "five milligrams per kilogram per day"),
    ("6 l/100km", "six liters per one hundred kilometers"),
    ("5 N·m", "five newton meters"),
    ("500 sq. ft of it", "five hundred square feet of it"),
    ("3 Ghz", "three gigahertz"),
    ("5 µg/m³", "five micrograms per cubic meter"),
    ("100 mmHg", "one hundred millimeters of mercury"),
    ("2 fl oz", "two fluid ounces"),
    ("30 mpg", "thirty miles per gallon"),
    ("16 GB/s", "sixteen gigabytes per second"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_units(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "power", "name"),
    [
        ("m", "²", "square meter"),
        ("s", "^2", "second squared"),
        ("cm", "3", "cubic centimeter"),
        ("kg", "2", None),
        ("° C", "", "degree Celsius"),
        ("at", "", None),
    ],
)
def test_name_of_a_unit(written: str, power: str, name: str | None) -> None:
    assert unit_name(written, power) == name


@pytest.mark.parametrize(
    ("name", "many"),
    [
        ("foot", "feet"),
        ("inch", "inches"),
        ("mile per hour", "miles per hour"),
        ("degree Celsius", "degrees Celsius"),
        ("millimeter of mercury", "millimeters of mercury"),
        ("kilohertz", "kilohertz"),
    ],
)
def test_plural_changes_the_head(name: str, many: str) -> None:
    assert plural(name) == many
