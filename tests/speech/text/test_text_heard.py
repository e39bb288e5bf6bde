"""What the default voice says of texts that users reported as misread, as a recogniser hears it."""

import re
from pathlib import Path

import numpy as np
import pytest

from loadtests.micro.text import CASES
from speech.config import EngineConfig, TextConfig
from speech.engines import load_engine
from speech.engines.kinds import Voice
from speech.evaluation.hearing import Whisper, heard, word_errors, words
from speech.interfaces import Engine
from speech.text import FrontEnd
from speech.types import Pcm, PhraseJob
from speech.voices import VoiceCatalogue
from tests.conftest import passage
from tests.real_voices import whisper
from tests.speech.text.test_text_cases import columns

SENTENCES = 60
NEVER = re.compile(r"back ?slash|dollar sign|(?:chinese|japanese|korean|greek) letter|underscore")
SPELLED = re.compile(r"(?<![a-z'])[b-hj-z](?: [b-hj-z])+(?![a-z'])")
"""Letters one by one, as a recogniser writes them."""
LISTED = re.compile(r"\b[A-Z]{2,}\b")
ENGLISH = [
    (written, spoken.split(" | ")[0])
    for kind, language, written, spoken, _ in columns(CASES / "reported.tsv")
    if language == "en-us"
    and kind in {"emphasis", "shouted", "latex", "foreign", "small", "roman"}
    # A path is read with its slashes.
    and "backslash" not in spoken
    and "underscore" not in spoken
]
CASES_HEARD = [ENGLISH[index * len(ENGLISH) // SENTENCES] for index in range(SENTENCES)]


@pytest.fixture(scope="module")
def heart() -> Voice:
    return VoiceCatalogue.load(Path("configs/voices.yaml")).voices["heart"]


@pytest.fixture(scope="module")
def engine(heart: Voice) -> Engine:
    return load_engine(heart, EngineConfig(threads=1))


@pytest.fixture(scope="module")
def listener() -> Whisper:
    return whisper()


def said(text: str, voice: Voice, engine: Engine) -> np.ndarray:
    """A text as the voice says it, with its pauses, at the listener's rate."""
    phrases = (
        FrontEnd(TextConfig())
        .prepare(
            passage(text, voice=voice.id, speaker=voice.default_speaker),
            voice.vocabulary_in("en-us"),
        )
        .phrases
    )
    parts = []
    for phrase in phrases:
        (pcm,) = engine.synthesize([PhraseJob(phrase=phrase)])
        assert isinstance(pcm, Pcm), pcm
        parts += [pcm.samples, np.zeros(int(phrase.pause_after * pcm.sample_rate), np.int16)]
    return heard(np.concatenate(parts), pcm.sample_rate)


def test_nothing_is_described_or_spelled(heart: Voice, engine: Engine, listener: Whisper) -> None:
    wrong, errors, wanted = [], 0, 0
    for written, spoken in CASES_HEARD:
        found = listener.words(said(written, heart, engine))
        text, right = " ".join(found), words(spoken)
        spelled = SPELLED.search(text)
        if NEVER.search(text) or (
            spelled and not LISTED.search(spoken) and not SPELLED.search(" ".join(right))
        ):
            wrong.append(f"{written!r} heard as {text!r}")
        if not re.search("[0-9]", written):
            # Figures are heard as figures.
            errors += word_errors(right, found)
            wanted += len(right)
    assert not wrong, "\n".join(wrong)
    assert errors <= 0.15 * wanted
