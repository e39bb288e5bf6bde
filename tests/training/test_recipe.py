"""The whole chain in small: an invented teacher, training, export, and what the export promises."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from speech.config import EngineConfig
from speech.engines.piper.engine import PiperEngine
from speech.engines.piper.graph import read_graph
from speech.types import Pcm
from speech.voices import CatalogueConfig, VoiceCatalogue
from tests.conftest import phrase_job
from training.features import HOP, SAMPLE_RATE, TABLE, symbols, with_pads
from training.loudness import loudness
from training.recipe import tiny

pytest.importorskip("torch", reason="training needs torch, which serving does not install")
pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter warns of its own retirement

SCALES = [0.333, 1.0, 0.333]
CEILING = 0.68
"""`training.sound.CEILING`, which needs torch to be imported."""
TEXTS = ("Yes.", "How many drawers did Nora worship in Portugal?", "A", "The train leaves at ten.")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, float]]]:
    folder = tmp_path_factory.mktemp("tiny")
    history = tiny(folder / "tiny.onnx", folder / "work", steps=200)
    return folder / "tiny.onnx", history


@pytest.fixture(scope="module")
def session(made: tuple[Path, Any]) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(made[0]), providers=["CPUExecutionProvider"])


def ids_of(text: str) -> np.ndarray:
    return with_pads([TABLE[symbol] for symbol in symbols(text)], TABLE["_"])


def run(
    session: onnxruntime.InferenceSession,
    rows: list[np.ndarray],
    sids: list[int],
    scales: Any,
    seeds: Sequence[int] = (),
) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(row) for row in rows])
    ids = np.zeros((len(rows), lengths.max()), np.int64)
    for line, row in zip(ids, rows, strict=True):
        line[: len(row)] = row
    feeds = {"input": ids, "input_lengths": lengths, "sid": np.array(sids)}
    if seeds:
        feeds["seed"] = np.array(seeds)
    wave, frames = session.run(None, {**feeds, "scales": np.array(scales, np.float32)})
    return wave.reshape(len(rows), -1), frames


def test_losses_fall(made: tuple[Path, list[dict[str, float]]]) -> None:
    _, history = made
    assert history[-1]["total"] < 0.8 * history[0]["total"]
    assert history[-1]["validation_total"] < history[0]["validation_total"]


def test_the_graph_says_what_it_is(made: tuple[Path, Any]) -> None:
    path, _ = made
    config = json.loads(path.with_name("tiny.onnx.json").read_text("utf-8"))
    graph = read_graph(path, config)
    assert (graph.kind, graph.hop, graph.symbols) == ("masked", HOP, len(TABLE))
    assert graph.seeded
    assert graph.multi_speaker
    # The Fourier bases are computed on load, not stored: alone they would be 5 MB.
    assert path.stat().st_size < 1_500_000
    drawn = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
    assert not drawn & {node.op_type for node in onnx.load(str(path)).graph.node}


def test_batched_equals_solo(session: onnxruntime.InferenceSession) -> None:
    rows = [ids_of(text) for text in TEXTS]
    sids, seeds = [0, 1, 1, 0], [3, 2**40, 0, -1]
    wave, frames = run(session, rows, sids, [SCALES] * len(rows), seeds)
    for place, row in enumerate(rows):
        alone, alone_frames = run(session, [row], [sids[place]], SCALES, [seeds[place]])
        count = int(alone_frames.sum()) * HOP
        assert alone.shape[1] == count
        assert np.array_equal(frames[place, : len(row)], alone_frames[0])
        assert not frames[place, len(row) :].any()
        assert np.abs(wave[place, :count] - alone[0]).max() < 1e-4
        assert not wave[place, count + 4 * HOP :].any()


def test_the_same_bytes_for_a_seed_and_others_for_another(
    session: onnxruntime.InferenceSession,
) -> None:
    row = ids_of(TEXTS[1])
    unsaid, zero, one, again = (
        run(session, [row], [1], SCALES, seeds)[0] for seeds in ((), (0,), (1,), (1,))
    )
    assert unsaid.tobytes() == zero.tobytes()
    assert one.tobytes() == again.tobytes()
    assert one.tobytes() != zero.tobytes()


def test_one_seed_for_all_rows(session: onnxruntime.InferenceSession) -> None:
    row = ids_of(TEXTS[1])
    shared, _ = run(session, [row] * 3, [0] * 3, [SCALES] * 3, [9])
    each, _ = run(session, [row] * 3, [0] * 3, [SCALES] * 3, [9] * 3)
    assert shared.tobytes() == each.tobytes()


def test_no_phoneme_is_lost_in_haste(session: onnxruntime.InferenceSession) -> None:
    row = ids_of("word " * 12)
    _, usual = run(session, [row], [0], [0.0, 1.0, 0.0])
    _, hasty = run(session, [row], [0], [0.0, 0.1, 0.0])
    assert (hasty[usual >= 2] >= 1).all()
    assert hasty.sum() < 0.4 * usual.sum()


def test_scales_are_obeyed_row_by_row(session: onnxruntime.InferenceSession) -> None:
    row = ids_of(TEXTS[1])
    scales = [[0.0, 1.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.5, 0.0], [0.8, 1.0, 0.0]]
    wave, frames = run(session, [row] * 4, [0] * 4, scales)
    one, two, half, noisy = frames.sum(1)
    assert two / one == pytest.approx(2.0, rel=0.1)
    assert half / one == pytest.approx(0.5, rel=0.15)
    assert noisy == one
    count = int(one) * HOP
    assert np.abs(wave[3, :count] - wave[0, :count]).max() > 1e-2


@pytest.mark.parametrize("scale", [0.25, 4.0])
@pytest.mark.parametrize("text", ["A", "Yes.", "word " * 80])
def test_robust(session: onnxruntime.InferenceSession, text: str, scale: float) -> None:
    wave, frames = run(session, [ids_of(text)], [0], [0.333, scale, 0.333])
    assert np.isfinite(wave).all()
    assert wave.shape[1] == frames.sum() * HOP > 0
    assert wave.shape[1] / SAMPLE_RATE < 1.5 * len(text) * scale


def test_every_symbol_alone_is_finite(session: onnxruntime.InferenceSession) -> None:
    rows = [with_pads([TABLE["^"], index, TABLE["$"]], TABLE["_"]) for index in TABLE.values()]
    wave, _ = run(session, rows, [0] * len(rows), SCALES)
    assert np.isfinite(wave).all()


def test_loud_enough_and_silent_at_its_edges(session: onnxruntime.InferenceSession) -> None:
    for sid in (0, 1):
        waves = [run(session, [ids_of(text)], [sid], SCALES)[0][0] for text in TEXTS * 2]
        # This voice is barely trained: its babble has peaks that the limiter works on all the time.
        assert -30.0 < loudness(np.concatenate(waves), SAMPLE_RATE) < -14.5
        for wave in waves:
            assert np.abs(wave).max() <= CEILING + 1e-6
            assert np.abs(wave[[0, -1]]).max() < 3e-3


def test_the_engine_speaks_it(made: tuple[Path, Any]) -> None:
    catalogue = VoiceCatalogue.build(
        CatalogueConfig.model_validate(
            {"default": "v", "voices": [{"id": "v", "engine": "piper", "model": "tiny.onnx"}]}
        ),
        made[0].parent,
    )
    voice, _ = catalogue.resolve("v/rms")
    engine = PiperEngine(voice, EngineConfig())
    assert engine.info.max_batch_size is None
    assert engine.info.deterministic
    ids = tuple(ids_of(TEXTS[0]).tolist())
    jobs = [
        phrase_job(TEXTS[0], phoneme_ids=ids, voice="v", speaker=name) for name in ("slt", "rms")
    ]
    for found in engine.synthesize(jobs):
        assert isinstance(found, Pcm)
        assert found.sample_rate == SAMPLE_RATE
        assert len(found.samples) > 0
    engine.close()
