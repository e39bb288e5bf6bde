"""Characters: folded where nothing is lost, kept where they are evidence."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.text.characters import MAX_GROWTH, character_edits
from speech.text.edits import applied


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("Ｈｅｌｌｏ　Ｗｏｒｌｄ", "Hello World"),
        ("１２．５％", "12.5%"),
        ("＄１，０００", "$1,000"),
        ("你好，世界！", "你好，世界！"),
        ("ﬁnd the oﬃce", "find the office"),
        ("𝐇𝐞𝐥𝐥𝐨 𝟓", "Hello 5"),
        ("① First ②", "1 First 2"),
        ("❶Start", "1 Start"),
        ("Ⓐ ⑽", "A 10"),
        ("Louis Ⅳ", "Louis IV"),
        ("5 ㎏, 20 ㎡, 3 ㎞, 21 ℃", "5 kg, 20 m², 3 km, 21 °C"),
        ("ﾃﾞｰﾀ", "データ"),
        ("٣٫٥", "3٫5"),
        ("२४", "24"),
        ("don´t ‹say› „so“", "don't 'say' \"so\""),
        ("a\u00a0b\u202fc\u2009d", "a b c d"),
        ("🇩\u200bx\u00ad", "🇩x"),
        # Evidence stays.
        ("m² x³ H₂O ½ 10⁻³ ª º ™ № µ", "m² x³ H₂O ½ 10⁻³ ª º ™ № µ"),
        ("café Größe Привет 你好 안녕 שלום مرحبا", "café Größe Привет 你好 안녕 שלום مرحبا"),
    ],
)
def test_characters_are_spelt_one_way(written: str, spelt: str) -> None:
    assert applied(written, character_edits(written)) == spelt


def test_a_text_grows_within_bounds() -> None:
    text = "ﷺ" * 4096
    assert 1000 < len(applied(text, character_edits(text))) <= 4096 + MAX_GROWTH
    assert applied("محمد ﷺ", character_edits("محمد ﷺ")) == "محمد صلى الله عليه وسلم"


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_what_comes_out_is_composed_and_settled(text: str) -> None:
    spelt = applied(text, character_edits(text))
    assert unicodedata.is_normalized("NFC", spelt)
    assert not [
        c for c in spelt if unicodedata.category(c) in {"Cc", "Cf", "Zs"} and c not in " \n"
    ]
    assert applied(spelt, character_edits(spelt)) == spelt
