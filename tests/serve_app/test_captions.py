"""Captions: which words are shown together, in which lines, how long, in which file."""

import base64
import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_server import GOOD, LONG, Server
from test_api import error_of

from serve_app.captions import Caption, CaptionRules, captions, written
from serve_app.marks import Mark, Marker
from serve_app.schemas import CaptionsReply
from speech.config import TextConfig
from speech.text import FrontEnd
from speech.types import SpokenWord
from tests.conftest import passage

RULES = CaptionRules()
FRONT_END = FrontEnd(TextConfig())
STORY = (
    "It was a bright cold day in April, and the clocks were striking thirteen. Winston Smith, his "
    "chin nuzzled into his breast in an effort to escape the vile wind, slipped quickly through "
    "the glass doors of Victory Mansions, though not quickly enough to prevent a swirl of gritty "
    "dust from entering along with him. No! “Why?” he asked. The hallway smelt of boiled cabbage "
    "and old rag mats."
)


def marks(text: str, language: str = "en-us", pace: float = 0.06, pause: float = 0.3) -> list[Mark]:
    """The marks of a text whose words take so long a letter, with a pause after each phrase."""
    marker, found, now = Marker(text), [], 0.0
    for phrase in FRONT_END.explain(passage(text, language)).utterance.phrases:
        for word in phrase.words:
            until = now + pace * (word.spoken[1] - word.spoken[0])
            spoken = phrase.text[slice(*word.spoken)]
            said = SpokenWord(spoken, word.written, now, until, word.sentence, word.continued)
            found += marker.take([said])
            now = until + pace
        now += pause
    return found + marker.rest()


def shown(text: str, rules: CaptionRules = RULES, **how: Any) -> list[Caption]:
    return captions(text, marks(text, **how), rules)


def plain(text: str) -> str:
    return re.sub(r"\W+", "", text)


def check(found: list[Caption], said: list[Mark], rules: CaptionRules) -> None:
    """What holds of all captions."""
    for caption in found:
        assert 1 <= len(caption.lines) <= rules.lines
        assert all(1 <= len(line) <= rules.line_characters for line in caption.lines)
        assert all(line == line.strip() for line in caption.lines)
        assert caption.start < caption.end
    assert all(one.end <= two.start for one, two in pairwise(found))
    for caption, behind in zip(found, [*found[1:], None], strict=True):
        wanted = caption.start + sum(map(len, caption.lines)) / rules.characters_per_second
        assert caption.end >= (min(wanted, behind.start) if behind else wanted) - 1e-6
    assert (found[0].start, found[-1].end >= said[-1].end) == (said[0].start, True)


@pytest.mark.parametrize("width", [12, 30, 42])
@pytest.mark.parametrize("lines", [1, 2, 3])
@pytest.mark.parametrize("pace", [0.02, 0.06, 0.2])
def test_a_text_in_captions(width: int, lines: int, pace: float) -> None:
    rules = CaptionRules(line_characters=width, lines=lines)
    found = shown(STORY, rules, pace=pace)
    check(found, marks(STORY, pace=pace), rules)
    together = "".join("".join(caption.lines) for caption in found)
    assert together.replace(" ", "") == STORY.replace(" ", "")


def test_how_a_text_is_broken() -> None:
    assert [caption.lines for caption in shown(STORY)] == [
        ("It was a bright cold day in April, and", "the clocks were striking thirteen."),
        ("Winston Smith, his chin nuzzled into his", "breast in an effort to escape the vile"),
        ("wind, slipped quickly through the", "glass doors of Victory Mansions,"),
        ("though not quickly enough", "to prevent a swirl"),
        ("of gritty dust from", "entering along with him."),
        ("No! “Why?” he asked.",),
        ("The hallway smelt of boiled", "cabbage and old rag mats."),
    ]
    # A sentence is broken at its comma, in two of about one length otherwise.
    comma = (
        "We went to the market on a cold grey morning, and we came home again with nothing at all"
    )
    assert [" ".join(it.lines) for it in shown(comma)] == [comma[:45], comma[46:]]
    none = (
        "We went to the market on that cold grey morning and we came home again with nothing at all"
    )
    lengths = [sum(map(len, it.lines)) for it in shown(none)]
    assert len(lengths) == 2
    assert max(lengths) - min(lengths) < 16


def test_a_caption_is_read_in_time_where_there_is_time() -> None:
    one, two = shown("One is here now. Two.", pace=0.01, pause=2.0)
    assert one.end == pytest.approx(one.start + 16 / 17)
    assert two.end == pytest.approx(two.start + 5 / 6)
    one, two = shown("One is here now. Two.", pace=0.06, pause=0.0)
    assert one.end <= two.start
    slow = shown("Very slow speech is it which we have got to hear", pace=0.4)
    assert max(caption.end - caption.start for caption in slow) <= 7.0


