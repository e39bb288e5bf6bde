import numpy as np
import pytest
from audio_decoding import delay_and_correlation, voiced
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.audio.containers import SAMPLE_RATES
from speech.audio.resample import Resampler, resample

RATES = st.sampled_from(SAMPLE_RATES)


@given(RATES, RATES, st.lists(st.integers(0, 5000), max_size=6))
@settings(max_examples=80, deadline=None)
def test_total_length_is_exact_however_the_signal_is_cut(rate_in, rate_out, chunks):
    resampler = Resampler(rate_in, rate_out)
    outputs = [resampler.process(np.ones(count, np.int16)) for count in chunks]
    outputs.append(resampler.finish())
    assert all(output.dtype == np.int16 and output.ndim == 1 for output in outputs)
    assert sum(map(len, outputs)) == round(sum(chunks) * rate_out / rate_in)


def test_equal_rates_copy_nothing():
    samples = voiced(0.1, 24_000)
    resampler = Resampler(24_000, 24_000)
    assert resampler.process(samples) is samples
    assert len(resampler.finish()) == 0


@pytest.mark.parametrize(
    ("rate_in", "rate_out"), [(22_050, 24_000), (24_000, 16_000), (16_000, 48_000), (44_100, 8000)]
)
def test_chunk_borders_leave_no_trace(rate_in, rate_out):
    samples = voiced(1.5, rate_in)
    resampler = Resampler(rate_in, rate_out)
    pieces = [resampler.process(chunk) for chunk in np.array_split(samples, 37)]
    pieces.append(resampler.finish())
    together = resample(samples, rate_in, rate_out)
    assert np.abs(np.concatenate(pieces).astype(int) - together).max() <= 1


@pytest.mark.parametrize("rate_out", [16_000, 24_000, 48_000])
def test_a_tone_keeps_its_pitch_level_and_place(rate_out):
    def tone(rate: int) -> np.ndarray:
        time = np.arange(rate) / rate
        glide = np.sin(2 * np.pi * (300 * time + 400 * time**2))
        return np.rint(12_000 * glide).astype(np.int16)

    converted = resample(tone(22_050), 22_050, rate_out)
    expected = tone(rate_out)
    delay, correlation = delay_and_correlation(expected, converted / 32768)
    assert delay == 0
    assert correlation > 0.9999
    inner = slice(rate_out // 20, -rate_out // 20)  # soxr rings where the signal begins and ends
    error = converted[inner].astype(float) - expected[inner]
    assert np.sqrt(np.mean(error**2)) < 12  # 57 dB below the tone


def test_a_loud_signal_is_limited_not_wrapped():
    square = np.repeat(np.tile(np.array([32_767, -32_768], np.int16), 50), 110)
    converted = resample(square, 22_050, 24_000)
    # Ringing at the flanks reaches beyond full scale; a wrapped sample would change its sign.
    assert np.all(converted[20:100] > 20_000)


def test_sound_begins_to_leave_before_the_end():
    resampler = Resampler(22_050, 24_000)
    first = resampler.process(voiced(1, 22_050))
    assert len(first) > 0.9 * 24_000


def test_what_the_lower_rate_cannot_hold_is_gone():
    time = np.arange(48_000) / 48_000
    high = np.rint(12_000 * np.sin(2 * np.pi * 10_000 * time)).astype(np.int16)
    converted = resample(high, 48_000, 16_000)[800:-800]
    assert np.abs(converted).max() <= 1  # else it would be heard at 6 kHz


def test_silence_stays_digital_silence():
    assert not resample(np.zeros(30_000, np.int16), 22_050, 24_000).any()
