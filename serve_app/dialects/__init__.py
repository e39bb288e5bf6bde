"""Speech as other servers' clients ask for it: a module for each, on top of our own bodies."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from serve_app.bodies import invalid
from serve_app.model_names import Models
from serve_app.responses import unheeded
from serve_app.schemas import SpeechBody, asked_speech
from serve_app.shapes import Shape
from speech.errors import InvalidInputError
from speech.types import SpeechRequest
from speech.voices import VoiceCatalogue

_Body = TypeVar("_Body", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a request of another dialect asks for, and how it is answered."""

    spoken: SpeechRequest
    shape: Shape | None
    """None for the audio itself."""
    warnings: list[str]
    """What of it was not heeded."""
    private: bool = False
    """The reply is kept in no cache."""


@dataclass(frozen=True, slots=True)
class Here:
    """What this server has."""

    catalogue: VoiceCatalogue
    models: Models


Reader = Callable[[bytes, Request, Here], Call]
"""Reads a request: its body, the rest of it. Raises InvalidInputError naming a parameter."""


def understood(
    members: Mapping[str, Any],
    here: Here,
    *,
    names: Mapping[str, str],
    ignored: Iterable[str],
) -> tuple[SpeechRequest, list[str]]:
    """What a dialect says, as a body of ours would say it; absent members are None.

    Args:
        members: Of a `SpeechBody`.
        here: What this server has.
        names: What the dialect calls our members, where it has other names.
        ignored: Members of the dialect that were not heeded.

    Returns:
        The request, and what of it was not heeded.

    Raises:
        InvalidInputError: a member is wrong; it is called as `names` say.
    """
    given = {name: value for name, value in members.items() if value is not None}
    try:
        try:
            body = SpeechBody.model_validate(given)
        except ValidationError as error:
            raise invalid(error) from None
        asked = asked_speech(body, here.catalogue, here.models)
    except InvalidInputError as error:
        known = names.get(error.param or "", error.param)
        message = error.message
        if error.param and known:
            message = message.replace(error.param, known, 1)
        raise type(error)(message, known) from None
    warnings = unheeded(asked.request.passages, ignored=ignored, language=body.language)
    return asked.request, [*warnings, *asked.warnings]


def unused(body: BaseModel, heeded: Iterable[str]) -> list[str]:
    """Names of the members that were given and are not heeded."""
    extra = body.model_extra or {}
    given = {*body.model_fields_set, *extra} - {*heeded}
    return sorted(name for name in given if getattr(body, name, None) is not None)
