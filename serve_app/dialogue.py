"""Texts of several voices in one reply: turns of a dialogue, and `[voice:…]` within a text."""

from dataclasses import replace
from typing import Annotated

from pydantic import ConfigDict, Field

from serve_app.model_names import Models
from serve_app.schemas import Asked, ReplyBody, TextBody, check_rate, request_for, spoken_text
from speech.errors import InvalidInputError
from speech.ssml import Bookmark
from speech.types import MAX_INPUT_CHARACTERS, Passage
from speech.voices import VoiceCatalogue

MAX_TURNS = 100


class Turn(TextBody):
    """What one speaker says."""

    model_config = ConfigDict(extra="forbid")


class DialogueBody(ReplyBody):
    """Body of POST /v1/audio/dialogue. Unknown fields are ignored and named in a warning header."""

    model_config = ConfigDict(extra="allow")

    turns: list[Turn] = Field(
        min_length=1,
        max_length=MAX_TURNS,
        description="Who says what, in order: 1 to 4096 characters together.",
    )
    gap: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = Field(
        default=0.4, description="Seconds of silence between two turns, at any speed."
    )

    @property
    def text(self) -> str:
        """Of all turns, one behind the other: what the places of the reply count in."""
        return "".join(turn.input for turn in self.turns)


def asked_dialogue(body: DialogueBody, catalogue: VoiceCatalogue, models: Models) -> Asked:
    """Resolve a parsed body against what this server has.

    Raises:
        InvalidInputError: naming the parameter; of a turn, which one (`turns.2.voice`).
    """
    defaults = models.defaults(body.model)
    body = defaults.filled_in(body)
    check_rate(body)
    if len(body.text) > MAX_INPUT_CHARACTERS:
        raise InvalidInputError(
            f"turns must have at most {MAX_INPUT_CHARACTERS} characters together", "turns"
        )
    passages: list[Passage] = []
    warnings: dict[str, None] = {}
    bookmarks: list[Bookmark] = []
    begins: list[int] = []
    begin = 0
    for number, turn in enumerate(body.turns):
        try:
            spoken = spoken_text(defaults.filled_in(turn), catalogue, seed=body.seed)
        except InvalidInputError as error:
            raise InvalidInputError(error.message, f"turns.{number}.{error.param}") from None
        warnings |= dict.fromkeys(spoken.warnings)
        bookmarks += (Bookmark(it.name, it.place + begin) for it in spoken.marks)
        passages += (replace(it, start=it.start + begin) for it in spoken.passages)
        if number < len(body.turns) - 1:
            passages[-1] = replace(passages[-1], pause=body.gap + (passages[-1].pause or 0.0))
        begins.append(begin)
        begin += len(turn.input)
    request = request_for(body, tuple(passages))
    return Asked(request, tuple(warnings), tuple(bookmarks), tuple(begins))
