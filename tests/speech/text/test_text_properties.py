"""What holds for every text, on texts that hypothesis writes and on those that once broke it."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speech.text import FrontEnd
from speech.types import Normalization
from tests.speech.text.properties import CONFIG, LANGUAGES, Case, broken, read_again

CASES = Path(__file__).parent / "cases"
FOUND = CASES / "found.jsonl"
WRITTEN = [
    line.split("\t")[1]
    for line in (CASES / "english.tsv").read_text("utf-8").splitlines()[1:]
    if line
]
_LANGUAGES = {"fr": "fr-fr", "en": "en-us", "pt": "pt-br", "zh": "cmn"}
PIECES = (
    *("Dr. ", "St. ", "No. ", "$", "€", "%", "5", "12", "1,234", "3.50", "1/2", "½", "m²", "km/h"),
    *("2024-05-03", "3:45 pm", "May 5", "5th", "XIV ", "A320", "covid-19", "+1 555-0100", "#tag"),
    *("@me", "me@example.com", "https://a.de/b?c=d", "C:\\x\\y", "/etc/hosts", "1.2.3", "10-12"),
    *("**b**", "`c`", "[a](b)", "# ", "- ", "> ", "| a |", "&amp;", "<br>", "👍🏽", "1️⃣", "🇩🇪", "→"),
    *("’", "“", "…", "—", "\u00a0", "e\u0301", "[pause:1s]", "[a](/ə/)", "H₂O", "x²", "±", "≤"),
    *("the ", "and ", "US ", "p.m. ", ". ", "! ", "? ", ", ", " ", "\n", "\n\n", "(", ")", '"'),
)
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=24).map("".join),
    st.text(st.characters(codec="utf-8"), max_size=80),
    st.text("0123456789.,:/-+$€%°' abcIVX()[]*_#@&\n", max_size=80),
)
switches = st.builds(
    Normalization,
    enabled=st.booleans(),
    emoji=st.sampled_from(("drop", "say")),
    urls=st.sampled_from(("spell", "short", "drop")),
    markdown=st.booleans(),
)


@pytest.fixture(scope="module")
def front_end() -> FrontEnd:
    return FrontEnd(CONFIG)


@settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(texts, st.sampled_from(("en-us", "en-us", *LANGUAGES)), switches)
def test_whatever_is_written(
    front_end: FrontEnd, text: str, language: str, wanted: Normalization
) -> None:
    assert broken(front_end, Case(text, language, wanted)) is None


def test_what_is_spoken_is_read_as_it_is_written(front_end: FrontEnd) -> None:
    cases = [Case(text) for text in WRITTEN]
    wrong = [case.text for case in cases if broken(front_end, case) or read_again(front_end, case)]
    assert not wrong


@pytest.mark.parametrize("name", ["languages.tsv", "reported.tsv", "sentences.tsv"])
@pytest.mark.parametrize("folder", [CASES, CASES / "aside"], ids=["cases", "aside"])
def test_what_is_written_elsewhere(front_end: FrontEnd, folder: Path, name: str) -> None:
    """Every text of the cases, in its language."""
    path = folder / name
    if not path.exists():
        return
    head, *lines = path.read_text("utf-8").splitlines()
    columns = head.split("\t")
    broke = []
    for line in filter(None, lines):
        entry = dict(zip(columns, line.split("\t"), strict=False))
        text = entry.get("written") or entry["marked"].replace(" | ", " ")
        case = Case(text, _LANGUAGES.get(entry["language"], entry["language"]))
        if why := broken(front_end, case):
            broke.append((case.text, why))
    assert not broke


@pytest.mark.parametrize("line", FOUND.read_text("utf-8").splitlines())
def test_what_was_found(front_end: FrontEnd, line: str) -> None:
    entry = json.loads(line)
    case = Case(entry["text"], entry["language"], Normalization(**entry["wanted"]))
    assert broken(front_end, case) is None
