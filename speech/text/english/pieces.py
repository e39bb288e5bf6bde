"""Letters, digits and signs of names that are written without spaces, said one by one."""

import re

from speech.text.english.acronyms import letters
from speech.text.english.numbers import cardinal, digits

SIGNS = {
    ".": "dot", "@": "at", "-": "dash", "_": "underscore", "/": "slash", ":": "colon",
    "&": "ampersand", "+": "plus", "#": "hash", "?": "question mark", "=": "equals",
    "%": "percent", "~": "tilde", "\\": "backslash", "$": "dollar", "*": "star",
    "!": "exclamation mark", ",": "comma", ";": "semicolon", "(": "open parenthesis",
    ")": "close parenthesis", "[": "open bracket", "]": "close bracket", "'": "apostrophe",
    "|": "pipe", "^": "caret", "<": "less than", ">": "greater than", "{": "open brace",
    "}": "close brace",
}  # fmt: skip
"""What a sign is called inside a name."""

# Spelled inside a name, whichever way they are written.
_SPELLED = frozenset(
    """http https ftp sftp ssh www html htm php css js ts md pdf txt xls csv svg png mp gz tgz xml
    sql db cgi jsp asp aspx api ui ux id ip tv io ai uk eu us usa cdn dns url faq cfg rb rs cpp hpp
    wav avi mkv mov ogg flac aac exe dll ppt rtf iso apk dmg msi deb rpm ini tsv ip vpn smtp imap
    bbc cnn nbc cbs abc mit ibm nyt ucla usc rtx gtx gpu cpu faqs hr pr ceo""".split()
)
_SPOKEN = {"jpg": "jpeg", "yml": "yaml", "nvidia": "NVIDIA", "jpeg": "jpeg"}
_PIECE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]|[0-9]+|[\s\S]")
_THOUSANDS = re.compile(r"[1-9]000")


def spell_name(name: str, *, signs: bool = True) -> str:
    """Words of a name such as `john_doe99` or `docs/report-v2`.

    Args:
        name: Letters, digits and signs.
        signs: Say the signs by their names; they part words only where this is off.
    """
    words: list[str] = []
    last = ""
    for piece in _PIECE.findall(name):
        if piece.isascii() and piece.isdigit():
            round_number = last in {"-", ""} and _THOUSANDS.fullmatch(piece)
            words.append(cardinal(int(piece)) if round_number else digits(piece))
        elif piece in SIGNS:
            if signs:
                words.append(SIGNS[piece])
        else:
            words.append(spell_word(piece))
        last = piece
    return " ".join(words)


def spell_word(piece: str) -> str:
    """A piece of letters: spelled where it is an initialism or a letter, else as a word."""
    small = piece.lower()
    if small in _SPOKEN:
        return _SPOKEN[small]
    if small in _SPELLED or len(piece) == 1:
        return letters(piece)
    return piece
