"""English: one file per class of written forms; `scan` finds them and has each read by its kind."""

from speech.text import marks
from speech.text.english.scan import english_spans
from speech.text.reading import spoken_sentence

__all__ = ["english_spans", "read_english"]


def read_english(text: str, *, british: bool = False) -> str:
    """Spoken words of one cleaned English sentence (arguments as of `english_spans`)."""
    return marks.plain(spoken_sentence(text, english_spans(text, british=british)))
