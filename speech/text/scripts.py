"""Letters of scripts that a language's voice cannot read: spelt in Latin letters, or left out.

espeak-ng reads some scripts in every language (Hangul, Devanagari, Georgian) and describes the
others (`Chinese letter`). Nothing here knows words: 東京 in an English text has no sound, but kana
are syllables.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from speech.text.reading import Span

_LETTERS: Mapping[str, str] = {
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Hebrew": "\u0590-\u05ff",
    "Arabic": "\u0600-\u06ff\u0750-\u077f",
    "Thai": "\u0e00-\u0e7f",
    "kana": "\u3040-\u30ff",
    "Han": "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
    "other": "\u0700-\u074f\u0780-\u08ff\u0e80-\u109f\u1200-\u137f\u1780-\u18af\ua000-\ua4cf",
}
_READ_BY: Mapping[str, frozenset[str]] = {
    "Cyrillic": frozenset(
        [
            "ru",
            "uk",
            "be",
            "bg",
            "sr",
            "bs",
            "hr",
            "hbs",
            "mk",
            "kk",
            "ky",
            "tt",
            "ba",
            "cv",
            "mn",
            "tg",
            "uz",
            "az",
            "nog",
        ]
    ),
    "Hebrew": frozenset(["he"]),
    "Arabic": frozenset(["ar", "fa", "ur", "ug", "sd", "ku", "pa"]),
    "Thai": frozenset(["th"]),
    "kana": frozenset(["ja"]),
    "Han": frozenset(["zh", "cmn", "yue", "hak"]),
    "other": frozenset(["am", "ti", "my", "shn", "si", "chr"]),
}
_LATIN_READERS_ONLY = frozenset(["ja", "zh", "cmn", "yue", "hak", "th", "ar", "fa", "he", "ur"])
"""Languages that spell Latin letters one by one: nothing is transliterated for them."""

_CYRILLIC = str.maketrans({
    **dict(zip("абвгдеёзийклмнопрстуфхыэіґ", "abvgdeezijklmnoprstufhyeig", strict=True)),
    "ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu",
    "я": "ya", "є": "ye", "ї": "yi", "ў": "w", "ј": "y", "љ": "ly", "њ": "ny", "ћ": "ch",
    "ђ": "dj", "џ": "dzh",
})  # fmt: skip
_GREEK = str.maketrans({
    **dict(
        zip("αβγδεζηικλμνξοπρστυφωςάέήίόύώϊϋΐΰ", "avgdeziiklmnxoprstyfosaeiioyoiyiy", strict=True)
    ),
    "θ": "th", "χ": "ch", "ψ": "ps", "ξ": "x",
})  # fmt: skip


_FIRST_FOREIGN = "\u0370"


def _plain_letter(letter: str) -> str:
    """The letter that a rarer one is a form of by its Unicode name, ч of ӌ; or nothing."""
    head, _, name = unicodedata.name(letter, "").partition(" LETTER ")
    try:
        plain = unicodedata.lookup(f"{head} LETTER {name.partition(' WITH ')[0].split()[-1]}")
    except (KeyError, IndexError):
        return ""
    return "" if plain == letter else plain


@cache
def _unread(family: str) -> re.Pattern[str] | None:
    groups = []
    for script, letters in _LETTERS.items():
        if script == "Greek":
            # Other languages have espeak-ng's Greek; one letter is a sign that has its name.
            if family == "en":
                groups.append(f"(?P<Greek>[{letters}]{{2,}})")
        elif family not in _READ_BY[script]:
            groups.append(f"(?P<{script}>[{letters}]+(?: [{letters}]+)*+)")
    return re.compile("|".join(groups)) if groups else None


def script_spans(text: str, language: str) -> list[Span]:
    """The letters of a sentence that the language's voice would describe, in order."""
    if text.isascii() or max(text) < _FIRST_FOREIGN:
        return []
    family = language.partition("-")[0]
    pattern = _unread(family)
    found = []
    for match in pattern.finditer(text) if pattern else ():
        start, end = match.span()
        said = _in_latin(match, family)
        if not said and text[start - 1 : start] == "(" and text[end : end + 1] == ")":
            start, end = start - 1, end + 1
        found.append(Span(start, end, said, "typography", "scripts"))
    return found


def left_out(text: str, language: str) -> str:
    """The first letters of a text that are not spoken in a language, or nothing."""
    family = language.partition("-")[0]
    pattern = None if max(text, default="") < _FIRST_FOREIGN else _unread(family)
    found = pattern.finditer(text) if pattern else ()
    return next((match[0][:16] for match in found if not _in_latin(match, family)), "")


# Where Unicode names a syllable otherwise than Hepburn spells it.
_HEPBURN = {"si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu", "zi": "ji", "di": "ji", "du": "zu"}


def _romaji(kana: str) -> str:
    """Hiragana and katakana in Latin letters, after Hepburn."""
    spelt, is_double = "", False
    for sign in kana:
        _, is_letter, name = unicodedata.name(sign, "").partition(" LETTER ")
        if not is_letter:
            spelt += " " if sign == " " else ""
            continue
        small, syllable = name.startswith("SMALL "), name.split()[-1].lower()
        syllable = _HEPBURN.get(syllable, syllable)
        if small and syllable == "tsu":
            is_double = True
            continue
        if small and syllable in {"ya", "yu", "yo"} and spelt[-1:] == "i":
            # ki and a small ya are kya, shi and a small ya sha.
            spelt = spelt[:-1]
            syllable = syllable[1:] if spelt.endswith(("sh", "ch", "j")) else syllable
        spelt += syllable[0] + syllable if is_double else syllable
        is_double = False
    return spelt


def _in_latin(match: re.Match[str], family: str) -> str:
    if match.lastgroup == "kana" and family not in _LATIN_READERS_ONLY:
        return _romaji(match[0])
    table = {"Cyrillic": _CYRILLIC, "Greek": _GREEK}.get(match.lastgroup or "")
    if table is None or family in _LATIN_READERS_ONLY:
        return ""
    spelt = match[0].lower().translate(table)
    if max(spelt, default="") >= _FIRST_FOREIGN:
        spelt = "".join(
            letter if letter < _FIRST_FOREIGN else _plain_letter(letter).translate(table)
            for letter in spelt
        )
    return spelt.capitalize() if match[0][0].isupper() else spelt
