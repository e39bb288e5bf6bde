"""The examples of docs/text.md about cleanup and readings say what happens."""

import re
from pathlib import Path
from typing import get_args

import pytest

from speech.config import TextConfig
from speech.text import FrontEnd
from speech.text.edits import Kind
from tests.conftest import passage

TEXT = (Path(__file__).parents[1] / "docs" / "text.md").read_text("utf-8")
_ROW = re.compile(r"\| ([\w-]+) \| `(.+)` \| (.+) \|")


def rows(heading: str) -> list[tuple[str, str, str]]:
    """First column, written and spoken text of every example under a heading."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    found = (_ROW.fullmatch(line) for line in section.splitlines())
    return [(row[1], row[2], row[3]) for row in found if row]


CLEANED, ENGLISH, OTHERS = rows("What is cleaned"), rows("English"), rows("Other languages")


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd(TextConfig())


@pytest.mark.parametrize(("kind", "written", "spoken"), [*CLEANED, *ENGLISH])
def test_english(front_end: FrontEnd, kind: str, written: str, spoken: str) -> None:
    told = front_end.explain(passage(written))
    assert told.utterance.normalized == spoken
    assert kind in {change.kind for change in told.changes}


@pytest.mark.parametrize(("language", "written", "spoken"), OTHERS)
def test_other_languages(front_end: FrontEnd, language: str, written: str, spoken: str) -> None:
    assert front_end.explain(passage(written, language)).utterance.normalized == spoken


def test_every_kind_has_an_example() -> None:
    shown = {kind for kind, _, _ in [*CLEANED, *ENGLISH]}
    # Inline forms and lexicons have sections of their own; white space is not told.
    elsewhere = {"lexicon", "pause", "phonemes", "space"}
    assert set(get_args(Kind)) - elsewhere == shown
