"""English e-mail addresses, links and domain names: every sign is said."""

import re

from speech.text.english.numbers import digits
from speech.text.reading import Reading

_DOMAINS = "com|org|net|edu|gov|io|ai|dev|app|info|co|uk|de|fr|eu|us|ca|me|tv"
# Each may begin at the start of its run only, so that a run is scanned once.
_ADDRESS = re.compile(
    r"(?<![\w.+&/:@-])(?:"
    r"[\w.+&-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?:/[^\s,;\"')]*)?"
    r"|(?:https?|ftp|file)://[^\s\"')]+"
    r"|www\.[^\s\"')]+"
    rf"|(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}(?:{_DOMAINS})(?![\w-]|\.\w)(?:/[^\s,;\"')]*)?"
    r")"
)
_PIECE = re.compile(r"[A-Za-z]+|[0-9]+|.")
_SIGNS = {
    ".": "dot",
    "@": "at",
    "-": "dash",
    "_": "underscore",
    "/": "slash",
    ":": "colon",
    "&": "ampersand",
    "+": "plus",
    "#": "hash",
    "?": "question mark",
    "=": "equals",
    "%": "percent",
    "~": "tilde",
}
_SPELT = frozenset({"http", "https", "ftp", "www", "uk", "us", "eu", "tv", "io", "ai", "de", "fr"})


def find_addresses(text: str) -> list[tuple[int, Reading]]:
    """Every address of a sentence with its start, in order."""
    if "@" not in text and "://" not in text and "." not in text:
        return []
    found = []
    for match in _ADDRESS.finditer(text):
        # Punctuation at the end belongs to the sentence.
        written = match[0].rstrip(".,;:!?")
        found.append(
            (match.start(), Reading(_spell(written), match.start() + len(written), "electronic"))
        )
    return found


def _spell(written: str) -> str:
    words = []
    for piece in _PIECE.findall(written):
        if piece.isascii() and piece.isdigit():
            words.append(digits(piece))
        elif piece.lower() in _SPELT:
            words.append(piece.upper())
        else:
            words.append(_SIGNS.get(piece, piece))
    return " ".join(words)
