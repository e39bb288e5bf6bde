"""Addresses of mail and of the web."""

from collections.abc import Callable

import pytest

CASES = [
    ("mail me@test.com", "mail me at test dot com"),
    ("a-1.b3_c&-d@gma4i-l.com",
     "A dash one dot B three underscore C ampersand "
     "dash D at gma four I dash L dot com"),
    ("john.o'neil@x.co, (me@x.com)", "john dot O apostrophe neil at X dot co, (me at X dot com)"),
    ("a@hotmail.de", "A at hotmail dot D E"),
    ("sam@gmail.com.sm", "sam at gmail dot com dot S M"),
    ("http://www.example.com/a?b=1#c",
     "H T T P colon slash slash W W W dot "
     "example dot com slash A question mark B equals one hash C"),
    ("HTTPS://EXAMPLE.COM", "H T T P S colon slash slash example dot com"),
    ("http://localhost:8080", "H T T P colon slash slash localhost colon eight zero eight zero"),
    ("see bbc.co.uk/news.", "see B B C dot co dot U K slash news."),
    ("at end.Then it stopped", "at end.Then it stopped"),
    ("1.5 and 3.de", "one point five and three.de"),
    ("file:///photos/image.jpg", "file colon slash slash slash photos slash image dot jpeg"),
    ("git@github.com:me/repo.git", "git at github dot com colon me slash repo dot git"),
    ("rate 5@3", "rate five at three"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_electronic(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
