"""Japanese phonemes in Kokoro's alphabet, kanji among them; a `Phonemizer`.

Open JTalk (pyopenjtalk-plus, extra `ja`) tells words and how each is pronounced, in katakana. What
Kokoro v1.0 was trained on is misaki 0.7's romanization of such readings: the table below is made by
its rules.
"""

import importlib.util
import threading
import unicodedata
from functools import cache
from typing import Any

from speech.errors import SynthesisError, UnreadableTextError

_LOCK = threading.Lock()
_VOWELS = "aiɯeo"
# Kana of a row with their sounds; the second is the one that small ya, yu and yo make a glide of.
_ROWS = {
    "アイウエオ": ("a", "i", "ɯ", "e", "o"),
    "カキクケコ": ("ka", "kʲi", "kɯ", "ke", "ko"),
    "ガギグゲゴ": ("ɡa", "ɡʲi", "ɡɯ", "ɡe", "ɡo"),
    "サシスセソ": ("sa", "ɕi", "sɨ", "se", "so"),
    "ザジズゼゾ": ("ʣa", "ʥi", "zɨ", "ʣe", "ʣo"),
    "タチツテト": ("ta", "ʨi", "ʦɨ", "te", "to"),
    "ダヂヅデド": ("da", "ʥi", "zɨ", "de", "do"),
    "ナニヌネノ": ("na", "ɲi", "nɯ", "ne", "no"),
    "ハヒフヘホ": ("ha", "çi", "ɸɯ", "he", "ho"),
    "バビブベボ": ("ba", "bʲi", "bɯ", "be", "bo"),
    "パピプペポ": ("pa", "pʲi", "pɯ", "pe", "po"),
    "マミムメモ": ("ma", "mʲi", "mɯ", "me", "mo"),
    "ラリルレロ": ("ɾa", "ɾʲi", "ɾɯ", "ɾe", "ɾo"),
}
_OTHERS = {
    "ヤ": "ja", "ユ": "jɯ", "ヨ": "jo", "ワ": "βa", "ヰ": "i", "ヱ": "e", "ヲ": "o", "ヴ": "vɯ",
    "ャ": "ja", "ュ": "jɯ", "ョ": "jo", "ヮ": "βa", "ヵ": "ka", "ヶ": "ke", "ァ": "a", "ィ": "i",
    "ゥ": "ɯ", "ェ": "e", "ォ": "o", "ー": "ː", "ッ": "ʔ", "イェ": "je", "ウィ": "βi", "ウェ": "βe",
    "ウォ": "βo", "トゥ": "tɯ", "ドゥ": "dɯ", "ティ": "tʲi", "テュ": "tʲɨ", "ディ": "dʲi",
    "デュ": "dʲɨ", "ツィ": "ʦʲi", "フィ": "ɸʲi", "フュ": "ɸʲɨ", "フョ": "ɸʲo", "ヴィ": "vʲi",
    "ヴュ": "bʲɨ", "ヴョ": "bʲo",
}  # fmt: skip
# What else a small vowel makes of a kana, e.g. ファ.
_BEFORE_SMALL = {"ツ": "ʦ", "フ": "ɸ", "ヴ": "v", "ク": "kᵝ", "グ": "ɡᵝ"}
_MARKS = {
    "。": ".", "、": ",", "，": ",", "？": "?", "！": "!", "：": ":", "；": ";", "…": "…",
    "「": "“", "『": "“", "」": "”", "』": "”", "（": "(", "）": ")", "〜": "—", "～": "—",
    "—": "—", "―": "—",
}  # fmt: skip
_OPENING = "“("
_FORMS = frozenset(("て", "で", "た", "だ", "たら", "たり"))
_ASSIMILATED = (("m", "mpb"), ("ŋ", "kɡ"), ("ɲ", "ɲʨʥ"), ("n", "ntdɾz"))


