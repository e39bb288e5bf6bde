"""Notes, chords, meters."""

from collections.abc import Callable

import pytest

CASES = [
    ("B♭ and F♯ minor", "B flat and F sharp minor"),
    ("C#m7", "C sharp minor seven"),
    ("Am7 and Gmaj7", "A minor seven and G major seven"),
    ("Am I in Bm?", "Am I in Bm?"),
    ("in Bb major", "in B flat major"),
    ("4/4 time, 3/4 time", "four four time, three four time"),
    ("3/4 of it", "three quarters of it"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_music(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
