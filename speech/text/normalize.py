"""Written sentence to spoken sentence, by language."""

from speech.text.english import english_spans
from speech.text.languages import foreign_spans
from speech.text.lexicon import LexiconReader
from speech.text.reading import Span, spoken_sentence


def spans(sentence: str, language: str) -> list[Span]:
    """What is read otherwise than written in a cleaned sentence, in order.

    English is read completely; in other languages numbers are spelt out where num2words knows
    the language, and the rest is left to espeak-ng.
    """
    if language.partition("-")[0] == "en":
        return english_spans(sentence, british=language not in {"en", "en-us"})
    return foreign_spans(sentence, language)


def normalize(sentence: str, language: str, lexicon: LexiconReader | None = None) -> str:
    """Write a cleaned sentence the way it is spoken, with the words of lexicons."""
    found = spans(sentence, language)
    return spoken_sentence(sentence, lexicon.spans(sentence, found) if lexicon else found)