def unavailable() -> str:
    """Why it cannot be used here, and what to install; empty where it can."""
    if importlib.util.find_spec("pyopenjtalk") is not None:
        return ""
    return "Japanese is read by pyopenjtalk-plus, which is not installed: `pip install chorale[ja]`"


def languages() -> tuple[str, ...]:
    """Every language tag it reads."""
    return ("ja",)


def is_busy() -> bool:
    """Whether a call would wait for another one."""
    return _LOCK.locked()


def phonemize(text: str, voice: str) -> str:
    """Phonemes of a Japanese text, a blank between its words.

    Raises:
        UnreadableTextError: Open JTalk breaks down on the text.
        SynthesisError: the voice is not Japanese.
    """
    if voice not in languages():
        raise SynthesisError(f"Open JTalk reads no {voice!r}, only ja")
    with _LOCK:
        try:
            nodes = _frontend()(unicodedata.normalize("NFKC", text), use_sudachi_kanji_yomi=False)
        except (RuntimeError, ValueError) as error:
            raise UnreadableTextError("Open JTalk reads nothing in a phrase", "input") from error
    words: list[str] = []
    before: Any = None
    for node in nodes:
        mark = node["pos"] == "記号"
        if before is not None and not mark and _continues(node, before):
            words[-1] += _kana(node)
        else:
            words.append(_marks(node["string"]) if mark else _kana(node))
        before = None if mark else node
    said = ""
    for word in filter(None, map(romanized, words)):
        closes = word[0] in _MARKS.values() and word[0] not in _OPENING
        blank = said and not closes and said[-1] not in _OPENING
        said += f" {word}" if blank else word
    return said


def _marks(text: str) -> str:
    return "".join(_MARKS.get(letter, "") for letter in text)


def _kana(node: Any) -> str:
    kana: str = node["pron"].replace("’", "").replace("'", "")
    return kana


def _continues(node: Any, before: Any) -> bool:
    """Whether a word is the rest of the one before: a number, its counter, a form of a verb."""
    if node["pron"].startswith("ー"):
        return True
    if before["pos_group1"] == "数":
        return bool(node["pos_group1"] == "数" or node["pos_group2"] == "助数詞")
    forms = node["pos_group1"] == "接続助詞" or node["string"] in {"た", "だ"}
    return (
        forms and node["string"][0] in "てでただ" and before["pos"] in {"動詞", "形容詞", "助動詞"}
    )


def romanized(kana: str) -> str:
    """Katakana in Kokoro's symbols; marks stay, what else is no katakana is left out."""
    table = _table()
    sounds, position = [], 0
    while position < len(kana):
        length = 2 if kana[position : position + 2] in table else 1
        letters = kana[position : position + length]
        kept = letters == "ン" or letters in _MARKS.values()
        sounds.append(letters if kept else table.get(letters, ""))
        position += length
    said = ""
    for place, sound in enumerate(sounds):
        said += _nasal("".join(sounds[place + 1 : place + 2])) if sound == "ン" else sound
    return said


def _nasal(following: str) -> str:
    """The syllable n before a sound."""
    first = following[:1]
    return next((nasal for nasal, sounds in _ASSIMILATED if first and first in sounds), "ɴ")


@cache
def _table() -> dict[str, str]:
    found = dict(_OTHERS)
    for row, sounds in _ROWS.items():
        found.update(zip(row, sounds, strict=True))
        if row[0] != "ア":
            glide = sounds[1][:-1]
            found.update(
                {row[1] + small: glide + v for small, v in zip("ャュョェ", "aɨoe", strict=True)}
            )
    for kana, consonant in _BEFORE_SMALL.items():
        for small, vowel in zip("ァィゥェォ", _VOWELS, strict=True):
            found.setdefault(kana + small, consonant + vowel)
    return found


@cache
def _frontend() -> Any:
    """Open JTalk's analysis; its dictionary loads in 0.4 s."""
    import pyopenjtalk  # noqa: PLC0415 (a dictionary of 100 MB)

    return pyopenjtalk.run_frontend
