"""Numbers as written: groups, decimals, mixed fractions; their words."""

from collections.abc import Callable

import pytest

from speech.text.english.numbers import cardinal, pairs, without_digits

CASES = [
    (
        "1,234,567 stars",
        "one million two hundred thirty four thousand five hundred and sixty seven stars",
    ),
    ("1 000 000 stars", "one million stars"),
    (
        "12,34,567 votes",
        "one million two hundred thirty four thousand five hundred and sixty seven votes",
    ),
    ("add 2 1/2 cups", "add two and a half cups"),
    ("add 1½ cups", "add one and a half cups"),
    ("add ⅓", "add one third"),
    ("add 3⅞", "add three and seven eighths"),
    ("1.000.000 rows", "one million rows"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_numbers(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


def test_huge_number_is_read_digit_by_digit(said: Callable[[str], str]) -> None:
    assert said("7" * 400) == " ".join(["seven"] * 400)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "zero"),
        (1_000_000_000, "one billion"),
        (2_001, "two thousand and one"),
    ],
)
def test_cardinal_in_words(value: int, words: str) -> None:
    assert cardinal(value) == words


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("370", "three seventy"),
        ("101", "one oh one"),
        ("2000", "two thousand"),
        ("1100", "eleven hundred"),
        ("007", "zero zero seven"),
        ("66", "sixty six"),
    ],
)
def test_names_are_said_in_pairs(written: str, words: str) -> None:
    assert pairs(written) == words


def test_a_digit_of_any_script_is_spelt() -> None:
    assert without_digits("a1²٣").split() == ["a", "one", "two", "three"]
    assert without_digits("plain words") == "plain words"
