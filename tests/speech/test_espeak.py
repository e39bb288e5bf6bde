"""The binding of espeak-ng: piper's phonemes, whatever else runs in the process."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from speech import espeak
from speech.errors import SynthesisError

SENTENCES = (
    "Hello.",
    "Hello, world!",
    "Is it you?",
    "One: two; three, four.",
    "First sentence. Second sentence! Third sentence?",
    "No end mark",
    "A trailing comma,",
    "A trailing colon:",
    "A trailing semicolon;",
    "  Spaces   all over  the   place.  ",
    "It's Peter's, isn't it?",
    "“Quoted,” she said.",
    "'Single' quotes",
    "A dash — in the middle.",
    "A hyphen-ated word.",
    "(In brackets) and out.",
    "[Square] {curly}",
    "1 2 3",
    "In 1984 there were 3.14 of them.",
    "10% of $5 & more",
    "e.g. this, i.e. that, etc.",
    "Dr. Smith met Mr. Jones.",
    "U.S.A. and NASA",
    "email@example.org",
    "https://example.org/path?q=1",
    "déjà vu, naïve café",
    "Das ist gut.",
    "C'est la vie!",
    "señor niño",
    "Привет, мир.",
    "日本語",
    "?!",
    "...",
    "!",
    ",",
    "a",
    "I",
    "the the the",
    "supercalifragilisticexpialidocious",
    "Line one\nline two",
    "Tab\there",
    "The quick brown fox jumps over the lazy dog, near the bank of the river.",
    "She sells sea shells; he sells sea bells: they sell well.",
    "Really?! Yes!! No...",
    "read, read, reading",
    "St. Paul's St.",
    "3:45 p.m.",
    "A/B and C\\D",
    "50 °C and 20 €",
    "αβγ",
    "x = y + z",
)
LANGUAGES = ("en-us", "en-gb", "de", "fr", "es", "it", "pl", "pt-br")

# Piper's own way through the same library, in a process of its own: both would share its globals.
_PIPER = """
import json, re, sys
from piper import espeakbridge
from piper.phonemize_espeak import ESPEAK_DATA_DIR
espeakbridge.initialize(str(ESPEAK_DATA_DIR))
lines = []
for voice, text in json.load(sys.stdin):
    espeakbridge.set_voice(voice)
    sentences = [""]
    for phonemes, mark, ends in espeakbridge.get_phonemes(text):
        sentences[-1] += re.sub(r"\\([^)]+\\)", "", phonemes) + mark
        if mark in (",", ":", ";"):
            sentences[-1] += " "
        if ends:
            sentences.append("")
    lines.append([sentence for sentence in sentences if sentence])
