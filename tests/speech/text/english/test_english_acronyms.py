"""Acronyms that are spelled, said or shouted; letters of their own."""

from collections.abc import Callable

import pytest

CASES = [
    ("NASA and the FBI", "NASA and the FBI"),
    ("the EPA uses AWS", "the E P A uses A W S"),
    ("a NAFTA deal", "a nafta deal"),
    ("fast GPUs and CPUs' heat", "fast G P U's and C P U's heat"),
    ("the CEO's desk, IBM's plan", "the CEO's desk, IBM's plan"),
    ("AT&T, R&B and Q&A", "A T and T, R and B and Q and A"),
    ("B&B's", "B and B's"),
    ("IT, QA, IMF, WHO", "IT, Q A, I M F, who"),
    ("ES6", "E S six"),
    ("XYZ and BLORP", "X Y Z and blorp"),
    ("I am NOT going", "I am not going"),
    ("THIS IS FROM THE CIA", "this is from the CIA"),
    ("Rows A-F", "Rows A to F"),
    ("an A-F scale", "an A-F scale"),
    ("LED lights", "L E D lights"),
    ("HE LED THEM", "he led them"),
    ("my tv and my ssn", "my T V and my S S N"),
    ("tv.com", "T V dot com"),
    ("IoT and iOS", "I O T and I O S"),
    ("The A team got an A.", "The A team got an A."),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_acronyms(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
