"""Numbers with units, alone and joined."""

from collections.abc import Callable

import pytest

CASES = [
    ("5 km away", "five kilometers away"),
    ("1 km away", "one kilometer away"),
    ("weighs 12kg", "weighs twelve kilograms"),
    ("it is 20°C", "it is twenty degrees Celsius"),
    ("at 90 km/h", "at ninety kilometers per hour"),
    ("9.8 m/s²", "nine point eight meters per second squared"),
    ("a 5-km run", "a five kilometer run"),
    ("a 5 km run", "a five kilometer run"),
    ("the 100m dash", "the one hundred meter dash"),
    ("5 in the morning", "five in the morning"),
    ("3.5 in wide", "three point five inches wide"),
    ("5'11\" tall", "five feet eleven tall"),
    ("6 ft 2 in", "six feet two inches"),
    ("4'33\"", "four minutes thirty three seconds"),
    ("12 x 8 cm", "twelve by eight centimeters"),
    ("10 ft x 12 ft", "ten feet by twelve feet"),
    ("5-10 kg", "five to ten kilograms"),
    ("5km-10km", "five kilometers to ten kilometers"),
    ("3/4 in", "three quarters of an inch"),
    ("1/2 lb", "one half pound"),
    ('5/8"', "five eighths of an inch"),
    ('he said "take 5" twice', 'he said "take five" twice'),
    ("1920x1080", "nineteen twenty by ten eighty"),
    ("in 1080p", "in ten eighty P"),
    ("4x4", "four by four"),
    ("25 bps", "twenty five basis points"),
    ("about 50% of it", "about fifty percent of it"),
    ("10%-12%", "ten percent to twelve percent"),
    ("only 0.5% left", "only zero point five percent left"),
    ("40°26'46\"N", "forty degrees twenty six minutes forty six seconds north"),
    ("a 90° angle", "a ninety degree angle"),
    ("350F", "three hundred and fifty degrees Fahrenheit"),
    ("three 2x4s", "three two by fours"),
    ("a 6'5\" man", "a six foot five man"),
    ("1920x1080.", "nineteen twenty by ten eighty."),
    ("for 15s", "for fifteen seconds"),
    ("140/90 mmHg", "one hundred and forty over ninety millimeters of mercury"),
    ("6 ft. 3 in. tall", "six feet three inches tall"),
    ("1 in = 2.54 cm", "one inch equals two point five four centimeters"),
    ("Route 9W", "Route nine W"),
    ("1/2 tsp. salt", "one half teaspoon salt"),
    ("5 million km", "five million kilometers"),
    ("2 million in cash", "two million in cash"),
    ("1 pt. cream", "one pint cream"),
    ("timeout=30s", "timeout equals thirty seconds"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_measures(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
