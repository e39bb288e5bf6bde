import math

import numpy as np
import pytest

from loadtests.playback import Piece, byte_rate, first_audio, least_in_hand
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
