"""Models, codes and numbers that name."""

from collections.abc import Callable

import pytest

CASES = [
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


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_serials(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
