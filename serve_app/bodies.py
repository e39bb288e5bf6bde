"""Bodies of requests as they arrive: of bounded size, and JSON in UTF-8."""

import asyncio
import codecs
import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from speech.errors import InvalidInputError, TooLargeError

MAX_BODY_BYTES = 64 * 1024
"""4,096 characters of JSON with every one escaped as a surrogate pair are 48 kB."""

_BODY_SECONDS = 10.0
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZLIB = tuple(b"x" + level for level in (b"\x01", b"\x5e", b"\x9c", b"\xda"))
_PLAIN = {"", "utf-8", "utf8", "us-ascii"}

T = TypeVar("T", bound=BaseModel)


async def read_body(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """The body of a request that must be JSON, of at most so many bytes.

    Raises:
        HTTPException: it is declared as something else, or does not come.
        TooLargeError: it is too large.
    """
    declared = request.headers
    kind, _, parameters = declared.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json":
        raise HTTPException(415, "the body must be application/json")
    coding = declared.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise HTTPException(
            415,
            f"bodies with Content-Encoding {coding[:32]!r} are not read; send it as it is",
            {"accept-encoding": "identity"},
        )
    too_large = TooLargeError(f"the body must be at most {most} bytes")
    size = declared.get("content-length", "")
    if size.isdecimal() and int(size) > most:
        raise too_large
    body = bytearray()
    try:
        # Where Serve's servers run without our guard, nobody else ends a body that does not come.
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise too_large
    except TimeoutError:
        raise HTTPException(
            408, "the body did not arrive in time", {"connection": "close"}
        ) from None
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in _PLAIN and not body.isascii():
        raise HTTPException(415, f"the body must be UTF-8, not {charset[:32]!r}")
    return bytes(body)


def parse(model: type[T], raw: bytes) -> T:
    """Parse a JSON body, in which a member that is null is as good as absent.

    Raises:
        InvalidInputError: naming the first offending parameter, or where it is no JSON.
    """
    try:
        return model.model_validate_json(raw)
    except ValidationError:
        # Read again: without what is null, and by a parser that says where JSON is broken and
        # takes a lone surrogate, so that the error can name the parameter.
        pass
    try:
        return model.model_validate(json.loads(_text(raw), object_hook=_given))
    except ValidationError as error:
        raise invalid(error) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidInputError(f"the body is not valid JSON: {place}: {error.msg}") from None
    except (ValueError, RecursionError):
        raise InvalidInputError(
            "the body is not what can be read: a number is too long, or a nesting too deep"
        ) from None


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _text(raw: bytes) -> str:
    """A body's text.

    Raises:
        InvalidInputError: it is none in UTF-8; what it seems to be instead.
    """
    if raw.startswith(b"\x1f\x8b"):
        raise InvalidInputError("the body is compressed with gzip; send it as it is")
    if raw.startswith(_ZLIB):
        raise InvalidInputError("the body is compressed with deflate; send it as it is")
    if raw.startswith(_UTF16) or b"\0" in raw[:4]:
        raise InvalidInputError("the body is not UTF-8 but UTF-16 or UTF-32")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise InvalidInputError(
            f"the body is not UTF-8: line {line}, byte {column} is 0x{raw[error.start]:02x}; "
            "perhaps it is Latin-1"
        ) from None


def invalid(error: ValidationError) -> InvalidInputError:
    """The error that names the first offending parameter."""
    first = error.errors(include_url=False, include_input=False)[0]
    param = _param(first["loc"])
    return InvalidInputError(_explain(first, param), param)


def _param(location: tuple[int | str, ...]) -> str | None:
    """The parameter an error is about; of our own switches, which one."""
    if not location:
        return None
    depth = {"normalization": 2, "turns": 3}.get(str(location[0]), 1)
    names = location[:depth]
    return ".".join(str(name)[:64] for name in names)


def _explain(first: Any, param: str | None) -> str:
    kind = first["type"]
    if kind == "missing":
        return f"{param} is required"
    if kind == "string_unicode":
        return f"{param or 'a field name'} holds characters that are not valid Unicode"
    if kind == "string_too_long":
        return f"{param} must be at most {first['ctx']['max_length']} characters"
    if kind == "extra_forbidden":
        return f"{param} is not known"
    if kind == "string_too_short":
        return f"{param} must not be empty"
    message = str(first["msg"])
    return f"{param}: {message}" if param else f"the body is not a JSON object: {message}"
