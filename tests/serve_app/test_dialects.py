"""Other servers' routes: what is sent, what comes back, what is told of what was not heeded."""

import base64
import json
from itertools import pairwise
from typing import Any

import httpx
import pytest
from inline_server import LONG, Server

from serve_app.dialects.elevenlabs import ElevenLabsTimes
from serve_app.dialects.kokoro import KokoroReply
from speech.errors import SynthesisError

PRICE = "It costs $3.50.  Really!"
ELEVEN = "/v1/text-to-speech/alloy"
KOKORO = "/dev/captioned_speech"


async def eleven(server: Server, path: str = "", query: str = "pcm_24000", **body: Any) -> Any:
    url = f"{ELEVEN}{path}?output_format={query}"
    return await server.client.post(url, json={"text": PRICE, **body})


async def kokoro(server: Server, **body: Any) -> httpx.Response:
    given = {"input": PRICE, "voice": "alloy", "response_format": "pcm", **body}
    return await server.client.post(KOKORO, json=given)


def lines(reply: httpx.Response) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    return [json.loads(line) for line in reply.text.splitlines()]


def joined(parts: list[dict[str, Any]], name: str) -> list[tuple[str, float, float]]:
    """The characters of all alignments of a name, with their times."""
    return [
        it
        for part in parts
        if part[name]
        for it in zip(
            part[name]["characters"],
            part[name]["character_start_times_seconds"],
            part[name]["character_end_times_seconds"],
            strict=True,
        )
    ]


@pytest.mark.parametrize("path", ["", "/stream"])
async def test_elevenlabs_audio(server: Server, path: str) -> None:
    reply = await eleven(server, path)
    assert reply.content == (await server.speak(input=PRICE)).content
    assert reply.headers["content-type"] == "audio/pcm"
    assert "warning" not in reply.headers


@pytest.mark.parametrize("text", [PRICE, LONG, f"  “{LONG}”\n\n", "a " * 2000])
@pytest.mark.parametrize("cached", [False, True])
async def test_elevenlabs_characters(server: Server, text: str, *, cached: bool) -> None:
    """All characters in order with times, alike whole and in lines; lines are short."""
    if cached:
        await eleven(server, "/with-timestamps", text=text)
    streamed = await eleven(server, "/stream/with-timestamps", text=text)
    assert max(map(len, streamed.content.splitlines())) < 128 * 1024
    parts = lines(streamed)
    for part in parts:
        ElevenLabsTimes.model_validate(part)
    whole = (await eleven(server, "/with-timestamps", text=text)).json()
    audio = b"".join(base64.b64decode(part["audio_base64"]) for part in parts)
    assert audio == base64.b64decode(whole["audio_base64"])
    for name in ("alignment", "normalized_alignment"):
        found = joined([whole], name)
        assert joined(parts, name) == found
        times = [time for _, start, end in found for time in (start, end)]
        assert times == sorted(times)
        assert times[-1] <= len(audio) / 48_000
    assert "".join(character for character, _, _ in joined([whole], "alignment")) == text


async def test_elevenlabs_alignments_are_of_what_is_written_and_said(server: Server) -> None:
    whole = (await eleven(server, "/with-timestamps")).json()
    spoken = "It costs three dollars fifty cents Really"
    assert "".join(it for it, _, _ in joined([whole], "normalized_alignment")) == spoken
    marks = (
        await server.client.post(
            "/v1/audio/speech/with-timestamps",
            json={
                "model": "chorale",
                "voice": "alloy",
                "input": PRICE,
                "response_format": "pcm",
            },
        )
    ).json()["marks"]
    found = joined([whole], "alignment")
    for mark in marks:
        own = found[mark["start_index"] : mark["end_index"]]
        assert (own[0][1], own[-1][2]) == (mark["start"], mark["end"])
        assert all(one[2] == two[1] for one, two in pairwise(own))


@pytest.mark.parametrize(
    ("name", "kind", "rate"),
    [
        ("mp3_44100_128", "audio/mpeg", None),
        ("mp3_22050_32", "audio/mpeg", None),
        ("opus_48000_64", "audio/ogg", None),
        ("pcm_16000", "audio/pcm;rate=16000", 16_000),
        ("wav_8000", "audio/wav", None),
        ("ulaw_8000", "audio/PCMU", None),
        ("alaw_8000", "audio/PCMA", None),
    ],
)
async def test_elevenlabs_formats(server: Server, name: str, kind: str, rate: int | None) -> None:
    reply = await eleven(server, query=name, text="Hello.")
    assert (reply.status_code, reply.headers["content-type"]) == (200, kind)
    if rate:
        assert len(reply.content) == rate
    assert ("bit rate" in reply.headers.get("warning", "")) == (name.count("_") == 2)


