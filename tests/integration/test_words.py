"""Words said as a lexicon or a text says, and pauses, through a whole server."""

import io
import wave

import httpx
import pytest
from servers import Server

pytestmark = pytest.mark.integration


def speak(server: Server, text: str, voice: str = "tiny", **more: object) -> httpx.Response:
    body = {"model": "chorale", "voice": voice, "response_format": "wav", "stream": False}
    return httpx.post(server.speech, json={**body, "input": text, **more}, timeout=60)


def seconds(reply: httpx.Response) -> float:
    assert reply.is_success, reply.text
    with wave.open(io.BytesIO(reply.content)) as sound:
        return sound.getnframes() / sound.getframerate()


def test_the_servers_words_and_a_requests(server: Server) -> None:
    def phonemes(**body: object) -> str:
        reply = httpx.post(f"{server.url}/v1/text/normalize", json=body)
        return "".join(phrase["phonemes"] for phrase in reply.json()["phrases"])

    assert "ɹˈɛdɪs" in phonemes(input="Redis runs.")
    assert "ɹˈoʊz" in phonemes(input="Redis runs.", lexicon={"redis": "/ɹˈoʊz/"})


def test_a_pause_is_heard(server: Server) -> None:
    for voice in ("tiny", "espeak"):
        short = seconds(speak(server, "One. [pause:200ms] Two.", voice))
        long = seconds(speak(server, "One. [pause:1.7s] Two.", voice))
        assert long - short == pytest.approx(1.5, abs=0.15)


def test_words_with_one_sound_are_one_reply(server: Server) -> None:
    told = speak(server, "The Qwen model speaks.")
    given = speak(server, "The [word](/kwˈɛn/) model speaks.")
    assert given.content == told.content
    asked = speak(server, "The Zorp model speaks.", lexicon={"zorp": "/kwˈɛn/"})
    assert asked.content == told.content
    assert asked.headers["x-cache"] in {"hit", "hot"}


@pytest.mark.parametrize(
    ("text", "words", "param"),
    [
        ("a [pause:soon] b", {}, "input"),
        ("[a](/漢/)", {}, "input"),
        ("b", {"b": "/漢/"}, "lexicon"),
        ("b", {"b": ""}, "lexicon"),
    ],
)
def test_what_cannot_be_said_is_the_callers_error(
    server: Server, text: str, words: dict[str, str], param: str
) -> None:
    reply = speak(server, text, lexicon=words)
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == param
