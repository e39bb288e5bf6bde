import hashlib
import io
import struct
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from audio_decoding import (
    HEADERLESS,
    decode,
    delay_and_correlation,
    ogg_pages,
    voiced,
)

from speech.audio.containers import (
    SAMPLE_RATES,
    codec_rate,
    encode_whole,
    media_type,
    open_writer,
)
from speech.audio.formats import MP3_RATES, PacketEncoder
from speech.audio.lame import LameEncoder
from speech.config import AudioConfig
from speech.errors import InvalidInputError
from speech.types import AUDIO_FORMATS, AudioFormat, Samples

RATE = 24_000
CONFIG = AudioConfig()
# Samples that a decoder may give beyond the original at 24 kHz: nothing, but for what the
# containers of mp3 and aac cannot tell it.
STREAM_EXCESS = {"mp3": 529 + 575, "aac": 2047}
WHOLE_EXCESS = {"aac": 2047}
DELAY = {"aac": 1024}
STREAM_DELAY = {"mp3": 529, "aac": 1024}
LENGTHS = {
    "1 sample": 1,
    "10 ms": 240,
    "mp3 frame - 1": 575,
    "mp3 frame + 1": 577,
    "opus frame - 1": 479,
    "opus frame": 480,
    "opus frame + 1": 481,
    "opus frame - delay": 480 - 156,
    "aac frame - 1": 1023,
    "aac frame + 1": 1025,
    "flac frame - 1": 2303,
    "flac frame": 2304,
    "flac frame + 1": 2305,
    "0.5 s": 12_000,
    "3.3 s": 79_200,
    "30 s": 720_000,
}
SPEECH = voiced(30, RATE)


def stream(
    samples: Samples,
    codec: AudioFormat,
    rate: int = RATE,
    chunks: int = 3,
) -> bytes:
    writer = open_writer(codec, sample_rate=rate, config=CONFIG, total_samples=None)
    pieces = [writer.write(chunk) for chunk in np.array_split(samples, chunks)]
    return b"".join([*pieces, writer.finish()])


def encode(samples: Samples, codec: AudioFormat, rate: int, *, whole: bool) -> bytes:
    return encode_whole(samples, codec, rate, CONFIG) if whole else stream(samples, codec, rate)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "stream"])
