import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from speech.config import EngineConfig
from speech.engines import load_engine
from speech.engines.fake import FakeEntry
from speech.engines.fake.engine import FAIL_ON, SLOW_SECONDS, SLOW_WORD, FakeEngine, tone_length
from speech.engines.kinds import Voice
from speech.errors import SynthesisError
from speech.types import Pcm, PhraseJob
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import phrase_job


@pytest.fixture
def voice() -> Voice:
    config = CatalogueConfig(default="tone", voices=(FakeEntry(id="tone"),))
    return VoiceCatalogue.build(config, Path()).voices["tone"]


def job(text: str, *, speed: float = 1.0, speaker: str = "", index: int = 0) -> PhraseJob:
    return phrase_job(text, speed=speed, speaker=speaker, index=index)


def test_audio_depends_on_the_phrase_alone(voice: Voice) -> None:
    engine = load_engine(voice, EngineConfig())
    together = engine.synthesize([job("one"), job("other words"), job("one", index=3)])
    alone = engine.synthesize([job("other words")])
    first, second, third = (item for item in together if isinstance(item, Pcm))
    assert isinstance(alone[0], Pcm)
    assert np.array_equal(second.samples, alone[0].samples)
    assert np.array_equal(first.samples, third.samples)
    assert third.index == 3
    assert not np.array_equal(first.samples, second.samples[: len(first.samples)])


def test_a_service_time_can_be_configured(voice: Voice) -> None:
    entry = FakeEntry(id="tone", seconds=0.05)
    engine = load_engine(replace(voice, entry=entry), EngineConfig())
    started = time.perf_counter()
    engine.synthesize([job("one"), job("two")])
    assert time.perf_counter() - started >= 0.05


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
def test_length_follows_characters_and_speed(voice: Voice, speed: float) -> None:
    (result,) = FakeEngine(voice).synthesize([job("twelve chars", speed=speed)])
    assert isinstance(result, Pcm)
    assert len(result.samples) == tone_length(12, speed, voice.sample_rate)
    assert result.duration == pytest.approx(12 * 0.06 / speed, rel=0.01)


def test_a_marked_phrase_fails_alone(voice: Voice) -> None:
    results = FakeEngine(voice).synthesize([job("good"), job(FAIL_ON), job("fine")])
    assert [type(item) for item in results] == [Pcm, SynthesisError, Pcm]


def test_a_crash_marker_breaks_the_call(voice: Voice) -> None:
    with pytest.raises(RuntimeError, match="told to break"):
        FakeEngine(voice, crash_on="boom").synthesize([job("good"), job("boom")])


def test_delay_is_per_batch_and_the_limit_holds(voice: Voice) -> None:
    engine = FakeEngine(voice, delay=0.02, max_batch_size=4)
    start = time.perf_counter()
    engine.synthesize([job("a")] * 4)
    assert time.perf_counter() - start >= 0.02
    assert engine.batches == [4]
    with pytest.raises(RuntimeError):
        engine.synthesize([job("a")] * 5)
    engine.close()
    with pytest.raises(RuntimeError):
        engine.synthesize([job("a")])


def test_a_slow_word_makes_the_batch_slow(voice: Voice) -> None:
    start = time.perf_counter()
    FakeEngine(voice).synthesize([job("quick"), job(f"spoken {SLOW_WORD}")])
    assert time.perf_counter() - start >= SLOW_SECONDS


def test_importing_the_room_imports_no_runtime(run_python: Callable[[str], str]) -> None:
    code = "import sys, speech.engines; print('onnxruntime' in sys.modules, 'onnx' in sys.modules)"
    assert run_python(code) == "False False"
