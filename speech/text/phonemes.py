"""Spoken text to phonemes, and phonemes to the ids of one voice.

The phonemizer of a voice's vocabulary tells its phonemes (`phonemizers.py`), which are remembered
by the whole phrase. Of 3,000 sentences of the training set, only 715 had the espeak-ng phonemes of
their words, one by one; 4,425 of 25,750 words differed (the before a vowel, linking r and glide,
flapped t, stress, short forms). Clauses between commas never differed in 1,656 sentences, but a
sentence of 103 characters takes espeak-ng 0.17 ms, so nothing finer pays.

A symbol the voice lacks is replaced or left out, in this order, and counted either way:

1. Symbols are NFD code points, so a letter with a mark the voice lacks is the letter.
2. The nearest sounds the voice has (`_NEAREST`); for voices that read letters, the small letter.
3. Nothing.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

from speech.text import marks
from speech.text.kokoro import kokoro_symbols
from speech.text.phonemizers import phonemizer
from speech.types import KOKORO_KINDS, Vocabulary, VocabularyKind

START, END, PAD = "^", "$", "_"
_FRAME = frozenset((START, END, PAD))
"""What no phonemes may hold: a caller's must not end a phrase or pad it."""
_SILENT = frozenset(" .,:;!?\"'()-—…“”")
_QUOTES = " \"'()“”"

Fate = Literal["replaced", "skipped"]
Unknown = Counter[tuple[str, Fate]]
"""Symbols a voice lacks, by class (`symbol_class`) and what became of them."""

# Ties, which join letters that are one sound, and the dots between syllables.
_WITHOUT_SOUND = dict.fromkeys(map(ord, "\u0361\u035c\u203f\u2040.|‖"))
_LOOKALIKES = str.maketrans({"g": "ɡ", ":": "ː", "'": "ˈ", "’": "ˈ", "ʻ": "ˈ", "ǝ": "ə", "ɼ": "ɾ"})
# By symbol, the nearest sounds in the order they are tried; an empty one has no sound of its own.
_NEAREST: Mapping[str, tuple[str, ...]] = {
    "ʲ": ("",), "ʰ": ("",), "ˑ": ("",), "ː": ("",), "ˌ": ("",), "ˈ": ("",), "ʷ": ("",), "ˤ": ("",),
    "ˠ": ("",), "\u0329": ("",), "\u032f": ("",), "\u0303": ("",), "\u0325": ("",), "\u032a": ("",),
    "ɡ": ("g",), "g": ("ɡ",), "ɹ": ("r", "ɾ"), "r": ("ɹ", "ɾ"), "ɾ": ("t", "ɹ", "r"),
    "ʁ": ("ɹ", "r"), "\u0327": ("",),
    "ɻ": ("ɹ", "r"), "ʀ": ("ʁ", "r", "ɹ"), "ɫ": ("l",), "ɬ": ("l",), "ɭ": ("l",), "ʎ": ("lj", "l"),
    "ɲ": ("nj", "n"), "ɳ": ("n",), "ɴ": ("ŋ", "n"), "ɱ": ("m",), "ŋ": ("nɡ", "ng", "n"),
    "ʈ": ("t",), "ɖ": ("d",), "c": ("k",), "ɟ": ("ɡ", "g"), "q": ("k",), "ʔ": ("t",),
    "x": ("χ", "k"),
    "χ": ("x", "k"), "ɣ": ("ɡ", "g"), "ɦ": ("h",), "ħ": ("h",), "ç": ("ʃ", "x"), "ɕ": ("ʃ",),
    "ʑ": ("ʒ",), "ʂ": ("ʃ",), "ʐ": ("ʒ",), "β": ("b", "v"), "ɸ": ("f",), "ʋ": ("v",), "ʍ": ("w",),
    "ɥ": ("j",), "ɰ": ("w",), "θ": ("s",), "ð": ("z",), "ʧ": ("tʃ",), "ʤ": ("dʒ",), "ʦ": ("ts",),
    "ʣ": ("dz",), "ɐ": ("ə", "ʌ", "a"), "ə": ("ɐ", "ʌ"), "ɚ": ("əɹ", "ər", "ə"), "ɝ": ("ɜɹ", "ɚ"),
    "ɜ": ("ə",), "ᵻ": ("ɪ", "ɨ"), "ᵊ": ("ə",), "ɨ": ("ɪ",), "ʉ": ("u",), "ɯ": ("u",), "ɤ": ("ə",),
    "ɪ": ("i",), "ʊ": ("u",), "ʏ": ("y", "ʊ"), "ʌ": ("ɐ", "ə"), "ɑ": ("a",), "a": ("æ", "ɑ"),
    "æ": ("a", "ɛ"), "ɒ": ("ɔ", "ɑ"), "ɔ": ("o",), "o": ("ɔ",), "ɛ": ("e",), "e": ("ɛ",),
    "ø": ("ɜ", "ə"), "œ": ("ɜ", "ə"), "y": ("u", "i"), "ɵ": ("ə",), "ɘ": ("ə",),
    "…": ("...", "."), "—": (",",), "–": (",",), "“": ('"',), "”": ('"',), ";": (",",), ":": (",",),
    "!": (".",), "?": (".",), "¿": ("",), "¡": ("",),
}  # fmt: skip

