"""The text front end: written text to phrases of spoken text, with phonemes and their ids."""

from speech.text.frontend import FrontEnd

__all__ = ["FrontEnd"]
