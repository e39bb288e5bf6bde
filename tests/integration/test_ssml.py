"""SSML through a whole server: several voices, times, floods, and what it shows."""

import io

import httpx
import numpy as np
import pytest
import soundfile
from servers import Server

from speech.evaluation.hearing import Whisper, heard
from speech.loudness import loudness, true_peak

pytestmark = pytest.mark.integration

MIXED = (
    '<speak>Good morning. <break time="800ms"/><voice name="tiny"><prosody rate="slow">This is '
    'another voice</prosody></voice> <voice name="espeak"><prosody rate="150%" volume="soft">and '
    'this a robot</prosody></voice><lang xml:lang="de">Guten Tag</lang></speak>'
)


def speak(server: Server, text: str, voice: str = "nova", **more: object) -> httpx.Response:
    body = {"model": "chorale", "voice": voice, "input": text, **more}
    return httpx.post(server.speech, json=body, timeout=60)


def decoded(reply: httpx.Response) -> tuple[np.ndarray, int]:
    assert reply.is_success, reply.text
    return soundfile.read(io.BytesIO(reply.content), dtype="float32")


def test_several_voices_with_different_rates_are_one_mp3_stream(server: Server) -> None:
    whole = speak(server, MIXED, response_format="wav", stream=False)
    expected, rate = decoded(whole)
    streamed = speak(server, MIXED, response_format="mp3")
    samples, mp3_rate = decoded(streamed)
    assert mp3_rate == rate == 24_000
    assert streamed.headers["x-voice"] == "heart/nova, tiny/s0, espeak, espeak/f3"
    assert "content-length" not in streamed.headers
    # Frames of 24 ms, and what encoder and decoder put before and behind.
    assert len(samples) / rate == pytest.approx(len(expected) / rate, abs=0.1)
    shift = 529
    left = expected[: len(samples) - shift]
    right = samples[shift : shift + len(left)]
    assert np.corrcoef(left[: len(right)], right)[0, 1] > 0.95


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            '<speak><voice name="echo">Good morning.</voice> <voice name="sage"><prosody '
            'rate="slow">The weather is nice.</prosody></voice></speak>',
            "good morning the weather is nice",
        ),
        (
            '<speak>You say <phoneme ph="təˈmeɪtoʊ">qqq</phoneme>, I say <sub alias="potato">xx'
            "</sub>.</speak>",
            "you say tomato i say potato",
        ),
        (
            "<think>Not a word of this</think> <laugh>The dog<break time='1s'/> is happy.",
            "the dog is happy",
        ),
    ],
)
def test_a_recogniser_hears_what_is_meant(server: Server, text: str, wanted: str) -> None:
    pytest.importorskip("faster_whisper")
    samples, rate = decoded(speak(server, text, response_format="wav", stream=False))
    whole = np.rint(samples * 32_767).astype(np.int16)
    assert " ".join(Whisper().words(heard(whole, rate))) == wanted


def test_a_telephone_gets_its_codec(server: Server) -> None:
    plain, rate = decoded(speak(server, "Press one.", response_format="wav", sample_rate=8000))
    for law, subtype in (("mulaw", "ULAW"), ("alaw", "ALAW")):
        reply = speak(server, "Press one.", response_format=law)
        assert reply.headers["content-length"] == str(len(reply.content)) == str(len(plain))
        coded, _ = soundfile.read(
            io.BytesIO(reply.content), samplerate=8000, channels=1, subtype=subtype, format="RAW"
        )
        noise = np.sqrt(np.mean((coded - plain) ** 2) / np.mean(plain**2))
        assert 20 * np.log10(noise) < -30
    assert rate == 8000


@pytest.mark.parametrize("voice", ["nova", "tiny", "espeak"])
def test_every_voice_has_the_loudness_asked_for(server: Server, voice: str) -> None:
    text = "The quick brown fox jumps over the lazy dog. She sells sea shells, does she not?"
    samples, rate = decoded(speak(server, text, voice, response_format="wav", loudness=-23))
    assert loudness(samples, rate) == pytest.approx(-23, abs=1.0)
    assert true_peak(samples) < -1.0


def test_a_break_is_exact_at_any_speed(server: Server) -> None:
    for speed in (1.0, 2.0):
        one, rate = decoded(
            speak(server, '<speak>One. <break time="0.2s"/> Two.</speak>', response_format="wav",
                  stream=False, speed=speed)
        )  # fmt: skip
        two, _ = decoded(
            speak(server, '<speak>One. <break time="1.7s"/> Two.</speak>', response_format="wav",
                  stream=False, speed=speed)
        )  # fmt: skip
        assert (len(two) - len(one)) / rate == pytest.approx(1.5, abs=0.002)


def test_a_soft_voice_is_softer(server: Server) -> None:
    levels = []
    for volume in ("medium", "-12dB"):
        text = f'<speak><prosody volume="{volume}">Good morning.</prosody></speak>'
        samples, _ = decoded(speak(server, text, response_format="wav"))
        levels.append(float(np.sqrt(np.mean(samples**2))))
    assert 20 * np.log10(levels[0] / levels[1]) == pytest.approx(12, abs=0.3)


def test_what_was_not_heeded_is_told(server: Server) -> None:
    reply = speak(server, '<speak><prosody range="high">Hi</prosody> <x>there</x></speak>')
    assert reply.headers["warning"] == (
        '299 - "SSML prosody range is not heeded", '
        '299 - "SSML element x is not known, its text is said"'
    )


def test_it_is_shown(server: Server) -> None:
    source = '<speak>A <sub alias="big dog">B.D.</sub> <voice name="echo">costs $2</voice></speak>'
    body = {"input": source, "voice": "nova"}
    shown = httpx.post(f"{server.url}/v1/text/normalize", json=body).json()
    assert shown["normalized"] == "A big dog costs two dollars"
    found = [
        (word["text"], source[word["start"] : word["end"]])
        for phrase in shown["phrases"]
        for word in phrase["words"]
    ]
    assert found == [
        ("A", "A"), ("big", "B.D."), ("dog", "B.D."), ("costs", "costs"), ("two", "$2"),
        ("dollars", "$2"),
    ]  # fmt: skip
    assert [span["original"] for span in shown["spans"] if span["kind"] == "money"] == ["$2"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("<speak>a", "line 1, column 9"),
        ("<speak>" + "<p>" * 1_000, "line 1, column 101"),
        ("<speak " + " ".join(f'a{n}=""' for n in range(500)) + ">", "line 1, column"),
        ('<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>', "line 1, column"),
        ("<speak>" + "<!-- a -->" * 400 + "&b;</speak>", "line 1, column 4008"),
        ("<speak>" + "<![CDATA[]]>" * 300 + "<voice name='zz'>a</voice></speak>", "column 3608"),
    ],
)
def test_a_bad_document_is_refused_with_its_place(server: Server, text: str, place: str) -> None:
    for route in ("audio/speech", "text/normalize"):
        body = {"model": "chorale", "voice": "nova", "input": text, "input_type": "ssml"}
        reply = httpx.post(f"{server.url}/v1/{route}", json=body, timeout=10)
        assert reply.status_code == 400, reply.text
        error = reply.json()["error"]
        assert (error["param"], error["code"]) == ("input", "invalid_value")
        assert place in error["message"]


def test_a_flood_is_refused(server: Server) -> None:
    for text in (
        "<speak>" + "<p>" * 10_000,
        f'<speak a="{"a" * 64_000}">',
        "<speak>" + "&lt;" * 12_000,
    ):
        reply = speak(server, text)
        assert reply.status_code in {400, 413}
        assert speak(server, "Still here.").is_success
