"""What the OpenAPI document says beyond the wire models."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from serve_app.batches import BatchBody, BatchReply
from serve_app.dialogue import DialogueBody
from serve_app.keys.usage import UsageReply
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
    401: "The key is missing, unknown or revoked.",
    403: "The key is not for this voice.",
    413: "The body is larger than 64 kB.",
    415: "The body is not JSON.",
    429: "At capacity, or a limit of the key is reached; `retry-after-ms` says when to try again.",
    500: "The engine failed.",
    503: "A stage is unavailable, or the deadline cannot be met; retry.",
}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """What is sent as JSON; its definitions are written in."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def inlined(value: Any) -> Any:
        if isinstance(value, dict):
            # What stands beside a reference is said of this place.
            named = definitions[value["$ref"].rpartition("/")[2]] if "$ref" in value else {}
            beside = {key: item for key, item in value.items() if key != "$ref"}
            return {key: inlined(item) for key, item in {**named, **beside}.items()}
        return [inlined(item) for item in value] if isinstance(value, list) else value

    written: dict[str, Any] = inlined(schema)
    return written


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """The request body of a route that parses it by itself."""
    content = {"application/json": {"schema": _schema(model)}}
    return {"requestBody": {"required": True, "content": content}}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error replies of a route."""
    return {status: {"model": ErrorReply, "description": _ERRORS[status]} for status in statuses}


_WARNING = {
    "description": "What was not heeded: unknown fields, a language's region, foreign letters; "
    "or that nothing was left to say and the reply is silence.",
    "schema": {"type": "string"},
}
_SPEECH_ERRORS = _errors(*_ERRORS)
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
            "X-Characters": {
                "description": "Of the written text: what the books count.",
                "schema": {"type": "integer"},
            },
            "X-Audio-Seconds": {
                "description": "Of a reply that is not streamed.",
                "schema": {"type": "number"},
            },
            "X-Ratelimit-Limit-Requests": {
                "description": "Likewise Remaining and Reset, and all three of Tokens, which are "
                "characters: the limits of whoever calls, where there are any.",
                "schema": {"type": "integer"},
            },
            "Warning": _WARNING,
        },
    },
    **_SPEECH_ERRORS,
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


def _speaking(
    summary: str, body: type[BaseModel], reply: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A route that speaks; `reply` where that is not the audio."""
    replies = _SPEECH_REPLIES if reply is None else {200: reply, **_SPEECH_ERRORS}
    return {
        "tags": ["speech"],
        "summary": summary,
        "response_class": Response if reply is None else JSONResponse,
        "response_model": None,
        "responses": replies,
        "openapi_extra": _body(body) | {"parameters": _SPEECH_HEADERS},
    }


# Keyword arguments of FastAPI's add_api_route, one for each route.
SPEECH = _speaking("Speak a text", SpeechBody)
BATCH = _speaking(
    "Speak many texts, each a reply of its own",
    BatchBody,
    {
        "description": "A line of JSON for each item, in the order in which they are ready.",
        "content": {"application/x-ndjson": {"schema": _schema(BatchReply)}},
    },
) | {"response_class": Response}
DIALOGUE = _speaking("Speak the turns of a dialogue as one reply", DialogueBody)
TIMES = _speaking(
    "Speak a text and say when which word is said",
    TimesBody,
    {"model": TimesReply, "description": "The audio and its marks."},
)
CAPTIONS = _speaking(
    "Captions of a spoken text",
    CaptionsBody,
    {
        "model": CaptionsReply,
        "description": "The captions, with the audio where it is wanted.",
        "content": {
            kind: {"schema": {"type": "string"}}
            for kind in ("application/x-subrip", "text/vtt", "multipart/form-data")
        },
    },
)


def dialect(
    name: str, summary: str, body: type[BaseModel], reply: type[BaseModel] | None
) -> dict[str, Any]:
    """A route of another dialect; `reply` is None where that is the audio."""
    shown = {"model": reply, "description": "The audio and its times."}
    errors: dict[int | str, dict[str, Any]] = {
        status: {"description": told} for status, told in _ERRORS.items()
    }
    return {
        "tags": [name],
        "summary": summary,
        "response_class": Response,
        "response_model": None,
        "responses": {200: shown if reply else _SPEECH_REPLIES[200], **errors},
        "openapi_extra": _body(body),
    }


VOICES: dict[str, Any] = {"tags": ["speech"], "summary": "List voices and aliases"}
ELEVENLABS_VOICES: dict[str, Any] = {
    "tags": ["elevenlabs"],
    "summary": "List voices, aliases and speakers",
}
_OF_A_MODEL: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorReply, "description": "There is no such model."},
    # Without it FastAPI would document a 422 of its own shape, which is never sent.
    "default": {"model": ErrorReply, "description": "Any other error."},
}
SPEACHES_VOICES: dict[str, Any] = {
    "tags": ["speaches"],
    "summary": "List voices, aliases and speakers of a model",
    "responses": _OF_A_MODEL,
}
AUDIO_MODELS: dict[str, Any] = {"tags": ["models"], "summary": "List models for Open WebUI"}
MODELS: dict[str, Any] = {"tags": ["models"], "summary": "List models"}
MODEL: dict[str, Any] = {
    "tags": ["models"],
    "summary": "One model",
    "responses": _OF_A_MODEL,
}
NORMALIZE: dict[str, Any] = {
    "tags": ["text"],
    "summary": "Show how a text would be read",
    "responses": {200: {"headers": {"Warning": _WARNING}}, **_errors(400, 401, 413, 415, 429, 503)},
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
USAGE: dict[str, Any] = {
    "tags": ["usage"],
    "summary": "What was used in a month, by key and day",
    "responses": {
        200: {"model": UsageReply, "description": "Of the key that asks; of all for the admin."},
        404: {"model": ErrorReply, "description": "No keys are required here."},
        **_errors(400, 401, 503),
    },
    "openapi_extra": {
        "parameters": [
            {
                "name": "month",
                "in": "query",
                "schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
                "description": "Such as 2026-11; the present one by default.",
            }
        ]
    },
}
HEALTH: dict[str, Any] = {
    "tags": ["health"],
    "summary": "Whether the server is ready, in a word",
    "responses": {503: {"description": "It is not."}},
}
TEST: dict[str, Any] = {"tags": ["health"], "summary": "Kokoro-FastAPI's clients know it by this"}
LIVEZ: dict[str, Any] = {"tags": ["health"], "summary": "The process answers"}
READYZ: dict[str, Any] = {
    "tags": ["health"],
    "summary": "Every stage has a warm replica",
    "responses": {503: {"description": "A stage has none, or HAProxy knows no gateway."}},
}
