"""One table from error class to HTTP, and the one shape every error has on the wire."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import JSONResponse

from speech import errors


@dataclass(frozen=True, slots=True)
class Answer:
    """How an error class is answered."""

    status: int
    type: str
    retry_after: float | None = None
    """Seconds after which a retry makes sense where nothing better is known; None where it never
    does."""
    is_exact: bool = False
    """Whether a retry before that time is certain to be refused."""


JSON = "application/json; charset=utf-8"
"""Media type of what is no speech; some clients take Latin-1 for granted."""
SOONEST_RETRY, LATEST_RETRY = 0.25, 30.0
"""Seconds; no caller is sent away for less or more."""
JITTER = 0.25
"""Share by which that time differs from caller to caller: those who were refused together must not
come back together."""


TABLE: dict[type[errors.SpeechError], Answer] = {
    errors.SpeechError: Answer(500, "server_error"),
    errors.InvalidInputError: Answer(400, "invalid_request_error"),
    errors.TooLargeError: Answer(413, "invalid_request_error"),
    errors.UnreadableTextError: Answer(400, "invalid_request_error"),
    errors.UnauthorizedError: Answer(401, "authentication_error"),
    errors.UnknownKeyError: Answer(401, "invalid_request_error"),
    errors.VoiceNotAllowedError: Answer(403, "permission_error"),
    errors.OriginNotAllowedError: Answer(403, "permission_error"),
    errors.RateLimitedError: Answer(429, "rate_limit_error", retry_after=1.0, is_exact=True),
    errors.QuotaExceededError: Answer(429, "insufficient_quota"),
    errors.AtCapacityError: Answer(429, "rate_limit_error", retry_after=0.5),
    errors.DeadlineExceededError: Answer(503, "server_error", retry_after=1.0),
    errors.UnavailableError: Answer(503, "server_error", retry_after=0.5),
    errors.SynthesisError: Answer(500, "server_error"),
    errors.WorkerDiedError: Answer(500, "server_error"),
    errors.ConfigError: Answer(500, "server_error"),
}


def error_response(
    error: errors.SpeechError, *, status: int | None = None, code: str | None = None
) -> JSONResponse:
    """Answer an error in OpenAI's shape, with the headers its client acts on."""
    answer = TABLE[type(error)]
    return plain_error(
        status or answer.status,
        error.message,
        kind=answer.type,
        param=error.param,
        code=code or error.code,
        retry_after=answer.retry_after and (error.retry_after or answer.retry_after),
        is_exact=answer.is_exact,
        headers={"www-authenticate": "Bearer"} if answer.status == 401 else None,
    )


def plain_error(
    status: int,
    message: str,
    *,
    kind: str,
    code: str,
    param: str | None = None,
    retry_after: float | None = None,
    is_exact: bool = False,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error that has no class of its own, e.g. an unknown path."""
    if retry_after is None:
        advice = {"x-should-retry": "false"}
    else:
        if is_exact:
            wait = max(retry_after, SOONEST_RETRY)
        else:
            wait = min(max(retry_after, SOONEST_RETRY), LATEST_RETRY)
            wait *= random.uniform(1 - JITTER, 1 + JITTER)
        advice = {
            "retry-after-ms": str(round(wait * 1000)),
            "retry-after": str(math.ceil(wait)),
        }
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return JSONResponse(body, status, {**(headers or {}), **advice}, JSON)
