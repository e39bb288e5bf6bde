"""Kokoro as published, served from one entry of the catalogue: styles, and mixes of them."""

import io
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
import soundfile
from servers import ADMIN_TOKEN, Server, running

from speech.evaluation.hearing import heard, word_errors, words
from tests.real_voices import kokoro_styles, whisper, write_kokoro

pytestmark = pytest.mark.integration

TEXT = "Good morning, how are you today?"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    catalogue = {
        "default": "kokoro",
        "voices": [
            {
                "id": "kokoro",
                "engine": "kokoro",
                "model": "kokoro.onnx",
                "styles": str(kokoro_styles()),
                "default_speaker": "jm_kumo",
                "language": "en-us",
            },
            {"id": "heart", "engine": "hibari"},
            {"id": "fake", "engine": "fake"},
        ],
        "aliases": {"duet": {"voice": "kokoro", "speaker": "jm_kumo(3)+jf_alpha"}},
    }
    graph = {"preload": ["kokoro"]}
    with running(graph, catalogue, prepare=lambda it: write_kokoro(it / "kokoro.onnx")) as started:
        yield started


def speak(server: Server, voice: str) -> httpx.Response:
    body = {"model": "tts-1", "voice": voice, "input": TEXT, "response_format": "wav"}
    return httpx.post(
        server.speech,
        json={**body, "language": "en"},
        headers={"X-Deadline-Ms": "120000"},
        timeout=120,
    )


def test_styles_and_mixes_are_understood_and_differ(server: Server) -> None:
    listener = whisper()
    said = {}
    for voice in ("jm_kumo", "jf_alpha", "duet"):
        reply = speak(server, voice)
        assert reply.is_success, reply.text
        samples, rate = soundfile.read(io.BytesIO(reply.content), dtype="int16")
        # The recogniser takes a word of a Japanese speaker for another at times.
        assert word_errors(words(TEXT), listener.words(heard(samples, rate))) <= 1, voice
        said[voice] = samples.astype(np.float64)
    # Styles decide the rhythm, too: a mix lasts as long as neither.
    assert len({len(samples) for samples in said.values()}) == 3
    (engine,) = [
        voice["engine"]
        for voice in httpx.get(f"{server.url}/v1/audio/voices", timeout=30).json()["data"]
        if voice["id"] == "kokoro"
    ]
    assert (engine["max_batch_size"], engine["times"]) == (1, True)
    assert "one phrase at a time" in engine["batching"]


def test_a_mix_is_one_voice_however_it_is_written_and_is_forgotten_with_its_own(
    server: Server,
) -> None:
    name = "kokoro/jf_alpha(0.250000)+jm_kumo(0.750000)"
    first = speak(server, "jm_kumo(3)+jf_alpha(1)")
    assert first.headers["x-voice"] == name
    for written in ("jf_alpha+jm_kumo(3)", "kokoro/jm_kumo(1.5)+kokoro/jf_alpha(0.5)", "duet"):
        again = speak(server, written)
        assert again.headers["x-voice"] == name
        assert again.headers["x-cache"] in {"hit", "hot"}
        assert again.content == first.content
    other = speak(server, "jm_kumo(3)+jf_alpha(1.1)")
    assert other.headers["x-cache"] == "miss"
    assert other.content != first.content

    for forgotten, state in (("heart", {"hit", "hot"}), ("kokoro", {"miss"})):
        httpx.post(
            f"{server.url}/admin/cache/invalidate",
            json={"voice": forgotten},
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
            timeout=30,
        ).raise_for_status()
        made = speak(server, "jf_alpha+jm_kumo(3)")
        assert made.headers["x-cache"] in state
        assert made.content == first.content


@pytest.mark.parametrize(
    "voice",
    [
        "jm_kumo+nobody",
        "jm_kumo(0)+jf_alpha",
        "jm_kumo(-1)+jf_alpha",
        "jm_kumo+",
        "+".join(["jm_kumo"] * 9),
        "jm_kumo+heart",
        "fake+fake",
        "duet+fake",
    ],
)
def test_a_bad_mix_names_the_voice(server: Server, voice: str) -> None:
    reply = speak(server, voice)
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["param"] == "voice"
