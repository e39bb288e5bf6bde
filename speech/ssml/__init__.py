"""SSML 1.1: documents to passages.

`events` reads XML with its places, `document` makes passages of its elements, `prosody` reads
their attributes, `say_as` has the language's readers say what is named, `x_sampa` writes IPA.
https://www.w3.org/TR/speech-synthesis11/; docs/ssml.md says what each element does here.
"""

from speech.ssml.document import (
    FILLING,
    Bookmark,
    Document,
    Plain,
    is_ssml,
    read_document,
    readable,
)

__all__ = ["FILLING", "Bookmark", "Document", "Plain", "is_ssml", "read_document", "readable"]
