from pathlib import Path

import numpy as np
import pytest

from training.tracks import (
    Tracks,
    Warp,
    conversion,
    cosines,
    parse_durations,
    parse_log_f0,
    postfiltered,
    warped,
)

NARROW, WIDE = Warp(sample_rate=16_000, alpha=0.42), Warp(sample_rate=24_000, alpha=0.45)


def test_durations_are_parsed_and_blank_lines_skipped() -> None:
    text = "0 1650000 x^x-pau+hh=ax@x_x/A:0\n\n1650000 2550000 x^pau-hh+ax=l@1_2/A:0-0\n"
    phones, ends = parse_durations(text)
    assert phones == ("pau", "hh")
    assert ends == pytest.approx([0.165, 0.255])


def test_no_phones_is_an_error() -> None:
    with pytest.raises(ValueError, match="no phones"):
        parse_durations("\n")


def test_unvoiced_frames_are_zero() -> None:
    raw = np.array([5.1, -1e10, 4.9], np.float32).tobytes()
    assert parse_log_f0(raw) == pytest.approx([5.1, 0.0, 4.9])


def test_warping_keeps_both_ends() -> None:
    assert warped([0.0, 12_000.0], WIDE) == pytest.approx([0.0, np.pi])
    # Lower frequencies get more room, as on the mel scale.
    assert warped([3_000.0], WIDE)[0] > np.pi * 3_000 / 12_000


def test_cepstra_read_under_another_warping_are_the_same_envelope() -> None:
    rng = np.random.default_rng(0)
    cepstra = (rng.standard_normal(25) * 0.8 ** np.arange(25)).astype(np.float32)
    matrix, offset = conversion(24, NARROW, 39, WIDE)
    frequencies = np.linspace(50, 7_000, 300)
    before = cosines(frequencies, 24, NARROW) @ cepstra
    after = cosines(frequencies, 39, WIDE) @ (cepstra @ matrix + offset)
    assert np.abs(before - after).mean() < 0.05


def test_above_a_teachers_band_the_envelope_falls() -> None:
    matrix, offset = conversion(24, NARROW, 39, WIDE)
    flat = np.zeros(25, np.float32)
    inside, above = cosines([5_000.0, 11_500.0], 39, WIDE) @ (flat @ matrix + offset)
    assert inside == pytest.approx(0.0, abs=0.1)
    assert -3.0 < above < -1.5


def test_the_postfilter_deepens_formants_and_keeps_the_energy() -> None:
    rng = np.random.default_rng(0)
    cepstra = (rng.standard_normal((4, 25)) * 0.8 ** np.arange(25)).astype(np.float32)
    deeper = postfiltered(cepstra, NARROW, 0.4)
    read = cosines(np.linspace(0, 8_000, 400), 24, NARROW).T
    before, after = cepstra @ read, deeper @ read
    energy = [np.log(np.mean(np.exp(2 * curve), axis=1)) for curve in (before, after)]
    assert energy[1] == pytest.approx(energy[0], abs=0.05)
    assert (after.std(1) > 1.1 * before.std(1)).all()
    # All but the tilt grows by 1.4.
    assert np.allclose(deeper[:, 3:], 1.4 * cepstra[:, 3:], atol=1e-4)
    assert np.allclose(postfiltered(cepstra, NARROW, 0.0), cepstra, atol=1e-5)


def test_tracks_come_back_as_they_were_saved(tmp_path: Path) -> None:
    tracks = Tracks(
        phones=("pau", "aa"),
        ends=np.array([0.1, 0.2], np.float32),
        log_f0=np.array([0.0, 5.0], np.float32),
        cepstra=np.ones((2, 25), np.float32),
        strengths=np.zeros((2, 0), np.float32),
    )
    tracks.save(tmp_path / "a.npz")
    found = Tracks.load(tmp_path / "a.npz")
    assert found.phones == tracks.phones
    assert np.array_equal(found.cepstra, tracks.cepstra)
    assert found.strengths.shape == (2, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
