"""espeak-ng's IPA in the symbols Kokoro voices are trained on.

Kokoro's alphabet is that of its own grapheme converter, misaki (Apache-2.0): one letter for each
diphthong and affricate (`EN_PHONES.md`), and for English no length marks. The tables are what
misaki itself does with espeak-ng's phonemes where it has no word of its own (`misaki/espeak.py`,
`FROM_ESPEAKS` and `EspeakFallback`). There espeak-ng is asked to tie what belongs together
(`t^ʃ`); here it is not, because Piper's phonemes come without ties: two letters that stand side by
side are taken for one sound, which is wrong only where syllables meet without a stress mark.
"""

import re
from collections.abc import Mapping

# Longest first: replaced in one pass, so that no rule sees what another has made.
_SHARED: Mapping[str, str] = {
    "aɪ": "I", "aʊ": "W", "ɔɪ": "Y", "eɪ": "A", "tʃ": "ʧ", "dʒ": "ʤ",
}  # fmt: skip
_ENGLISH: Mapping[str, str] = {
    **_SHARED,
    "ʔˌn\u0329": "tᵊn", "ʔn\u0329": "tᵊn", "ʔn": "tᵊn", "ʔ": "t", "əl": "ᵊl", "e": "A",
    "r": "ɹ", "x": "k", "c\u0327": "k", "ɐ": "ə", "ɬ": "l", "\u0303": "",
    "ʲ": "",  # the linking glide: the -y of an -ee, which Kokoro makes on its own
}  # fmt: skip
_AMERICAN: Mapping[str, str] = {
    **_ENGLISH,
    "oʊ": "O", "əʊ": "O", "ɚ": "əɹ", "ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "o": "ɔ", "ɾ": "T",
    "ː": "",
}  # fmt: skip
_BRITISH: Mapping[str, str] = {
    **_ENGLISH,
    "əʊ": "Q", "oʊ": "Q", "eə": "ɛː", "iə": "ɪə", "ɚ": "ə", "o": "ɔ", "ɾ": "t",
}  # fmt: skip
_OTHER: Mapping[str, str] = {**_SHARED, "oʊ": "O", "əʊ": "Q", "ts": "ʦ", "dz": "ʣ", "ʲ": ""}
# A consonant that is a syllable has a small schwa before it.
_SYLLABIC = re.compile("(\\S)\u0329")


def _pattern(table: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(table, key=len, reverse=True))))


_TABLES = {
    name: (table, _pattern(table))
    for name, table in (("en-us", _AMERICAN), ("en", _BRITISH), ("", _OTHER))
}


def kokoro_symbols(phonemes: str, espeak_voice: str) -> str:
    """IPA of espeak-ng, decomposed (NFD), in Kokoro's symbols.

    Symbols that are Kokoro's already stay, so phonemes a caller writes may be either.
    """
    family = espeak_voice if espeak_voice == "en-us" else espeak_voice.partition("-")[0]
    table, pattern = _TABLES.get(family, _TABLES[""])
    mapped = pattern.sub(lambda match: table[match[0]], phonemes)
    return _SYLLABIC.sub(r"ᵊ\1", mapped) if "\u0329" in mapped else mapped
