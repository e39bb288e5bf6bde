import numpy as np
import pytest

from training.teach_flite import ORDER, WARP, heard
from training.tracks import Tracks, cosines, postfiltered


def test_unvoiced_frames_are_softer_by_what_is_not_noise() -> None:
    cepstra = np.zeros((2, ORDER + 1), np.float32)
    tracks = Tracks(
        phones=("s", "ah"),
        ends=np.array([0.005, 0.01], np.float32),
        log_f0=np.array([0.0, 5.0], np.float32),
        cepstra=cepstra,
        strengths=np.array([[0.0, 0.0, 0.5, 0.5, 0.5]] * 2, np.float32),
    )
    found = heard(tracks)
    unvoiced, voiced = found.cepstra @ cosines([300.0, 5_000.0], ORDER, WARP).T
    assert unvoiced == pytest.approx([0.0, np.log(0.5)], abs=0.05)
    assert voiced == pytest.approx([0.0, 0.0], abs=1e-4)
    assert found.strengths is tracks.strengths


def test_formants_are_as_deep_as_they_are_heard() -> None:
    cepstra = np.zeros((1, ORDER + 1), np.float32)
    cepstra[0, 5] = 1.0
    tracks = Tracks(
        phones=("ah",),
        ends=np.array([0.005], np.float32),
        log_f0=np.array([5.0], np.float32),
        cepstra=cepstra,
        strengths=np.ones((1, 5), np.float32),
    )
    assert np.allclose(heard(tracks).cepstra, postfiltered(cepstra, WARP, 0.4))
    assert heard(tracks).cepstra[0, 5] == pytest.approx(1.4)