@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS.keys())
@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_decoded_audio_lasts_as_long_and_sounds_the_same(codec, length, whole):
    samples = SPEECH[:length]
    decoded, rate = decode(encode(samples, codec, RATE, whole=whole), codec)
    factor = {"opus": 2}.get(codec, 1)  # libavcodec decodes Opus at 48 kHz
    assert rate in (0, factor * RATE)
    excess = len(decoded) - factor * length
    allowed = (WHOLE_EXCESS if whole else STREAM_EXCESS).get(codec, 0)
    if codec == "mp3" and not whole:
        allowed = max(allowed, 2 * 576 - length)  # never less than two frames
    assert 0 <= excess <= allowed
    assert allowed / RATE <= {"mp3": 0.06, "aac": 0.09}.get(codec, 0.02)
    if length >= 12_000:
        delay, correlation = delay_and_correlation(samples, decoded[::factor])
        assert abs(delay - (DELAY if whole else STREAM_DELAY).get(codec, 0)) <= 1
        assert correlation > 0.99
    if codec in ("wav", "pcm", "flac"):
        assert np.array_equal(np.rint(decoded * 32768), samples)


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "stream"])
@pytest.mark.parametrize("codec", [name for name in AUDIO_FORMATS if name not in HEADERLESS])
def test_end_of_the_audio_is_not_cut(codec, whole):
    # Loud to the last sample: what the codec's delay holds back must come out at the end.
    tone = np.rint(12_000 * np.sin(2 * np.pi * 500 * np.arange(30_011) / RATE)).astype(np.int16)
    decoded, rate = decode(encode(tone, codec, RATE, whole=whole), codec)
    delay = (DELAY if whole else STREAM_DELAY).get(codec, 0) * rate // RATE
    end = delay + len(tone) * rate // RATE
    last = decoded[end - rate // 100 : end]  # 10 ms: five periods
    assert len(last) == rate // 100
    assert np.sqrt(np.mean(last**2)) == pytest.approx(12_000 / 32768 / np.sqrt(2), rel=0.12)


@pytest.mark.parametrize("rate", [RATE, 7 * RATE // 12])
@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_a_stream_that_is_kept_begins_with_its_sizes(codec, rate):
    writer = open_writer(codec, sample_rate=rate, config=CONFIG, total_samples=None)
    streamed = b"".join([writer.write(part) for part in np.array_split(SPEECH[:RATE], 3)])
    streamed += writer.finish()
    kept = writer.head + streamed[len(writer.head) :]
    if codec in ("wav", "flac"):
        assert kept != streamed
        assert kept == encode_whole(SPEECH[:RATE], codec, rate, CONFIG)
    else:
        assert kept == streamed


@pytest.mark.parametrize("rate", SAMPLE_RATES)
@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_every_rate_a_request_may_name_is_delivered(codec, rate):
    samples = voiced(0.7, rate)
    for whole in (True, False):
        decoded, read = decode(encode(samples, codec, rate, whole=whole), codec)
        if codec == "opus":
            assert read == 48_000
        elif codec not in HEADERLESS:
            assert read == codec_rate(codec, rate)
        # Two frames of AAC, 1,105 and one frame of MP3, one sample of rounding.
        frame = 1152 if rate >= 32_000 else 576
        rounding = 48_000 // codec_rate(codec, rate) if codec == "opus" else 0
        excess = {"aac": 2048, "mp3": 0 if whole else 1105 + frame}.get(codec, rounding)
        assert -rounding <= len(decoded) - len(samples) * (read or rate) / rate <= excess
        assert np.abs(decoded).max() > 0.1


@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_first_phrase_can_be_played_before_the_second_exists(codec):
    writer = open_writer(codec, sample_rate=RATE, config=CONFIG, total_samples=None)
    phrase = SPEECH[:RATE]
    early = writer.write(phrase)
    decoded, rate = decode(early, codec, "default" if codec == "flac" else None)
    held = dict.fromkeys(HEADERLESS, 0)
    # Seconds held back: what fills no frame yet, two frames for mp3 and aac, and the delay.
    held |= {"wav": 0, "opus": 480, "flac": 2304, "mp3": 1152 + 1105, "aac": 2048 + 1024}
    played = len(decoded) * RATE // (rate or RATE) - STREAM_DELAY.get(codec, 0)
    assert RATE - held[codec] <= played <= RATE


@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_bytes_do_not_depend_on_how_the_audio_was_cut(codec):
    samples = SPEECH[:30_000]
    once, often = stream(samples, codec, chunks=1), stream(samples, codec, chunks=97)
    if codec == "opus":  # every write ends a page
        once, often = (
            b"".join(packet for page in ogg_pages(data)[2:] for packet in page.packets)
            for data in (once, often)
        )
    assert once == often


@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_equal_audio_gives_equal_bytes(codec):
    assert encode_whole(SPEECH[:RATE], codec, RATE, CONFIG) == encode_whole(
        SPEECH[:RATE].copy(), codec, RATE, CONFIG
    )


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "stream"])
@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_a_reply_of_no_samples_is_still_a_file(codec, whole):
    data = encode(np.zeros(0, np.int16), codec, RATE, whole=whole)
    if codec in HEADERLESS:
        assert data == b""
    else:
        decoded, _ = decode(data, codec, "default")
        assert not decoded.any()
        assert len(decoded) <= 2304


@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_threads_do_not_disturb_each_other(codec):
    pieces = [SPEECH[start : start + 9000] for start in range(0, 90_000, 9000)]
    alone = [encode_whole(piece, codec, RATE, CONFIG) for piece in pieces]
    with ThreadPoolExecutor(5) as pool:
        together = list(pool.map(lambda p: encode_whole(p, codec, RATE, CONFIG), pieces))
    assert together == alone


@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_samples_need_not_be_contiguous(codec):
    strided = SPEECH[: 2 * RATE : 2]
    assert encode_whole(strided, codec, RATE, CONFIG) == encode_whole(
        strided.copy(), codec, RATE, CONFIG
    )


def test_whole_wav_states_its_exact_size():
    data = encode_whole(SPEECH[:1001], "wav", 22_050, CONFIG)
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:4] == (1, 2, 22_050, 1001)
        assert file.readframes(2000) == SPEECH[:1001].tobytes()


def test_streamed_wav_states_no_size():
    data = stream(SPEECH[:1001], "wav")
    assert data[4:8] == data[40:44] == b"\xff" * 4
    assert data[36:40] == b"data"
    assert data[44:] == SPEECH[:1001].tobytes()


def test_wav_of_another_length_than_announced_is_refused():
    writer = open_writer("wav", sample_rate=RATE, config=CONFIG, total_samples=100)
    writer.write(SPEECH[:99])
    with pytest.raises(ValueError, match="99 samples were written"):
        writer.finish()