async def test_a_wav_that_is_not_streamed_has_its_size(server: Server) -> None:
    whole = await eleven(server, query="wav_24000", text=LONG)
    assert int.from_bytes(whole.content[4:8], "little") == len(whole.content) - 8
    streamed = await eleven(server, "/stream", query="wav_24000", text=LONG)
    assert streamed.content[4:8] == b"\xff" * 4


async def test_elevenlabs_options(server: Server) -> None:
    await eleven(server, model_id="chorale", voice_settings={"speed": 1.0}, seed=None)
    assert server.synthesizer.calls == 2
    reply = await eleven(
        server,
        query="pcm_24000&optimize_streaming_latency=3",
        model_id="eleven_turbo_v2_5",
        previous_text="Before.",
        voice_settings={"speed": 1.5, "stability": 0.5},
    )
    names = "model_id, previous_text, voice_settings.stability"
    query = "optimize_streaming_latency"
    told = f'299 - "ignored fields: {names}", 299 - "ignored query parameters: {query}"'
    assert reply.headers["warning"] == told
    said = (await eleven(server, "/with-timestamps", apply_text_normalization="off")).json()
    assert "dollars" not in "".join(it for it, _, _ in joined([said], "normalized_alignment"))


async def test_logging_off_keeps_the_reply_out_of_caches(server: Server) -> None:
    for _ in range(2):
        reply = await eleven(server, query="pcm_24000&enable_logging=false", text="Hello.")
        assert reply.headers["x-cache"] == "miss"
    await eleven(server, text="Hello.")
    assert (await eleven(server, text="Hello.")).headers["x-cache"] == "hot"


@pytest.mark.parametrize(
    ("path", "query", "body", "status", "code", "param"),
    [
        ("nobody", "", {}, 404, "voice_not_found", "voice_id"),
        ("alloy", "", {"text": ""}, 400, "invalid_value", "text"),
        ("alloy", "", {"text": None}, 400, "invalid_value", "text"),
        ("alloy", "", {"text": "x" * 4097}, 400, "invalid_value", "text"),
        ("alloy", "", {"language_code": "de"}, 400, "invalid_value", "language_code"),
        ("alloy", "", {"voice_settings": {"speed": 9}}, 400, "invalid_value",
         "voice_settings.speed"),
        ("alloy", "", {"seed": -1}, 400, "invalid_value", "seed"),
        ("alloy", "?output_format=mp3_1_1", {}, 400, "invalid_value", "output_format"),
        ("alloy", "?output_format=x", {}, 400, "invalid_value", "output_format"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["", "/stream", "/with-timestamps", "/stream/with-timestamps"])
async def test_elevenlabs_errors(
    server: Server,
    *,
    path: str,
    suffix: str,
    query: str,
    body: dict[str, Any],
    status: int,
    code: str,
    param: str,
) -> None:
    url = f"/v1/text-to-speech/{path}{suffix}{query}"
    reply = await server.client.post(url, json={"text": PRICE, **body})
    assert reply.status_code == status
    detail = reply.json()["detail"]
    assert (detail["status"], detail["param"]) == (code, param)
    assert detail["message"]


async def test_failures_have_the_dialects_shape(server: Server) -> None:
    server.synthesizer.fail_at, server.synthesizer.error = 0, ValueError("a remote traceback")
    reply = await eleven(server)
    assert (reply.status_code, reply.json()["detail"]["status"]) == (500, "internal_error")
    assert "traceback" not in reply.text
    server.synthesizer.error = SynthesisError("broken")
    reply = await kokoro(server)
    assert (reply.status_code, reply.json()["detail"]["error"]) == (500, "processing_error")
    assert reply.headers["x-should-retry"] == "false"
    wrong = await server.client.post(ELEVEN, content="{}", headers={"content-type": "text/plain"})
    assert (wrong.status_code, wrong.json()["detail"]["status"]) == (415, "unsupported_media_type")
    server.synthesizer.knows_no_times = True
    server.synthesizer.fail_at = None
    assert (await eleven(server, "/with-timestamps")).json()["detail"]["status"] == "invalid_value"


async def test_a_speaker_may_be_named_in_the_path(server: Server) -> None:
    reply = await server.client.post("/v1/text-to-speech/tone/low/stream", json={"text": "Hello."})
    assert (reply.status_code, reply.headers["x-voice"]) == (200, "tone/low")


@pytest.mark.parametrize("path", ["/", "/synthesize"])
@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ({}, {"voice": "tone/low"}),
        ({"voice": None, "speaker": None, "speaker_id": None}, {"voice": "tone/low"}),
        ({"voice": "alloy", "length_scale": 0.5}, {"voice": "tone/high", "speed": 2.0}),
        ({"voice": "tone", "speaker": "high"}, {"voice": "tone/high"}),
        ({"voice": "tone", "speaker_id": 1, "speaker": "low"}, {"voice": "tone/high"}),
        ({"voice": "other", "speaker_id": 0}, {"voice": "other"}),
    ],
)
async def test_piper_speaks_a_wav(
    server: Server, path: str, body: dict[str, Any], asked: dict[str, Any]
) -> None:
    reply = await server.client.post(path, json={"text": PRICE, **body})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "audio/wav")
    assert reply.headers["x-voice"] == asked["voice"]
    assert "warning" not in reply.headers
    assert reply.content[44:] == (await server.speak(input=PRICE, **asked)).content


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"text": None}, "text"),
        ({"text": ""}, "text"),
        ({"voice": "nobody"}, "voice"),
        ({"voice": "tone", "speaker": "nobody"}, "voice"),
        ({"voice": "tone", "speaker_id": 2}, "speaker_id"),
        ({"voice": "other", "speaker_id": 1}, "speaker_id"),
        ({"length_scale": 0}, "length_scale"),
    ],
)
async def test_piper_errors(server: Server, body: dict[str, Any], param: str) -> None:
    reply = await server.client.post("/synthesize", json={"text": PRICE, **body})
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)


