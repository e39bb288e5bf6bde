"""English. `scan` finds the written forms of a sentence and has each read by its kind.

A module holds the readers of one group of forms, which read each other's forms or share tables:

    words           which words may be read otherwise, and interjections
    abbreviations   acronyms   homographs   romans   addresses (of houses)
    numbers         cardinals, ordinals, fractions; ranges: pairs of numbers, scores
    money           measures   units   dates (with years and times)
    runs            what is written without spaces: addresses of the web, paths, handles, versions
    serials         codes, models, telephone and account numbers
    signs           of mathematics, music and chemistry, and single ones
    neighbours      evidence from the words around a number
"""

from speech.text import marks
from speech.text.english.scan import english_spans
from speech.text.reading import spoken_sentence

__all__ = ["english_spans", "read_english"]


def read_english(text: str, *, british: bool = False) -> str:
    """Spoken words of one cleaned English sentence (arguments as of `english_spans`)."""
    return marks.plain(spoken_sentence(text, english_spans(text, british=british)))
