import pytest

from speech.text.cleanup import clean
from speech.text.english import read_english

CASES = [
    # abbreviations
    ("Dr. Smith met Mr. and Mrs. Jones", "Doctor Smith met Mister and Missus Jones"),
    ("on Elm St. near St. Paul", "on Elm Street near Saint Paul"),
    ("12 Oak St.", "twelve Oak Street."),
    ("fruit, e.g. apples", "fruit, for example apples"),
    ("the best, i.e. mine", "the best, that is mine"),
    ("tea, milk, etc.", "tea, milk, et cetera."),
    ("cats vs. dogs", "cats versus dogs"),
    ("approx. 5 days", "approximately five days"),
    ("take No. 5", "take number five"),
    ("He said No. Then left", "He said No. Then left"),
    ("see p. 12", "see page twelve"),
    ("tea w/o milk", "tea without milk"),
    # symbols
    ("salt & pepper", "salt and pepper"),
    ("AT&T", "A T and T"),
    ("meet @ noon", "meet at noon"),
    ("we are #1", "we are number one"),
    ("C# and C++", "C sharp and C plus plus"),
    ("and/or", "and or"),
    ("a *bold* word", "a bold word"),
    # addresses
    ("mail me@test.com", "mail me at test dot com"),
    ("ping 10.0.0.1", "ping one zero dot zero dot zero dot one"),
    ("Chapter IV", "Chapter four"),
    ("World War II ended", "World War two ended"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_written_form_is_read_as_said(written: str, spoken: str) -> None:
    assert " ".join(read_english(clean(written)).split()) == spoken
