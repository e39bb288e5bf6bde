"""Names written without spaces, piece by piece."""

import pytest

from speech.text import marks
from speech.text.english.pieces import spell_name, spell_word


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("john_doe99", "john underscore doe nine nine"),
        ("rtx-6000", "R T X dash six thousand"),
        ("a1000", "A one zero zero zero"),
        ("ReadMe.md", "Read Me dot M D"),
        ("image.jpg", "image dot jpeg"),
        ("a+b=c", "A plus B equals C"),
        ("naïve.org", "naïve dot org"),
    ],
)
def test_every_piece_is_said(name: str, spoken: str) -> None:
    assert marks.plain(spell_name(name)) == spoken


def test_letters_alone_are_spelled() -> None:
    assert spell_word("html") == "H T M L"
    assert spell_word("house") == "house"