json.dump(lines, sys.stdout)
"""


_ALONE = """
import json, pathlib, sys
from speech.espeak.helper import Library
library = Library(pathlib.Path(sys.argv[1]))
library.select(sys.argv[2].encode())
text = sys.argv[3].encode()
json.dump([library.phonemize(text).decode(), library.synthesize(text, 175)[1].hex()], sys.stdout)
"""


def piper_phonemes(cases: list[tuple[str, str]]) -> list[list[str]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PIPER],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    lines: list[list[str]] = json.loads(done.stdout)
    return lines


def test_phonemes_are_pipers_own() -> None:
    cases = [(voice, text) for voice in ("en-us", "de") for text in SENTENCES]
    wrong = {
        case: (ours, theirs)
        for case, theirs in zip(cases, piper_phonemes(cases), strict=True)
        if (ours := espeak.phonemize(case[1], case[0])) != " ".join(theirs)
    }
    assert wrong == {}


def test_an_ellipsis_does_not_glue_words() -> None:
    """Where piper glues them: its bridge reports no mark, and no sentence ends."""
    ((glued,),) = piper_phonemes([("en-us", "Wait... what?")])
    assert glued == "wˈeɪtwˌʌt?"
    assert espeak.phonemize("Wait... what?", "en-us") == "wˈeɪt wˌʌt?"


def test_phonemes_do_not_depend_on_what_was_said_before() -> None:
    once = [espeak.phonemize(text, "en-us") for text in SENTENCES]
    espeak.synthesize("Etwas ganz anderes.", "de+f2", 300)
    again = [espeak.phonemize(text, "en-us") for text in reversed(SENTENCES)]
    assert again[::-1] == once


def test_threads_in_different_languages_do_not_disturb_each_other() -> None:
    def read(language: str) -> list[str]:
        return [espeak.phonemize(text, language) for text in SENTENCES]

    serial = {language: read(language) for language in LANGUAGES}
    with ThreadPoolExecutor(len(LANGUAGES)) as pool:
        for _ in range(3):
            together = dict(zip(LANGUAGES, pool.map(read, LANGUAGES), strict=True))
            assert together == serial


def test_speech_and_phonemes_in_threads_do_not_disturb_each_other() -> None:
    expected = espeak.phonemize("A sentence of several words.", "en-us")
    with ThreadPoolExecutor(4) as pool:
        spoken = [pool.submit(espeak.synthesize, "Noch ein Satz.", "de") for _ in range(20)]
        read = [
            pool.submit(espeak.phonemize, "A sentence of several words.", "en-us")
            for _ in range(50)
        ]
        assert {future.result() for future in read} == {expected}
        lengths = [len(future.result()) for future in spoken]
    assert min(lengths) > 0.9 * max(lengths)


def test_a_language_switch_leaves_no_flag() -> None:
    phonemes = espeak.phonemize("Das ist ein Computer und ein weekend.", "de")
    assert "(" not in phonemes


def test_initials_of_names_are_left() -> None:
    assert espeak.phonemize("U.S.A.", "en-us") == espeak.phonemize("USA.", "en-us")


def test_speech_gets_shorter_with_the_rate() -> None:
    text = "A sentence that is long enough to be measured."
    rates = (espeak.MIN_RATE, espeak.NORMAL_RATE, 250, 350, espeak.MAX_RATE)
    lengths = [len(espeak.synthesize(text, "en-us", rate)) for rate in rates]
    assert lengths == sorted(lengths, reverse=True)
    normal = lengths[1]
    assert lengths[3] == pytest.approx(normal / 2, rel=0.2)


def test_a_rate_does_not_outlive_its_call() -> None:
    text = "A sentence that is long enough to be measured."
    before = len(espeak.synthesize(text, "en-us"))
    espeak.synthesize(text, "en-us", espeak.MAX_RATE)
    assert len(espeak.synthesize(text, "en-us")) == pytest.approx(before, rel=0.02)


def test_speech_is_sound() -> None:
    samples = espeak.synthesize("Hello there.", "en-us")
    assert samples.dtype == np.int16
    assert samples.ndim == 1
    assert 0.3 < len(samples) / espeak.sample_rate() < 3
    assert np.abs(samples.astype(int)).max() > 1000


@pytest.mark.parametrize("voice", ["no-such-language", "tlh-x"])
def test_an_unknown_voice_is_an_error_and_the_next_call_works(voice: str) -> None:
    for call in (espeak.phonemize, espeak.synthesize):
        with pytest.raises(SynthesisError, match=voice):
            call("hello", voice)
        assert espeak.phonemize("hello", "en-us") == "həlˈoʊ"


def test_it_speaks_many_languages() -> None:
    tags = espeak.languages()
    assert {"de", "fr", "en-us", "es", "it", "pl"} <= set(tags)
    assert len(tags) > 100
    assert list(tags) == sorted(set(tags))
    assert all(tag == tag.lower() for tag in tags)


def test_the_library_says_what_it_is() -> None:
    assert len(espeak.checksum()) == 64
    assert espeak.sample_rate() == 22_050


def test_a_rendering_is_the_same_whatever_was_said_before() -> None:
    cases = [(text, voice) for text in SENTENCES[:6] for voice in ("en-us", "de+f2", "fr-fr")]
    once = [espeak.synthesize(text, voice, 300).tobytes() for text, voice in cases]
    again = [espeak.synthesize(text, voice, 300).tobytes() for text, voice in reversed(cases)]
    assert again[::-1] == once


def test_no_language_leaves_anything_to_the_next_text() -> None:
    """A child that was made ready for another language: every language in turn."""
    before = espeak.phonemize(SENTENCES[1], "en-us"), espeak.synthesize(SENTENCES[1], "en-us")
    for language in espeak.languages():
        espeak.phonemize("1", language)
        espeak.phonemize("1", language)
        assert espeak.phonemize(SENTENCES[1], "en-us") == before[0]
        assert np.array_equal(espeak.synthesize(SENTENCES[1], "en-us"), before[1])


def test_a_helper_reads_as_the_library_itself() -> None:
    """Phonemes and samples are those of the library in a process that has read nothing before."""
    for text, voice in (("Really?! Yes!! No...", "en-us"), ("Schöne Grüße, 3 mal.", "de+f2")):
        done = subprocess.run(
            [sys.executable, "-c", _ALONE, str(espeak.wheel_folder()), voice, text],
            capture_output=True,
            text=True,
            check=True,
        )
        phonemes, samples = json.loads(done.stdout)
        assert espeak.phonemize(text, voice) == phonemes
        assert espeak.synthesize(text, voice).tobytes().hex() == samples
