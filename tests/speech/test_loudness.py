import numpy as np
import pytest

from speech.loudness import loudness, true_peak


def tone(frequency: float, level: float, rate: int = 24_000, seconds: float = 3.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


def test_the_standards_own_reference() -> None:
    # BS.1770: a full-scale sine of 997 Hz in one channel reads -3.01 LKFS.
    assert loudness(tone(997, 1.0), 24_000) == pytest.approx(-3.01, abs=0.05)


def test_half_the_level_is_six_decibels_less() -> None:
    loud, soft = loudness(tone(500, 0.5), 24_000), loudness(tone(500, 0.25), 24_000)
    assert loud - soft == pytest.approx(6.02, abs=0.01)


def test_silence_between_phrases_is_gated() -> None:
    speech = tone(997, 0.3)
    paused = np.concatenate((speech, np.zeros(48_000), speech))
    assert loudness(paused, 24_000) == pytest.approx(loudness(speech, 24_000), abs=0.3)


def test_silence_has_no_loudness() -> None:
    assert loudness(np.zeros(24_000), 24_000) == float("-inf")


def test_peaks_between_samples_count() -> None:
    # A sine at a quarter of the rate, caught at 45 degrees: its samples stay 3 dB below its peak.
    wave = np.sin(np.pi / 2 * np.arange(4_000) + np.pi / 4)
    assert np.abs(wave).max() < 0.71
    assert true_peak(wave) == pytest.approx(0.0, abs=0.2)
