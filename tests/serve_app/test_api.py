"""The HTTP surface over a real Gateway whose stages live in this process."""

import asyncio
import base64
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from inline_server import GOOD, LONG, TOKEN, Server

from serve_app import readiness
from serve_app.bodies import MAX_BODY_BYTES
from speech import telemetry
from speech.errors import AtCapacityError, SynthesisError, UnauthorizedError, UnavailableError
from speech.memory import Level
from speech.types import AUDIO_FORMATS


def error_of(reply: httpx.Response) -> dict[str, Any]:
    """The error object, whose shape every failure has."""
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    body = reply.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return error


async def test_a_short_text_is_spoken_whole(server: Server) -> None:
    reply = await server.speak()
    assert reply.status_code == 200
    assert len(reply.content) == 24_000
    assert reply.headers["content-type"] == "audio/pcm"
    assert reply.headers["content-length"] == "24000"
    assert reply.headers["x-cache"] == "miss"
    stages = [item.split(";dur=")[0] for item in reply.headers["server-timing"].split(", ")]
    assert stages == ["normalize", "cache", "queue", "synthesize", "encode", "graph"]
    assert all(
        float(item.split(";dur=")[1]) >= 0 for item in reply.headers["server-timing"].split(", ")
    )
    assert "warning" not in reply.headers


async def test_the_second_asking_is_hot(server: Server) -> None:
    first, again = await server.speak(), await server.speak()
    assert again.headers["x-cache"] == "hot"
    assert again.content == first.content
    assert again.headers["content-length"] == "24000"
    assert "server-timing" not in again.headers
    assert server.synthesizer.calls == 1


async def test_the_same_words_written_otherwise_are_a_hit(server: Server) -> None:
    await server.speak()
    await server.settled()
    assert (await server.speak(input="Hello. ")).headers["x-cache"] == "hit"


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (["no-store"], False),
        (["No-Store"], False),
        (["max-age=0", "NO-STORE"], False),
        (["max-age=0,no-store , no-transform"], False),
        (['extension="a \\" b", no-store'], False),
        (["private"], False),
        (['Private="set-cookie"'], False),
        (['extension="no-store, private"'], True),
        (["x-no-store, no-store-please"], True),
        (["no-cache, max-age=0"], True),
    ],
)
async def test_a_private_reply_is_kept_nowhere(
    server: Server, lines: list[str], *, kept: bool
) -> None:
    for again in (False, True):
        headers = httpx.Headers([("cache-control", line) for line in lines])
        reply = await server.speak(headers=headers)
        assert reply.headers["x-cache"] == ("hot" if again and kept else "miss")
    assert server.synthesizer.calls == (1 if kept else 2)


async def test_a_long_text_is_streamed(server: Server) -> None:
    reply = await server.speak(input=LONG)
    assert reply.status_code == 200
    assert "content-length" not in reply.headers
    whole = await server.speak(input=LONG, stream=False)
    assert whole.headers["content-length"] == str(len(whole.content))
    assert whole.content == reply.content


@pytest.mark.parametrize("name", AUDIO_FORMATS)
async def test_every_format_has_its_media_type(server: Server, name: str) -> None:
    reply = await server.speak(response_format=name)
    kinds = {"mp3": "audio/mpeg", "opus": "audio/ogg", "mulaw": "audio/PCMU", "alaw": "audio/PCMA"}
    kind = kinds.get(name, f"audio/{name}")
    assert (reply.status_code, reply.headers["content-type"]) == (200, kind)


async def test_headerless_audio_says_its_rate(server: Server) -> None:
    reply = await server.speak(sample_rate=8000)
    assert reply.headers["content-type"] == "audio/pcm;rate=8000"
    assert len(reply.content) == 8000
    telephone = await server.speak(response_format="mulaw")
    assert (telephone.headers["content-type"], len(telephone.content)) == ("audio/PCMU", 4000)
    wide = await server.speak(response_format="alaw", sample_rate=16000)
    assert (wide.headers["content-type"], len(wide.content)) == ("audio/PCMA;rate=16000", 8000)


async def test_ignored_fields_are_named(server: Server) -> None:
    reply = await server.speak(**{"pitch": 1, 'q"\r\nX-Evil: 1': 2, "ü": 3, "long" * 50: 4})
    assert reply.status_code == 200
    warning = reply.headers["warning"]
    assert warning.startswith('299 - "ignored fields: ')
    assert "pitch" in warning
    assert warning.count('"') == 2
    assert "x-evil" not in reply.headers
    assert len(warning) < 400


