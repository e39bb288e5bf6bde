"""Models, codes and numbers that name."""

from collections.abc import Callable

import pytest

from speech.text.english import read_english

# Codes of groups, and numbers with hyphens that are none.


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


SERIALS = [
    ("gate B12", "gate B twelve"),
    ("the A320", "the A three twenty"),
    ("covid-19", "covid-nineteen"),
    ("a B-52", "a B-fifty two"),
    ("an F-150", "an F-one fifty"),
    ("code ab9453", "code ab nine four five three"),
    ("part B2A23C", "part B two A twenty three C"),
    ("133-ABC", "one hundred thirty three-ABC"),
    ("Flight 370", "Flight three seventy"),
    ("Room 101", "Room one oh one"),
    ("Route 66", "Route sixty six"),
    ("on I-95", "on I-ninety five"),
    ("Boeing 747-400", "Boeing seven forty seven four hundred"),
    ("my 401(k)", "my four oh one(k)"),
    ("H.264", "H. two sixty four"),
    ("a 2000-page book", "a two thousand-page book"),
    (
        "no. 1Z999AA10123456784",
        "number one Z nine nine nine AA one zero one two three four five six seven eight four",
    ),
    ("ISO 9001", "ISO nine thousand one"),
    ("2FA", "two F A"),
    ("two 747s", "two seven forty sevens"),
    ("F-16s", "F-sixteens"),
    ("two 6s", "two sixes"),
    ("the MP3s", "the MP threes"),
    ("Q3-Q4", "Q three to Q four"),
    ("key 9dm6yr", "key nine d m six y r"),
    ("Formula 1's season", "Formula one's season"),
    ("a .45 caliber", "a forty five caliber"),
    ("a 404 error", "a four oh four error"),
    ("port 8080", "port eighty eighty"),
    ("a 1099 form", "a ten ninety nine form"),
    ("the 49ers", "the forty niners"),
    ("batting .300", "batting three hundred"),
    ("Q1–Q3", "Q one to Q three"),
    ("U2's album", "U two's album"),
    ("Blink-182", "Blink-one eighty two"),
    ("a 747-8", "a seven forty seven eight"),
    ("1000s of people", "thousands of people"),
]


@pytest.mark.parametrize(("written", "spoken"), SERIALS)
def test_serials(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Telephone numbers and other groups of digits.

TELEPHONE = [
    ("call 555-123-4567", "call five five five, one two three, four five six seven"),
    ("call 555-1234", "call five five five, one two three four"),
    ("+1-800-555-0199", "plus one, eight hundred, five five five, zero one nine nine"),
    ("1-800-FLOWERS", "one, eight hundred, FLOWERS"),
    (
        "(212) 555-0123 ext. 45",
        "two one two, five five five, zero one two three, extension four five",
    ),
    ("+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
    ("call +44 20 today", "call plus forty four twenty today"),
    ("07700 900123", "zero seven seven zero zero, nine zero zero one two three"),
    ("call 911", "call nine one one"),
    ("the 9-1-1 operator", "the nine one one operator"),
    ("call 300 people", "call three hundred people"),
    ("SSN 123-45-6789", "SSN one two three, four five, six seven eight nine"),
    ("4111 1111 1111 1111", "four one one one, one one one one, one one one one, one one one one"),
    ("978-3-16-148410-0", "nine seven eight, three, one six, one four eight four one zero, zero"),
    ("135-4567-8900", "one three five, four five six seven, eight nine zero zero"),
    ("dial 999 or 112", "dial nine nine nine or one one two"),
    ("sort code 12-34-56", "sort code one two, three four, five six"),
    ("ISBN 0-306-40615-2", "ISBN zero, three zero six, four zero six one five, two"),
    ("Dial *69", "Dial star six nine"),
    ("press #31#", "press pound three one pound"),
    ("ID 843 2210 9915", "ID eight four three, two two one zero, nine nine one five"),
    ("(02) 9876 5432", "zero two, nine eight seven six, five four three two"),
    ("(22) ducklings", "(twenty two) ducklings"),
]


@pytest.mark.parametrize(("written", "spoken"), TELEPHONE)
def test_telephone(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
