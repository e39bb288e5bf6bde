import time

import pytest

from speech.text.cleanup import clean
from speech.text.english import read_english

CASES = [
    # numbers
    ("I have 0 apples", "I have zero apples"),
    ("It took 13 tries", "It took thirteen tries"),
    ("exactly 45 people", "exactly forty five people"),
    ("all 105 of them", "all one hundred and five of them"),
    ("1,234,567 stars", "one million two hundred thirty four thousand five hundred and "
     "sixty seven stars"),
    ("It fell to -5 today", "It fell to minus five today"),
    ("pi is 3.14159", "pi is three point one four one five nine"),
    ("version 1.12.3 is out", "version one point twelve point three is out"),
    ("agent 007 speaking", "agent zero zero seven speaking"),
    ("only .5 left", "only point five left"),
    ("order 12345678901", "order one two three four five six seven eight nine zero one"),
    ("the 1st, 2nd and 3rd", "the first, second and third"),
    ("on the 21st floor", "on the twenty first floor"),
    ("her 112th win", "her one hundred twelfth win"),
    ("about 50% of it", "about fifty percent of it"),
    ("only 0.5% left", "only zero point five percent left"),
    ("pages 10-20", "pages ten to twenty"),
    ("gate B12", "gate B twelve"),
    ("half is 1/2, more is 3/4", "half is one half, more is three quarters"),
    ("add 2 1/2 cups", "add two and a half cups"),
    ("add 1½ cups", "add one and a half cups"),
    ("a 4K screen", "a four K screen"),
    # years
    ("born in 1984", "born in nineteen eighty four"),
    ("since 1905", "since nineteen oh five"),
    ("by 2007", "by two thousand seven"),
    ("in 1800", "in eighteen hundred"),
    ("it seats 1250 people", "it seats one thousand two hundred and fifty people"),
    ("the 1980s were loud", "the nineteen eighties were loud"),
    ("the '60s", "the sixties"),
    ("from 1914-1918", "from nineteen fourteen to nineteen eighteen"),
    # money
    ("It costs $3.50.", "It costs three dollars fifty cents."),
    ("It costs $1", "It costs one dollar"),
    ("just $0.99", "just ninety nine cents"),
    ("€20 each", "twenty euros each"),
    ("£5 off", "five pounds off"),
    ("¥500", "five hundred yen"),
    ("US$5", "five US dollars"),
    ("a $3.5M round", "a three point five million dollar round"),
    ("$2 million in debt", "two million dollars in debt"),
    ("99¢ only", "ninety nine cents only"),
    ("20 € bitte", "twenty euros bitte"),
    ("$5/mo", "five dollars per month"),
    ("$10-$20", "ten dollars to twenty dollars"),
    ("100 USD", "one hundred US dollars"),
    # times and dates
    ("at 3:45", "at three forty five"),
    ("at 3:45 pm", "at three forty five PM"),
    ("at 15:30", "at fifteen thirty"),
    ("at 9am sharp", "at nine AM sharp"),
    ("at 8:05", "at eight oh five"),
    ("at 7:00", "at seven o'clock"),
    ("We met at 5 p.m.", "We met at five PM."),
    ("on 2024-03-09", "on March ninth twenty twenty four"),
    ("on Jan. 5, 2021", "on January fifth, twenty twenty one"),
    ("on March 3", "on March third"),
    ("on 4 July 1776", "on the fourth of July seventeen seventy six"),
    ("due 12/31/2025", "due December thirty first twenty twenty five"),
    ("we may 5 times", "we may five times"),
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
    # units
    ("5 km away", "five kilometers away"),
    ("1 km away", "one kilometer away"),
    ("weighs 12kg", "weighs twelve kilograms"),
    ("it is 20°C", "it is twenty degrees Celsius"),
    ("at 90 km/h", "at ninety kilometers per hour"),
    ("a 5-km run", "a five kilometer run"),
    ("5 in the morning", "five in the morning"),
    # symbols
    ("salt & pepper", "salt and pepper"),
    ("AT&T", "A T and T"),
    ("2 + 2 = 4", "two plus two equals four"),
    ("meet @ noon", "meet at noon"),
    ("we are #1", "we are number one"),
    ("C# and C++", "C sharp and C plus plus"),
    ("and/or", "and or"),
    ("a *bold* word", "a bold word"),
    # addresses
    ("mail me@test.com", "mail me at test dot com"),
    ("call 555-123-4567", "call five five five, one two three, four five six seven"),
    ("ping 10.0.0.1", "ping one zero dot zero dot zero dot one"),
    ("call +44 20 today", "call plus forty four twenty today"),
    ("open 24/7", "open twenty four seven"),
    ("she scored 10/10", "she scored ten out of ten"),
    ("9am-5pm", "nine AM to five PM"),
    ("from 3:30-4:15 pm", "from three thirty to four fifteen PM"),
    ("It is 5$.", "It is five dollars."),
    ("Chapter IV", "Chapter four"),
    ("World War II ended", "World War two ended"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_written_form_is_read_as_said(written: str, spoken: str) -> None:
    assert " ".join(read_english(clean(written)).split()) == spoken


@pytest.mark.parametrize(
    "text",
    [
        "This is plain, isn't it? Yes!",
        "Wait... what?",
        "She said no.",
        'He said "go" (twice).',
    ],
)
def test_plain_text_is_untouched(text: str) -> None:
    assert read_english(text) == text


def test_day_comes_first_outside_the_united_states() -> None:
    assert read_english("on 3/4/2021") == "on March fourth twenty twenty one"
    assert read_english("on 3/4/2021", british=True) == "on April third twenty twenty one"


def test_huge_number_is_read_digit_by_digit() -> None:
    assert read_english("7" * 400) == " ".join(["seven"] * 400)


@pytest.mark.parametrize(
    "unit",
    ["1", "$", "(", '"', ".", "-", "/", "1,111,", "1.", "1-", "1/", "1:", "$1-", "a@", "a.", "@",
     "St. ", "Jan 1 ", "1980s-", "5 km ", "½", "+1(", "123-123-", "http://", "x.com/", "a.b@",
     "100 Aaaaaaaaaaaaaaaaaaaa ", "1 1/2 ", "'80s"],
)  # fmt: skip
def test_reading_time_is_linear(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        best = 1.0
        for _ in range(4):
            begin = time.process_time()
            read_english(text)
            best = min(best, time.process_time() - begin)
        return best

    # Quadratic time would give 16; the shared machine and small times ask for room.
    assert seconds(4096) < 9 * seconds(1024) + 0.005


def test_no_digit_is_left() -> None:
    spoken = read_english("12 1,2 3.4.5 6/7/8 1:99 2x3 a1b2 10-5-3 $1.234 1e5 0x1F 5th-6th")
    assert not any(character.isdigit() for character in spoken), spoken
