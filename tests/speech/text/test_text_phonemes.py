import itertools
import json
import subprocess
import sys

import pytest

from speech import espeak
from speech.text.phonemes import is_silent, phoneme_ids, phonemize
from speech.types import Vocabulary

SENTENCES = [
    f"{opening} {subject} {verb}{ending}"
    for opening, subject, verb, ending in itertools.product(
        ("Yesterday,", "In the old town", "Well: perhaps"),
        ("the naïve neighbour", "a thousand birds", "nobody; not even you,"),
        ("sang (quietly) about rivers", 'said "thank you" twice', "went to the café", "knew why"),
        (".", "!", "?"),
    )
]
# In a process of its own: piper initialises the same library that speech.espeak holds.
PIPER = """
import json, sys
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP, phonemes_to_ids
from piper.phonemize_espeak import EspeakPhonemizer
voices, sentences = json.load(sys.stdin)
phonemizer = EspeakPhonemizer()
read = {v: [phonemizer.phonemize(v, sentence) for sentence in sentences] for v in voices}
ids = {v: [[phonemes_to_ids(part) for part in parts] for parts in read[v]] for v in voices}
json.dump({"map": DEFAULT_PHONEME_ID_MAP, "phonemes": read, "ids": ids}, sys.stdout)
"""


def test_phonemes_and_ids_equal_pipers() -> None:
    assert len(SENTENCES) > 100
    voices = ["en-us", "en-gb-x-rp", "de"]
    done = subprocess.run(
        [sys.executable, "-c", PIPER],
        input=json.dumps([voices, SENTENCES]),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout)
    vocabulary = Vocabulary(
        kind="espeak",
        espeak_voice="en-us",
        ids={symbol: tuple(ids) for symbol, ids in theirs["map"].items()},
    )
    for voice in voices:
        for sentence, parts, expected in zip(
            SENTENCES, theirs["phonemes"][voice], theirs["ids"][voice], strict=True
        ):
            assert len(parts) == 1
            encoded = phoneme_ids(phonemize(sentence, voice), vocabulary)
            assert [list(encoded.ids)] == expected, sentence
            assert not encoded.unknown


def test_ids_are_padded_between_start_and_end() -> None:
    tiny = Vocabulary(
        kind="text",
        espeak_voice="",
        ids={"^": (1, 9), "$": (2,), "_": (0,), "a": (3,), "\u0301": (4, 5)},
    )
    # á is decomposed; z is unknown to the voice and counted.
    encoded = phoneme_ids("áz", tiny)
    assert encoded.ids == (1, 9, 0, 3, 0, 4, 5, 0, 2)
    assert encoded.unknown == {("letter", "skipped"): 1}
    assert encoded.sounds


def test_pauses_alone_are_silent() -> None:
    assert is_silent(" ., ")
    assert not is_silent("ə.")


@pytest.mark.parametrize("tag", ["en-gb", "zh", "no", "pt-pt", "en-gb+f2"])
def test_tags_that_name_no_espeak_voice_are_spoken(tag: str) -> None:
    assert tag.partition("+")[0] in espeak.languages()
    assert not is_silent(phonemize("a", tag))
