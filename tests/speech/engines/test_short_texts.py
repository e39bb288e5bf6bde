"""Every shipped voice says a short text to its end, whether or not a mark closes it."""

from pathlib import Path

import numpy as np
import pytest

from speech.audio.joins import fade_edges
from speech.config import AudioConfig, EngineConfig, TextConfig
from speech.engines import load_engine
from speech.interfaces import Engine
from speech.text import FrontEnd
from speech.types import Pcm, PhraseJob, Samples
from speech.voices import VoiceCatalogue
from tests.conftest import passage

CATALOGUE = VoiceCatalogue.load(Path(__file__).parents[3] / "configs" / "voices.yaml")
SPEAKERS = [*(f"heart/{name}" for name in CATALOGUE.voices["heart"].speakers), "espeak/m1"]
TEXTS = [
    *("Done", "Paris", "It is eight", "$5", "Hello world", "Yes", "Half past"),
    *("# Results", "- Milk and bread", "| Name | Price |", "# Results\n\nAll passed"),
]


@pytest.fixture(scope="module")
def engines() -> dict[str, Engine]:
    return {
        voice.id: load_engine(voice, EngineConfig(threads=1)) for voice in CATALOGUE.voices.values()
    }


def said(engines: dict[str, Engine], speaker: str, text: str) -> tuple[list[Samples], int]:
    voice, name = CATALOGUE.resolve(speaker)
    utterance = FrontEnd(TextConfig(max_seconds=60.0)).prepare(
        passage(text, voice=voice.id, speaker=name), voice.vocabulary
    )
    results = engines[voice.id].synthesize([PhraseJob(phrase=it) for it in utterance.phrases])
    return [it.samples for it in results if isinstance(it, Pcm)], voice.sample_rate


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_nothing_is_cut_off(engines: dict[str, Engine], speaker: str) -> None:
    for text in TEXTS:
        phrases, rate = said(engines, speaker, text)
        for samples in phrases:
            end = fade_edges(samples, rate, AudioConfig().edge_fade)[-rate // 50 :] / 32768
            assert 10 * np.log10(np.mean(end**2) + 1e-12) < -50, text
        if text[0] != "|":  # a mark behind a table is a line of its own
            closed, _ = said(engines, speaker, f"{text}.")
            assert sum(map(len, phrases)) > 0.85 * sum(map(len, closed)), text
