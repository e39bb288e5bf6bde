"""A voice out of Piper's own catalogue, en_US-joe-medium, as the server loads it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copy

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from speech.config import EngineConfig, TextConfig
from speech.engines.kinds import Voice
from speech.engines.piper.engine import PiperEngine
from speech.evaluation.hearing import heard, word_errors, words
from speech.text import FrontEnd
from speech.types import Pcm, PhraseJob
from tests.conftest import passage, phrase_job
from tests.real_voices import piper_joe, whisper

TEXTS = (
    "Good morning, how are you today?",
    "No.",
    "The river ran quietly under the old stone bridge, and nobody heard the train go by.",
    "She asked the driver to wait at the corner for ten minutes.",
)


@pytest.fixture(scope="module")
def joe(as_voice: Callable[[Path], Voice]) -> Voice:
    return as_voice(piper_joe())


@pytest.fixture(scope="module")
def engine(joe: Voice) -> PiperEngine:
    return PiperEngine(joe, EngineConfig(threads=1))


@pytest.fixture(scope="module")
def jobs(joe: Voice) -> list[PhraseJob]:
    """Four phrases, each with a seed and a speed of its own."""
    front_end = FrontEnd(TextConfig(max_seconds=60.0))
    made = []
    for seed, text in enumerate(TEXTS):
        (phrase,) = front_end.prepare(passage(text), joe.vocabulary).phrases
        ids, speed = phrase.phoneme_ids, (1.0, 0.8, 1.25, 1.0)[seed]
        made.append(phrase_job(text, phoneme_ids=ids, seed=seed, speed=speed, timed=True))
    return made


def spoken(engine: PiperEngine, jobs: list[PhraseJob]) -> list[Pcm]:
    found = engine.synthesize(jobs)
    assert all(isinstance(pcm, Pcm) for pcm in found), found
    return [pcm for pcm in found if isinstance(pcm, Pcm)]


def apart(one: npt.ArrayLike, other: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Differences of samples, in LSB."""
    return np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64))


def test_a_batch_of_four_is_what_each_is_alone(engine: PiperEngine, jobs: list[PhraseJob]) -> None:
    assert engine.info.max_batch_size is None, engine.info.batching
    for job, together in zip(jobs, spoken(engine, jobs), strict=True):
        (alone,) = spoken(engine, [job])
        assert len(together.samples) == len(alone.samples)
        # Products of other shapes round otherwise; 1 LSB of 16 bits is -90 dBFS. Nearly all of it
        # comes from the text model: of rows encoded alone, a batch differs by 1 LSB at most.
        difference = apart(together.samples, alone.samples)
        assert difference.max() <= 8
        assert (difference <= 2).mean() > 0.99


def test_what_strangers_say_in_a_batch_changes_nothing(
    engine: PiperEngine, jobs: list[PhraseJob]
) -> None:
    together = spoken(engine, jobs)
    for place, pcm in enumerate(together):
        others = [job if at == place else backwards(job) for at, job in enumerate(jobs)]
        assert np.array_equal(spoken(engine, others)[place].samples, pcm.samples)


def backwards(job: PhraseJob) -> PhraseJob:
    first, *middle, last = job.phrase.phoneme_ids
    return replace(job, phrase=replace(job.phrase, phoneme_ids=(first, *middle[::-1], last)))


def test_lengths_of_phonemes_add_up_to_the_audio(
    engine: PiperEngine, jobs: list[PhraseJob]
) -> None:
    for job, pcm in zip(jobs, spoken(engine, jobs), strict=True):
        assert pcm.phoneme_seconds is not None
        assert len(pcm.phoneme_seconds) == len(job.phrase.phoneme_ids)
        assert pcm.phoneme_seconds.sum() == pytest.approx(pcm.duration, abs=1e-4)
        assert (pcm.phoneme_seconds >= 0).all()


def test_the_edited_graph_sounds_like_the_stock_one(
    as_voice: Callable[[Path], Voice], jobs: list[PhraseJob], tmp_path: Path
) -> None:
    model = Path(copy(piper_joe(), tmp_path / "joe.onnx"))
    header = json.loads(piper_joe().with_name(f"{piper_joe().name}.json").read_text("utf-8"))
    # Without noise both are deterministic.
    header["inference"] |= {"noise_scale": 0.0, "noise_w": 0.0}
    model.with_name("joe.onnx.json").write_text(json.dumps(header), "utf-8")
    ours = spoken(PiperEngine(as_voice(model), EngineConfig(threads=1)), jobs)
    stock = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    for job, pcm in zip(jobs, ours, strict=True):
        ids = np.array([job.phrase.phoneme_ids])
        feeds = {
            "input": ids,
            "input_lengths": np.array([ids.shape[1]]),
            "scales": np.array([0, 1 / job.phrase.delivery.speed, 0], np.float32),
        }
        theirs = stock.run(None, feeds)[0].reshape(-1)
        assert len(theirs) == len(pcm.samples)
        assert apart(np.clip(np.rint(theirs * 32_767), -32_768, 32_767), pcm.samples).max() <= 8


def test_it_is_understood(engine: PiperEngine, jobs: list[PhraseJob]) -> None:
    listener = whisper()
    wrong = sum(
        word_errors(words(text), listener.words(heard(pcm.samples, pcm.sample_rate)))
        for text, pcm in zip(TEXTS, spoken(engine, jobs), strict=True)
    )
    assert wrong <= 2
