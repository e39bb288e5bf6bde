import math

import numpy as np
import pytest

from loadtests.playback import Piece, byte_rate, first_audio, first_sound, least_in_hand
from speech.audio.containers import encode_whole, open_writer
from speech.config import AudioConfig
from speech.types import AudioFormat

RATE = 24_000
SECOND = 2 * RATE


def pieces(*times_and_sizes: tuple[float, int]) -> list[Piece]:
    return [Piece(moment=moment, size=size) for moment, size in times_and_sizes]


@pytest.mark.parametrize("audio_format", ["pcm", "wav", "mp3"])
@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
def test_bytes_of_our_own_encoders_tell_their_length(audio_format: AudioFormat, rate: int) -> None:
    if audio_format == "pcm" and rate != RATE:
        pytest.skip("pcm replies have one rate")
    seconds = 20
    noise = np.random.default_rng(0).integers(-9000, 9000, seconds * rate).astype(np.int16)
    writer = open_writer(audio_format, sample_rate=rate, config=AudioConfig(), total_samples=None)
    streamed = writer.write(noise) + writer.finish()
    for body in (streamed, encode_whole(noise, audio_format, rate, AudioConfig())):
        assert math.isclose(len(body) / byte_rate(audio_format, body[:64]), seconds, rel_tol=0.02)


@pytest.mark.parametrize("audio_format", ["opus", "wav", "mp3"])
def test_a_body_that_does_not_tell_is_an_error(audio_format: str) -> None:
    with pytest.raises(ValueError, match="length"):
        byte_rate(audio_format, b"OggS" + bytes(60))


def test_in_hand_is_what_came_less_what_was_played() -> None:
    came = pieces((10.0, SECOND), (10.4, SECOND), (11.5, SECOND))
    # 0.6 s were left at 10.4; 2 s had come and 1.5 were played at 11.5.
    least = least_in_hand("pcm", SECOND, came)
    assert least is not None
    assert math.isclose(least, 0.5)


def test_a_gap_longer_than_the_audio_delivered_is_below_zero() -> None:
    least = least_in_hand("pcm", SECOND, pieces((0.0, SECOND), (1.25, SECOND), (1.3, SECOND)))
    assert least is not None
    assert math.isclose(least, -0.25)


def test_a_header_is_no_audio() -> None:
    came = pieces((0.0, 44), (3.0, SECOND), (3.5, SECOND))
    assert first_audio("wav", came) == 3.0
    least = least_in_hand("wav", SECOND, came)
    assert least is not None
    assert math.isclose(least, 0.5)


def test_one_piece_has_no_gap() -> None:
    assert least_in_hand("wav", SECOND, pieces((0.0, 44), (1.0, SECOND))) is None


def test_no_audio_is_an_error() -> None:
    with pytest.raises(ValueError, match="no audio"):
        first_audio("wav", pieces((0.0, 44)))


def quiet_then_loud(quiet: float, audio_format: AudioFormat) -> bytes:
    """A stream: hiss below -45 dBFS, then two seconds of a loud tone."""
    hiss = np.random.default_rng(0).integers(-90, 90, round(quiet * RATE))
    tone = 9000 * np.sin(2 * np.pi * 440 / RATE * np.arange(2 * RATE))
    samples = np.concatenate([hiss, tone]).astype(np.int16)
    writer = open_writer(audio_format, sample_rate=RATE, config=AudioConfig(), total_samples=None)
    return writer.write(samples) + writer.finish()


@pytest.mark.parametrize("audio_format", ["pcm", "wav", "mp3"])
def test_what_is_quiet_is_played_before_the_first_sound(audio_format: AudioFormat) -> None:
    body = quiet_then_loud(0.25, audio_format)
    came = pieces((1.0, 44), (1.5, len(body) - 44))
    begins = 1.0 if audio_format != "wav" else 1.5  # what came first is the header
    if audio_format != "wav":
        came = pieces((1.0, len(body)))
    decoder_delay = 529 / RATE if audio_format == "mp3" else 0.0
    heard = first_sound(audio_format, body, came)
    assert math.isclose(heard, begins + 0.25 + decoder_delay, abs_tol=0.01)


def test_a_sound_that_has_not_come_is_waited_for() -> None:
    body = quiet_then_loud(0.25, "pcm")
    came = pieces((1.0, RATE // 4), (3.0, len(body) - RATE // 4))  # an eighth of a second, the rest
    assert first_sound("pcm", body, came) == 3.0


def test_silence_is_no_sound() -> None:
    with pytest.raises(ValueError, match="nothing can be heard"):
        first_sound("pcm", bytes(9600), pieces((0.0, 9600)))
