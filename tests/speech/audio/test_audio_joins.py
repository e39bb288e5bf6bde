import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.audio.joins import fade_edges, silence

RATE = 24_000
LOUD = np.full(4800, 20_000, np.int16)


def test_only_the_edges_change():
    faded = fade_edges(LOUD, RATE, 0.003)
    assert faded.dtype == np.int16
    assert len(faded) == len(LOUD)
    assert np.array_equal(faded[72:-72], LOUD[72:-72])
    assert np.all(np.diff(faded[:72].astype(int)) > 0)
    assert np.array_equal(faded[:72], faded[-72:][::-1])
    assert np.all(LOUD == 20_000), "the caller's samples are not touched"


def test_a_join_with_silence_makes_no_click():
    joined = np.concatenate(
        [silence(0.01, RATE), fade_edges(LOUD, RATE, 0.003), silence(0.01, RATE)]
    )
    steps = np.abs(np.diff(joined.astype(int)))
    # The steepest step of a raised cosine of n samples is pi / (2 n) of its height.
    assert steps.max() <= 20_000 * np.pi / (2 * 72) + 1
    assert np.abs(np.diff(joined.astype(int), 2)).max() <= 20_000 * (np.pi / 72) ** 2 / 2 + 2
    assert abs(int(joined[240])) < 10


@given(st.integers(0, 200), st.floats(0, 0.01))
def test_short_phrases_are_faded_over_their_halves(count, seconds):
    samples = np.full(count, -32_768, np.int16)
    faded = fade_edges(samples, RATE, seconds)
    assert len(faded) == count
    assert faded.dtype == np.int16
    assert np.all(faded <= 0)
    assert np.all(faded >= samples)
    if count > 1 and round(seconds * RATE) > 1:
        assert faded[0] > -32_768
        assert faded[-1] == faded[0]


def test_no_fade_asked_for():
    assert fade_edges(LOUD, RATE, 0) is LOUD


@pytest.mark.parametrize(
    ("seconds", "rate", "count"),
    [(0, RATE, 0), (0.35, RATE, 8400), (0.1, 22_050, 2205), (-1, RATE, 0)],
)
def test_silence_has_the_length_asked_for(seconds, rate, count):
    quiet = silence(seconds, rate)
    assert quiet.dtype == np.int16
    assert len(quiet) == count
    assert not quiet.any()
