"""Every format through the official client, decoded by another library than wrote it."""

import io
import re
import struct
from collections.abc import Iterator

import av
import numpy as np
import openai
import pytest
import soundfile
from servers import Server

pytestmark = pytest.mark.integration

SHORT = "The quick brown fox jumps over the lazy dog."
LONG = (
    "This is the first sentence of a longer text. It goes on, with a clause or two, so that it "
    "has to be cut into several phrases. A third sentence follows the second one. And a fourth "
    "one, which is the last, ends the whole text at a quiet place."
)
TOLERANCE = {"wav": 0.0005, "pcm": 0.0005, "flac": 0.02, "opus": 0.02, "mp3": 0.06, "aac": 0.09}


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0) as opened:
        yield opened


def decode(data: bytes, kind: str) -> tuple[np.ndarray, int]:
    """Mono float samples and their rate.

    PyAV writes mp3, opus and aac here, and libsndfile writes none of them, so libsndfile reads mp3
    and opus. What libsndfile cannot read (ADTS) goes through PyAV's decoder, which shares no code
    with its encoder; flac and wav, written by neither PyAV nor for it, too.
    """
    if kind == "pcm":
        return np.frombuffer(data, "<i2").astype(np.float64) / 32768, 24_000
    if kind in {"mp3", "opus"}:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float64")
        return samples, rate
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono")
        frames = [out for frame in container.decode(stream) for out in resampler.resample(frame)]
        rate = stream.codec_context.rate
    return np.concatenate([f.to_ndarray()[0] for f in frames]).astype(np.float64) / 32768, rate


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["one phrase", "streamed"])
@pytest.mark.parametrize("voice", ["alloy", "espeak"])
def test_each_format_lasts_as_long_as_the_wav(client: openai.OpenAI, text: str, voice: str) -> None:
    durations = {}
    for kind in TOLERANCE:
        reply = client.audio.speech.create(
            model="tts-1", voice=voice, input=text, response_format=kind
        )
        samples, rate = decode(reply.content, kind)
        assert np.sqrt(np.mean(samples**2)) > 0.005, f"{kind} is silent"
        durations[kind] = len(samples) / rate
    for kind, tolerance in TOLERANCE.items():
        assert durations[kind] == pytest.approx(durations["wav"], abs=tolerance + 0.001), durations


def test_a_whole_wav_has_exact_sizes_and_a_stream_none(
    client: openai.OpenAI,
) -> None:
    speech = client.audio.speech.with_raw_response
    whole = speech.create(model="tts-1", voice="alloy", input=SHORT, response_format="wav")
    assert int(whole.headers["content-length"]) == len(whole.content)
    riff, data = struct.unpack_from("<I", whole.content, 4)[0], whole.content.index(b"data")
    assert riff == len(whole.content) - 8
    assert struct.unpack_from("<I", whole.content, data + 4)[0] == len(whole.content) - data - 8

    text = LONG + " Streamed this time."
    streamed = speech.create(model="tts-1", voice="alloy", input=text, response_format="wav")
    assert "content-length" not in streamed.headers
    assert struct.unpack_from("<I", streamed.content, 4)[0] == 0xFFFFFFFF

    asked_whole = speech.create(
        model="tts-1",
        voice="alloy",
        input=text,
        response_format="wav",
        extra_body={"stream": False},
    )
    assert int(asked_whole.headers["content-length"]) == len(asked_whole.content)
    assert struct.unpack_from("<I", asked_whole.content, 4)[0] == len(asked_whole.content) - 8


@pytest.mark.parametrize(
    ("kind", "asked", "delivered"),
    [("wav", 16000, 16000), ("flac", 48000, 48000), ("opus", 22050, 24000), ("mp3", 8000, 8000)],
)
def test_sample_rate(client: openai.OpenAI, kind: str, asked: int, delivered: int) -> None:
    reply = client.audio.speech.create(
        model="tts-1",
        voice="tiny",
        input=SHORT,
        response_format=kind,
        extra_body={"sample_rate": asked},
    )
    samples, rate = decode(reply.content, kind)
    plain = client.audio.speech.create(
        model="tts-1", voice="tiny", input=SHORT, response_format="wav"
    )
    reference, reference_rate = decode(plain.content, "wav")
    assert rate == delivered
    assert len(samples) / rate == pytest.approx(len(reference) / reference_rate, abs=0.06)


@pytest.mark.parametrize(("voice", "own_rate"), [("alloy", 24_000), ("espeak", 22_050)])
def test_speed_changes_duration_and_keeps_the_rate(
    client: openai.OpenAI, voice: str, own_rate: int
) -> None:
    durations = {}
    for speed in (0.5, 1.0, 2.0):
        reply = client.audio.speech.create(
            model="tts-1", voice=voice, input=SHORT, response_format="wav", speed=speed
        )
        samples, rate = decode(reply.content, "wav")
        assert rate == own_rate
        durations[speed] = len(samples) / rate
    assert durations[0.5] == pytest.approx(2 * durations[1.0], rel=0.15)
    assert durations[2.0] == pytest.approx(durations[1.0] / 2, rel=0.15)


def test_voice_as_an_object_and_streaming_client(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts",
        voice={"id": "tiny/s1"},  # type: ignore[arg-type]
        input=LONG,
        response_format="pcm",
        instructions="speak like a pirate",
    ) as reply:
        body = b"".join(reply.iter_bytes())
    samples, rate = decode(body, "pcm")
    assert len(samples) / rate > 5


CONTENT = [
    ("the weather is very cold in winter", "weather cold winter"),
    ("please close the door when you leave", "please close door leave"),
    ("the train arrives at seven in the morning", "train seven morning"),
    ("we bought bread and milk at the market", "bread milk market"),
    ("my brother works in a small office", "brother works small office"),
    ("the children are playing in the garden", "children playing garden"),
    ("she opened the window to let in fresh air", "opened window fresh air"),
    ("he reads a book every evening", "reads book every evening"),
    ("the river flows slowly to the sea", "river slowly sea"),
    ("there is a large table in the kitchen", "large table kitchen"),
]


@pytest.mark.parametrize(
    ("voice", "speed", "least"),
    [("nova", 1.0, 0.7), ("onyx", 1.0, 0.65), ("espeak/f5", 0.85, 0.3)],
)
def test_the_speech_is_recognisable(
    client: openai.OpenAI, voice: str, speed: float, least: float
) -> None:
    """A recogniser of another make hears most content words of ten plain sentences.

    Of espeak-ng's voice it hears fewer.
    """
    from pocketsphinx import Decoder  # noqa: PLC0415 (its model takes a second to load)

    decoder = Decoder(samprate=16000, loglevel="FATAL")
    quiet = np.zeros(4000)
    heard = total = 0
    for sentence, words in CONTENT:
        reply = client.audio.speech.create(
            model="tts-1",
            voice=voice,
            speed=speed,
            input=sentence.capitalize() + ".",
            response_format="wav",
            extra_body={"sample_rate": 16000},
        )
        samples, _ = decode(reply.content, "wav")
        decoder.start_utt()
        # At one level and with silence around: the recogniser's model learned from such speech.
        levelled = np.clip(samples * (0.06 / np.sqrt(np.mean(samples**2))), -1, 1)
        padded = np.concatenate((quiet, levelled, quiet))
        decoder.process_raw((padded * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        found = set(re.findall(r"[a-z']+", hypothesis.hypstr if hypothesis else ""))
        heard += sum(word in found for word in words.split())
        total += len(words.split())
    assert heard / total > least, f"{heard} of {total}"
