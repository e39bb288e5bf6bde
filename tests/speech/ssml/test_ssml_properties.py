"""Documents put together at random: places stay true, and nothing but bad input is an error."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speech.config import PauseConfig, TextConfig
from speech.errors import InvalidInputError
from speech.ssml import FILLING, Document, Plain, read_document, readable
from speech.text import FrontEnd
from speech.voices import VoiceCatalogue

FRONT_END = FrontEnd(TextConfig())
TEXTS = st.sampled_from(
    ["One", " two ", "cats.", "é! ", "\n", " ", "$5 ", "&amp;", "&#233;", "a&lt;b", "<!-- x -->",
     "<![CDATA[<s>]]>", "日本", ",", "1/2/2021", "Dr. Who", "<break/>", '<break time="0.1s"/>',
     '<mark name="m"/>'],
)  # fmt: skip
WHOLE = st.sampled_from(
    ['<sub alias="good dog">gd</sub>', '<say-as interpret-as="date">1/2/2021</say-as>',
     '<say-as interpret-as="ordinal">x</say-as>', '<phoneme ph="ɡʊd">gd</phoneme>',
     '<say-as interpret-as="characters">ab<break/>c</say-as>', '<audio src="a">b</audio>'],
)  # fmt: skip
ELEMENTS = (
    'p', 's', 'emphasis', 'prosody rate="slow"', 'prosody volume="soft"', 'voice name="other"',
    'voice name="tone/high"', 'lang xml:lang="en"', 'unknown', 'metadata', 'w',
)  # fmt: skip


def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name.split()[0]}>",
        st.sampled_from(ELEMENTS),
        st.lists(inner, max_size=4),
    )


DOCUMENTS = st.lists(st.recursive(TEXTS | WHOLE, element, max_leaves=12), max_size=6).map(
    lambda parts: f"<speak>{''.join(parts)}</speak>"
)


@pytest.fixture
def catalogue(fake_catalogue: Path) -> VoiceCatalogue:
    return VoiceCatalogue.load(fake_catalogue)


def tried(document: str, catalogue: VoiceCatalogue) -> Document | None:
    """What is read, or None where it is refused."""
    try:
        return read_document(document, Plain(voice="tone", language=None), catalogue, PauseConfig())
    except InvalidInputError as error:
        if error.param != "input":
            raise
        return None


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(document=DOCUMENTS)
def test_places_are_those_of_the_document(catalogue: VoiceCatalogue, document: str) -> None:
    found = tried(document, catalogue)
    if found is None:
        return
    shown = readable(document, found.passages)
    assert len(shown) == len(document)
    shown = shown.replace(FILLING, "")
    for allowed in ("<s>", "a<b", "ab<break/>c"):
        shown = shown.replace(allowed, "")
    assert "<" not in shown
    place = 0
    for passage in found.passages:
        assert passage.text == document[passage.start : passage.start + len(passage.text)]
        assert passage.start >= place
        place = passage.start + len(passage.text)
        behind = 0
        for edit in passage.edits:
            assert behind <= edit.start <= edit.end <= len(passage.text)
            behind = edit.end
        try:
            phrases = FRONT_END.prepare(passage, None, words=True).phrases
        except InvalidInputError:
            continue
        behind = passage.start
        for phrase in phrases:
            for word in phrase.words:
                start, end = word.written
                assert behind <= start < end <= place
                behind = start
                # Nothing of a tag is a word, but what stands in one may be said as a whole.
                assert not document[start:end].startswith(("</", "<break", "<mark", "<!--"))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.sampled_from("<>/ps&;!-[]\"'= abr\n\ue001é日"), max_size=60))
def test_any_text_is_read_or_refused(catalogue: VoiceCatalogue, text: str) -> None:
    for document in (text, f"<speak>{text}</speak>"):
        tried(document, catalogue)
