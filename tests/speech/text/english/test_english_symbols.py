"""Signs between words."""

from collections.abc import Callable

import pytest

CASES = [
    ("salt & pepper", "salt and pepper"),
    ("C# and C++", "C sharp and C plus plus"),
    ("a *bold* word", "a bold word"),
    ("and/or, he/she, yes/no", "and or, he or she, yes or no"),
    ("TCP/IP and input/output", "TCP IP and input slash output"),
    ("§ 5 and §§ 3-4", "section five and sections three to four"),
    ("Foo™ and Bar®", "Foo and Bar"),
    ("© 2020 Foo", "copyright twenty twenty Foo"),
    ("~5 km, ~$5", "about five kilometers, about five dollars"),
    ("dfsd#sfgsfd$", "dfsd hash sfgsfd dollar"),
    ("press # to exit", "press pound to exit"),
    ("a 5* hotel", "a five star hotel"),
    ("x < 5", "x less than five"),
    ("$$$", "dollar"),
    ("Dial *69", "Dial star six nine"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_symbols(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
