"""What is wrong is answered in the contract's shape, names the parameter, and harms nobody."""

import io
import json
from typing import Any

import httpx
import openai
import pytest
import soundfile
from servers import Server, wait_for

pytestmark = pytest.mark.integration

GOOD: dict[str, Any] = {
    "model": "tts-1",
    "voice": "alloy",
    "input": "Fine.",
    "response_format": "wav",
}

TABLE: list[tuple[str, dict[str, Any], int, str | None]] = [
    ("empty", {"input": ""}, 400, "input"),
    ("4097 characters", {"input": "a" * 4097}, 400, "input"),
    ("no input", {"input": None}, 400, "input"),
    ("input of a wrong type", {"input": 5}, 400, "input"),
    ("unknown voice", {"voice": "nobody"}, 400, "voice"),
    ("unknown speaker", {"voice": "tiny/nobody"}, 400, "voice"),
    ("voice of a wrong type", {"voice": 7}, 400, "voice"),
    ("voice object without an id", {"voice": {"name": "alloy"}}, 400, "voice"),
    ("unknown format", {"response_format": "wma"}, 400, "response_format"),
    ("unknown model", {"model": "gpt-99"}, 400, "model"),
    ("unknown language", {"language": "klingon"}, 400, "language"),
    ("language the voice lacks", {"voice": "tiny", "language": "de"}, 400, "language"),
    ("language only an alias has", {"voice": "heart", "language": "de"}, 400, "language"),
    ("speed 0", {"speed": 0}, 400, "speed"),
    ("speed 5", {"speed": 5}, 400, "speed"),
    ("speed in words", {"speed": "fast"}, 400, "speed"),
    ("unknown stream format", {"stream_format": "websocket"}, 400, "stream_format"),
    ("sample rate", {"sample_rate": 12345}, 400, "sample_rate"),
    ("negative seed", {"seed": -1}, 400, "seed"),
]


def assert_shape(reply: httpx.Response, status: int, param: str | None) -> None:
    assert reply.status_code == status, reply.text
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert error["code"]
    assert reply.headers["x-request-id"]
    assert reply.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_nothing_to_say_is_silence(any_server: Server, kind: str) -> None:
    texts = ["😀🎉", "...!?", "*", " \n\t ", "\u0001\u0002\u200b\ufeff", "<think></think>"]
    for text in texts:
        body = GOOD | {"input": text, "response_format": kind}
        reply = httpx.post(any_server.speech, json=body, timeout=30)
        assert reply.status_code == 200, reply.text
        assert "reply is silence" in reply.headers["warning"]
        samples, rate = soundfile.read(io.BytesIO(reply.content))
        assert (len(samples) / rate, abs(samples).max()) == (pytest.approx(0.1, abs=0.002), 0)


def test_bad_input_table(server: Server) -> None:
    workers = server.workers()
    with httpx.Client(timeout=30) as client:
        for name, change, status, param in TABLE:
            reply = client.post(server.speech, json=GOOD | change)
            assert reply.status_code == status, (name, reply.text)
            assert_shape(reply, status, param)
            assert client.post(server.speech, json=GOOD).is_success
    assert workers <= server.workers(), "a replica was restarted"


@pytest.mark.parametrize(
    ("content", "kind", "status", "param"),
    [
        (b"{not json", "application/json", 400, None),
        (b"[1, 2]", "application/json", 400, None),
        (b"", "application/json", 400, None),
        (b"\xff\xfe", "application/json", 400, None),
        (json.dumps(GOOD | {"input": "\ud800 lone"}).encode(), "application/json", 400, "input"),
        (json.dumps(GOOD).encode(), "text/plain", 415, None),
        (json.dumps(GOOD | {"input": "a" * 5_000_000}).encode(), "application/json", 413, None),
    ],
    ids=["not json", "array", "empty", "bytes", "lone surrogate", "not json type", "5 MB"],
)
def test_bad_bodies(
    any_server: Server, content: bytes, kind: str, status: int, param: str | None
) -> None:
    reply = httpx.post(
        any_server.speech, content=content, headers={"content-type": kind}, timeout=30
    )
    assert_shape(reply, status, param)
    assert httpx.post(any_server.speech, json=GOOD, timeout=30).is_success


def test_unknown_paths_and_methods(server: Server) -> None:
    assert_shape(httpx.get(f"{server.url}/v1/nothing"), 404, None)
    assert_shape(httpx.get(server.speech), 405, None)
    assert_shape(httpx.get(f"{server.url}/v1/models/nothing"), 404, None)


def test_unknown_fields_are_ignored_with_a_warning(server: Server) -> None:
    reply = httpx.post(server.speech, json=GOOD | {"mood": "happy", "naïve\n": 1}, timeout=30)
    assert reply.is_success
    assert "mood" in reply.headers["warning"]
    assert "warning" not in httpx.post(server.speech, json=GOOD, timeout=30).headers


def test_the_official_client_understands_the_errors(server: Server) -> None:
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused") as client,
        pytest.raises(openai.BadRequestError) as caught,
    ):
        client.audio.speech.create(model="tts-1", voice="nobody", input="Hello.")
    assert (caught.value.param, caught.value.code) == ("voice", "invalid_value")
    assert caught.value.request_id


def test_a_deadline_that_cannot_be_met_is_refused(server: Server) -> None:
    reply = httpx.post(
        server.speech,
        json=GOOD | {"voice": "fake", "input": "This is said slowly, too slowly."},
        headers={"x-deadline-ms": "50"},
        timeout=30,
    )
    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == "deadline_exceeded"
    assert int(reply.headers["retry-after-ms"]) > 0
    wrong = httpx.post(server.speech, json=GOOD, headers={"x-deadline-ms": "soon"}, timeout=30)
    assert_shape(wrong, 400, "X-Deadline-Ms")


def test_one_bad_phrase_fails_its_own_request_only(server: Server) -> None:
    reply = httpx.post(
        server.speech, json=GOOD | {"voice": "fake", "input": "An unspeakable thing."}, timeout=30
    )
    assert reply.status_code == 500
    assert reply.json()["error"]["code"] == "synthesis_failed"
    assert httpx.post(server.speech, json=GOOD, timeout=30).is_success


def test_logs_are_json_and_hold_no_input(server: Server) -> None:
    confidential = "Xylophonically confidential"
    reply = httpx.post(server.speech, json=GOOD | {"input": confidential}, timeout=30)
    request_id = reply.headers["x-request-id"]
    spoken = wait_for(
        lambda: [r for r in server.log_records(request_id) if r.get("message") == "speech"],
        timeout=10,
        what="the request's log record",
    )
    assert spoken[0]["outcome"] == "ok"
    assert spoken[0]["characters"] == len(confidential)
    assert not server.log_records("Xylophonically")
