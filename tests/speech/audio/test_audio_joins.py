from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.audio.joins import Joiner, fade_edges, louder, silence
from speech.audio.resample import Resampler
from speech.loudness import loudness, true_peak
from speech.types import Pcm, Phrase, Word
from tests.conftest import phrase_of

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


def test_a_gain_is_heard_and_peaks_are_limited():
    tone = np.rint(8_000 * np.sin(np.arange(24_000) * 2 * np.pi * 220 / 24_000)).astype(np.int16)
    assert louder(tone, 0.0) is tone
    assert np.abs(louder(tone, -6.0)).max() == pytest.approx(8_000 * 10 ** (-6 / 20), abs=2)
    assert not louder(tone, -96.0).any()
    loud = louder(tone, 12.0)
    assert loud.dtype == np.int16
    # 12 dB more would be 31,848; the ceiling is -2.2 dB of full scale.
    assert 25_200 < np.abs(loud).max() < 25_600


@pytest.mark.parametrize(
    ("seconds", "rate", "count"),
    [(0, RATE, 0), (0.35, RATE, 8400), (0.1, 22_050, 2205), (-1, RATE, 0)],
)
def test_silence_has_the_length_asked_for(seconds, rate, count):
    quiet = silence(seconds, rate)
    assert quiet.dtype == np.int16
    assert len(quiet) == count
    assert not quiet.any()


FADE = 0.003
Spoken = tuple[Phrase, Pcm]


def spoken(
    seconds: float, rate: int, *, pause: float = 0.0, speed: float = 1.0, hertz: float = 300.0
) -> Spoken:
    """A tone between two quiet stretches that says two words, with its phonemes."""
    quarter = round(seconds * rate / 4)
    tone = np.sin(2 * np.pi * hertz / rate * np.arange(2 * quarter))
    samples = np.full(4 * quarter, 1000, np.int16)
    samples[quarter : 3 * quarter] = 20_000 * tone
    words = (Word((0, 3), (10, 14), (1, 2)), Word((4, 7), (10, 14), (2, 3)))
    phrase = phrase_of(
        "one two", phoneme_ids=(1, 2, 3, 4), pause_after=pause, speed=speed, words=words
    )
    each = np.full(4, quarter / rate, np.float32)
    pcm = Pcm(samples=samples, sample_rate=rate, index=0, is_last=False, phoneme_seconds=each)
    return phrase, pcm


def plainly(rate: int, *parts: Spoken) -> np.ndarray:
    """Phrases of one rate, faded and with their pauses, through one resampler."""
    pieces = []
    for phrase, pcm in parts:
        pieces.append(fade_edges(pcm.samples, pcm.sample_rate, FADE))
        pieces.append(silence(phrase.pause_after / phrase.delivery.speed, pcm.sample_rate))
    resampler = Resampler(parts[0][1].sample_rate, rate)
    return np.concatenate([*map(resampler.process, pieces), resampler.finish()])


@pytest.mark.parametrize("taken_each", [True, False])
@pytest.mark.parametrize("rate", [8000, 22_050, 24_000, 48_000])
def test_phrases_of_one_rate_are_one_stream(rate, taken_each):
    parts = [
        spoken(0.31, 22_050, pause=0.2),
        spoken(0.0, 22_050, pause=0.123, speed=0.7),
        spoken(0.5001, 22_050, pause=-1.0),
        spoken(0.07, 22_050, pause=0.5, speed=2.0),
    ]
    joiner, signal = Joiner(rate, FADE), []
    for part in parts:
        joiner.hold(*part)
        if taken_each:
            signal.append(joiner.take())
    signal.append(joiner.finish())
    assert np.array_equal(np.concatenate(signal), plainly(rate, *parts))


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000])
@pytest.mark.parametrize("rates", [(22_050, 24_000), (24_000, 22_050), (16_000, 24_000)])
@pytest.mark.parametrize("taken_each", [True, False])
def test_with_another_rate_another_stream_begins(rate, rates, taken_each):
    first = [spoken(0.31, rates[0], pause=0.1), spoken(0.2, rates[0], pause=0.25)]
    second = [spoken(0.4, rates[1], pause=0.3, hertz=500), spoken(0.3, rates[1])]
    joiner, signal = Joiner(rate, FADE), []
    for part in (*first, *second, *first):
        joiner.hold(*part)
        if taken_each:
            signal.append(joiner.take())
    signal = np.concatenate([*signal, joiner.finish()])
    expected = [plainly(rate, *parts) for parts in (first, second, first)]
    assert len(signal) == sum(map(len, expected))
    assert np.array_equal(signal, np.concatenate(expected))


def edges(signal, rate):
    """Seconds where each tone begins and ends."""
    loud = np.flatnonzero(np.abs(signal.astype(int)) > 4000)
    gaps = np.flatnonzero(np.diff(loud) > 0.02 * rate)
    begins, ends = loud[[0, *gaps + 1]], loud[[*gaps, -1]]
    return list(zip(begins / rate, ends / rate, strict=True))


