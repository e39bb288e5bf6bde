"""Hashtags, handles and forums."""

from collections.abc import Callable

import pytest

CASES = [
    ("#ThrowbackThursday", "hashtag Throwback Thursday"),
    ("#COVID19 #2024Goals", "hashtag COVID nineteen hashtag twenty twenty four Goals"),
    ("#100DaysOfCode", "hashtag one hundred Days Of Code"),
    ("#mytext#", "hash mytext hash"),
    ("we are #1", "we are number one"),
    ("@john_doe99 said", "at john underscore doe nine nine said"),
    ("r/askscience and u/name", "r slash askscience and u slash name"),
    ("meet @ 5", "meet at five"),
    ("Dial #31#", "Dial pound three one pound"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_handles(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
