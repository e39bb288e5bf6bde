"""What the OpenAPI document says beyond the wire models."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from serve_app.dialogue import DialogueBody
from serve_app.schemas import (
    CaptionsBody,
    CaptionsReply,
    ErrorReply,
    InvalidateBody,
    NormalizeBody,
    SpeechBody,
    TimesBody,
    TimesReply,
)

SUMMARY = "Text to speech over HTTP, in the shape of OpenAI's speech API."

_ERRORS = {
    400: "A parameter is wrong; `param` names it.",
    413: "The body is larger than 64 kB.",
    415: "The body is not JSON.",
    429: "At capacity; `retry-after-ms` says when to try again.",
    500: "The engine failed.",
    503: "A stage is unavailable, or the deadline cannot be met; retry.",
}


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """The request body of a route that parses it by itself; its definitions are written in."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def inlined(value: Any) -> Any:
        if isinstance(value, dict):
            # What stands beside a reference is said of this place.
            named = definitions[value["$ref"].rpartition("/")[2]] if "$ref" in value else {}
            beside = {key: item for key, item in value.items() if key != "$ref"}
            return {key: inlined(item) for key, item in {**named, **beside}.items()}
        return [inlined(item) for item in value] if isinstance(value, list) else value

    content = {"application/json": {"schema": inlined(schema)}}
    return {"requestBody": {"required": True, "content": content}}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error replies of a route."""
    return {status: {"model": ErrorReply, "description": _ERRORS[status]} for status in statuses}


_SPEECH_REPLIES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The audio. A reply of one phrase has its exact size; longer ones stream.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (
                "audio/mpeg",
                "audio/ogg",
                "audio/aac",
                "audio/flac",
                "audio/wav",
                "audio/pcm",
            )
        }
        | {"text/event-stream": {"schema": {"type": "string"}}},
        "headers": {
            "X-Cache": {
                "description": "Where the reply came from.",
                "schema": {"type": "string", "enum": ["hot", "hit", "miss", "coalesced"]},
            },
            "X-Voice": {
                "description": "Who speaks: a voice's id, with the speaker if it has several.",
                "schema": {"type": "string"},
            },
            "Server-Timing": {
                "description": "Milliseconds of the stages up to the first byte.",
                "schema": {"type": "string"},
            },
            "X-Request-Id": {
                "description": "The caller's id, or a new one.",
                "schema": {"type": "string"},
            },
            "Warning": {
                "description": "Names fields that were ignored, and a language's region.",
                "schema": {"type": "string"},
            },
        },
    },
    **_errors(400, 413, 415, 429, 500, 503),
}
_SPEECH_HEADERS: list[dict[str, Any]] = [
    {
        "name": "X-Deadline-Ms",
        "in": "header",
        "schema": {"type": "number", "exclusiveMinimum": 0},
        "description": "Milliseconds the first byte may take.",
    },
    {
        "name": "Cache-Control",
        "in": "header",
        "schema": {"type": "string"},
        "description": "`no-store` or `private` keeps the reply out of every cache.",
    },
]

# Keyword arguments of FastAPI's add_api_route, one for each route.
SPEECH: dict[str, Any] = {
    "tags": ["speech"],
    "summary": "Speak a text",
    "response_class": Response,
    "responses": _SPEECH_REPLIES,
    "openapi_extra": _body(SpeechBody) | {"parameters": _SPEECH_HEADERS},
}
DIALOGUE: dict[str, Any] = {
    "tags": ["speech"],
    "summary": "Speak the turns of a dialogue as one reply",
    "response_class": Response,
    "responses": _SPEECH_REPLIES,
    "openapi_extra": _body(DialogueBody) | {"parameters": _SPEECH_HEADERS},
}
TIMES: dict[str, Any] = {
    "tags": ["speech"],
    "summary": "Speak a text and say when which word is said",
    "responses": {
        200: {"model": TimesReply, "description": "The audio and its marks."},
        **_errors(400, 413, 415, 429, 500, 503),
    },
    "response_model": None,
    "openapi_extra": _body(TimesBody) | {"parameters": _SPEECH_HEADERS},
}
CAPTIONS: dict[str, Any] = {
    "tags": ["speech"],
    "summary": "Captions of a spoken text",
    "responses": {
        200: {
            "model": CaptionsReply,
            "description": "The captions, with the audio where it is wanted.",
            "content": {
                kind: {"schema": {"type": "string"}}
                for kind in ("application/x-subrip", "text/vtt", "multipart/form-data")
            },
        },
        **_errors(400, 413, 415, 429, 500, 503),
    },
    "response_model": None,
    "openapi_extra": _body(CaptionsBody) | {"parameters": _SPEECH_HEADERS},
}


def dialect(
    name: str, summary: str, body: type[BaseModel], reply: type[BaseModel] | None
) -> dict[str, Any]:
    """A route of another dialect; `reply` is None where that is the audio."""
    told = {"model": reply, "description": "The audio and its times."}
    errors: dict[int | str, dict[str, Any]] = {
        status: {"description": _ERRORS[status]} for status in (400, 413, 415, 429, 500, 503)
    }
    return {
        "tags": [name],
        "summary": summary,
        "response_class": Response,
        "response_model": None,
        "responses": {200: told if reply else _SPEECH_REPLIES[200], **errors},
        "openapi_extra": _body(body),
    }


VOICES: dict[str, Any] = {"tags": ["speech"], "summary": "List voices and aliases"}
MODELS: dict[str, Any] = {"tags": ["models"], "summary": "List models"}
MODEL: dict[str, Any] = {
    "tags": ["models"],
    "summary": "One model",
    "responses": {
        404: {"model": ErrorReply, "description": "There is no such model."},
        # Without it FastAPI would document a 422 of its own shape, which is never sent.
        "default": {"model": ErrorReply, "description": "Any other error."},
    },
}
NORMALIZE: dict[str, Any] = {
    "tags": ["text"],
    "summary": "Show how a text would be read",
    "responses": _errors(400, 413, 415, 503),
    "openapi_extra": _body(NormalizeBody),
}
INVALIDATE: dict[str, Any] = {
    "tags": ["admin"],
    "summary": "Forget the cached replies of a voice, or all",
    "responses": {
        401: {"model": ErrorReply, "description": "The token is missing or wrong."},
        404: {"model": ErrorReply, "description": "The server was started without a token."},
        **_errors(400, 413, 415, 503),
    },
    "openapi_extra": _body(InvalidateBody),
}
LIVEZ: dict[str, Any] = {"tags": ["health"], "summary": "The process answers"}
READYZ: dict[str, Any] = {
    "tags": ["health"],
    "summary": "Every stage has a warm replica",
    "responses": {503: {"description": "A stage has none."}},
}
