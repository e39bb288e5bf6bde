from pathlib import Path

import numpy as np

from training import features
from training.corpus import sentence
from training.features import (
    BANDS,
    LEAD_FRAMES,
    ORDER,
    PAD,
    TABLE,
    TAIL_FRAMES,
    TARGETS,
    example,
    read,
    symbols,
    targets,
    with_pads,
    write,
)
from training.tracks import Tracks, Warp

WARP = Warp(sample_rate=16_000, alpha=0.42)


def spoken(frames: int, phones: str, ends: list[float]) -> Tracks:
    log_f0 = np.zeros(frames, np.float32)
    log_f0[frames // 3 : frames // 2] = 5.0
    return Tracks(
        phones=tuple(phones.split()),
        ends=np.array(ends, np.float32),
        log_f0=log_f0,
        cepstra=np.ones((frames, 25), np.float32),
        strengths=np.full((frames, BANDS), 0.5, np.float32),
    )


def test_pads_stand_between_symbols() -> None:
    assert with_pads([1, 5, 2], PAD).tolist() == [1, PAD, 5, PAD, 2]


def test_symbols_are_those_a_voice_is_given() -> None:
    found = symbols("Yes.")
    assert found[0] == "^"
    assert found[-1] == "$"
    assert all(symbol in TABLE for symbol in found)


def test_pitch_is_continuous_and_voicing_says_where_it_is_heard() -> None:
    found = targets(spoken(120, "pau", [0.6]), WARP, 24)
    assert found.shape == (60, TARGETS)
    assert np.allclose(found[:, ORDER + 1], 5.0)
    assert found[:, ORDER + 2].sum() == 10
    assert np.allclose(found[:, ORDER + 3 :], 0.5)


def test_a_sentence_keeps_little_silence_at_its_edges() -> None:
    tracks = spoken(200, "pau y eh s pau", [0.3, 0.4, 0.5, 0.6, 1.0])
    found, cost = example(sentence("Yes."), tracks, WARP, 24)
    assert cost == 0.0
    assert found.durations[0] == LEAD_FRAMES
    assert found.durations[-1] == TAIL_FRAMES
    assert found.durations.sum() == len(found.targets) == 30 + LEAD_FRAMES + TAIL_FRAMES
    assert not found.durations[found.ids == PAD].any()


def test_examples_come_back_as_they_were_written(tmp_path: Path) -> None:
    tracks = spoken(200, "pau y eh s pau", [0.3, 0.4, 0.5, 0.6, 1.0])
    items = [example(sentence(text), tracks, WARP, 24)[0] for text in ("Yes.", "Yes!")]
    write(tmp_path / "new" / "a.npz", items)
    found = read(tmp_path / "new" / "a.npz")
    assert [item.key for item in found] == [item.key for item in items]
    for one, other in zip(found, items, strict=True):
        assert np.array_equal(one.ids, other.ids)
        assert np.array_equal(one.durations, other.durations)
        assert np.allclose(one.targets, other.targets, atol=2e-3)


def test_every_teacher_says_how_its_cepstra_are_read() -> None:
    assert features.source_of("slt")[0].sample_rate == 32_000
    assert features.source_of("rms") == (WARP, 24)
