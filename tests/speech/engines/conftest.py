import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from speech.engines.kinds import Voice
from speech.engines.piper.voice import PiperEntry
from speech.types import PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import phrase_job
from tests.tiny_voice import SYMBOLS, write_tiny_voice

PiperJob = Callable[..., PhraseJob]


@pytest.fixture
def run_python() -> Callable[[str], str]:
    """Run code in a fresh interpreter and return what it prints."""

    def run(code: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run


@pytest.fixture(scope="session")
def as_voice() -> Callable[[Path], Voice]:
    """Read a model through the catalogue, as the server does."""

    def read(model: Path) -> Voice:
        entry = PiperEntry(id="tiny", model=model)
        config = CatalogueConfig(default="tiny", voices=(entry,))
        return VoiceCatalogue.build(config, model.parent).voices["tiny"]

    return read


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A voice of one speaker."""
    return write_tiny_voice(tmp_path_factory.mktemp("tiny") / "tiny.onnx")


@pytest.fixture(scope="session")
def tiny_many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A voice of three speakers."""
    return write_tiny_voice(tmp_path_factory.mktemp("tiny") / "many.onnx", speakers=3)


@pytest.fixture(scope="session")
def piper_job() -> PiperJob:
    """Make a phrase of random phonemes of the tiny voice, or of the ids given."""

    def make(
        length: int = 20,
        *,
        ids: tuple[int, ...] | None = None,
        index: int = 0,
        seed: int = 0,
        speaker: str = "",
        speed: float = 1.0,
    ) -> PhraseJob:
        draw = random.Random(length)
        if ids is None:
            ids = tuple(draw.randrange(len(SYMBOLS)) for _ in range(length))
        return phrase_job(
            "x" * len(ids),
            index=index,
            phoneme_ids=ids,
            voice="tiny",
            speaker=speaker,
            speed=speed,
            seed=seed,
        )

    return make
