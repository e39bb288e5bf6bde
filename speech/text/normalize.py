"""Written sentence to spoken sentence, by language."""

from speech.text.english import read_english
from speech.text.foreign import read_numbers


def normalize(sentence: str, language: str) -> str:
    """Write a cleaned sentence the way it is spoken.

    English is read completely; in other languages numbers are spelt out where num2words knows
    the language, and the rest is left to espeak-ng.
    """
    if language.partition("-")[0] == "en":
        return read_english(sentence, british=language not in {"en", "en-us"})
    return read_numbers(sentence, language)