def events_of(reply: httpx.Response) -> list[dict[str, Any]]:
    assert reply.headers["content-type"].startswith("text/event-stream")
    blocks = reply.text.split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks)
    return [json.loads(block.removeprefix("data: ")) for block in blocks]


@pytest.mark.parametrize("text", ["Hello.", LONG])
async def test_events(server: Server, text: str) -> None:
    plain = await server.speak(input=text)
    for _ in range(2):
        reply = await server.speak(input=text, stream_format="sse")
        assert reply.status_code == 200
        assert "content-length" not in reply.headers
        *deltas, done = events_of(reply)
        assert {event["type"] for event in deltas} == {"speech.audio.delta"}
        audio = b"".join(base64.b64decode(event["audio"]) for event in deltas)
        assert audio == plain.content
        assert done["type"] == "speech.audio.done"
        usage = done["usage"]
        assert usage["input_tokens"] == len(text)
        assert usage["output_tokens"] == pytest.approx(len(audio) / 48_000 * 20, abs=1)
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


async def test_an_event_stream_that_breaks_says_so_and_is_not_done(server: Server) -> None:
    server.synthesizer.fail_at = 1
    *deltas, last = events_of(await server.speak(input=LONG, stream_format="sse"))
    assert deltas
    assert last["type"] == "error"
    assert last["error"]["code"] == "synthesis_failed"
    assert "done" not in json.dumps(deltas)


async def test_an_audio_stream_that_breaks_breaks_off(server: Server) -> None:
    server.synthesizer.fail_at = 1
    strict = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=strict, base_url="http://test") as client:
        with pytest.raises((SynthesisError, RuntimeError)):
            await client.post("/v1/audio/speech", json={**GOOD, "input": LONG})
    server.synthesizer.fail_at = None
    assert (await server.speak(input=LONG)).headers["x-cache"] == "miss"


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (SynthesisError("the engine failed"), 500, "synthesis_failed", False),
        (AtCapacityError("full"), 429, "at_capacity", True),
        (UnavailableError("lost"), 503, "unavailable", True),
        (ValueError("a remote traceback"), 500, "internal_error", False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_what_fails_before_the_first_byte_has_a_status(
    server: Server, error: Exception, status: int, code: str, retry: bool
) -> None:
    server.synthesizer.fail_at, server.synthesizer.error = 0, error
    reply = await server.speak(stream_format="sse")
    assert reply.status_code == status
    told = error_of(reply)
    assert told["code"] == code
    assert "traceback" not in told["message"]
    assert ("retry-after-ms" in reply.headers) == retry


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": "x" * 4097}, "input"),
        ({"voice": "nobody"}, "voice"),
        ({"voice": ""}, "voice"),
        ({"model": "x"}, "model"),
        ({"speed": 9}, "speed"),
        ({"response_format": "ogg"}, "response_format"),
        ({"stream_format": "x"}, "stream_format"),
        ({"language": "de"}, "language"),
        ({"sample_rate": 1}, "sample_rate"),
        ({"headers": {"x-deadline-ms": "soon"}}, "X-Deadline-Ms"),
        ({"headers": {"x-deadline-ms": "0"}}, "X-Deadline-Ms"),
        ({"headers": {"x-deadline-ms": "nan"}}, "X-Deadline-Ms"),
    ],
    ids=str,
)
async def test_a_wrong_parameter_is_named(
    server: Server, changes: dict[str, Any], param: str
) -> None:
    reply = await server.speak(**changes)
    assert reply.status_code == 400
    error = error_of(reply)
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert reply.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/none", 404, "not_found"),
        ("POST", "/v1/audio/nothing", 404, "not_found"),
        ("GET", "/v1/models/nothing", 404, "not_found"),
        ("GET", "/v1/audio/speech", 405, "method_not_allowed"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
        ("POST", "/v1/audio/speech", 415, "unsupported_media_type"),
        ("POST", "/v1/text/normalize", 415, "unsupported_media_type"),
    ],
)
async def test_what_there_is_not(
    server: Server, method: str, path: str, status: int, code: str
) -> None:
    reply = await server.client.request(method, path)
    assert reply.status_code == status
    assert error_of(reply)["code"] == code
    assert reply.headers["x-should-retry"] == "false"
    assert ("allow" in reply.headers) == (status == 405)


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
async def test_a_body_must_say_it_is_json(server: Server, kind: str) -> None:
    raw = json.dumps(GOOD)
    headers = {"content-type": kind}
    reply = await server.client.post("/v1/audio/speech", content=raw, headers=headers)
    assert reply.status_code == 415
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    reply = await server.client.post("/v1/audio/speech", content=raw, headers=headers)
    assert reply.status_code == 200