# Words no language has stand for words with given phonemes while espeak-ng reads the phrase, so
# that what is around them is said as it is said around a word: "the" before a vowel, an unstressed
# "to". They are found again by their phonemes.
_CARRIERS = ("zhoovgoth", "ovgoth")
_POSSESSIVE = re.compile(rf"{marks.PRONOUNCED.pattern}('s\b)?")
_VOWELS = frozenset("aeiouyæɐɑɒɔəɚɛɜɝɪᵻɨʉʊʌøœɯɤɵɘAIOQWY")


class Encoded(NamedTuple):
    """The ids of a phrase."""

    ids: tuple[int, ...]
    unknown: Unknown
    sounds: bool
    """Whether anything in it is more than a pause."""


def tidy_ipa(phonemes: str) -> str:
    """IPA as people write it, the way espeak-ng writes it: no ties or syllable dots, one spelling.

    May leave nothing.
    """
    text = unicodedata.normalize("NFC", phonemes).translate(_WITHOUT_SOUND).translate(_LOOKALIKES)
    return " ".join(text.split())


def phonemize(text: str, espeak_voice: str, kind: VocabularyKind = "espeak") -> str:
    """IPA of a phrase, for a voice such as `en-us` and a vocabulary; given phonemes as given.

    Raises:
        UnreadableTextError: the phonemizer breaks down on the text.
        SynthesisError: it has no such voice.
    """
    reader = phonemizer(kind)
    if reader is None:
        raise ValueError(f"a vocabulary of the kind {kind!r} has no phonemes")
    pattern = _POSSESSIVE if espeak_voice.startswith("en") else marks.PRONOUNCED
    given = [] if text.isascii() else list(pattern.finditer(text))
    if not given:
        return reader.phonemize(text, espeak_voice)
    said = [marks.phonemes_of(mark) for mark in given]
    if pattern is _POSSESSIVE:
        said = [_owner(it) if mark[3] else it for it, mark in zip(said, given, strict=True)]
    if kind in {"misaki", "openjtalk"}:
        said = [kokoro_symbols(unicodedata.normalize("NFD", it), espeak_voice) for it in said]
    places = iter(said)
    carried = reader.phonemize(
        pattern.sub(lambda _: _CARRIERS[_begins_with_vowel(next(places))], text), espeak_voice
    )
    pieces = _apart(carried, espeak_voice, kind)
    if len(pieces) == len(said) + 1:
        return "".join(part for pair in zip(pieces, [*said, ""], strict=True) for part in pair)
    # The text holds a carrier's sounds itself, or the language reads it otherwise each time.
    between = [part.strip() for part in pattern.sub("\0", text).split("\0")]
    read = [reader.phonemize(part, espeak_voice).strip() if part else "" for part in between]
    return " ".join(filter(None, (p for pair in zip(read, [*said, ""], strict=True) for p in pair)))


def _owner(phonemes: str) -> str:
    """The possessive of an English word: Max's, Mark's, Bob's."""
    last = phonemes.rstrip("ːʲ")[-1:]
    if last in set("szʃʒʧʤ"):
        return f"{phonemes}ᵻz"
    return f"{phonemes}{'s' if last in set('ptkfθ') else 'z'}"


def _begins_with_vowel(phonemes: str) -> bool:
    return unicodedata.normalize("NFD", phonemes).lstrip("ˈˌ ")[:1] in _VOWELS


@cache
def _carrier_phonemes(espeak_voice: str, kind: VocabularyKind) -> tuple[str, ...]:
    return tuple(phonemize(carrier, espeak_voice, kind).strip() for carrier in _CARRIERS)


