"""What a voice is asked to say: sentences by category, with how they should be heard."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, RootModel, ValidationError, model_validator

from speech.config import StrictModel
from speech.errors import ConfigError
from speech.evaluation import held_out
from speech.evaluation.hearing import words

RANDOM = "random words"
"""Category of sentences whose words a recogniser cannot guess (`held_out`)."""
_RANDOM_SENTENCES = 20
Phones = Annotated[str, Field(pattern=r"^[A-Z]{1,2}( [A-Z]{1,2})*$")]
"""ARPABET without stress, such as `R EH D`."""


class Sentence(StrictModel):
    """One text, and what is known of how it is said."""

    text: Annotated[str, Field(min_length=1, max_length=4096)]
    spoken: tuple[str, ...] = ()
    """Words that a listener should write down, any of them; none: those of the text."""
    rises: bool = False
    """Whether the voice should go up at the end."""
    word: str = ""
    """One whose pronunciation is listened to."""
    right: tuple[Phones, ...] = ()
    """Its pronunciations."""
    wrong: tuple[Phones, ...] = ()
    """What it is mistaken for."""
    language: str = "en"
    """Language tag of the text."""

    @model_validator(mode="after")
    def _word_is_whole(self) -> Self:
        given = {bool(self.word), bool(self.right), bool(self.wrong)}
        if len(given) > 1 or (self.word and self.word.lower() not in words(self.text)):
            raise ValueError("`word` is one of the text, and has both `right` and `wrong`")
        return self


class _Suite(RootModel[dict[str, tuple[Sentence, ...]]]):
    pass


@cache
def suite(path: Path | None = None) -> dict[str, tuple[Sentence, ...]]:
    """Sentences by category: the shipped ones, or those of a file like `suite.yaml`.

    Raises:
        ConfigError: the file cannot be read or is none.
    """
    shipped = Path(__file__).with_name("suite.yaml")
    try:
        found = _Suite.model_validate(yaml.safe_load((path or shipped).read_text("utf-8"))).root
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path or shipped}: {error}") from None
    if path is None:
        found[RANDOM] = tuple(Sentence(text=text) for text in held_out())
    return found


def chosen(
    categories: Sequence[str], sentences: int | None, path: Path | None = None
) -> list[tuple[str, Sentence]]:
    """Sentences of some categories, or all, each with its category.

    Args:
        categories: Names; none for all.
        sentences: At most, of each category; None for all, but only 20 of those of random words.
        path: Of a file like `suite.yaml`; None for the shipped one.

    Raises:
        ConfigError: a category or the file is unknown.
    """
    there = suite(path)
    if unknown := [name for name in categories if name not in there]:
        raise ConfigError(f"unknown category {unknown[0]!r}; there are {', '.join(there)}")
    return [
        (name, sentence)
        for name, found in there.items()
        if name in (categories or there)
        for sentence in found[: sentences or (_RANDOM_SENTENCES if name == RANDOM else None)]
    ]
