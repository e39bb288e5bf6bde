import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch, which serving does not install")
from training.features import BANDS, HOP, ORDER, TARGETS  # noqa: E402
from training.sound import CEILING, WANDERS, Sound  # noqa: E402

FRAMES = 60


def vowel(frames: int = FRAMES) -> np.ndarray:
    """Targets of 120 Hz through a flat filter, voiced through and through."""
    targets = np.zeros((1, frames, TARGETS), np.float32)
    targets[:, :, ORDER + 1] = np.log(120.0)
    targets[:, :, ORDER + 2 :] = 1.0
    assert targets.shape[2] == ORDER + 3 + BANDS
    return targets


def render(targets: np.ndarray, *, gain: float = 0.01, seed: int = 0, noise: float = 0.0) -> object:
    sound = Sound(1)
    sound.gain[0] = float(gain)
    ones = torch.ones(1, targets.shape[1], 1)
    with torch.no_grad():
        return sound(
            torch.tensor(targets),
            ones,
            ones,
            log_f0=torch.tensor(targets[:, :, ORDER + 1 : ORDER + 2]).to(torch.float64),
            sid=torch.tensor([0]),
            noise=torch.tensor([noise]),
            seeds=torch.tensor([seed]),
        )[0].numpy()


def test_pitch_is_what_is_asked_for() -> None:
    spectrum = np.abs(np.fft.rfft(render(vowel()), 96_000))
    peak = int(np.argmax(spectrum[400:600])) + 400
    assert peak / 4 == pytest.approx(120.0, abs=1.0)


def test_the_limiter_turns_down_and_bends_nothing() -> None:
    quiet = render(vowel())
    loud = render(vowel(), gain=0.01 * 4 * CEILING / np.abs(quiet).max())
    middle = slice(10 * HOP, 50 * HOP)
    assert np.abs(loud).max() <= CEILING + 1e-6
    assert np.abs(loud[middle]).max() > 0.9 * CEILING
    # The same wave, louder by one factor.
    factor = loud[middle] @ quiet[middle] / (quiet[middle] @ quiet[middle])
    left = loud[middle] - factor * quiet[middle]
    assert np.sqrt(np.mean(left**2)) < 0.02 * np.sqrt(np.mean(loud[middle] ** 2))


def test_one_peak_leaves_what_is_far_from_it_alone() -> None:
    targets = vowel()
    quiet = render(targets, gain=1e-3)
    targets[:, 30, 0] += np.log(1.2 * CEILING / np.abs(quiet).max())
    wave = render(targets, gain=1e-3)
    assert np.abs(wave).max() <= CEILING + 1e-6
    for far in (slice(0, 20 * HOP), slice(45 * HOP, FRAMES * HOP)):
        assert np.allclose(wave[far], quiet[far], atol=1e-7)


def test_a_seed_moves_noise_and_pitch_and_the_next_one_otherwise() -> None:
    unvoiced = vowel()
    unvoiced[:, :, ORDER + 2] = 0.0
    assert np.array_equal(render(unvoiced, seed=5), render(unvoiced, seed=5))
    one, other = render(unvoiced, seed=5), render(unvoiced, seed=6)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2
    still = render(vowel(), seed=5)
    assert np.array_equal(still, render(vowel(), seed=6))
    assert not np.array_equal(render(vowel(), seed=5, noise=0.5), still)


@pytest.mark.parametrize("seed", [0, 1, WANDERS[0], -7, 2**62 + 3])
def test_wandering_is_slow_and_of_unit_size(seed: int) -> None:
    sound = Sound(1)
    places = torch.arange(900)
    first = sound.wandering(torch.tensor([seed, seed + 1]), places, 0).numpy()
    second = sound.wandering(torch.tensor([seed]), places, 1).numpy()[0]
    assert first.std() == pytest.approx(1.0, abs=0.35)
    assert np.abs(np.diff(first[0])).max() < 0.5
    assert abs(np.corrcoef(first[0], second)[0, 1]) < 0.5
