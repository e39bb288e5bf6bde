"""The model names that callers may send, and what each of them stands for."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from speech.config import StrictModel
from speech.errors import ConfigError, InvalidInputError
from speech.voices import VoiceCatalogue, as_spelled

B = TypeVar("B", bound=BaseModel)

Speed = Annotated[float, Field(ge=0.25, le=4.0, allow_inf_nan=False, strict=True)]
Loudness = Annotated[float, Field(ge=-40, le=-10, allow_inf_nan=False)]


class ModelDefaults(StrictModel):
    """What a request that names this model gets where it says nothing of its own.

    For clients that can send a model's name but no `language`. Members are those of the body.
    """

    voice: str | None = None
    language: str | None = None
    speed: Speed | None = None
    sample_rate: int | None = None
    loudness: Loudness | None = None

    def filled_in(self, body: B) -> B:
        """A body, or a part of one, with what it leaves open."""
        given = body.model_fields_set
        missing = {
            name: value
            for name, value in self
            if value is not None
            and name in type(body).model_fields
            and (name not in given or getattr(body, name) is None)
        }
        return body.model_copy(update=missing) if missing else body


def _named(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {name: {} for name in value}


class Models(
    RootModel[Annotated[dict[str, ModelDefaults], BeforeValidator(_named), Field(min_length=1)]]
):
    """Model names with what they stand for, in order. The first is of requests that name none."""

    model_config = ConfigDict(frozen=True)

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self.root)

    def check(self, catalogue: VoiceCatalogue) -> None:
        """See that what the names stand for is there.

        Raises:
            ConfigError: it is not.
        """
        for name, it in self.root.items():
            try:
                catalogue.resolve_in(it.voice or catalogue.default, it.language)
            except InvalidInputError as error:
                raise ConfigError(f"gateway.models.{name}: {error.message}") from error

    def find(self, name: str | None) -> str | None:
        """A name as it is spelled here, whatever its case; None where there is none."""
        found = next(iter(self.root)) if name is None else as_spelled(name, self.root)
        return found if found in self.root else None

    def defaults(self, name: str | None) -> ModelDefaults:
        """What a name stands for.

        Raises:
            InvalidInputError: there is no such model (`param` is `model`).
        """
        found = self.find(name)
        if found is None:
            raise InvalidInputError(
                f"unknown model {(name or '')[:64]!r}; GET /v1/models lists what there is", "model"
            )
        return self.root[found]
