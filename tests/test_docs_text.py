"""The examples of docs/text.md about phrases, phonemes and lexicons say what happens."""

import re
from pathlib import Path

import pytest
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from speech.config import TextConfig
from speech.text import FrontEnd
from speech.text.lexicon import lexicon_entries
from speech.types import Vocabulary
from tests.conftest import passage

TEXT = (Path(__file__).parents[1] / "docs" / "text.md").read_text("utf-8")
ENGLISH = Vocabulary(
    kind="espeak",
    espeak_voice="en-us",
    ids={symbol: tuple(ids) for symbol, ids in DEFAULT_PHONEME_ID_MAP.items()},
)


def rows(heading: str) -> list[tuple[str, str]]:
    """Rows of the table of examples under a heading: written text in backquotes, and the rest."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    (table,) = re.findall(r"^\| text \|.*\n\|[-|]+\n((?:\|.*\n)+)", section, re.MULTILINE)
    found = [re.fullmatch(r"\| `(.+)` \| (.+) \|", line) for line in table.splitlines()]
    return [(row[1].replace("⏎", "\n"), row[2]) for row in found if row]


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd(TextConfig())


@pytest.mark.parametrize(("text", "phrases"), rows("Phrases and pauses"))
def test_phrases(front_end: FrontEnd, text: str, phrases: str) -> None:
    language = "en-us" if text.isascii() or "heading" in text else "cmn"
    found = front_end.prepare(passage(text, language), None).phrases
    assert " ‖ ".join(f"{p.text} ({p.pause_after:g})" for p in found) == phrases


@pytest.mark.parametrize(("text", "phonemes"), rows("Phonemes"))
def test_phonemes(front_end: FrontEnd, text: str, phonemes: str) -> None:
    (phrase,) = front_end.prepare(passage(text), ENGLISH).phrases
    assert phrase.phonemes == phonemes


@pytest.mark.parametrize(("text", "spoken"), rows("Lexicons"))
def test_lexicons(front_end: FrontEnd, text: str, spoken: str) -> None:
    words = lexicon_entries({"nginx": "engine X", "C++": "see plus plus"})
    assert front_end.prepare(passage(text, lexicon=words), None).normalized == spoken
