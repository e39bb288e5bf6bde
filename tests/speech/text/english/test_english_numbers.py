"""Numbers as written: groups, decimals, mixed fractions; their words."""

from collections.abc import Callable

import pytest

from speech.text.english.numbers import cardinal, pairs, without_digits

NUMBERS = [
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


@pytest.mark.parametrize(("written", "spoken"), NUMBERS)
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


# Positions.

ORDINALS = [
    ("the 1st, 2nd and 3rd", "the first, second and third"),
    ("on the 21st floor", "on the twenty first floor"),
    ("her 112th win", "her one hundred twelfth win"),
    ("the 9,000th", "the nine thousandth"),
    ("21ST century", "twenty first century"),
    ("the 11st", "the eleven st"),
    ("the 1st-3rd", "the first to third"),
    ("5th-grade", "fifth-grade"),
    ("9000,000th", "nine thousand, zero zero zero th"),
    ("the 1st–3rd", "the first to third"),
    ("the 1ˢᵗ", "the first"),
]


@pytest.mark.parametrize(("written", "spoken"), ORDINALS)
def test_ordinals(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Shares, marks, names and chains of numbers.

FRACTIONS = [
    ("half is 1/2, more is 3/4", "half is one half, more is three quarters"),
    ("1/4th of it", "one quarter of it"),
    ("open 24/7", "open twenty four seven"),
    ("she scored 10/10", "she scored ten out of ten"),
    ("I rate it 8/10", "I rate it eight out of ten"),
    ("8/10 of it", "eight tenths of it"),
    ("4.5/5 stars", "four point five out of five stars"),
    ("20/20 vision", "twenty twenty vision"),
    ("blood pressure of 120/80", "blood pressure of one hundred and twenty over eighty"),
    ("31/31/100", "thirty one, thirty one, one hundred"),
    ("1/f noise", "one per F noise"),
    ("6/2=3", "six divided by two equals three"),
    ("1/2-3/4 cup", "one half to three quarters cup"),
    ("in 3/4 time", "in three four time"),
    ("Step 1/4", "Step one of four"),
    ("multiply by 3/4", "multiply by three quarters"),
    ("1/2 + 1/3 = 5/6", "one half plus one third equals five sixths"),
]


@pytest.mark.parametrize(("written", "spoken"), FRACTIONS)
def test_fractions(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Plain numbers: counts, names, magnitudes, powers of ten.

CARDINALS = [
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
    ("my PIN is 4821", "my pin is four eight two one"),
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


@pytest.mark.parametrize(("written", "spoken"), CARDINALS)
def test_cardinals(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
