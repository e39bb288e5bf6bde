"""Amounts in signs, codes and letters."""

from collections.abc import Callable

import pytest

CASES = [
    ("It costs $3.50.", "It costs three dollars fifty cents."),
    ("It costs $1", "It costs one dollar"),
    ("just $0.99", "just ninety nine cents"),
    ("€20 each", "twenty euros each"),
    ("£5 off", "five pounds off"),
    ("¥500", "five hundred yen"),
    ("US$5", "five US dollars"),
    ("a $3.5M round", "a three point five million dollar round"),
    ("a $5 bill", "a five dollar bill"),
    ("the $5 is yours", "the five dollars is yours"),
    ("$2 million in debt", "two million dollars in debt"),
    ("a $20-million deal", "a twenty million dollar deal"),
    ("99¢ only", "ninety nine cents only"),
    ("50p each", "fifty pence each"),
    ("20 € bitte", "twenty euros bitte"),
    ("27,50 €", "twenty seven euros fifty cents"),
    ("EUR 27,50", "twenty seven euros fifty cents"),
    ("€1.234,56", "one thousand two hundred and thirty four euros fifty six cents"),
    ("CHF 1'200", "one thousand two hundred Swiss francs"),
    ("$5/mo", "five dollars per month"),
    ("$50/person", "fifty dollars per person"),
    ("$10-$20", "ten dollars to twenty dollars"),
    ("$5-10", "five to ten dollars"),
    ("$2-$3 million", "two to three million dollars"),
    ("100 USD", "one hundred US dollars"),
    ("5-10 USD", "five to ten US dollars"),
    ("-$5", "minus five dollars"),
    ("($5)", "(five dollars)"),
    ("A$5, R$20 and HK$9", "five Australian dollars, twenty reais and nine Hong Kong dollars"),
    ("100 zł, 20 kr, ₺5", "one hundred zlotys, twenty kroner, five lira"),
    ("Rs. 500", "five hundred rupees"),
    ("₹5 lakh", "five lakh rupees"),
    ("$1,000.01", "one thousand dollars one cent"),
    ("It is 5$.", "It is five dollars."),
    ("two $20 bills", "two twenty dollar bills"),
    ("$100 USD", "one hundred US dollars"),
    ("the 3 Rs", "the three Rs"),
    ("A $5-$10 fee", "A five to ten dollar fee"),
    ("$5's worth", "five dollars worth"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_money(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
