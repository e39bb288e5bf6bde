"""Spoken text to phonemes, and phonemes to the ids of one voice.

The rule of ids is piper's: NFD code points, each followed by the padding id, between start and
end (piper1-gpl, `phoneme_ids.py`). It knows espeak-ng only through `speech.espeak`.
"""

import unicodedata

from speech import espeak
from speech.types import Vocabulary

START, END, PAD = "^", "$", "_"
_SILENT = frozenset(" .,:;!?\"'()-")


def phonemize(text: str, espeak_voice: str) -> str:
    """IPA of a phrase, as espeak-ng writes it for a voice such as `en-us`.

    Raises:
        SynthesisError: espeak-ng has no such voice.
    """
    return espeak.phonemize(text, espeak_voice)


def is_silent(phonemes: str) -> bool:
    """Whether phonemes hold nothing but pauses."""
    return _SILENT.issuperset(phonemes)


def phoneme_ids(phonemes: str, vocabulary: Vocabulary) -> tuple[tuple[int, ...], int]:
    """Ids of a phrase in a voice's vocabulary, and how many symbols the vocabulary lacks.

    Args:
        phonemes: IPA, or the text itself for a `text` vocabulary.
        vocabulary: Must know `^`, `$` and `_`.

    Returns:
        start, pad, then each known symbol's ids and pad, then end; and the count of code points
        that were skipped because the voice was never trained on them.
    """
    table = vocabulary.ids
    pad = table[PAD]
    ids = [*table[START], *pad]
    missing = 0
    for symbol in unicodedata.normalize("NFD", phonemes):
        known = table.get(symbol)
        if known is None:
            missing += 1
            continue
        ids += known
        ids += pad
    ids += table[END]
    return tuple(ids), missing