async def test_piper_options_that_are_not_heeded(server: Server) -> None:
    reply = await server.client.post("/", json={"text": "Hello.", "noise_scale": 0.5})
    assert reply.headers["warning"] == '299 - "ignored fields: noise_scale"'


@pytest.mark.parametrize("text", [PRICE, LONG])
async def test_kokoro_streamed_and_whole(server: Server, text: str) -> None:
    parts = lines(await kokoro(server, input=text))
    whole = (await kokoro(server, input=text, stream=False)).json()
    for part in (*parts, whole):
        KokoroReply.model_validate(part)
        assert part["audio_format"] == "audio/pcm"
    audio = b"".join(base64.b64decode(part["audio"]) for part in parts)
    assert audio == base64.b64decode(whole["audio"])
    assert audio == (await server.speak(input=text)).content
    assert [it for part in parts for it in part["timestamps"]] == whole["timestamps"]
    words = [it["word"] for it in whole["timestamps"]]
    assert words == text.replace(".", "").replace("!", "").replace("3", "3.").split()
    times = [it[name] for it in whole["timestamps"] for name in ("start_time", "end_time")]
    assert times == sorted(times)


async def test_kokoro_options(server: Server) -> None:
    silent = (await kokoro(server, return_timestamps=False, stream=False)).json()
    assert silent["timestamps"] is None
    reply = await kokoro(
        server,
        model="kokoro",
        lang_code="a",
        volume_multiplier=2.0,
        normalization_options={"normalize": False, "unit_normalization": True},
    )
    names = "normalization_options.unit_norma, volume_multiplier"
    assert reply.headers["warning"] == f'299 - "ignored fields: {names}"'
    assert "dollars" not in reply.text
    default = await server.client.post(KOKORO, json={"input": "Hello."})
    assert (default.status_code, default.headers["x-voice"]) == (200, "tone/low")
    assert lines(default)[0]["audio_format"] == "audio/mpeg"


@pytest.mark.parametrize(
    ("body", "param"),
    [({"voice": "nobody"}, "voice"), ({"lang_code": "j"}, "lang_code"), ({"speed": 9}, "speed"),
     ({"response_format": "m4a"}, "response_format"), ({"input": ""}, "input")],
)  # fmt: skip
async def test_kokoro_errors(server: Server, body: dict[str, Any], param: str) -> None:
    reply = await kokoro(server, **body)
    assert reply.status_code == 400
    detail = reply.json()["detail"]
    assert (detail["error"], detail["type"]) == ("validation_error", "invalid_request_error")
    assert detail["param"] == param
    assert detail["message"]


@pytest.mark.parametrize("path", [KOKORO, f"{ELEVEN}/stream/with-timestamps"])
async def test_lines_that_break_off(server: Server, path: str) -> None:
    server.synthesizer.fail_at = 1
    strict = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=strict, base_url="http://test") as client:
        with pytest.raises((SynthesisError, RuntimeError)):
            await client.post(path, json={"input": LONG, "text": LONG, "voice": "alloy"})
