"""What a voice tells of itself once it is loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest

from speech.config import EngineConfig
from speech.engines.fake import FakeEntry
from speech.engines.kinds import Voice
from speech.engines.loading import _TEXT, _sample, load_engine, load_voice
from speech.types import Pcm
from speech.voices import CatalogueConfig, VoiceCatalogue

SHIPPED = VoiceCatalogue.load(Path(__file__).parents[3] / "configs" / "voices.yaml").voices
CONFIG = EngineConfig(threads=1)


@pytest.mark.parametrize("name", SHIPPED)
def test_its_speed_is_that_of_a_sentence(name: str) -> None:
    (pcm,) = load_engine(SHIPPED[name], CONFIG).synthesize([_sample(SHIPPED[name])])
    assert isinstance(pcm, Pcm)
    assert 2 < pcm.duration < 4
    speed = load_voice(SHIPPED[name], CONFIG).info.speed
    assert speed is not None
    assert speed > 0


def test_its_speed_is_measured(tiny_many: Path, as_voice: Callable[[Path], Voice]) -> None:
    entry = FakeEntry(id="slow", seconds=0.25)
    catalogue = VoiceCatalogue.build(CatalogueConfig(default="slow", voices=(entry,)), Path())
    speed = load_voice(catalogue.voices["slow"], CONFIG).info.speed
    assert speed is not None
    assert 0 < speed <= 0.06 * len(_TEXT) / 0.25
    # A Piper voice of several speakers, which wants its ids padded.
    assert load_voice(as_voice(tiny_many), CONFIG).info.speed is not None
