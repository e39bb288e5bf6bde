"""Plain numbers: counts, names, magnitudes, powers of ten."""

from collections.abc import Callable

import pytest

CASES = [
    ("I have 0 apples", "I have zero apples"),
    ("It took 13 tries", "It took thirteen tries"),
    ("exactly 45 people", "exactly forty five people"),
    ("all 105 of them", "all one hundred and five of them"),
    ("It fell to -5 today", "It fell to minus five today"),
    ("pi is 3.14159", "pi is three point one four one five nine"),
    ("agent 007 speaking", "agent zero zero seven speaking"),
    ("only .5 left", "only point five left"),
    ("order 12345678901", "order one two three four five six seven eight nine zero one"),
    ("gate code 13579", "gate code one three five seven nine"),
    ("13000 people came", "thirteen thousand people came"),
    ("a population of 45190", "a population of forty five thousand one hundred and ninety"),
    ("a card ending in 8876", "a card ending in eight eight seven six"),
    ("my PIN is 4821", "my PIN is four eight two one"),
    ("10k followers", "ten thousand followers"),
    ("a 10k run", "a ten k run"),
    ("a 4K screen", "a four K screen"),
    ("10K views", "ten thousand views"),
    ("3.5M users", "three point five million users"),
    ("2bn", "two billion"),
    ("2.5m people", "two point five million people"),
    ("3x faster", "three times faster"),
    ("1.2e-5", "one point two times ten to the power of minus five"),
    ("a B- in art", "a B minus in art"),
    ("type AB- blood", "type A B negative blood"),
    ("A- and B-shares", "A- and B-shares"),
    ("a 10K", "a ten K"),
    ("3x/day", "three times per day"),
    ("2x + 3 = 7", "two x plus three equals seven"),
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_cardinals(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
