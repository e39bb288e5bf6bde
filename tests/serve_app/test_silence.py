"""A text that leaves nothing to say: a moment of silence in every shape, and a warning."""

import base64
import io
from typing import Any

import av
import pytest
from inline_server import Server
from test_api import error_of, events_of
from test_times import marks_of

from speech.types import AUDIO_FORMATS

SECONDS = 0.1
WARNING = '299 - "nothing was left to say, the reply is silence"'
NOTHING = ["🎉", "...!?", "*", "<think></think>", " \n\t ", "\u0001\u200b", "<speak/>", "…" * 500]


def played(data: bytes, kind: str) -> tuple[float, int]:
    """Seconds that a decoder gives, and the loudest sample."""
    if kind in {"pcm", "mulaw", "alaw"}:
        width = 2 if kind == "pcm" else 1
        rate = 24_000 if kind == "pcm" else 8000
        return len(data) / width / rate, max(data) if kind == "pcm" else 0
    resampler = av.AudioResampler(format="s16", layout="mono")
    with av.open(io.BytesIO(data)) as container:
        rate = container.streams.audio[0].codec_context.rate
        frames = [it for frame in container.decode(audio=0) for it in resampler.resample(frame)]
    samples = [abs(int(sample)) for frame in frames for sample in frame.to_ndarray()[0]]
    return len(samples) / rate, max(samples)


@pytest.mark.parametrize("kind", AUDIO_FORMATS)
async def test_every_container_has_its_exact_size(server: Server, kind: str) -> None:
    reply = await server.speak(input="🎉", response_format=kind)
    assert (reply.status_code, reply.headers["warning"]) == (200, WARNING)
    assert reply.headers["content-length"] == str(len(reply.content))
    seconds, loudest = played(reply.content, kind)
    assert seconds == pytest.approx(SECONDS, abs=2 * 1024 / 24_000 if kind == "aac" else 0.001)
    assert loudest == 0
    assert server.synthesizer.calls == 0


@pytest.mark.parametrize("text", NOTHING)
@pytest.mark.parametrize("stream", [True, False])
async def test_what_says_nothing_is_silent(server: Server, text: str, stream: bool) -> None:
    for _ in range(2):  # however it is cached
        reply = await server.speak(input=text, stream=stream)
        assert (reply.status_code, reply.headers["warning"]) == (200, WARNING)
        assert reply.content == bytes(4800)
    assert server.synthesizer.calls == 0


async def test_letters_that_nobody_reads_are_silent_and_named(server: Server) -> None:
    reply = await server.speak(input="北京")
    assert reply.content == bytes(4800)
    left_out = '299 - "letters that en-us cannot read were left out"'
    assert reply.headers["warning"] == f"{left_out}, {WARNING}"


async def test_an_empty_input_is_an_error(server: Server) -> None:
    reply = await server.speak(input="")
    assert (reply.status_code, error_of(reply)["param"]) == (400, "input")


async def test_it_has_no_times(server: Server) -> None:
    reply = await server.speak(input="...", stream_format="sse", timestamps="word")
    events = events_of(reply)
    assert b"".join(base64.b64decode(it.get("audio", "")) for it in events) == bytes(4800)
    assert (marks_of(events), events[-1]["usage"]["output_tokens"]) == ([], 2)
    assert reply.headers["warning"] == WARNING


SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "/v1/audio/speech/with-timestamps": (
        {"input": "*", "voice": "alloy", "model": "chorale", "response_format": "pcm"},
        {"marks": [], "audio_seconds": SECONDS},
    ),
    "/v1/audio/captions": (
        {"input": "*", "voice": "alloy", "model": "chorale", "response_format": "pcm"}
        | {"caption_format": "json", "audio": "base64"},
        {"captions": [], "audio_seconds": SECONDS},
    ),
    "/v1/text-to-speech/alloy/with-timestamps?output_format=pcm_24000": (
        {"text": "*"},
        {},
    ),
    "/dev/captioned_speech": (
        {"input": "*", "voice": "alloy", "response_format": "pcm", "stream": False},
        {"timestamps": []},
    ),
}


@pytest.mark.parametrize("route", SHAPES)
async def test_other_shapes(server: Server, route: str) -> None:
    body, wanted = SHAPES[route]
    reply = await server.client.post(route, json=body)
    assert reply.status_code == 200, reply.text
    assert WARNING in reply.headers["warning"]
    told = reply.json()
    assert base64.b64decode(told.get("audio") or told["audio_base64"]) == bytes(4800)
    assert {name: told[name] for name in wanted} == wanted


async def test_turns_that_say_nothing(server: Server) -> None:
    turns = [{"voice": "alloy", "input": text} for text in ("🎉", "...")]
    body = {"model": "chorale", "response_format": "pcm", "turns": turns}
    reply = await server.client.post("/v1/audio/dialogue", json=body)
    assert (reply.content, reply.headers["warning"]) == (bytes(4800), WARNING)


async def test_what_became_of_such_a_text_is_shown(server: Server) -> None:
    for text in ("!!! 🎉", "<speak>! <s>🎉</s></speak>"):
        reply = await server.client.post("/v1/text/normalize", json={"input": text})
        shown = reply.json()
        assert (shown["normalized"], shown["phrases"]) == ("", [])
        assert all(span["reading"] == "" for span in shown["spans"])
        assert "🎉" in "".join(span["original"] for span in shown["spans"])
