"""Codes of groups, and numbers with hyphens that are none."""

import pytest

from speech.text.english import read_english


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Your order #45-88231 shipped.", "number four five, eight eight two three one shipped"),
        ("part number 123-4567-89", "part number one two three, four five six seven, eight nine"),
        ("It fixes CVE-2024-3094.", "C V E-two zero two four, three zero nine four."),
        ("invoice INV-2024-00123", "two zero two four, zero zero one two three"),
        ("case 21-cv-0456", "case two one, C V, zero four five six"),
    ],
)
def test_groups_of_a_code_are_given_sign_by_sign(written: str, spoken: str) -> None:
    assert spoken in read_english(written)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("pages 45-88", "forty five to eighty eight"),
        ("in 2019-2021", "twenty nineteen to twenty twenty one"),
        ("They won 3-2.", "They won three two."),
        ("items 3-4 and item 5-6", "three to four and item five to six"),
        ("a B-52 bomber", "a B-fifty two bomber"),
    ],
)
def test_other_hyphens_are_read_as_before(written: str, spoken: str) -> None:
    assert spoken in read_english(written)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Open ~/src/main.py:42 now.", "main dot py colon forty two now"),
        ("see app.js:10:7", "app dot J S colon ten colon seven"),
        ("a V8 engine", "a V eight engine"),
        ("Model X-100", "Model X-one hundred"),
        ("PHP 8.2 is out", "PHP eight point two is out"),
        ("PHP 500 was paid", "five hundred pesos was paid"),
        ("It costs €2,50, please", "two euros fifty cents, please"),
        ("CHF 20.- is due", "twenty Swiss francs is due"),
        ("It costs 5 kr. today", "five kroner today"),
    ],
)
def test_names_and_prices_that_look_like_other_forms(written: str, spoken: str) -> None:
    assert spoken in read_english(written)