@pytest.mark.parametrize("rate", [8000, 24_000, 44_100])
def test_words_are_when_they_are_heard(rate):
    """Over rates that come and go, pauses that depend on the speed, and what was taken before."""
    joiner, signal, words = Joiner(rate, FADE), [], []
    for number in range(12):
        voice = (22_050, 24_000, 24_000, 16_000)[number % 4]
        speed = (0.5, 1.0, 2.0)[number % 3]
        phrase, pcm = spoken(0.3 + number / 777, voice, pause=0.0777, speed=speed)
        words += joiner.hold(replace(phrase, pause_before=0.111 * (number % 6 == 0)), pcm)
        if number % 5 == 4:
            signal.append(joiner.take())
    heard = edges(np.concatenate([*signal, joiner.finish()]), rate)
    assert [(word.text, word.written) for word in words] == [
        ("one", (10, 14)),
        ("two", (10, 14)),
    ] * 12
    said = [(one.start, two.end) for one, two in zip(words[::2], words[1::2], strict=True)]
    assert np.allclose(said, heard, rtol=0, atol=0.002)
    assert all(one.end == two.start for one, two in zip(words[::2], words[1::2], strict=True))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from([16_000, 22_050, 24_000]), st.integers(0, 3000)),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([8000, 22_050, 48_000]),
    st.floats(0, 0.1),
)
def test_the_last_word_ends_where_the_signal_does(parts, rate, pause):
    joiner, samples, words = Joiner(rate, FADE), 0, ()
    for number, (voice, count) in enumerate(parts):
        last = number == len(parts) - 1
        said = (Word((0, 1), (0, 1), (0, 2)),)
        phrase = phrase_of("x", phoneme_ids=(1, 2), words=said, pause_after=0.0 if last else pause)
        seconds = np.array([count / 3 / voice, count * 2 / 3 / voice], np.float32)
        pcm = Pcm(
            samples=np.zeros(count, np.int16),
            sample_rate=voice,
            index=number,
            is_last=last,
            phoneme_seconds=seconds,
        )
        words = joiner.hold(phrase, pcm)
        samples += len(joiner.take()) if number % 2 else 0
    samples += len(joiner.finish())
    assert words[-1].end == pytest.approx(samples / rate, abs=0.0002)


def test_words_are_not_told_where_they_or_their_times_are_unknown():
    phrase, pcm = spoken(0.3, RATE)
    joiner = Joiner(RATE, FADE)
    bare = Pcm(samples=pcm.samples, sample_rate=RATE, index=0, is_last=False)
    assert joiner.hold(phrase, bare) == ()
    assert joiner.hold(phrase_of("one two"), pcm) == ()
    (word, _) = joiner.hold(phrase, pcm)
    assert word.start == pytest.approx(0.3 * 2.25, abs=1e-3)


def test_what_is_held_is_counted_until_it_is_taken():
    joiner = Joiner(RATE, FADE)
    assert (joiner.held_samples, joiner.only_copies) == (0, True)
    joiner.hold(*spoken(0.1, RATE, pause=1.0))
    assert (joiner.held_samples, joiner.only_copies) == (2400, True)
    joiner.hold(*spoken(0.1, 16_000))
    assert (joiner.held_samples, joiner.only_copies) == (4000, False)
    joiner.take()
    assert (joiner.held_samples, joiner.only_copies) == (0, False)


def test_a_joiner_without_phrases_is_empty():
    assert len(Joiner(RATE, FADE).finish()) == 0


def speech_like(level: float, seconds: float, seed: int) -> np.ndarray:
    """Noise that swells four times a second."""
    count = int(seconds * RATE)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(count) / RATE)
    white = np.random.default_rng(seed).normal(0, level, count + 2)
    noise = np.convolve(white, (0.5, 1.0, 0.5), "valid") * swell
    return np.clip(np.rint(noise), -32_768, 32_767).astype(np.int16)


def levelled_signal(target: float, *parts: tuple[str, np.ndarray], volume: float = 0.0):
    joiner = Joiner(RATE, 0.003, target)
    for number, (voice, samples) in enumerate(parts):
        phrase = phrase_of("x", voice=voice, volume=volume, index=number)
        joiner.hold(phrase, Pcm(samples=samples, sample_rate=RATE, index=number, is_last=False))
    return joiner.finish() / 32_768


@pytest.mark.parametrize("target", [-30.0, -23.0, -16.0])
def test_every_voice_has_the_loudness_asked_for(target):
    soft, loud = speech_like(300, 3.0, 1), speech_like(3_000, 3.0, 2)
    signal = levelled_signal(target, ("a", soft), ("b", loud), ("a", soft))
    for third in np.split(signal, 3):
        assert loudness(third, RATE) == pytest.approx(target, abs=0.3)
    quieter = levelled_signal(target, ("a", soft), volume=-6.0)
    assert loudness(quieter, RATE) == pytest.approx(target - 6, abs=0.3)


def test_the_whole_has_the_loudness_though_its_first_phrase_is_softer():
    parts = [("a", speech_like(level, 2.0, level)) for level in (700, 900, 1_100, 900, 800, 900)]
    assert loudness(levelled_signal(-20.0, *parts), RATE) == pytest.approx(-20, abs=1.0)


def test_peaks_stay_below_the_ceiling_whatever_is_asked():
    signal = levelled_signal(-10.0, ("a", speech_like(300, 3.0, 1)))
    assert true_peak(signal) < -1.0
    # Without the limiter a wave of this shape would be far above full scale.
    assert loudness(signal, RATE) < -10.0


def test_silence_has_no_gain():
    assert not levelled_signal(-16.0, ("a", np.zeros(4_800, np.int16))).any()
