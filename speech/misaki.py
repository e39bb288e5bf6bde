"""English phonemes in Kokoro's alphabet, by misaki's rules and without espeak-ng; a `Phonemizer`.

It is the port in the package hibari-tts: misaki's lexicons, a tagger that tells `read` from `read`,
and a small network for words that are in no lexicon. Its own normalization stays off: texts are
normalised before.
"""

import importlib.util
import threading
import unicodedata
from functools import cache
from typing import Any

from speech.errors import SynthesisError, UnreadableTextError

_LANGUAGES = ("en", "en-gb", "en-us")
_LOCK = threading.Lock()
"""A reading takes 0.5 ms, and nothing says that two may go on at a time."""


def unavailable() -> str:
    """Why it cannot be used here, and what to install; empty where it can."""
    if importlib.util.find_spec("hibari") is not None:
        return ""
    return (
        "misaki comes with hibari-tts, which is not installed: "
        "`pip install --no-deps hibari-tts==0.2.1`"
    )


def languages() -> tuple[str, ...]:
    """Every language tag it reads."""
    return _LANGUAGES


def is_busy() -> bool:
    """Whether a call would wait for another one."""
    return _LOCK.locked()


def phonemize(text: str, voice: str) -> str:
    """Phonemes of a text in American English, or in British for `en-gb`.

    Raises:
        UnreadableTextError: it breaks down on the text.
        SynthesisError: the voice is not English.
    """
    if voice not in _LANGUAGES:
        raise SynthesisError(f"misaki reads no {voice!r}, only {', '.join(_LANGUAGES)}")
    # Its lexicons and its network know plain letters: one with an accent would be left out. What
    # looks like a link would be taken for phonemes that a caller gives.
    letters = unicodedata.normalize("NFD", text.replace("](", "] ("))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    with _LOCK:
        try:
            read: str = _reader(british=voice == "en-gb")(plain, normalize_text=False)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise UnreadableTextError("misaki writes no phonemes for a phrase", "input") from error
    return read


@cache
def _reader(*, british: bool) -> Any:
    """The package's converter; it loads in 0.3 s."""
    from hibari.g2p import G2P  # noqa: PLC0415 (ONNX Runtime, for unknown words)

    return G2P(british=british)
