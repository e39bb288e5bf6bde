"""What the shipped voice promises, on the very file that is shipped."""

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from piper import PiperVoice, SynthesisConfig

from speech import espeak
from speech.evaluation import held_out, sentences
from speech.loudness import loudness, true_peak

MODEL = Path(__file__).parents[4] / "voices" / "starter.onnx"
HEADER = MODEL.with_name("starter.onnx.json")
SAMPLE_RATE, HOP = 24_000, 240


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return json.loads(HEADER.read_text("utf-8"))


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])


def ids_of(text: str) -> np.ndarray:
    """Ids by Piper's rule: a pad between any two."""
    table = json.loads(HEADER.read_text("utf-8"))["phoneme_id_map"]
    symbols = unicodedata.normalize("NFD", espeak.phonemize(text, "en-us"))
    ids = [table[symbol][0] for symbol in ("^", *symbols, "$") if symbol in table]
    padded = np.full(2 * len(ids) - 1, table["_"][0])
    padded[::2] = ids
    return padded


def run(
    session: onnxruntime.InferenceSession,
    rows: list[np.ndarray],
    sids: list[int],
    scales: Any = (0.333, 1.0, 0.333),
    seeds: Sequence[int] = (0,),
) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(row) for row in rows])
    ids = np.zeros((len(rows), lengths.max()), np.int64)
    for line, row in zip(ids, rows, strict=True):
        line[: len(row)] = row
    feeds = {"input": ids, "input_lengths": lengths, "sid": np.array(sids)}
    feeds |= {"scales": np.array(scales, np.float32), "seed": np.array(seeds)}
    wave, frames = session.run(None, feeds)
    return wave.reshape(len(rows), -1), frames


def test_small_and_of_a_man_and_a_woman(config: dict[str, Any]) -> None:
    assert MODEL.stat().st_size + HEADER.stat().st_size <= 10.5e6
    assert config["audio"]["sample_rate"] == SAMPLE_RATE
    assert config["speaker_id_map"] == {"slt": 0, "rms": 1}


@pytest.mark.parametrize("count", [2, 3, 7, 16])
def test_batched_equals_solo(session: onnxruntime.InferenceSession, count: int) -> None:
    rng = np.random.default_rng(count)
    texts = sentences()
    rows = [ids_of(texts[int(place)]) for place in rng.integers(0, len(texts), count)]
    sids = rng.integers(0, 2, count).tolist()
    seeds = rng.integers(-(2**62), 2**62, count).tolist()
    stretches = rng.uniform(0.7, 1.5, count)
    scales = [[0.333, stretch, 0.333] for stretch in stretches]
    wave, frames = run(session, rows, sids, scales, seeds)
    for place, row in enumerate(rows):
        alone, alone_frames = run(session, [row], [sids[place]], [scales[place]], [seeds[place]])
        assert alone.shape[1] == int(alone_frames.sum()) * HOP
        assert np.array_equal(frames[place, : len(row)], alone_frames[0])
        assert np.abs(wave[place, : alone.shape[1]] - alone[0]).max() < 1e-4


@pytest.mark.parametrize("sid", [0, 1])
def test_a_seed_is_heard_but_changes_little(
    session: onnxruntime.InferenceSession, sid: int
) -> None:
    row = ids_of("The old clock in the kitchen has stopped again, and nobody knows why.")
    waves = [run(session, [row], [sid], seeds=[seed])[0][0] for seed in (0, 1, 2**40, 1)]
    assert waves[1].tobytes() == waves[3].tobytes()
    lengths = np.array([len(wave) for wave in waves[:3]])
    assert len({wave.tobytes() for wave in waves}) == 3
    assert np.ptp(lengths) / lengths.mean() < 0.12
    levels = [loudness(wave, SAMPLE_RATE) for wave in waves]
    assert np.ptp(levels) < 1.0
    unsaid = session.run(
        ["output"],
        {
            "input": row[None],
            "input_lengths": np.array([len(row)]),
            "scales": np.array([0.333, 1.0, 0.333], np.float32),
            "sid": np.array([sid]),
        },
    )[0]
    assert unsaid.tobytes() == waves[0].tobytes()


@pytest.mark.parametrize("sid", [0, 1])
def test_no_phoneme_is_lost_in_haste(session: onnxruntime.InferenceSession, sid: int) -> None:
    row = ids_of("Seventeen little engines pulled the heavy train across the mountain.")
    _, usual = run(session, [row], [sid], [0.0, 1.0, 0.0])
    _, hasty = run(session, [row], [sid], [0.0, 0.25, 0.0])
    assert (hasty[usual >= 2] >= 1).all()
    assert 0.2 < hasty.sum() / usual.sum() < 0.35


@pytest.mark.parametrize("sid", [0, 1])
def test_loudness_peaks_and_edges(session: onnxruntime.InferenceSession, sid: int) -> None:
    waves = [run(session, [ids_of(text)], [sid])[0][0] for text in held_out()[:40]]
    spoken = np.concatenate(waves)
    assert loudness(spoken, SAMPLE_RATE) == pytest.approx(-16.0, abs=1.0)
    assert abs(spoken.mean()) < 2e-3
    for wave in waves:
        assert true_peak(wave) < -1.0
        assert np.abs(wave[[0, -1]]).max() < 1e-3
        # Silent for the first and the last 5 ms: no click.
        assert np.abs(wave[:120]).max() < 5e-3
        assert np.abs(wave[-120:]).max() < 5e-3


@pytest.mark.parametrize("sid", [0, 1])
@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
def test_robust(session: onnxruntime.InferenceSession, sid: int, scale: float) -> None:
    texts = [*"ABCWXYZ", "No", "Ah!", "?", "Rhythms, crwth; psst.", "the old man and " * 25]
    for text in texts:
        wave, frames = run(session, [ids_of(text)], [sid], [0.333, scale, 0.333])
        assert np.isfinite(wave).all()
        assert wave.shape[1] == int(frames.sum()) * HOP
        # Between 3 and 30 characters a second, and half a second to begin and end in.
        seconds = wave.shape[1] / SAMPLE_RATE / scale
        assert len(text) / 30 < seconds + 0.05 < len(text) / 3 + 0.7
    table = json.loads(HEADER.read_text("utf-8"))["phoneme_id_map"].values()
    every = [np.array([1, 0, index, 0, index, 0, 2]) for (index,) in table]
    wave, _ = run(session, every, [sid] * len(every), [[0.333, scale, 0.333]] * len(every))
    assert np.isfinite(wave).all()


def test_noise_is_heard_but_small(session: onnxruntime.InferenceSession) -> None:
    row = ids_of("How many drawers did Nora worship in Portugal?")
    still, _ = run(session, [row], [0], [0.0, 1.0, 0.0])
    moved, frames = run(session, [row], [0], [0.667, 1.0, 0.8])
    assert 0.9 < frames.sum() * HOP / still.shape[1] < 1.1
    assert not np.array_equal(still[0, :12_000], moved[0, :12_000])


def test_piper_speaks_it_and_reports_alignments() -> None:
    voice = PiperVoice.load(MODEL)
    for sid in (0, 1):
        settings = SynthesisConfig(speaker_id=sid)
        (chunk,) = voice.synthesize("Hello there.", settings, include_alignments=True)
        assert chunk.sample_rate == SAMPLE_RATE
        assert chunk.phoneme_alignments
        samples = sum(item.num_samples for item in chunk.phoneme_alignments)
        assert samples == len(chunk.audio_int16_array) > 0
