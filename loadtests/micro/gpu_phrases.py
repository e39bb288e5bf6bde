"""What `loadtests.micro.gpu` says: phrases of a wanted length, as phoneme ids.

The phonemes are espeak-ng's, of replies of `loadtests.texts`, written down here: where this runs
there need not be an espeak-ng.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, islice

from speech.types import Phrase, PhraseJob
from speech.voices import Voice

_SPOKEN = (
    "ɐmˈiːliə pˈɑːɹsəl nˈʌmbɚ tˈuː",
    "fˈaɪv sˈɪkstiːn ˌeɪˈɛm, ɡˈeɪt fˈɪftiʲ ˈeɪt, ˌɪstˌænbˈʊl",
    "ʃˈʊɹ, hˈæɹiət ˈeɪt kˈɔst tˈuː hˈʌndɹɪd ænd sˈɛvən dˈɑːlɚz fˈɔːɹɾi sˈɛnts",
    "kwˈɛntɪn ɪz bˈʊkt fɔːɹ fˈaɪv twˈɛnti wˈʌn pˌiːʲˈɛm, tˈeɪbəl sˈɪks",
    "tˈaɪmɚ sˈɛt fɔːɹ θˈɜːɾi fˈɔːɹ mˈɪnɪts, ʌntˈɪl θɹˈiː fˈɪfti fˈɔːɹ ˌeɪˈɛm",
    "jʊɹ dᵻlˈɪvɚɹiʲ ɪz ɹˈɛdi, ˈɜːsjʊlə, æt dˈɛsk ˈeɪt hˈʌndɹɪd ænd sˈɪksti tˈuː",
    "aɪ hæv ˈædᵻd sˈɛvən hˈʌndɹɪd ænd sˈɛvənti tə ðə pˈɑːɹsəl lˈɪst fɔːɹ hˈæɹiət",
    "ɪɾ ɪz θˈɜːɾi sˈɪks dᵻɡɹˈiːz ɪn lˈiːdz, ænd dəmˈiːtɹi lˈændz æɾ ᵻlˈɛvən fˈɔːɹɾiʲ ˈeɪt",
    "jʊɹ bˈæləns ɪz wˈʌn hˈʌndɹɪd ænd fˈɪfti sˈɪks dˈɑːlɚz ˈæftɚ ðə fˈoʊldɚ fɹʌm mədɹˈɪd",
)
_WORDS = tuple(word for sentence in _SPOKEN for word in sentence.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A class of phrases, by how many words they have: least and most."""

    name: str
    words: tuple[int, int]


LENGTHS = (
    Length(name="short", words=(1, 3)),
    Length(name="medium", words=(8, 12)),
    Length(name="long", words=(30, 45)),
)
"""About 1, 3 and 12 seconds; the second is the reply of 3 seconds that has a target."""


class Phrases:
    """Phrases without end, each of other words; the same in every run."""

    def __init__(self, voice: Voice, start: int = 0) -> None:
        self._voice = voice
        self._next = start

    def take(self, length: Length, count: int, *, index: int = 0) -> list[PhraseJob]:
        """So many phrases of a length, both speakers in turn."""
        return [self._one(length, index) for _ in range(count)]

    def _one(self, length: Length, index: int) -> PhraseJob:
        number = self._next
        self._next += 1
        least, most = length.words
        count = least + number * 7 % (most - least + 1)
        words = islice(cycle(_WORDS), number * 13 % len(_WORDS), None)
        text = " ".join(islice(words, count)) + "."
        speakers = list(self._voice.speakers) or [""]
        vocabulary = self._voice.vocabulary
        return PhraseJob(
            phrase=Phrase(
                index=index,
                is_last=False,
                text=text,
                phonemes=text,
                phoneme_ids=_ids(text, {} if vocabulary is None else vocabulary.ids),
                pause_after=0.0,
            ),
            voice=self._voice.id,
            speaker=speakers[number % len(speakers)],
            language=self._voice.language,
            speed=1.0,
            seed=number,
        )


def _ids(phonemes: str, table: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Piper's rule: `^`, then each phoneme, a pad behind every one, then `$`."""
    pad = table["_"]
    found = [*table["^"], *pad]
    for symbol in unicodedata.normalize("NFD", phonemes):
        for number in table.get(symbol, ()):
            found += [number, *pad]
    return (*found, *table["$"])
