"""Who tells the phonemes of a text, by the kind of a voice's vocabulary. Nothing else names one."""

from collections.abc import Mapping
from importlib import import_module

from speech.interfaces import Phonemizer
from speech.types import VocabularyKind

PHONEMIZERS: Mapping[VocabularyKind, str] = {
    "espeak": "speech.espeak",
    "kokoro": "speech.espeak",
    "misaki": "speech.misaki",
    "openjtalk": "speech.openjtalk",
}
"""Modules that are a `Phonemizer`. A voice of any other kind reads letters."""


def phonemizer(kind: VocabularyKind) -> Phonemizer | None:
    """The phonemizer of a kind of vocabulary; None where none is needed."""
    name = PHONEMIZERS.get(kind)
    if name is None:
        return None
    found: Phonemizer = import_module(name)
    return found


def is_busy() -> bool:
    """Whether reading a phrase would wait for other ones."""
    return any(import_module(name).is_busy() for name in set(PHONEMIZERS.values()))
