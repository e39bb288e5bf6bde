from collections.abc import Callable

import pytest

# Notes, chords, meters.

MUSIC = [
    ("B♭ and F♯ minor", "B flat and F sharp minor"),
    ("C#m7", "C sharp minor seven"),
    ("Am7 and Gmaj7", "A minor seven and G major seven"),
    ("Am I in Bm?", "Am I in Bm?"),
    ("in Bb major", "in B flat major"),
    ("4/4 time, 3/4 time", "four four time, three four time"),
    ("3/4 of it", "three quarters of it"),
]


@pytest.mark.parametrize(("written", "spoken"), MUSIC)
def test_music(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Signs between words.

SYMBOLS = [
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


@pytest.mark.parametrize(("written", "spoken"), SYMBOLS)
def test_symbols(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Operators, comparisons, powers, digits of other scripts.

MATHEMATICS = [
    ("2 + 2 = 4", "two plus two equals four"),
    ("x^2 + y² = z^n", "x squared plus y squared equals z to the power of n"),
    ("10⁻⁵", "ten to the power of minus five"),
    ("a <= b != c", "a less than or equal to b not equal to c"),
    ("√9 is 3", "square root of nine is three"),
    ("π × 2", "pi times two"),
    ("±5", "plus or minus five"),
    ("3 x 10^8", "three times ten to the power of eight"),
    ("3 x 4 = 12", "three times four equals twelve"),
    ("5 - 3 = 2", "five minus three equals two"),
    ("5 * 3", "five times three"),
    ("① ٣٤", "one thirty four"),
    ("∞", "infinity"),
    ("3.0 x 10^8 m/s", "three point zero times ten to the power of eight meters per second"),
]


@pytest.mark.parametrize(("written", "spoken"), MATHEMATICS)
def test_mathematics(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken


# Formulas, and names that only look like them.

CHEMISTRY = [
    ("H2O and CO2", "H two O and C O two"),
    ("H₂SO₄", "H two S O four"),
    ("C6H12O6", "C six H twelve O six"),
    ("NaCl", "N A C L"),
    ("Ca(OH)2", "C A O H two"),
    ("Fe2+ ions", "F E two plus ions"),
    ("pH 7", "P H seven"),
    ("type O- blood", "type O negative blood"),
    ("W3C and B2B", "W three C and B two B"),
    ("A320", "A three twenty"),
]


@pytest.mark.parametrize(("written", "spoken"), CHEMISTRY)
def test_chemistry(written: str, spoken: str, said: Callable[[str], str]) -> None:
    assert said(written) == spoken
