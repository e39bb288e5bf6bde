"""Marks inside a text that no reader and no rule may touch: given phonemes, and pauses.

Both are written in private-use characters. So no reader takes them for letters, digits, spaces or
punctuation, and they hold all they mean without a table beside them.

- Given phonemes: each character of the plain word, moved to plane 16, then each character of its
  IPA, moved to plane 15.
- A pause: two characters of the block U+E000 to U+E1FF, hundreds of milliseconds and the rest.

A caller cannot write them: `inline.inline_edits` takes them out of a text before anything else.
"""

import re

MAX_PAUSE_MILLISECONDS = 25_599
"""The longest pause that can be written."""

_WORD, _IPA, _HUNDREDS, _REST = 0x100000, 0xF0000, 0xE000, 0xE100
PRONOUNCED = re.compile("([\U00100000-\U0010ffff]+)([\U000f0000-\U000fffff]+)")
"""Given phonemes; both groups are still moved."""
PAUSE = re.compile("[\ue000-\ue0ff][\ue100-\ue1ff]")


def pronounced(word: str, phonemes: str) -> str:
    """A word with its phonemes given, for a place in spoken text.

    Args:
        word: What is shown, and what engines that read text are given; not empty.
        phonemes: IPA as espeak-ng writes it, with stress marks, e.g. `ɹˈɛd`; not empty.

    Raises:
        ValueError: a character outside Unicode's basic plane, or nothing at all.
    """
    if not word or not phonemes or max(word) > "\uffff" or max(phonemes) > "\uffff":
        raise ValueError("a word and its phonemes are characters of Unicode's basic plane")
    return "".join(chr(_WORD + ord(c)) for c in word) + "".join(
        chr(_IPA + ord(c)) for c in phonemes
    )


def word_of(mark: re.Match[str]) -> str:
    """The plain word of a match of `PRONOUNCED`."""
    return "".join(chr(ord(c) - _WORD) for c in mark[1])


def phonemes_of(mark: re.Match[str]) -> str:
    """The given phonemes of a match of `PRONOUNCED`."""
    return "".join(chr(ord(c) - _IPA) for c in mark[2])


def pause(milliseconds: int) -> str:
    """A pause of 0 to MAX_PAUSE_MILLISECONDS."""
    return chr(_HUNDREDS + milliseconds // 100) + chr(_REST + milliseconds % 100)


def milliseconds_of(mark: str) -> int:
    """The length of a pause written by `pause`."""
    return (ord(mark[0]) - _HUNDREDS) * 100 + ord(mark[1]) - _REST


def plain(text: str) -> str:
    """The text as words: given phonemes become their word, pauses go."""
    if text.isascii():
        return text
    return PAUSE.sub("", PRONOUNCED.sub(word_of, text))
