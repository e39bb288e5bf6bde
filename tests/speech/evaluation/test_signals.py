"""Levels, silences, clicks and prosody, on waves of which all of it is known."""

import numpy as np
import numpy.typing as npt
import pytest

from speech.evaluation.clicks import clicks, surprise
from speech.evaluation.hearing import RATE
from speech.evaluation.prosody import carried
from speech.evaluation.signals import measured

Wave = npt.NDArray[np.float64]
HERE = 24_000


def voiced(seconds: float, low: float = 150, high: float = 150, rate: int = HERE) -> Wave:
    """Harmonics whose pitch goes from one frequency to another, faded in 10 ms; peak 0.3."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(low + (high - low) * time / seconds) / rate
    wave = sum(np.cos(n * phase) / n**2 for n in range(1, 8))
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.01)
    return 0.3 * wave * fade / np.abs(wave).max()


def silence(seconds: float, rate: int = HERE) -> Wave:
    return np.zeros(round(seconds * rate))


def pcm(*parts: Wave) -> npt.NDArray[np.int16]:
    return np.rint(np.clip(np.concatenate(parts), -1, 1) * 32_767).astype(np.int16)


def test_a_signal_is_measured() -> None:
    found = measured(pcm(silence(0.2), voiced(1), silence(0.3)), HERE)
    assert found.seconds == 1.5
    assert found.before == pytest.approx(0.2, abs=0.01)
    assert found.behind == pytest.approx(0.3, abs=0.01)
    assert found.true_peak == pytest.approx(20 * np.log10(0.3), abs=0.2)
    assert found.clipped == 0
    assert found.offset < -60
    assert found.onset < -3
    louder = measured(pcm(2 * voiced(1)), HERE)
    assert louder.loudness - measured(pcm(voiced(1)), HERE).loudness == pytest.approx(6.02, abs=0.1)


def test_what_is_wrong_with_a_signal_is_seen() -> None:
    assert measured(pcm(5 * voiced(1)), HERE).clipped > 100
    assert measured(pcm(voiced(1) + 0.02), HERE).offset == pytest.approx(-34, abs=1)
    cut = measured(pcm(silence(0.1), voiced(1)[2_000:]), HERE)
    assert cut.onset > -2
    assert measured(pcm(silence(1)), HERE).loudness == -99


@pytest.mark.parametrize("rate", [8_000, 24_000])
def test_clicks_are_found_where_a_pause_is(rate: int) -> None:
    clean = voiced(0.5, rate=rate), silence(0.2, rate), voiced(0.5, rate=rate)
    assert clicks(pcm(*clean), rate) == []
    inside = silence(0.2, rate)
    inside[len(inside) // 2] = 0.05
    assert clicks(pcm(clean[0], inside, clean[2]), rate) == [pytest.approx(0.6, abs=0.003)]
    loud = int(np.abs(clean[2][: rate // 10]).argmax())
    cut = pcm(clean[0], silence(0.2, rate), clean[2][loud:])
    assert clicks(cut, rate) == [pytest.approx(0.7, abs=0.003)]
    assert clicks(pcm(clean[0][: rate // 4 + loud]), rate)


def test_the_most_sudden_moment_stands_out() -> None:
    wave = voiced(1)
    clean = surprise(pcm(wave), HERE)
    wave[HERE // 2] += 0.05
    assert surprise(pcm(wave), HERE) > clean + 10


def test_pauses_belong_to_their_marks() -> None:
    text = "one two three, four five six. seven eight nine ten"
    parts = [voiced(0.8, rate=RATE), silence(0.2, RATE), voiced(0.8, rate=RATE)]
    wave = np.concatenate([*parts, silence(0.5, RATE), voiced(1.1, rate=RATE)]).astype(np.float32)
    found = carried(wave, text, text)
    assert found.comma == pytest.approx(0.2, abs=0.03)
    assert found.stop == pytest.approx(0.5, abs=0.03)
    assert (found.missing, found.unasked) == (0, 0)
    assert found.rate == pytest.approx(60 * 10 / 2.7, rel=0.03)
    assert found.pitch == pytest.approx(150, abs=3)
    elsewhere = carried(wave, "one two three four five six seven, eight nine ten", text.lower())
    # Where the text is not what is said, nothing is compared.
    assert (elsewhere.comma, elsewhere.missing, elsewhere.unasked) == (None, None, None)
    assert carried(wave, "läuft près fenêtre да", "").rate == 0
    german = carried(wave, "läuft près fenêtre да", "läuft près fenêtre да")
    assert german.rate == pytest.approx(60 * 4 / 2.7, rel=0.03)
    unasked = carried(wave, "one two three four five six", "one two three four five six")
    assert unasked.unasked == 2
    through = carried(voiced(2, rate=RATE).astype(np.float32), text, text)
    assert through.missing == 1


@pytest.mark.parametrize(("low", "high", "rise"), [(150, 150, 0), (120, 180, 6), (180, 120, 0)])
def test_a_rise_at_the_end_is_measured(low: float, high: float, rise: float) -> None:
    wave = np.concatenate((voiced(1, 150, low, RATE), voiced(0.45, low, high, RATE)))
    found = carried(wave.astype(np.float32), "a b", "a b")
    assert found.ending == pytest.approx(rise, abs=1)