def _apart(phonemes: str, espeak_voice: str, kind: VocabularyKind) -> list[str]:
    """What stands before, between and behind the carriers."""
    first, *others = _carrier_phonemes(espeak_voice, kind)
    for other in others:
        phonemes = phonemes.replace(other, first)
    return phonemes.split(first)


def is_silent(phonemes: str) -> bool:
    """Whether phonemes hold nothing but pauses."""
    return _SILENT.issuperset(phonemes)


def closed(phonemes: str, vocabulary: Vocabulary, *, goes_on: bool) -> str:
    """Phonemes of a phrase with a mark at their end, for voices in Piper's format.

    Without one they cut the last sound short: en_US-joe-medium says `Paris` in 0.64 s where
    `Paris.` takes 0.73, and others break off in the middle of a sound.

    Args:
        phonemes: With or without a mark.
        vocabulary: Of the voice.
        goes_on: Whether the sentence does: it gets a comma.
    """
    mark = "," if goes_on else "."
    if vocabulary.kind in KOKORO_KINDS or mark not in vocabulary.ids or is_silent(phonemes):
        return phonemes
    end = phonemes.rstrip(_QUOTES)
    return phonemes if unicodedata.category(end[-1])[0] == "P" else end + mark


def phoneme_ids(phonemes: str, vocabulary: Vocabulary) -> Encoded:
    """Ids of a phrase in a voice's vocabulary.

    Piper's rule for `espeak` and `text` (piper1-gpl, `phoneme_ids.py`): each symbol's ids followed
    by the padding id, between start and end. Kokoro's (kokoro, `model.py`): each symbol's id
    between two `$`, no padding.

    Args:
        phonemes: IPA, or the text itself for a `text` vocabulary.
        vocabulary: Must know `$`, and `^` and `_` unless it is Kokoro's.
    """
    table = vocabulary.ids
    symbols = unicodedata.normalize("NFD", phonemes)
    if vocabulary.kind in KOKORO_KINDS:
        if vocabulary.kind == "kokoro":
            symbols = kokoro_symbols(symbols, vocabulary.espeak_voice)
        symbols = symbols.replace("c\u0327", "ç") if "ç" in table else symbols
        pad: tuple[int, ...] = ()
        ids = [*table[END]]
    else:
        pad = table[PAD]
        ids = [*table[START], *pad]
    unknown: Unknown = Counter()
    sounds = False
    for symbol in symbols:
        known = table.get(symbol)
        if known is not None and symbol not in _FRAME:
            ids += known
            ids += pad
            sounds = sounds or symbol not in _SILENT
            continue
        nearest = _nearest(symbol, vocabulary)
        unknown[symbol_class(symbol), "skipped" if nearest is None else "replaced"] += 1
        for other in nearest or "":
            ids += table[other]
            ids += pad
            sounds = sounds or other not in _SILENT
    ids += table[END]
    return Encoded(tuple(ids), unknown, sounds)


def unknown_symbol(phonemes: str, vocabulary: Vocabulary | None) -> str:
    """The first symbol of some IPA that a voice can neither say nor replace, or nothing.

    An engine that reads text is given no phonemes, so nothing is unknown to it.
    """
    if vocabulary is None or vocabulary.kind == "text":
        return ""
    symbols = unicodedata.normalize("NFD", phonemes)
    if vocabulary.kind in KOKORO_KINDS:
        symbols = kokoro_symbols(symbols, vocabulary.espeak_voice)
    for symbol in symbols:
        known = symbol in vocabulary.ids and symbol not in _FRAME
        if not known and _nearest(symbol, vocabulary) is None:
            return symbol
    return ""


def symbol_class(symbol: str) -> str:
    """What kind of symbol one is: letter, modifier, mark, digit, punctuation or other."""
    category = unicodedata.category(symbol)
    if category in {"Lm", "Sk"}:
        return "modifier"
    classes = {"L": "letter", "M": "mark", "N": "digit", "P": "punctuation"}
    return classes.get(category[0], "other")


def _nearest(symbol: str, vocabulary: Vocabulary) -> str | None:
    """Symbols of the vocabulary that stand for one it lacks; None where there are none."""
    if vocabulary.kind == "text":
        small = symbol.lower()
        return small if small in vocabulary.ids else None
    for nearest in _NEAREST.get(symbol, ()):
        if all(other in vocabulary.ids for other in nearest):
            return nearest
    return None
