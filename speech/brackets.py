"""Brackets as espeak-ng needs them: it makes nothing of them, neither phonemes nor a pause."""

import re

# e.g. `so (for now) `
_BRACKETS = re.compile(r"(?<=\w) [(\[](?=\w)([^()\[\]\n]{2,200})[)\]](?:( )(?=\w))?")


def spoken_brackets(text: str) -> str:
    """The text with commas where brackets part words. No character moves."""
    if "(" not in text and "[" not in text:
        return text
    return _BRACKETS.sub(lambda match: f", {match[1]}{', ' if match[2] else ' '}", text)
