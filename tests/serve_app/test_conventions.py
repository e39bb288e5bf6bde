"""What clients and front ends of OpenAI's API expect beside the contract."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from elevenlabs.types import GetVoicesResponse
from inline_server import GOOD, LONG, Server

from serve_app.config import GatewayConfig
from serve_app.gateway import Gateway
from serve_app.model_names import Models
from speech.errors import ConfigError
from speech.voices import VoiceCatalogue


def with_aliases(path: Path, **aliases: Any) -> VoiceCatalogue:
    raw = yaml.safe_load(path.read_text())
    raw["aliases"] |= aliases
    path.write_text(yaml.safe_dump(raw))
    return VoiceCatalogue.load(path)


async def listed(server: Server, path: str) -> Any:
    reply = await server.client.get(path)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    return reply.json()


async def test_every_listing_names_what_can_be_asked_for(server: Server) -> None:
    audio_models = [it["id"] for it in (await listed(server, "/v1/audio/models"))["models"]]
    assert audio_models == [it["id"] for it in (await listed(server, "/v1/models"))["data"]]
    ids = [it["id"] for it in (await listed(server, "/v1/audio/voices"))["voices"]]
    assert ids == ["tone", "other", "alloy", "nova", "tone/low", "tone/high"]
    spoken = [it["voice_id"] for it in (await listed(server, "/v1/voices"))["voices"]]
    speaches = await listed(server, "/v1/audio/speech/voices?model_id=TTS-1")
    # Clients of Speaches take the name for an id.
    names = [it["name"] for it in (await listed(server, "/v1/models/tts-1"))["voices"]]
    assert spoken == [it["voice_id"] for it in speaches] == names == ids
    assert {it["model_id"] for it in speaches} == {"tts-1"}
    assert (await server.client.get("/v1/audio/speech/voices?model_id=x")).status_code == 404


async def test_elevenlabs_client_understands_the_voices(server: Server) -> None:
    voices = GetVoicesResponse.model_validate(await listed(server, "/v1/voices")).voices
    assert [it.voice_id for it in voices][:2] == ["tone", "other"]


async def test_health_says_whether_it_is_ready(server: Server) -> None:
    reply = await server.client.get("/health")
    assert (reply.status_code, reply.json()) == (503, {"status": "unavailable"})
    server.gateway._readiness.stages = {"Gateway": True}
    server.gateway._readiness.ready = True
    reply = await server.client.get("/health")
    assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


async def test_what_is_not_named_is_the_default(server: Server) -> None:
    for body in ({"input": "Hello."}, {"input": "Hello.", "model": None, "voice": None}):
        reply = await server.client.post("/v1/audio/speech", json=body)
        assert (reply.status_code, reply.headers["x-voice"]) == (200, "tone/low")
    turns = [{"input": "Hello."}, {"input": "Hi.", "voice": "Other", "language": None}]
    reply = await server.client.post("/v1/audio/dialogue", json={"turns": turns})
    assert reply.headers["x-voice"] == "tone/low, other"


@pytest.mark.parametrize(
    ("voice", "spoken"),
    [("Alloy", "tone/high"), ("TONE", "tone/low"), ("Tone/High", "tone/high"), ("OTHER", "other")],
)
async def test_names_are_taken_in_any_case(server: Server, voice: str, spoken: str) -> None:
    reply = await server.speak(voice=voice, model="TTS-1")
    assert (reply.status_code, reply.headers["x-voice"]) == (200, spoken)
    assert (await server.client.get("/v1/models/Tts-1")).json()["id"] == "tts-1"


def test_of_names_that_differ_in_case_alone_each_is_taken_as_it_is_written(
    fake_catalogue: Path,
) -> None:
    catalogue = with_aliases(fake_catalogue, Amy={"voice": "tone"}, amy={"voice": "other"})
    assert catalogue.resolve("Amy")[0].id == "tone"
    assert catalogue.resolve("amy")[0].id == "other"
    with pytest.raises(Exception, match="unknown voice"):
        catalogue.resolve("AMY")


async def test_model_names_stand_for_what_a_client_cannot_send(server: Server) -> None:
    models = {
        "tts-1": {},
        "tts-1-de": {"language": "de", "sample_rate": 8000},
        "low": {"voice": "tone/low", "speed": 2.0},
    }
    server.gateway._config = GatewayConfig.model_validate({"models": models})
    german = await server.speak(voice="nova", model="TTS-1-DE")
    assert german.headers["x-voice"] == "other"
    assert german.headers["content-type"] == "audio/pcm;rate=8000"
    # What the request says itself goes before.
    assert (await server.speak(voice="nova", model="tts-1-de", language="en-us")).headers[
        "x-voice"
    ] == "tone/low"
    assert (await server.speak(voice=None, model="low")).headers["x-voice"] == "tone/low"
    turns = [{"input": "Hallo.", "voice": "nova"}]
    reply = await server.client.post(
        "/v1/audio/dialogue", json={"model": "tts-1-de", "turns": turns}
    )
    assert reply.headers["x-voice"] == "other"
    reply = await server.client.post(
        "/v1/text-to-speech/nova", json={"text": "Hallo.", "model_id": "tts-1-de"}
    )
    assert (reply.headers["x-voice"], reply.headers.get("warning", "")[:20]) == (
        "other",
        '299 - "the bit rate ',
    )
    listed_ = (await server.client.get("/v1/models")).json()["data"]
    assert [it["id"] for it in listed_] == list(models)


@pytest.mark.parametrize(
    ("models", "told"),
    [
        ({"x": {"language": "de"}}, "does not speak"),
        ({"x": {"voice": "nobody"}}, "unknown voice"),
        ({"x": {"speed": 9}}, "less than or equal to 4"),
        ({"x": {"y": 1}}, "not permitted"),
        ([], "at least 1"),
    ],
)
def test_a_model_name_must_stand_for_what_is_there(
    fake_catalogue: Path, models: Any, told: str
) -> None:
    with pytest.raises((ConfigError, ValueError), match=told):
        Models.model_validate(models).check(VoiceCatalogue.load(fake_catalogue))


def test_a_gateway_does_not_start_with_a_model_name_of_nothing(fake_catalogue: Path) -> None:
    config = GatewayConfig.model_validate({"models": {"x": {"voice": "nobody"}}})
    with pytest.raises(ConfigError, match=r"gateway\.models\.x: unknown voice"):
        Gateway(config, fake_catalogue, None, None, None)  # type: ignore[arg-type]


async def test_an_alias_may_have_a_language(server: Server, fake_catalogue: Path) -> None:
    other = {"voice": "tone", "speaker": "low", "other_languages": {"voice": "other"}}
    server.gateway._catalogue = with_aliases(fake_catalogue, tante={**other, "language": "de"})
    assert (await server.speak(voice="Tante")).headers["x-voice"] == "other"
    assert (await server.speak(voice="tante", language="en-us")).headers["x-voice"] == "tone/low"
    (told,) = [
        it for it in (await listed(server, "/v1/audio/voices"))["voices"] if it["id"] == "tante"
    ]
    assert told["language"] == "de"
    with pytest.raises(ConfigError, match=r"'tante'.*does not speak language 'de'"):
        with_aliases(fake_catalogue, tante={"voice": "tone", "language": "de"})


async def test_unknown_parameters_of_the_query_are_named(server: Server) -> None:
    for body, first in ((GOOD, ""), ({**GOOD, "mood": 1}, '299 - "ignored fields: mood", ')):
        reply = await server.client.post("/v1/audio/speech?language=de&%C3%BC=1", json=body)
        told = '299 - "ignored query parameters: language, ?"'
        assert (reply.status_code, reply.headers["warning"]) == (200, first + told)
    assert "warning" in (await server.client.get("/v1/models?limit=2")).headers
    known = await server.client.get("/v1/audio/speech/voices?model_id=tts-1")
    assert "warning" not in known.headers
    assert (await server.client.head("/v1/models?limit=2")).headers["warning"]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/audio/speech", "/v1/audio/speech"),
        ("/models/tts-1", "/v1/models/tts-1"),
        ("/v1/v1/audio/speech", "/v1/audio/speech"),
        ("/v1/audio/speach", "/v1/audio/speech"),
        ("/v1/audio/voice", "/v1/audio/voices"),
        ("/v1/readyz", "/readyz"),
        ("/api/v9/elsewhere", None),
        ("/" + "x" * 5000, None),
    ],
)
async def test_a_path_that_is_nearly_right_is_corrected(
    server: Server, path: str, meant: str | None
) -> None:
    reply = await server.client.post(path, json=GOOD)
    assert reply.status_code == 404
    message = reply.json()["error"]["message"]
    expected = f"did you mean {meant}?" if meant else "/docs lists what there is"
    assert message == f"there is nothing at {path[:100]}; {expected}"


async def test_a_wrong_method_is_told_the_right_one(server: Server) -> None:
    reply = await server.client.get("/v1/audio/speech")
    assert reply.json()["error"]["message"] == "GET is not answered here, only POST"


PLAIN = json.dumps({**GOOD, "input": "Schön."}, ensure_ascii=False)
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("content", "headers", "status", "told"),
    [
        (b'{"input": "a",\n "voice" "b"}', {}, 400, "line 2, column 10: Expecting ':' delimiter"),
        (b"", {}, 400, "line 1, column 1"),
        (gzip.compress(PLAIN.encode()), {}, 400, "compressed with gzip"),
        (zlib.compress(PLAIN.encode()), {}, 400, "compressed with deflate"),
        (gzip.compress(PLAIN.encode()), {"content-encoding": "gzip"}, 415, "Content-Encoding"),
        (PLAIN.encode("utf-16"), {}, 400, "UTF-16"),
        (PLAIN.encode("utf-16-le"), {}, 400, "UTF-16"),
        (PLAIN.encode("latin-1"), {}, 400, "byte 35 is 0xf6; perhaps it is Latin-1"),
        (
            PLAIN.encode("latin-1"),
            {"content-type": 'application/json; charset="ISO-8859-1"'},
            415,
            "UTF-8, not 'iso-8859-1'",
        ),
    ],
    ids=range(9),
)
async def test_a_body_that_cannot_be_read_is_told_why(
    server: Server, content: bytes, headers: dict[str, str], status: int, told: str
) -> None:
    reply = await server.client.post(
        "/v1/audio/speech", content=content, headers={**JSON, **headers}
    )
    assert reply.status_code == status
    assert told in reply.json()["error"]["message"]
    assert ("accept-encoding" in reply.headers) == ("content-encoding" in headers)


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "utf-8"), ("ascii", "iso-8859-1"), ("utf-8", "utf8")],
)
async def test_a_body_in_utf_8_is_read(server: Server, encoding: str, charset: str) -> None:
    text = json.dumps(GOOD) if encoding == "ascii" else PLAIN
    reply = await server.client.post(
        "/v1/audio/speech",
        content=text.encode(encoding),
        headers={"content-type": f"application/json;charset={charset}"},
    )
    assert reply.status_code == 200


async def test_streams_are_not_collected_by_nginx(server: Server) -> None:
    streamed = await server.speak(input=LONG)
    events = await server.speak(stream_format="sse")
    assert streamed.headers["x-accel-buffering"] == events.headers["x-accel-buffering"] == "no"
    whole = await server.speak()
    assert "x-accel-buffering" not in whole.headers
