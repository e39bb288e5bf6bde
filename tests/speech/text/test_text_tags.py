"""Tags in plain text are silent, a pause tag pauses, and hidden blocks go as a whole."""

import pytest

from speech.config import PauseConfig, TextConfig
from speech.text import FrontEnd, marks
from speech.text.edits import applied
from speech.text.tags import tag_edits
from speech.types import Normalization
from tests.conftest import passage

FRONT_END = FrontEnd(TextConfig())


def left(text: str, *, tags: bool = True, blocks: bool = True) -> str:
    edits = tag_edits(text, PauseConfig(), tags=tags, blocks=blocks)
    return " ".join(marks.plain(applied(text, edits)).split())


def said(text: str, **switches: bool) -> str:
    explained = FRONT_END.explain(
        passage(text, normalization=Normalization(**switches)), phonemized=False
    )
    return explained.utterance.normalized


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("<laugh> Hi <x-y z='1'>there</x-y>.", "Hi there."),
        ('Hi <prosody rate="slow">there</prosody>.', "Hi there."),
        ('Hello<emotion value="happy"/> you', "Hello you"),
        ('<say-as interpret-as="date">May 5</say-as>', "May 5"),
        ("<mstts:express-as style=x>Hi</mstts:express-as>", "Hi"),
        ("<input disabled>a<details open>b", "a b"),
        ("one<br>two<p>three</p>four", "one two three four"),
        ("<!-- <b> no --> <!DOCTYPE html><?xml version='1.0'?>yes", "yes"),
        ("<|im_start|>Hi<|im_end|>", "Hi"),
        ("a<T>b</T>", "ab"),
        # What is no tag.
        ("List<int> and Map<String>", "List<int> and Map<String>"),
        ("if a<b and c>d", "if a<b and c>d"),
        ("a <b and c> d", "a <b and c> d"),
        ("x < y > z, <3, <- ->", "x < y > z, <3, <- ->"),
        ("<https://a.de> <me@a.de>", "<https://a.de> <me@a.de>"),
        ("<a href='x", "<a href='x"),
    ],
)
def test_tags_are_silent(written: str, wanted: str) -> None:
    assert left(written) == wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("<think>secret\n\nplan</think>\n\nHello", "Hello"),
        ("<THINK>secret</Think>Hello", "Hello"),
        ("a <think>b <think>c</think> d</think> e", "a e"),
        ("a <details>b<think>c</details>d</think> e", "a e"),
        ("<details><summary>More</summary>long</details>after", "after"),
        ('Let me look. <tool_call>{"name": "f"}</tool_call> Done.', "Let me look. Done."),
        ("<style>p { x: y }</style><script>a < b</script>Hi", "Hi"),
        ("plan\nmore\n</think>\n\nAnswer", "Answer"),
        ("close it with </think> then", "close it with then"),
        ("<think>never closed", "never closed"),
        ("<think/>a", "a"),
    ],
)
def test_blocks_that_are_not_for_listeners_go_whole(written: str, wanted: str) -> None:
    assert left(written) == wanted


def test_the_switches_hold_by_themselves() -> None:
    text = "<think>a</think> <laugh>b"
    assert left(text, blocks=False) == "a b"
    assert left(text, tags=False) == "<laugh>b"
    assert said(text, hidden_blocks=False) == "a b"
    assert said(text, hidden_blocks=True) == "b"


def test_nothing_but_thoughts_is_nothing_to_say() -> None:
    for text in ("<think></think>", "<think>a long plan</think>\n", "<break time='1s'/>"):
        assert said(text) == ""


def test_a_break_pauses() -> None:
    text = (
        'One <break time="500ms"/> two<break time=1.5s> three <break/> four '
        '<break time="99s"/> five'
    )
    phrases = FRONT_END.prepare(passage(text), None).phrases
    assert [(phrase.text, phrase.pause_after) for phrase in phrases] == [
        ("One", 0.5), ("two", 1.5), ("three", 0.25), ("four", 10.0), ("five", 0.0),
    ]  # fmt: skip
    phrases = FRONT_END.prepare(passage("a <break time='9s'/>" * 9), None).phrases
    assert sum(phrase.pause_after for phrase in phrases) == 60.0


def test_words_keep_their_places() -> None:
    text = "<think>no</think> It <b>costs</b> [a](/ə/) <u>$5</u> [pause:1s] now"
    phrases = FRONT_END.prepare(passage(text), None, words=True).phrases
    found = [
        (phrase.text[slice(*word.spoken)], text[slice(*word.written)])
        for phrase in phrases
        for word in phrase.words
    ]
    assert found == [
        ("It", "It"), ("costs", "costs"), ("a", "[a](/ə/)"), ("five", "$5"), ("dollars", "$5"),
        ("now", "now"),
    ]  # fmt: skip
