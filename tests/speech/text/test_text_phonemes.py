import itertools
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest

from speech import espeak
from speech.text.phonemes import (
    Unknown,
    closed,
    is_silent,
    phoneme_ids,
    phonemize,
    unknown_symbol,
)
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


# The symbols of Kokoro's vocabulary (`config.json` of its first version), with numbers of our own.
KOKORO = Vocabulary(
    kind="kokoro",
    espeak_voice="en-us",
    ids={
        symbol: (number,)
        for number, symbol in enumerate(
            '$;:,.!?—…"()“” \u0303ʣʥʦʨᵝ\uab67AIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥ'
            "ɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ"
        )
    },
)
SOUNDS = {s: (i,) for i, s in enumerate("_^$ ,.abdeiknoprstuwzəɪˈ")}
SMALL = Vocabulary(kind="espeak", espeak_voice="en-us", ids=SOUNDS)


@pytest.mark.parametrize(
    ("phonemes", "said", "unknown"),
    [
        ("kˈat.", "kˈat.", {}),
        # A letter with a mark that the voice lacks is the letter.
        ("ã", "a", {("mark", "replaced"): 1}),
        # The nearest sounds, in their order; what has no sound of its own goes.
        ("ɹɐɚ", "rəər", {("letter", "replaced"): 3}),
        ("iːʲ", "i", {("modifier", "replaced"): 2}),
        ("ʤ", "", {("letter", "skipped"): 1}),
        ("ʦ—!", "ts,.", {("letter", "replaced"): 1, ("punctuation", "replaced"): 2}),
        (
            "k$^_",
            "k",
            {("other", "skipped"): 1, ("modifier", "skipped"): 1, ("punctuation", "skipped"): 1},
        ),
        ("漢7☃", "", {("letter", "skipped"): 1, ("digit", "skipped"): 1, ("other", "skipped"): 1}),
    ],
)
def test_what_a_voice_lacks_is_replaced_or_counted(
    phonemes: str, said: str, unknown: dict[tuple[str, str], int]
) -> None:
    encoded = phoneme_ids(phonemes, SMALL)
    by_id = {i: s for s, (i,) in SOUNDS.items()}
    spoken = "".join(by_id[i] for i in encoded.ids if by_id[i] not in "_^$")
    assert spoken == said
    assert encoded.unknown == unknown
    assert encoded.sounds is bool(said.strip(".,"))


def test_a_voice_of_letters_takes_small_ones() -> None:
    letters = Vocabulary(kind="text", espeak_voice="", ids={s: (i,) for i, s in enumerate("_^$ab")})
    encoded = phoneme_ids("AbC", letters)
    assert encoded.ids == (1, 0, 3, 0, 4, 0, 2)
    assert encoded.unknown == {("letter", "replaced"): 1, ("letter", "skipped"): 1}


def test_the_first_symbol_without_a_sound_is_told() -> None:
    assert unknown_symbol("kˈat ʲɹ", SMALL) == ""
    assert unknown_symbol("ka漢☃", SMALL) == "漢"
    assert unknown_symbol("ka_", SMALL) == "_"
    assert unknown_symbol("ka漢", None) == ""


@pytest.mark.parametrize(
    ("text", "voice"),
    [("The quick brown fox, joining the judge?", "en-us"), ("My own house; over there!", "en-gb")],
)
def test_a_phrase_of_kokoros_alphabet_is_whole(text: str, voice: str) -> None:
    encoded = phoneme_ids(phonemize(text, voice), replace(KOKORO, espeak_voice=voice))
    assert not encoded.unknown
    # Its end is its start, and there is no padding.
    assert encoded.ids[0] == encoded.ids[-1] == 0
    assert 0 not in encoded.ids[1:-1]


def test_every_sound_of_english_is_in_kokoros_alphabet() -> None:
    unknown: Unknown = Counter()
    for voice in ("en-us", "en-gb"):
        for sentence in SENTENCES:
            encoded = phoneme_ids(phonemize(sentence, voice), replace(KOKORO, espeak_voice=voice))
            unknown += encoded.unknown
    assert not unknown


def test_pauses_alone_are_silent() -> None:
    assert is_silent(" ., ")
    assert not is_silent("ə.")


@pytest.mark.parametrize("tag", ["en-gb", "zh", "no", "pt-pt", "en-gb+f2"])
def test_tags_that_name_no_espeak_voice_are_spoken(tag: str) -> None:
    assert tag.partition("+")[0] in espeak.languages()
    assert not is_silent(phonemize("a", tag))


@pytest.mark.parametrize(
    ("phonemes", "goes_on", "spoken"),
    [
        ("dˈʌn", False, "dˈʌn."),
        ("dˈʌn", True, "dˈʌn,"),
        ("dˈʌn?", False, "dˈʌn?"),
        ('dˈʌn." ', False, 'dˈʌn." '),
        ('dˈʌn"', False, "dˈʌn."),
        (" ,", False, " ,"),
        ("", False, ""),
    ],
)
def test_a_phrase_of_a_piper_voice_is_closed(phonemes: str, goes_on: bool, spoken: str) -> None:
    piper = Vocabulary(kind="espeak", espeak_voice="en-us", ids={".": (1,), ",": (2,)})
    assert closed(phonemes, piper, goes_on=goes_on) == spoken
    for other in (replace(piper, kind="misaki"), replace(piper, ids={})):
        assert closed(phonemes, other, goes_on=goes_on) == phonemes
