"""The whole text front end: clean, cut into sentences, normalise, cut into phrases, phonemise."""

import threading
from collections.abc import Callable
from functools import lru_cache

from speech.config import PhraseConfig
from speech.errors import InvalidInputError
from speech.text.cleanup import clean
from speech.text.normalize import normalize
from speech.text.phonemes import is_silent, phoneme_ids, phonemize
from speech.text.phrases import Cut, cut_phrases, paragraphs
from speech.types import Phrase, Utterance, Vocabulary

_NOTHING = "nothing is left to say: the text has no letters, digits or spoken symbols"


class FrontEnd:
    """Prepares texts for voices. Thread-safe; one per process is enough.

    It remembers the phonemes of recent phrases: phonemes are most of its cost, and phrases such
    as greetings come back.
    """

    def __init__(self, config: PhraseConfig, memo_entries: int = 4096) -> None:
        self._config = config
        self._phonemize: Callable[[str, str], str] = lru_cache(memo_entries)(phonemize)
        self._skipped = 0
        self._lock = threading.Lock()

    @property
    def skipped_symbols(self) -> int:
        """Symbols so far that a voice's vocabulary lacked and that were therefore not spoken."""
        return self._skipped

    def prepare(self, text: str, language: str, vocabulary: Vocabulary | None) -> Utterance:
        """Turn written text into phrases.

        Args:
            text: As the caller wrote it.
            language: Lower-case tag the text is read in, e.g. `en-us`.
            vocabulary: The voice's phonemes; None where its engine reads text itself, and then
                phonemes and ids stay empty.

        Raises:
            InvalidInputError: nothing is left to say (`param` is `input`).
            SynthesisError: espeak-ng has no voice for the vocabulary.
        """
        cuts = self._cut(text, language)
        spoken: list[tuple[Cut, str, tuple[int, ...]]] = []
        if vocabulary is None:
            spoken = [(cut, "", ()) for cut in cuts]
        else:
            for cut in cuts:
                phonemes = self._symbols(cut.text, vocabulary)
                ids = self._ids(phonemes, vocabulary)
                if ids:
                    spoken.append((cut, phonemes, ids))
        if not spoken:
            raise InvalidInputError(_NOTHING, "input")
        last = len(spoken) - 1
        return Utterance(
            normalized=" ".join(cut.text for cut, _, _ in spoken),
            phrases=tuple(
                Phrase(
                    index=index,
                    is_last=index == last,
                    text=cut.text,
                    phonemes=phonemes,
                    phoneme_ids=ids,
                    pause_after=0.0 if index == last else cut.pause_after,
                )
                for index, (cut, phonemes, ids) in enumerate(spoken)
            ),
        )

    def phonemes(self, text: str, language: str) -> str:
        """IPA of a written text as espeak-ng reads it, for voices without a vocabulary.

        Raises:
            InvalidInputError: nothing is left to say (`param` is `input`).
            SynthesisError: espeak-ng does not speak the language.
        """
        return " ".join(
            self._phonemize(cut.text, language).strip() for cut in self._cut(text, language)
        )

    def _cut(self, text: str, language: str) -> list[Cut]:
        spoken = [
            [normalize(sentence, language) for sentence in sentences]
            for sentences in paragraphs(clean(text), language)
        ]
        cuts = cut_phrases(spoken, self._config)
        if not cuts:
            raise InvalidInputError(_NOTHING, "input")
        return cuts

    def _symbols(self, text: str, vocabulary: Vocabulary) -> str:
        if vocabulary.kind == "text":
            return text
        return self._phonemize(text, vocabulary.espeak_voice)

    def _ids(self, phonemes: str, vocabulary: Vocabulary) -> tuple[int, ...]:
        """Ids, or none where the voice has no sound for the phrase."""
        if is_silent(phonemes):
            return ()
        ids, skipped = phoneme_ids(phonemes, vocabulary)
        if skipped:
            with self._lock:
                self._skipped += skipped
            if is_silent("".join(s for s in phonemes if s in vocabulary.ids)):
                return ()
        return ids