@pytest.mark.parametrize("declared", [True, False])
async def test_a_large_body_is_refused(server: Server, declared: bool) -> None:
    raw = json.dumps({**GOOD, "x": "y" * MAX_BODY_BYTES}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(raw), 1000):
            yield raw[start : start + 1000]

    reply = await server.client.post(
        "/v1/audio/speech",
        content=raw if declared else pieces(),
        headers={"content-type": "application/json"},
    )
    assert reply.status_code == 413
    assert error_of(reply)["code"] == "too_large"


async def test_a_client_that_leaves_before_the_body_ends_the_work(server: Server) -> None:
    """The reply has begun when the connection turns out to be gone."""
    body = json.dumps({**GOOD, "input": LONG}).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/audio/speech",
        "raw_path": b"/v1/audio/speech",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"content-type", b"application/json")],
    }
    sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message["type"])
        raise OSError("gone")

    with pytest.raises(Exception):  # noqa: B017, PT011 (whatever the framework calls it)
        await server.app(scope, receive, send)
    assert sent == ["http.response.start"]
    assert server.admitted == (0, 0)
    await server.settled()
    assert server.cache._fills.counters.abandoned == 1


async def test_the_record_of_a_request_holds_no_text(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ray.serve"):
        logger = logging.getLogger("ray.serve")
        logger.addHandler(caplog.handler)
        try:
            await server.speak(input="Geheimnis.", headers={"x-request-id": "id-7"})
            await server.speak(input="Geheimnis.", voice="nobody")
        finally:
            logger.removeHandler(caplog.handler)
    records = [record for record in caplog.records if record.message == "speech"]
    record = vars(records[0])
    assert set(telemetry.LOG_FIELDS) <= set(record)
    assert (record["request_id"], record["outcome"], record["cache"]) == ("id-7", "ok", "miss")
    assert (record["characters"], record["audio_seconds"]) == (10, 0.5)
    assert "Geheimnis" not in repr([vars(record) for record in caplog.records])


async def test_lists(server: Server) -> None:
    models = (await server.client.get("/v1/models")).json()
    assert models["object"] == "list"
    assert "tts-1" in [model["id"] for model in models["data"]]
    one = (await server.client.get("/v1/models/tts-1")).json()
    assert any(one.items() >= it.items() for it in models["data"])
    voices = (await server.client.get("/v1/audio/voices")).json()
    assert [voice["id"] for voice in voices["data"]] == ["tone", "other"]
    engines = [voice["engine"] for voice in voices["data"]]
    assert engines == [{"engine": "fake", "loaded": False}] * 2
    assert {"id": "alloy", "name": "alloy", "language": "en-us"} in voices["voices"]
    assert voices["data"][0]["speakers"] == ["tone/low", "tone/high"]
    named = {voice["id"] for voice in voices["voices"]}
    assert named >= {"tone", "other", "tone/low", "tone/high"}
    for name in named:
        assert (await server.speak(voice=name)).status_code == 200
    assert {"bytes", "license", "languages", "quality"} <= voices["data"][0].keys()
    assert voices["default"] == "tone"
    assert voices["aliases"] == [
        {
            "id": "alloy",
            "name": "alloy",
            "voice": "tone",
            "speaker": "high",
            "other_languages": None,
            "language": None,
        },
        {
            "id": "nova",
            "name": "nova",
            "voice": "tone",
            "speaker": "low",
            "other_languages": {"voice": "other", "speaker": ""},
            "language": None,
        },
    ]
    for entry in voices["voices"]:
        assert (await server.speak(voice=entry["id"])).status_code == 200


async def test_a_reply_names_who_speaks(server: Server) -> None:
    for asked, spoken in [
        ({"voice": "nova"}, "tone/low"),
        ({"voice": "alloy"}, "tone/high"),
        ({"voice": "nova", "language": "de"}, "other"),
    ]:
        assert (await server.speak(**asked)).headers["x-voice"] == spoken
    regional = await server.speak(voice="nova", language="de-AT", made_up=1)
    assert regional.headers["x-voice"] == "other"
    assert "made_up" in regional.headers["warning"]
    assert "de-AT" in regional.headers["warning"]
    assert "warning" not in (await server.speak(voice="nova", language="de-DE")).headers
    refused = await server.speak(voice="alloy", language="de")
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "language"


async def test_normalizing(server: Server) -> None:
    reply = await server.client.post("/v1/text/normalize", json={"input": "Hello, world."})
    assert reply.json() == {
        "normalized": "Hello, world.",
        "language": "en-us",
        "phrases": [
            {
                "text": "Hello, world.",
                "phonemes": "həlˈoʊ, wˈɜːld.",
                "start": 0,
                "end": 13,
                "words": [
                    {"text": "Hello", "start": 0, "end": 5},
                    {"text": "world", "start": 7, "end": 12},
                ],
            }
        ],
        "spans": [],
    }
    text = "**Pay** $3.50 👍🏽 now"
    reply = await server.client.post(
        "/v1/text/normalize",
        json={"input": text, "voice": "tone", "normalization": {"emoji": "say"}},
    )
    words = reply.json()["phrases"][0]["words"]
    assert [(text[it["start"] : it["end"]], it["text"]) for it in words][:3] == [
        ("Pay", "Pay"),
        ("$3.50", "three"),
        ("$3.50", "dollars"),
    ]
    spans = reply.json()["spans"]
    assert [(span["original"], span["reading"], span["kind"]) for span in spans] == [
        ("**", "", "markup"),
        ("**", "", "markup"),
        ("$3.50", "three dollars fifty cents", "money"),
        ("👍🏽", "thumbs up medium skin tone", "emoji"),
    ]
    assert all(text[span["start"] : span["end"]] == span["original"] for span in spans)
    body = {"input": "Qwen, hello", "lexicon": {"Qwen": "/kwˈɛn/", "hello": "good day"}}
    told = (await server.client.post("/v1/text/normalize", json=body)).json()
    (phrase,) = told["phrases"]
    assert (phrase["text"], phrase["phonemes"]) == ("Qwen, good day", "kwˈɛn, ɡˈʊd dˈeɪ")
    body["lexicon"] = {"Qwen": ""}
    bad = await server.client.post("/v1/text/normalize", json=body)
    assert bad.json()["error"]["param"] == "lexicon"
    told = await server.client.post(
        "/v1/text/normalize", json={"input": "Tokyo (東京)", "language": "en-us-xx", "speed": 1}
    )
    assert told.headers["warning"] == (
        '299 - "ignored fields: speed", '
        '299 - "language en-us-xx is not known, its base en-us is spoken", '
        '299 - "letters that en-us cannot read were left out"'
    )
    assert "warning" not in reply.headers
    bad = await server.client.post("/v1/text/normalize", json={"input": "Hello", "language": "tlh"})
    assert (bad.status_code, error_of(bad)["param"]) == (400, "language")
    bad = await server.client.post(
        "/v1/text/normalize", json={"input": "Hello", "normalization": {"urls": "x"}}
    )
    assert (bad.status_code, error_of(bad)["param"]) == (400, "normalization.urls")
    bad = await server.speak(normalization={"emojis": "say"})
    assert (bad.status_code, error_of(bad)["param"]) == (400, "normalization.emojis")
    bad = await server.client.post("/v1/text/normalize", json={"input": "Hello", "voice": "x"})
    assert (bad.status_code, error_of(bad)["param"]) == (400, "voice")


async def test_a_body_that_does_not_come_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Serve's servers have no guard, the gateway itself does not wait for ever."""
    monkeypatch.setattr("serve_app.bodies._BODY_SECONDS", 0.1)

    async def half() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = {"content-type": "application/json"}
    reply = await server.client.post("/v1/audio/speech", content=half(), headers=headers)
    assert (reply.status_code, error_of(reply)["code"]) == (408, "request_timeout")
    assert reply.headers["connection"] == "close"
    assert "retry-after-ms" in reply.headers


async def test_head_is_get_without_a_body(server: Server) -> None:
    paths = [
        "/docs",
        "/openapi.json",
        *(path for path, item in server.app.openapi()["paths"].items() if "get" in item),
    ]
    assert len(paths) >= 7
    for path in (path.replace("{model}", "tts-1") for path in paths):
        whole, head = await server.client.get(path), await server.client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers == whole.headers
    reply = await server.client.head("/v1/audio/speech")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


async def test_the_documents_page_needs_no_other_host(server: Server) -> None:
    page = (await server.client.get("/docs")).text
    links = re.findall(r'(?:src|href|url)(?:=|: )["\']([^"\']+)', page)
    assert {Path(link).suffix for link in links} >= {".js", ".css", ".json"}
    for link in links:
        assert link.startswith("/")
        assert (await server.client.get(link)).is_success
    assert (await server.client.get("/static-offline-docs/../core.py")).status_code == 404


async def test_health(server: Server) -> None:
    assert (await server.client.get("/livez")).status_code == 200
    reply = await server.client.get("/readyz")
    assert (reply.status_code, reply.json()) == (503, {"ready": False, "stages": {}, "memory": {}})


async def test_what_the_python_proxy_answers_behind_haproxy_is_not_ready_yet(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "RAY_SERVE_ENABLE_HA_PROXY", True)
    monkeypatch.setattr(readiness, "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT", 8500)
    server.gateway._readiness.ready = True
    for path in ("/readyz", "/health"):
        assert (await server.client.get(f"http://test:23000{path}")).status_code == 200
        assert (await server.client.get(f"http://test:8500{path}")).status_code == 503
    told = (await server.client.get("http://test:8500/readyz")).json()
    assert told["stages"] == {"Gateway": "unknown to haproxy"}


async def test_where_a_stage_has_no_memory_left_less_is_admitted_for_a_while(
    server: Server,
) -> None:
    gateway = server.gateway
    usual = gateway._admission.limits.max_inflight_requests
    gateway._readiness.memory = {"Encoder": Level.ADMISSION, "Synthesizer": Level.VOICES}
    for _ in range(4):
        gateway.check_health()
    assert gateway._admission.limits.max_inflight_requests == usual / 8
    assert (await server.client.get("/readyz")).json()["memory"]["Encoder"] == "admission"
    assert (await server.speak()).is_success
    gateway._readiness.memory = {"Encoder": Level.VOICES}
    for _ in range(3):
        gateway.check_health()
    assert gateway._admission.limits.max_inflight_requests == usual


@pytest.mark.parametrize(
    "header",
    [None, "Bearer wrong", "Bearer ", TOKEN[:-1], "Bearer ä", TOKEN, f"Basic {TOKEN}", f" {TOKEN}"],
)
async def test_admin_calls_need_the_token(server: Server, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header.encode("latin-1")}
    reply = await server.client.post("/admin/cache/invalidate", json={}, headers=headers)
    assert reply.status_code == 401
    assert error_of(reply)["code"] == "invalid_token"
    assert reply.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_admin_calls_name_what_is_wrong(server: Server, scheme: str) -> None:
    headers = {"authorization": f"{scheme} {TOKEN}"}
    for body, param in (({"voice": "nobody"}, "voice"), ({"voices": "tone"}, "voices")):
        reply = await server.client.post("/admin/cache/invalidate", json=body, headers=headers)
        assert (reply.status_code, error_of(reply)["param"]) == (400, param)


async def test_without_a_token_there_is_no_admin(
    fake_catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHORALE_ADMIN_TOKEN", raising=False)
    server = Server(fake_catalogue)
    for headers in ({}, {"authorization": "Bearer "}):
        reply = await server.client.post("/admin/cache/invalidate", json={}, headers=headers)
        assert reply.status_code == 404
        assert error_of(reply)["code"] == "not_found"
    await server.client.aclose()


async def test_who_may_not_call_is_refused_before_anything_is_read(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All routes but those for anybody ask who calls, and nobody has to remember it."""

    def nobody(_: object) -> None:
        raise UnauthorizedError("who are you?")

    monkeypatch.setattr(server.gateway._callers, "of", nobody)
    api = server.gateway.__serve_build_asgi_app__()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api), base_url="http://test"
    ) as client:
        for path in ("/v1/audio/speech", "/v1/text/normalize", "/v1/text-to-speech/heart"):
            assert (await client.post(path, content=b"{")).status_code == 401, path
        for path in ("/v1/audio/voices", "/v1/models", "/v1/models/none"):
            assert (await client.get(path)).status_code == 401, path
        for path in ("/livez", "/docs", "/openapi.json", "/"):
            assert (await client.get(path)).status_code == 200, path
