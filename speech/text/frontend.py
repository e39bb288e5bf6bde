"""The whole text front end: clean, cut into sentences, normalise, cut into phrases, phonemise."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import blake2b
from time import perf_counter
from typing import NamedTuple

from speech.brackets import spoken_brackets
from speech.config import TextConfig
from speech.errors import InvalidInputError
from speech.text import marks
from speech.text.changes import changes
from speech.text.cleanup import Cleaned, cleaned, too_long
from speech.text.edits import Edit, applied, composed
from speech.text.fingerprint import code_fingerprint
from speech.text.inline import inline_edits
from speech.text.lexicon import (
    MAX_SPOKEN,
    Lexicon,
    LexiconReader,
    check_entries,
    lexicon_entries,
)
from speech.text.normalize import spans
from speech.text.phonemes import Unknown, closed, is_silent, phoneme_ids, phonemize, unknown_symbol
from speech.text.phrases import Cut, cut_phrases, first_phrase, halves, pause_after
from speech.text.reading import Span, spoken_sentence
from speech.text.sentences import Sentence, paragraphs
from speech.text.tags import tag_edits
from speech.text.words import Sources, spoken_words, written_words
from speech.types import (
    Delivery,
    Explanation,
    LexiconEntry,
    Passage,
    Phrase,
    Utterance,
    Vocabulary,
    Word,
)

_LETTER_GROWS, _OTHER_GROWS = 3, 24
"""Characters that a letter and any other sign become at most, as a rule, when they are read."""
_PHONEMES = 2
"""Phonemes that stand for one spoken character at most, as a rule."""


class Budget:
    """What the reading of one text may take, so that it ends before memory and time are spent."""

    def __init__(self, config: TextConfig) -> None:
        self._max_spoken = config.max_spoken_characters
        self._until = perf_counter() + config.max_seconds
        self._spoken = self._phonemes = 0

    def speak(self, characters: int) -> None:
        """So many characters more are spoken.

        Raises:
            InvalidInputError: that is too much, or it took too long (`param` is `input`).
        """
        self._spoken += characters
        if self._spoken > self._max_spoken:
            raise too_long(self._spoken, self._max_spoken)
        if perf_counter() > self._until:
            raise InvalidInputError("the text takes too long to read", "input")

    def pronounce(self, phonemes: str) -> None:
        """A phrase has these phonemes; raises what `speak` does."""
        self._phonemes += len(phonemes)
        self.speak(0)
        if self._phonemes > _PHONEMES * self._max_spoken:
            raise too_long(self._phonemes // _PHONEMES, self._max_spoken)


class Memo(NamedTuple):
    """How the memory of phonemes did so far."""

    entries: int
    hits: int
    misses: int


@dataclass(frozen=True, slots=True)
class _Read:
    """A text whose sentences are found and read, before it is cut into phrases."""

    written: Passage
    cleaned: str
    passes: tuple[list[Edit], ...]
    """What made the cleaned text of the written one."""
    paragraphs: list[tuple[list[tuple[Sentence, list[Span]]], bool]]
    """Sentences with their readings; whether the last one of them has its mark."""

    @property
    def sentences(self) -> list[tuple[Sentence, list[Span]]]:
        """All of them in order."""
        return [it for sentences, _ in self.paragraphs for it in sentences]

    @property
    def sources(self) -> Sources:
        """Where its phrases were written."""
        return Sources(self.written.text, self.passes, self.sentences, self.written.start)


class _Said(NamedTuple):
    """A phrase with its phonemes."""

    cut: Cut
    phonemes: str
    ids: tuple[int, ...]


class FrontEnd:
    """Prepares texts for voices. Thread-safe; one per process is enough.

    It remembers the phonemes of recent phrases: phonemes are most of its cost, and phrases such
    as greetings come back.
    """

    def __init__(self, config: TextConfig) -> None:
        self._config = config
        self._lexicons = {
            language: Lexicon(lexicon_entries(words)) for language, words in config.lexicons.items()
        }
        self._phonemize = lru_cache(config.phoneme_memo_entries)(phonemize)
        self._unknown: Unknown = Counter()
        self._lock = threading.Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Names how texts are read: hex that changes with the configuration and with the code."""
        config = self._config.model_dump_json()
        return blake2b(f"{code_fingerprint()}{config}".encode(), digest_size=16).hexdigest()

    @property
    def memo(self) -> Memo:
        """The memory of phonemes."""
        info = self._phonemize.cache_info()
        return Memo(info.currsize, info.hits, info.misses)

    @property
    def unknown_symbols(self) -> Unknown:
        """Symbols so far that a voice's vocabulary lacked."""
        with self._lock:
            return self._unknown.copy()

    def budget(self) -> Budget:
        """What several passages of one request may take together."""
        return Budget(self._config)

    def prepare(
        self,
        passage: Passage,
        vocabulary: Vocabulary | None,
        *,
        words: bool = False,
        sounds: bool = False,
        budget: Budget | None = None,
    ) -> Utterance:
        """Turn written text into phrases; a text that leaves nothing to say has none.

        Args:
            passage: The text, and how it is read.
            vocabulary: The voice's phonemes; None where its engine reads text itself, and then
                phonemes and ids stay empty.
            words: Say of each phrase and its words where they were written, and of the words
                which ids speak them.
            sounds: Say of the words which phonemes they have, too.
            budget: Of the request it is a part of.

        Raises:
            InvalidInputError: it becomes too much, or an inline form cannot be
                spoken (`param` is `input`), or what the request's lexicon says cannot (`param` is
                `lexicon`).
            SynthesisError: the phonemizer has no voice for the vocabulary.
        """
        check_entries(passage.lexicon, vocabulary)
        budget = budget or self.budget()
        read = self._read(passage, vocabulary, budget)
        cuts = self._cut(read, passage.delivery.language)
        language = passage.delivery.language
        said = [
            self._say(cut, vocabulary, language, budget, is_last=cut is cuts[-1]) for cut in cuts
        ]
        return self._utterance(
            [phrase for phrases in said for phrase in phrases],
            passage.delivery,
            vocabulary,
            sources=read.sources if words else None,
            sounds=sounds,
            budget=budget,
            mute_end=bool(said) and not said[-1],
        )

    def followed(self, phrase: Phrase, pause: float | None = None) -> Phrase:
        """The last phrase of a passage where something follows.

        Args:
            phrase: As `prepare` returned it.
            pause: Seconds of silence behind it as they are heard; None for those of its mark.
        """
        if pause is not None:
            return replace(phrase, pause_after=pause * phrase.delivery.speed)
        of_mark = phrase.pause_after or pause_after(phrase.text, self._config.phrases.pauses)
        return replace(phrase, pause_after=of_mark)

    def at_most(self, passage: Passage, vocabulary: Vocabulary | None) -> int:
        """Characters that a passage becomes when it is spoken, at most, for little work.

        Raises:
            InvalidInputError: an inline form or what the request's lexicon says cannot be spoken.
        """
        check_entries(passage.lexicon, vocabulary)
        _, regular = self._regular(passage, vocabulary)
        return may_become(regular.text, passage.lexicon)

    def sentences(self, passage: Passage) -> list[str]:
        """What a passage is cut into, cleaned and not yet read.

        Raises:
            InvalidInputError: an inline form cannot be spoken (`param` is `input`).
        """
        _, regular = self._regular(passage, None)
        found = paragraphs(regular.text, passage.delivery.language)
        return [sentence.text for sentences, _ in found for sentence in sentences]

    def opening(
        self,
        passage: Passage,
        vocabulary: Vocabulary | None,
        *,
        words: bool = False,
        sounds: bool = False,
        followed_by: int = 0,
    ) -> Phrase | None:
        """The first phrase of what `prepare` returns, for a small part of its work.

        The whole text is cleaned and cut into sentences, but only the first of them are read.
        Arguments and errors are those of `prepare`. The passages after it become `followed_by`
        characters at most.

        Returns:
            The phrase, or None where there may be no second one, or the first has no sound, or
            the text may become too long: that is known once all of it is read.
        """
        check_entries(passage.lexicon, vocabulary)
        inline, regular = self._regular(passage, vocabulary)
        length = followed_by + may_become(regular.text, passage.lexicon)
        if length > self._config.max_spoken_characters:
            return None
        language = passage.delivery.language
        read = self._reader(passage, vocabulary)
        sentences: list[tuple[Sentence, list[Span]]] = []

        def said(sentence: Sentence) -> str:
            sentences.append((sentence, read(sentence)))
            return spoken_sentence(sentence.text, sentences[-1][1])

        cut = first_phrase(
            ((map(said, found), ended) for found, ended in paragraphs(regular.text, language)),
            self._config.phrases,
            language,
        )
        spoken = self._say(cut, vocabulary, language, Budget(self._config)) if cut else []
        if not spoken:
            return None
        passes = (inline, *regular.passes)
        sources = Sources(passage.text, passes, sentences, passage.start) if words else None
        return self._phrase(
            spoken[0],
            passage.delivery,
            vocabulary,
            sources,
            sounds=sounds,
            index=0,
            is_last=False,
        )

    def explain(self, passage: Passage, *, phonemized: bool = True) -> Explanation:
        """A text as it would be spoken, with espeak-ng's phonemes, and what was changed in it.

        Not `phonemized`, it needs no espeak-ng and has no phonemes. Other arguments and errors are
        those of `prepare`.
        """
        check_entries(passage.lexicon, None)
        budget = Budget(self._config)
        read = self._read(passage, None, budget)
        cuts = self._cut(read, passage.delivery.language)
        spoken = []
        for cut in cuts:
            phonemes = ""
            if phonemized:
                text = spoken_brackets(cut.text)
                phonemes = self._phonemize(text, passage.delivery.language).strip()
            budget.pronounce(phonemes)
            spoken.append(_Said(cut, phonemes, ()))
        utterance = self._utterance(
            spoken, passage.delivery, None, sources=read.sources, budget=budget
        )
        sentences = [(sentence.start, found) for sentence, found in read.sentences]
        return Explanation(
            utterance=utterance,
            changes=changes(
                passage.text, read.cleaned, read.passes, sentences, utterance.normalized
            ),
        )

    def _read(self, passage: Passage, vocabulary: Vocabulary | None, budget: Budget) -> _Read:
        inline, regular = self._regular(passage, vocabulary)
        find = self._reader(passage, vocabulary)

        def read(sentence: Sentence) -> list[Span]:
            found = find(sentence)
            grown = sum(len(span.spoken) - (span.end - span.start) for span in found)
            budget.speak(len(sentence.text) + grown)
            return found

        return _Read(
            passage,
            regular.text,
            (inline, *regular.passes),
            [
                ([(sentence, read(sentence)) for sentence in sentences], ended)
                for sentences, ended in paragraphs(regular.text, passage.delivery.language)
            ],
        )

    def _regular(
        self, passage: Passage, vocabulary: Vocabulary | None
    ) -> tuple[list[Edit], Cleaned]:
        """A text without what is not language, and the edits of inline forms made before."""
        text, limit = passage.text, self._config.max_spoken_characters
        inline = list(passage.edits)
        if not inline:
            pauses, wanted = self._config.phrases.pauses, passage.normalization
            inline = inline_edits(text, pauses, lambda ipa: unknown_symbol(ipa, vocabulary))
            marked = applied(text, inline)
            tags = tag_edits(marked, pauses, tags=wanted.markdown, blocks=wanted.hidden_blocks)
            inline = composed(inline, tags) if tags else inline
        regular = applied(text, inline)
        return inline, cleaned(regular, passage.normalization, passage.delivery.language, limit)

    def _reader(
        self, passage: Passage, vocabulary: Vocabulary | None
    ) -> Callable[[Sentence], list[Span]]:
        """What finds the readings within a sentence."""
        kanji = vocabulary is not None and vocabulary.kind == "openjtalk"
        language, enabled = passage.delivery.language, passage.normalization.enabled
        said = LexiconReader([Lexicon(passage.lexicon), *self._lexicons_of(language)])

        def read(sentence: Sentence) -> list[Span]:
            found = spans(sentence.text, language) if enabled else []
            if kanji:
                found = [span for span in found if span.rule != "scripts"]
            return said.spans(sentence.text, found)

        return read

    def _cut(self, read: _Read, language: str) -> list[Cut]:
        spoken = [
            ([spoken_sentence(sentence.text, found) for sentence, found in sentences], ended)
            for sentences, ended in read.paragraphs
        ]
        return cut_phrases(spoken, self._config.phrases, language)

    def _lexicons_of(self, language: str) -> list[Lexicon]:
        """The lexicons of a tag and of the wider ones it belongs to: `en-us`, then `en`."""
        found = []
        while language:
            if lexicon := self._lexicons.get(language):
                found.append(lexicon)
            language = language.rpartition("-")[0]
        return found

    def _say(
        self,
        cut: Cut,
        vocabulary: Vocabulary | None,
        language: str,
        budget: Budget,
        *,
        is_last: bool = False,
    ) -> list[_Said]:
        """A phrase with its phonemes, or the parts of one that is too long for the voice.

        None where the voice has no sound for it.

        Args:
            cut: The phrase.
            vocabulary: Of the voice.
            language: That it is read in.
            budget: Of the text.
            is_last: Whether the text ends with it.
        """
        if vocabulary is None:
            return [_Said(cut, "", ())]
        phonemes = self._symbols(cut.text, vocabulary)
        goes_on = not (is_last or cut.pause_after)
        ids = self._ids(closed(phonemes, vocabulary, goes_on=goes_on), vocabulary)
        if vocabulary.max_ids is not None and len(ids) > vocabulary.max_ids:
            budget.speak(0)
            parts = halves(cut, self._config.phrases.pauses, language)
            if len(parts) > 1:
                return [it for cut in parts for it in self._say(cut, vocabulary, language, budget)]
        budget.pronounce(phonemes)
        return [_Said(cut, phonemes, ids)] if ids else []

    def _symbols(self, text: str, vocabulary: Vocabulary) -> str:
        if vocabulary.kind == "text":
            return marks.plain(text)
        text = spoken_brackets(text)
        return self._phonemize(text, vocabulary.espeak_voice, vocabulary.kind)

    def _ids(self, phonemes: str, vocabulary: Vocabulary) -> tuple[int, ...]:
        """Ids, or none where the voice has no sound for the phrase."""
        if is_silent(phonemes):
            return ()
        encoded = phoneme_ids(phonemes, vocabulary)
        if encoded.unknown:
            with self._lock:
                self._unknown += encoded.unknown
        return encoded.ids if encoded.sounds else ()

    def _utterance(
        self,
        spoken: list[_Said],
        delivery: Delivery,
        vocabulary: Vocabulary | None,
        *,
        sources: Sources | None,
        sounds: bool = False,
        budget: Budget,
        mute_end: bool = False,
    ) -> Utterance:
        """Phrases of what has a sound; `mute_end` where the last of the text has none.

        Raises:
            InvalidInputError: finding the words takes too long.
        """
        phrases: list[Phrase] = []
        for index, said in enumerate(spoken):
            is_last = index == len(spoken) - 1
            phrases.append(
                self._phrase(
                    said,
                    delivery,
                    vocabulary,
                    sources,
                    sounds=sounds,
                    index=index,
                    is_last=is_last,
                )
            )
            if sources:
                budget.speak(0)
        if mute_end and phrases and phrases[-1].pause_after:
            # A mark at the very end makes no pause, whatever was dropped behind it.
            phrases[-1] = replace(phrases[-1], pause_after=0.0)
        return Utterance(
            normalized=" ".join(phrase.text for phrase in phrases), phrases=tuple(phrases)
        )

    def _phrase(
        self,
        said: _Said,
        delivery: Delivery,
        vocabulary: Vocabulary | None,
        sources: Sources | None,
        *,
        sounds: bool,
        index: int,
        is_last: bool,
    ) -> Phrase:
        cut, phonemes, ids = said
        words: tuple[Word, ...] = ()
        if sources:
            words = written_words(cut, sources)
            if vocabulary and ids:
                words = spoken_words(
                    words, cut.text, phonemes, vocabulary, self._symbols, sounds=sounds
                )
            else:
                words = tuple(replace(word, ids=word.spoken) for word in words)
        return Phrase(
            index=index,
            is_last=is_last,
            text=marks.plain(cut.text),
            phonemes=phonemes,
            phoneme_ids=ids,
            pause_after=cut.pause_after,
            pause_before=cut.pause_before,
            delivery=delivery,
            written=sources.of(cut, 0, len(cut.text)) if sources else (0, 0),
            words=words,
        )


def may_become(text: str, lexicon: tuple[LexiconEntry, ...]) -> int:
    """Characters a cleaned text is at most when it is spoken, without reading it."""
    letters = sum(map(str.isalpha, text))
    plain = sum(map(text.count, " \n,"))
    others = len(text) - letters - plain
    return _LETTER_GROWS * letters + plain + _OTHER_GROWS * others + (MAX_SPOKEN if lexicon else 0)
