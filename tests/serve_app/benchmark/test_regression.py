"""What is told of histories: planted changes, and histories in which nothing changed."""

import numpy as np
import numpy.typing as npt
import pytest

from serve_app.benchmark.regression import RECENT, Watched, regression

SPEED = Watched(name="speed", better="more", share=0.05)
ERRORS = Watched(name="word_error", better="less", worth=0.01)
Values = npt.NDArray[np.float64]


def speeds(random: np.random.Generator, count: int) -> Values:
    """A busy machine: 4 % of noise, and every tenth run is slow by up to a third."""
    slow = np.where(random.random(count) < 0.1, random.uniform(0.7, 1, count), 1)
    return 150 * random.normal(1, 0.04, count) * slow


def errors(random: np.random.Generator, count: int) -> Values:
    """Of 600 words, which are the same in every run: most errors, too."""
    return (24 + random.binomial(8, 0.5, count)) / 600


@pytest.mark.parametrize(("made", "watched"), [(speeds, SPEED), (errors, ERRORS)])
def test_nothing_is_told_of_100_histories_without_a_change(made, watched: Watched) -> None:
    random = np.random.default_rng(1)
    recorded = made(random, 60)
    told = 0
    for _ in range(100):
        values = random.choice(recorded, 60)  # resampled: in an order that means nothing
        told += regression(list(values), watched) is not None
    assert told == 0


@pytest.mark.parametrize(
    ("made", "watched", "change"),
    [
        (speeds, SPEED, lambda values: values * 0.9),
        (errors, ERRORS, lambda values: values + 0.03),
    ],
)
def test_a_planted_change_is_told(made, watched: Watched, change) -> None:
    random = np.random.default_rng(2)
    missed = 0
    for _ in range(100):
        values = made(random, 48)
        values[-RECENT:] = change(values[-RECENT:])
        found = regression(list(values), watched)
        missed += found is None
        assert found is None or found.chance < 0.001
    # Much noise, of which a tenth is slow runs, hides a slow-down until some more runs.
    assert missed <= (20 if made is speeds else 0)


def test_a_change_for_the_better_or_too_small_is_none() -> None:
    random = np.random.default_rng(3)
    steady = 100 * random.normal(1, 0.001, 35)
    for factor, told in ((1.2, False), (0.97, False), (0.94, True)):
        values = steady.copy()
        values[-RECENT:] *= factor
        assert (regression(list(values), SPEED) is not None) == told
    same = Watched(name="pitch", better="same", worth=3)
    values = steady.copy()
    values[-RECENT:] += 5
    assert regression(list(values), same) is not None
    assert regression(list(values[-12:]), same) is None  # too few runs


def test_busy_spells_are_no_regression() -> None:
    """Runs that a busy machine slows together: each noise is four fifths of the one before."""
    random = np.random.default_rng(4)
    told = 0
    for _ in range(100):
        noise = random.normal(0, 0.04, 80)
        for place in range(1, 80):
            noise[place] += 0.8 * noise[place - 1]
        told += regression(list(150 * np.exp(noise[-48:])), SPEED) is not None
    assert told <= 2  # 17 of 100 where neighbours count as independent


def test_what_is_worse_than_all_before_is_told_in_busy_spells_too() -> None:
    earlier = [150 + 0.8 * place for place in range(40)]  # neighbours are as alike as can be
    latest = [115 - 0.1 * place for place in range(RECENT)]
    assert regression([*earlier, *latest], SPEED) is not None