@pytest.mark.parametrize(
    ("text", "language", "lines"),
    [
        ("**Bold** and <b>un<i>believ</i>able</b>, `x` [it](https://a.de)!", "en-us",
         "Bold and unbelievable, x it!"),
        ("- A list\n- of $3.50\n  each", "en-us", "A list of $3.50 each"),
        ("Yes — “no” (or so)…", "en-us", "Yes — “no” (or so)…"),
        ("[New York](/nˈuː jˈɔːɹk/)’s own [pause:1s] R&amp;D", "en-us", "New York's own R&amp;D"),
        ("你好，世界。再见", "cmn", "你好，世界。再见"),
        ("12\n°C, so 👍🏽 it is", "en-us", "12 °C, so it is"),
        ("and/or <b>not</b> at https://example.com/a_very_long_path/with/many/parts?x=1", "en-us",
         "and/or not at https://example.com/a_very_long_path/with/ many/parts?x=1"),
    ],
)  # fmt: skip
def test_what_is_shown_of_what_is_written(text: str, language: str, lines: str | None) -> None:
    found = shown(text, language=language)
    check(found, marks(text, language), RULES)
    if lines:
        assert " ".join(line for caption in found for line in caption.lines) == lines
    together = "".join("".join(caption.lines) for caption in found)
    assert not re.search(r"[<>*`]", together)


@given(
    st.text(st.sampled_from("ab ,.;?!“”-—\n 你。1$<>*"), min_size=1, max_size=300),
    st.integers(8, 60),
    st.integers(1, 3),
    st.floats(0.01, 0.3),
)
def test_captions_of_anything(text: str, width: int, lines: int, pace: float) -> None:
    rules = CaptionRules(line_characters=width, lines=lines)
    try:
        said = marks(f"a {text}", pace=pace)
    except ValueError:
        return
    check(captions(f"a {text}", said, rules), said, rules)


def test_of_nothing_there_are_none() -> None:
    assert shown("...") == []


def test_files() -> None:
    found = [
        Caption(("<One> & only", "--> two"), 0.0, 1.2345),
        Caption(("Three",), 3661.9996, 3662.5),
    ]
    assert written(found, "srt") == (
        "1\n00:00:00,000 --> 00:00:01,234\n<One> & only\n--> two\n\n"
        "2\n01:01:02,000 --> 01:01:02,500\nThree\n\n"
    )
    assert written(found, "vtt") == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.234\n&lt;One&gt; &amp; only\n--&gt; two\n\n"
        "2\n01:01:02.000 --> 01:01:02.500\nThree\n\n"
    )


async def asked(server: Server, **changes: Any) -> httpx.Response:
    return await server.client.post("/v1/audio/captions", json={**GOOD, **changes})


@pytest.mark.parametrize("text", ["Hello. It costs $3.50.", LONG])
@pytest.mark.parametrize("kind", ["srt", "vtt", "json"])
async def test_captions_over_http(server: Server, text: str, kind: str) -> None:
    """The same whether with the audio or without, made or cached."""
    spoken = (await server.speak(input=text)).content
    with_audio = await asked(server, input=text, caption_format=kind, audio="base64")
    reply = CaptionsReply.model_validate_json(with_audio.content)
    assert base64.b64decode(reply.audio or "", validate=True) == spoken
    assert (reply.content_type, reply.audio_seconds) == ("audio/pcm", len(spoken) / 48_000)
    alone = await asked(server, input=text, caption_format=kind)
    types = {"srt": "application/x-subrip", "vtt": "text/vtt", "json": "application/json"}
    assert alone.headers["content-type"].startswith(types[kind])
    parts = await asked(server, input=text, caption_format=kind, audio="multipart")
    head = f"Content-Type: {parts.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + parts.content)
    audio, file = message.iter_parts()
    assert audio.get_payload(decode=True) == spoken
    assert audio.get_param("name", header="content-disposition") == "audio"
    assert audio.get_content_type() == "audio/pcm"
    assert file.get_content_type() == types[kind]
    told = file.get_payload(decode=True)
    assert told == alone.content
    if kind == "json":
        assert json.loads(told) == json.loads(
            reply.model_dump_json(include={"audio_seconds", "captions"})
        )
    else:
        assert told.decode() == reply.captions
        assert told.decode().count(" --> ") == (2 if "$" in text else 6)


async def test_rules_are_heeded(server: Server) -> None:
    rules = {"max_line_characters": 20, "max_lines": 1, "max_characters_per_second": 5.0}
    reply = await asked(server, input=LONG, caption_format="json", **rules)
    found = reply.json()["captions"]
    assert max(len(line) for caption in found for line in caption["lines"]) <= 20
    assert {len(caption["lines"]) for caption in found} == {1}
    last = found[-1]
    assert last["end"] - last["start"] >= len(last["lines"][0]) / 5 - 1e-6


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"caption_format": "ass"}, "caption_format"),
        ({"audio": "raw"}, "audio"),
        ({"max_line_characters": 7}, "max_line_characters"),
        ({"max_lines": 0}, "max_lines"),
        ({"max_characters_per_second": 0}, "max_characters_per_second"),
        ({"timestamps": "sentence"}, "timestamps"),
        ({"stream_format": "sse"}, "stream_format"),
    ],
)
async def test_bad_captions(server: Server, changes: dict[str, Any], param: str) -> None:
    reply = await asked(server, **changes)
    assert (reply.status_code, error_of(reply)["param"]) == (400, param)


async def test_captions_of_ssml_show_no_tags(server: Server) -> None:
    text = (
        '<speak><p>It <emphasis>costs</emphasis> <sub alias="five">5</sub> &amp; caf&#233;s.</p>'
        "<p>Two<break/> dogs</p></speak>"
    )
    reply = await asked(server, input=text, caption_format="json")
    shown = [" ".join(caption["lines"]) for caption in reply.json()["captions"]]
    assert " ".join(shown) == "It costs 5 & cafés. Two dogs"