def test_whole_flac_states_length_and_checksum():
    samples = SPEECH[:5001]
    info = encode_whole(samples, "flac", 44_100, CONFIG)[8:42]
    packed = int.from_bytes(info[10:18], "big")
    assert packed >> 44 == 44_100
    assert packed >> 41 & 7 == 0  # one channel
    assert packed >> 36 & 31 == 15  # 16 bits
    assert packed & (1 << 36) - 1 == 5001
    assert info[18:] == hashlib.md5(samples.tobytes(), usedforsecurity=False).digest()


def test_streamed_flac_states_neither():
    info = stream(SPEECH[:5001], "flac")[8:42]
    assert int.from_bytes(info[10:18], "big") & (1 << 36) - 1 == 0
    assert info[18:] == bytes(16)


def mp3_frames(data: bytes) -> list[bytes]:
    """Frames of an MPEG-2 layer III file at 24 kHz."""
    frames, position = [], 0
    while position < len(data):
        assert data[position] == 0xFF
        assert data[position + 1] & 0xFE == 0xF2
        rate = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)[
            data[position + 2] >> 4
        ]
        size = 72 * 1000 * rate // 24_000 + (data[position + 2] >> 1 & 1)
        frames.append(data[position : position + size])
        position += size
    assert position == len(data)
    return frames


@pytest.mark.parametrize("bit_rate", [16_000, 64_000, 128_000])
def test_whole_mp3_begins_with_an_info_frame(bit_rate):
    samples = SPEECH[:50_000]
    data = encode_whole(samples, "mp3", RATE, AudioConfig(mp3_bit_rate=bit_rate))
    info, *frames = mp3_frames(data)
    tag = info[13:]  # after 4 bytes of header and 9 of side information
    assert tag[:4] == b"Info"
    flags, count, size = struct.unpack_from(">III", tag, 4)
    assert (flags, count, size) == (0x0F, len(frames), len(data))
    delay, padding = tag[141] << 4 | tag[142] >> 4, (tag[142] & 15) << 8 | tag[143]
    assert 576 * len(frames) - delay - padding == len(samples)
    assert len(decode(data, "mp3")[0]) == len(samples)
    crc = 0
    for byte in info[: 13 + 154]:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    assert struct.unpack_from(">H", tag, 154)[0] == crc


def test_streamed_mp3_needs_no_earlier_frame():
    frames = mp3_frames(stream(SPEECH[:50_000], "mp3"))
    assert b"Info" not in frames[0]
    assert {frame[4] for frame in frames} == {0}  # main_data_begin of MPEG-2


@pytest.mark.parametrize("rate", MP3_RATES)
def test_mp3_is_what_libavcodecs_lame_makes_of_it(rate):
    """It is the same encoder, compiled by somebody else; padding and rounding may differ."""
    samples = voiced(2, rate)
    options = {"compression_level": "7", "reservoir": "0"}
    theirs = PacketEncoder(
        "libmp3lame",
        sample_rate=rate,
        sample_format="s16p",
        bit_rate=64_000,
        options=options,
    )
    expected = [*theirs.encode(samples), *theirs.flush()]
    ours = LameEncoder(sample_rate=rate, bit_rate=64_000, quality=7)
    frames = [frame for part in np.array_split(samples, 7) for frame in ours.encode(part)]
    frames += ours.flush()
    assert [len(frame) for frame in frames] == [len(frame) for frame in expected]
    heard, told = (decode(b"".join(them), "mp3")[0] for them in (frames, expected))
    assert np.abs(heard - told).max() < 1e-3


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "stream"])
@pytest.mark.parametrize("length", [0, 1, 323, 324, 325, 480, 20_160, 50_001])
def test_ogg_pages_are_in_order_and_the_last_ends_the_stream(length, whole):
    samples = SPEECH[:length]
    pages = ogg_pages(encode(samples, "opus", RATE, whole=whole))
    assert all(page.crc_ok for page in pages)
    assert all(len(page.packets) <= 50 for page in pages)  # RFC 7845: a page of a second at most
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert len({page.serial for page in pages}) == 1
    assert pages[0].serial != 0
    last = len(pages) - 1
    assert [page.flags for page in pages] == [
        2 if number == 0 else 4 if number == last else 0 for number in range(len(pages))
    ]
    assert pages[0].packets[0][:8] == b"OpusHead"
    assert pages[1].packets[0][:8] == b"OpusTags"
    pre_skip = struct.unpack_from("<H", pages[0].packets[0], 10)[0]
    counted = 0
    for page in pages[2:-1]:
        counted += 960 * len(page.packets)
        assert page.granule == counted
    assert pages[-1].granule == pre_skip + 2 * length
    assert 0 <= counted + 960 * len(pages[-1].packets) - pages[-1].granule < 960
    assert pages[-1].packets


