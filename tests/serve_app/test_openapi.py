"""The OpenAPI document says what the server does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inline_server import GOOD, Server
from jsonschema import Draft202012Validator

from serve_app.batches import BatchBody
from serve_app.dialogue import DialogueBody
from serve_app.schemas import InvalidateBody, NormalizeBody, SpeechBody
from speech.audio.containers import SAMPLE_RATES
from speech.types import AUDIO_FORMATS, MAX_INPUT_CHARACTERS


@pytest.fixture
def document(server: Server) -> dict[str, Any]:
    return server.app.openapi()


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a document."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from parts(item)


async def test_every_route_is_documented(server: Server, document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    documented = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert documented == {
        ("POST", "/v1/audio/speech"),
        ("POST", "/v1/speak"),
        ("POST", "/tts/bytes"),
        ("POST", "/v1/audio/speech/with-timestamps"),
        ("POST", "/v1/audio/captions"),
        ("POST", "/v1/audio/dialogue"),
        ("POST", "/v1/audio/speech/batch"),
        ("POST", "/v1/text-to-speech/{voice_id}"),
        ("POST", "/v1/text-to-speech/{voice_id}/stream"),
        ("POST", "/v1/text-to-speech/{voice_id}/with-timestamps"),
        ("POST", "/v1/text-to-speech/{voice_id}/stream/with-timestamps"),
        ("POST", "/dev/captioned_speech"),
        ("POST", "/"),
        ("POST", "/synthesize"),
        ("GET", "/v1/audio/voices"),
        ("GET", "/v1/audio/speech/voices"),
        ("GET", "/v1/voices"),
        ("GET", "/v1/audio/models"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/{model}"),
        ("POST", "/v1/text/normalize"),
        ("POST", "/admin/cache/invalidate"),
        ("GET", "/v1/usage"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/health"),
        ("GET", "/v1/test"),
    }
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert all(operation["summary"] and operation["tags"] for operation in operations)
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert operation["responses"]
        assert all(reply["description"] for reply in operation["responses"].values())
        # Every refusal is a 400 in our own shape; FastAPI's 422 is never sent.
        assert "422" not in operation["responses"]
    assert (await server.client.get("/openapi.json")).json() == document


def test_the_page_of_the_api_names_every_field_route_and_format(document: dict[str, Any]) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
    tables = page[page.index("| field |") : page.index("| request header |")]
    fields = re.findall(r"^\| `(\w+)` \| (.*) \|$", tables, re.MULTILINE)
    meaning = dict(fields)
    schema = SpeechBody.model_json_schema()
    assert sorted(name for name, _ in fields) == sorted(schema["properties"])
    for name, values in (("response_format", AUDIO_FORMATS), ("stream_format", ("audio", "sse"))):
        assert set(re.findall(r"`(\w+)`", meaning[name])) == set(values)
        assert f"`{schema['properties'][name]['default']}` (default)" in meaning[name]
    assert f"{MAX_INPUT_CHARACTERS:,}" in meaning["input"]
    assert re.findall(r"\d{4,}", meaning["sample_rate"])[: len(SAMPLE_RATES)] == [
        str(rate) for rate in SAMPLE_RATES
    ]
    for path, item in document["paths"].items():
        for method in item:
            assert f"{method.upper()} {path}" in page


def test_no_reference_dangles(document: dict[str, Any]) -> None:
    found = [part["$ref"] for part in parts(document) if "$ref" in part]
    assert found
    for reference in found:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target


def test_every_schema_is_one(document: dict[str, Any]) -> None:
    found = [part["schema"] for part in parts(document) if "schema" in part]
    for schema in [*found, *document["components"]["schemas"].values()]:
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/audio/speech", SpeechBody),
        ("/v1/audio/dialogue", DialogueBody),
        ("/v1/audio/speech/batch", BatchBody),
        ("/v1/text/normalize", NormalizeBody),
        ("/admin/cache/invalidate", InvalidateBody),
    ],
)
def test_a_body_is_documented_as_it_is_parsed(
    document: dict[str, Any], path: str, model: Any
) -> None:
    body = document["paths"][path]["post"]["requestBody"]
    assert body["required"]
    shown = body["content"]["application/json"]["schema"]
    schema = model.model_json_schema()
    assert set(shown["properties"]) == set(model.model_fields)
    assert shown.get("required") == schema.get("required")
    inlined = json.dumps(schema["properties"])
    while "$ref" in inlined:
        for name, definition in schema["$defs"].items():
            # Of two equal keys the later one counts: what stands beside a reference.
            inlined = inlined.replace(f'"$ref": "#/$defs/{name}"', json.dumps(definition)[1:-1])
    # FastAPI leaves out what is null.
    expected = json.loads(inlined.replace('"default": null, ', ""))
    assert shown["properties"] == expected


def test_a_documented_body_accepts_what_the_parser_accepts(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/audio/speech"]["post"]
    check = Draft202012Validator(operation["requestBody"]["content"]["application/json"]["schema"])
    for body in (GOOD, {**GOOD, "voice": {"id": "tone"}}, {**GOOD, "speed": 4, "pitch": 1}):
        assert check.is_valid(body)
    for wrong in ({"speed": 5}, {"seed": -1}, {"input": ""}, {"voice": 1}):
        assert not check.is_valid({**GOOD, **wrong})


def test_every_answer_in_json_is_our_error(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            for status, reply in operation["responses"].items():
                if status.startswith(("4", "5", "d")) and "content" in reply:
                    schema = reply["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorReply"}
