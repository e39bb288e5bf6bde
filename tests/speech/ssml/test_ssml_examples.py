"""The examples of docs/ssml.md, and what the page says of limits, as the code has them."""

import re
from pathlib import Path

import pytest

from speech.config import PauseConfig, TextConfig
from speech.ssml import Plain, document, events, prosody, read_document, say_as
from speech.text import FrontEnd
from speech.voices import VoiceCatalogue

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "ssml.md").read_text("utf-8")
EXAMPLES = re.findall(r"^\| `(.+)` \| (.+) \|$", PAGE[PAGE.index("## Examples") :], re.MULTILINE)
FRONT_END = FrontEnd(TextConfig())


@pytest.fixture(scope="module")
def shipped() -> VoiceCatalogue:
    return VoiceCatalogue.load(ROOT / "configs" / "voices.yaml")


@pytest.mark.parametrize(("inner", "wanted"), EXAMPLES)
def test_an_example_is_said_as_the_page_says(
    shipped: VoiceCatalogue, inner: str, wanted: str
) -> None:
    found = read_document(
        f"<speak>{inner}</speak>", Plain(voice="alloy", language=None), shipped, PauseConfig()
    )
    said = [
        FRONT_END.explain(passage, phonemized=False).utterance.normalized
        for passage in found.passages
    ]
    assert said == wanted.split(r" \| ")


def test_the_page_names_every_value(shipped: VoiceCatalogue) -> None:
    assert len(EXAMPLES) >= 20
    table = PAGE[PAGE.index("## say-as") : PAGE.index("## Examples")]
    cells = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    told = {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)} - {"interpret-as"}
    assert told == set(say_as._READERS)
    elements = PAGE[PAGE.index("## Elements") : PAGE.index("## say-as")]
    for name in (*prosody._RATES, *prosody._PITCHES, *prosody._VOLUMES, *prosody.EMPHASIS):
        assert f"`{name}`" in elements or name == "default"
    assert f"more than {events.MAX_DEPTH} deep" in elements
    assert f"more than {document.MAX_PASSAGES} changes" in elements
    strengths = ("none", "x-weak", "weak", "medium", "strong", "x-strong")
    pauses = [prosody.strength(word, PauseConfig()) for word in strengths]
    assert ", ".join(f"{pause:g}" for pause in pauses if pause is not None) in elements