def test_the_largest_opus_packets_fit_their_pages():
    noise = np.random.default_rng(3).integers(-30_000, 30_000, 48_000 * 3).astype(np.int16)
    data = encode_whole(noise, "opus", 48_000, AudioConfig(opus_bit_rate=256_000))
    decoded, _ = decode(data, "opus")
    assert len(decoded) == len(noise)
    assert all(page.crc_ok for page in ogg_pages(data))


def test_adts_headers_describe_their_packets():
    data = stream(SPEECH[:30_000], "aac", 22_050)
    position = packets = 0
    while position < len(data):
        header = int.from_bytes(data[position : position + 7], "big")
        assert header >> 44 == 0xFFF
        assert header >> 38 & 3 == 1  # AAC-LC
        assert header >> 34 & 15 == 7  # 22,050 Hz
        assert header >> 30 & 7 == 1  # mono
        position += header >> 13 & 0x1FFF
        packets += 1
    assert position == len(data)
    assert packets == 30_000 // 1024 + 2


@pytest.mark.parametrize("decoder", ["soundfile", "opus", "libopus"])
def test_opus_is_exact_in_every_decoder(decoder):
    decoded, rate = decode(encode_whole(SPEECH[:33_333], "opus", RATE, CONFIG), "opus", decoder)
    assert abs(len(decoded) - 33_333 * rate // RATE) <= (960 if decoder == "libopus" else 0)


@pytest.mark.parametrize(
    ("codec", "asked", "delivered"),
    [
        ("opus", 8000, 8000),
        ("opus", 11_025, 12_000),
        ("opus", 16_000, 16_000),
        ("opus", 22_050, 24_000),
        ("opus", 32_000, 48_000),
        ("opus", 44_100, 48_000),
        ("mp3", 22_050, 22_050),
        ("mp3", 20_000, 22_050),
        ("aac", 11_025, 11_025),
        ("aac", 47_999, 48_000),
        ("flac", 20_000, 20_000),
        ("wav", 20_000, 20_000),
        ("pcm", 44_100, 44_100),
    ],
)
def test_the_next_rate_the_codec_has(codec, asked, delivered):
    assert codec_rate(codec, asked) == delivered


@pytest.mark.parametrize("rate", [-1, 0, 7999, 48_001, 96_000])
@pytest.mark.parametrize("codec", AUDIO_FORMATS)
def test_impossible_rates_are_the_callers_fault(codec, rate):
    for call in (
        lambda: codec_rate(codec, rate),
        lambda: open_writer(codec, sample_rate=rate, config=CONFIG, total_samples=None),
        lambda: encode_whole(SPEECH[:100], codec, rate, CONFIG),
    ):
        with pytest.raises(InvalidInputError) as caught:
            call()
        assert caught.value.param == "sample_rate"


def test_media_types():
    assert {name: media_type(name) for name in AUDIO_FORMATS} == {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": "audio/pcm",
        "mulaw": "audio/PCMU",
        "alaw": "audio/PCMA",
    }
    assert media_type("mulaw", 8_000) == "audio/PCMU"
    assert media_type("alaw", 16_000) == "audio/PCMA;rate=16000"
    assert media_type("pcm", 16_000) == "audio/pcm;rate=16000"
    assert media_type("mp3", 16_000) == "audio/mpeg"


def test_settings_reach_the_encoders():
    samples = SPEECH[: 3 * RATE]
    for format_, field, low, high in (
        ("mp3", "mp3_bit_rate", 32_000, 96_000),
        ("aac", "aac_bit_rate", 32_000, 96_000),
        ("opus", "opus_bit_rate", 16_000, 64_000),
        ("flac", "flac_level", 8, 0),
    ):
        small, large = (
            len(encode_whole(samples, format_, RATE, AudioConfig(**{field: value})))
            for value in (low, high)
        )
        assert small < large, format_
    plain, thorough = (
        encode_whole(samples, "opus", RATE, AudioConfig(opus_complexity=value)) for value in (0, 10)
    )
    assert plain != thorough


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads by /proc")
def test_an_open_stream_keeps_no_threads():
    def threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    before = threads()
    encoder = PacketEncoder("flac", sample_rate=RATE, sample_format="s16", options={})
    encoder.encode(SPEECH[:RATE])
    assert threads() == before
