"""Written sentence to spoken sentence, by language."""

from speech.text.english import english_spans
from speech.text.languages import foreign_spans
from speech.text.lexicon import LexiconReader
from speech.text.reading import Span, merged, spoken_sentence
from speech.text.scripts import script_spans


def spans(sentence: str, language: str) -> list[Span]:
    """What is read otherwise than written in a cleaned sentence, in order.

    English is read completely; in other languages numbers are spelt out where num2words knows
    the language, and the rest is left to espeak-ng. Letters that it would describe are spelt in
    Latin letters or left out.
    """
    if language.partition("-")[0] == "en":
        found = english_spans(sentence, british=language not in {"en", "en-us"})
    else:
        found = foreign_spans(sentence, language)
    return merged(found, script_spans(sentence, language))


def normalize(sentence: str, language: str, lexicon: LexiconReader | None = None) -> str:
    """Write a cleaned sentence the way it is spoken, with the words of lexicons."""
    found = spans(sentence, language)
    return spoken_sentence(sentence, lexicon.spans(sentence, found) if lexicon else found)
