"""Postal addresses and state codes in their place."""

from collections.abc import Callable

import pytest

CASES = [
    ("1428 Elm St.", "fourteen twenty eight Elm Street."),
    ("Nancy lived on 1428 Elm St. It was strange.",
     "Nancy lived on fourteen twenty "
     "eight Elm Street. It was strange."),
    ("12 S 1st st", "twelve South first Street"),
    ("708 N 1st St, San City", "seven zero eight North first Street, San City"),
    ("221B Baker St. in London", "two twenty one B Baker Street in London"),
    ("1005 Pine St.", "ten oh five Pine Street."),
    ("100 N. Main St., Apt. 5C, New York, NY 10017",
     "one hundred North Main Street, apartment five C, "
     "New York, New York one zero zero one seven"),
    ("1600 Pennsylvania Ave NW, Washington, DC 20500",
     "sixteen hundred Pennsylvania Avenue Northwest, Washington, "
     "D C two zero five zero zero"),
    ("Springfield, IL 62704-1234",
     "Springfield, Illinois six two seven "
     "zero four, one two three four"),
    ("in Austin, TX.", "in Austin, Texas."),
    ("in Portland, OR, today", "in Portland, Oregon, today"),
    ("Well, OK.", "Well, OK."),
    ("OH, really?", "oh, really?"),
    ("Lee (D-CA) and Kim (R-Calif.)", "Lee (D-California) and Kim (R-California)"),
    ("Boston, Mass., is old", "Boston, Massachusetts, is old"),
    ("Take I-5 S", "Take I five South"),
    ("US-101 N is jammed", "U S one oh one North is jammed"),
    ("the 9th Fl.", "the ninth Floor."),
    ("E. 14th St. is closed", "East fourteenth Street is closed"),
    ("two blocks N. on 3rd Ave.", "two blocks North on third Avenue."),
    ("4059 Mt. Lee Dr.", "forty fifty nine Mount Lee Drive."),
    ("From Bend, OR to Reno", "From Bend, Oregon to Reno"),
    ("P.O. Box 12", "P O box twelve"),
    ("In 2008 Wall Street fell.", "In two thousand eight Wall Street fell."),
    ("1990 for the Ata ST", "nineteen ninety for the Ata ST"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_addresses(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
