"""Whether a word was said as it should be: in what was asked for, and in what can be heard.

Both compare the pronunciations that are right with those that a word is mistaken for, so neither
needs to know an accent exactly. What was asked for is compared phoneme by phoneme. What is heard,
pocketsphinx decides: its acoustic model, which has nothing to do with any of our phonemizers, is
fitted to the audio with each of them, and the best fit wins.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from speech.evaluation.hearing import Wave, listen, sphinx, words
from speech.evaluation.suite import Sentence

# IPA of espeak-ng, and misaki's letters for diphthongs, in ARPABET; longest first.
_IPA = {
    "aɪə": "AY AH", "aʊə": "AW AH", "eɪ": "EY", "aɪ": "AY", "oʊ": "OW", "əʊ": "OW", "aʊ": "AW",
    "ɔɪ": "OY", "dʒ": "JH", "tʃ": "CH", "ɪə": "IH R", "eə": "EH R", "ʊə": "UH R",
    "əl": "AH L", "A": "EY", "I": "AY", "O": "OW", "Q": "OW", "W": "AW", "Y": "OY", "ʤ": "JH",
    "ʧ": "CH", "i": "IY", "ɪ": "IH", "ᵻ": "IH", "ɛ": "EH", "e": "EY", "æ": "AE", "a": "AE",
    "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "o": "OW", "ʊ": "UH", "u": "UW", "ʌ": "AH", "ɐ": "AH",
    "ə": "AH", "ᵊ": "AH", "ɚ": "ER", "ɜ": "ER", "ɝ": "ER", "p": "P", "b": "B", "t": "T", "ɾ": "T",
    "T": "T", "ʔ": "T", "d": "D", "k": "K", "ɡ": "G", "g": "G", "f": "F", "v": "V", "θ": "TH",
    "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "m": "M", "n": "N", "ŋ": "NG",
    "l": "L", "ɫ": "L", "ɹ": "R", "r": "R", "w": "W", "ʍ": "W", "j": "Y",
}  # fmt: skip
_SYMBOL = re.compile("|".join(sorted(map(re.escape, _IPA), key=len, reverse=True)))
_VOWELS = frozenset("IY IH EH EY AE AA AO OW UH UW AH AY AW OY ER".split())  # noqa: SIM905
_ALIKE = frozenset(
    map(frozenset, (("IY", "IH"), ("AA", "AO"), ("AH", "IH"), ("AH", "ER"), ("UH", "AH")))
)
"""Vowels that accents and weak syllables exchange."""


def asked_right(phonemes: str, sentence: Sentence) -> bool | None:
    """Whether the phonemes that a voice was asked for hold the right pronunciation.

    None where it was asked for none, or the sentence has no word to look at.
    """
    if not phonemes or not sentence.right:
        return None
    asked = [sound for found in _SYMBOL.findall(phonemes) for sound in _IPA[found].split()]
    right, wrong = (
        min(_within(said.split(), asked) for said in ways)
        for ways in (sentence.right, sentence.wrong)
    )
    return right < wrong


class Fitting:
    """pocketsphinx, fitted to audio with several pronunciations of a word.

    Raises:
        ConfigError: it is not installed.
    """

    def __init__(self) -> None:
        self._decoder: Any = sphinx(lm=None)
        self._known: set[str] = set()

    def heard_right(self, wave: Wave, sentence: Sentence) -> bool | None:
        """Whether a right pronunciation fits a wave at RATE better than the wrong ones.

        None where the sentence has no word to look at, or none of them fits at all.
        """
        if not sentence.right:
            return None
        right, wrong = (
            [fit for said in ways if (fit := self._fit(wave, sentence, said)) is not None]
            for ways in (sentence.right, sentence.wrong)
        )
        if not right and not wrong:
            return None
        return max(right, default=-np.inf) > max(wrong, default=-np.inf)

    def _fit(self, wave: Wave, sentence: Sentence, said: str) -> float | None:
        """Log likelihood of the audio, where one word is said in one way."""
        name = f"{sentence.word.lower()}_{said.lower().replace(' ', '_')}"
        if name not in self._known:
            self._decoder.add_word(name, said, update=True)
            self._known.add(name)
        spoken = words(sentence.text)
        spoken[spoken.index(sentence.word.lower())] = name
        self._decoder.set_align_text(" ".join(spoken))
        listen(self._decoder, wave)
        found = self._decoder.hyp()
        # A search that did not come to the end has a score, too.
        ended = found is not None and found.hypstr.split()[-1:] == [*spoken[-1:]]
        return float(found.best_score) if ended else None


def _within(said: Sequence[str], asked: Sequence[str]) -> float:
    """Edit distance of a pronunciation to the stretch of what was asked that is nearest to it."""
    row = [0.0] * (len(asked) + 1)
    for i, sound in enumerate(said, 1):
        before, row = row, [float(i)]
        for j, other in enumerate(asked, 1):
            row.append(
                min(before[j] + 1, row[j - 1] + 1, before[j - 1] + _difference(sound, other))
            )
    return min(row)


def _difference(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if frozenset((one, other)) in _ALIKE:
        return 0.25
    return 0.6 if {one, other} <= _VOWELS else 1.0
