"""Several voices in one reply: dialogues, marks of voices, and the times of both."""

import json
from typing import Any

import httpx
import pytest
from inline_server import Server

HALF = 24_000  # bytes of half a second of PCM: what the fake engine makes of a phrase
TURNS: list[dict[str, Any]] = [
    {"voice": "tone", "input": "Who is there?"},
    {"voice": "other", "input": "<speak>Ich. <break time='1s'/> Du?</speak>", "speed": 2.0},
    {"voice": "alloy", "input": "Well."},
]


async def talk(server: Server, **changes: Any) -> httpx.Response:
    body = {"model": "chorale", "response_format": "pcm", "turns": TURNS, **changes}
    return await server.client.post("/v1/audio/dialogue", json=body)


def marks_of(reply: httpx.Response) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    events = [json.loads(line[6:]) for line in reply.text.split("\n\n") if line]
    assert events[-1]["type"] == "speech.audio.done"
    return [
        mark for event in events if event["type"] == "speech.audio.timestamps"
        for mark in event["marks"]
    ]  # fmt: skip


async def test_turns_are_one_reply_with_gaps_between_them(server: Server) -> None:
    for gap in (0.0, 0.4, 1.5):
        reply = await talk(server, gap=gap)
        assert reply.status_code == 200, reply.text
        assert reply.headers["x-voice"] == "tone/low, other, tone/high"
        # Four phrases, the pause of the break, and two gaps, whatever the speeds.
        assert len(reply.content) == 4 * HALF + 48_000 + round(2 * gap * 48_000)
    ending = {"voice": "tone", "input": "<speak>Hm.<break time='0.5s'/></speak>", "speed": 2.0}
    reply = await talk(server, gap=0.4, turns=[ending, TURNS[2]])
    assert len(reply.content) == 2 * HALF + round(0.9 * 48_000)


async def test_the_pause_behind_a_text_that_says_nothing_stays(server: Server) -> None:
    text = "<speak>Hi <voice name='alloy'>你好<break time='1s'/></voice> you</speak>"
    reply = await server.speak(input=text, voice="tone")
    assert reply.headers["warning"] == '299 - "letters that en-us cannot read were left out"'
    assert len(reply.content) == 2 * HALF + 48_000


async def test_times_name_the_turn(server: Server) -> None:
    marks = marks_of(await talk(server, timestamps="word", stream_format="sse", gap=0.5))
    inputs = [turn["input"] for turn in TURNS]
    said = [
        (mark["turn"], mark["text"], inputs[mark["turn"]][mark["start_index"] : mark["end_index"]])
        for mark in marks
    ]
    assert said == [
        (0, "Who", "Who"), (0, "is", "is"), (0, "there", "there"), (1, "Ich", "Ich"),
        (1, "Du", "Du"), (2, "Well", "Well"),
    ]  # fmt: skip
    begins = [next(mark["start"] for mark in marks if mark["turn"] == turn) for turn in range(3)]
    assert begins == pytest.approx([0.0, 1.0, 3.5], abs=0.1)


async def test_marks_of_ssml_come_back_in_order(server: Server) -> None:
    text = (
        '<speak><mark name="a"/>One <mark name="b"/>two. <mark name="c"/><mark name="d"/>Three'
        '<mark name="end"/></speak>'
    )
    turns = [{"voice": "tone", "input": "Zero."}, {"voice": "tone", "input": text}]
    for kind in ("word", "sentence"):
        for inputs in (None, turns):
            if inputs:
                reply = await talk(server, turns=inputs, timestamps=kind, stream_format="sse")
            else:
                reply = await server.speak(
                    input=text, voice="tone", timestamps=kind, stream_format="sse"
                )
            marks = [mark for mark in marks_of(reply) if mark.get("turn") != 0]
            named = [mark["name"] for mark in marks if "name" in mark]
            assert named == ["a", "b", "c", "d", "end"]
            places = [mark["start_index"] for mark in marks]
            assert places == sorted(places)
            times = {mark["name"]: mark["start"] for mark in marks if "name" in mark}
            words = [mark for mark in marks if "name" not in mark]
            assert times["a"] == words[0]["start"]
            assert times["a"] < times["b"] < times["c"] == times["d"] == words[-1]["start"]
            assert times["end"] == words[-1]["end"]
            if kind == "word":
                assert times["b"] == words[1]["start"]


async def test_a_voice_mark_changes_the_voice(server: Server) -> None:
    text = "Hello. [voice:other] Guten Tag. [voice: tone/high ]Bye."
    reply = await server.speak(
        input=text, voice="tone", voice_marks=True, timestamps="word", stream_format="sse"
    )
    assert reply.headers["x-voice"] == "tone/low, other, tone/high"
    marks = marks_of(reply)
    assert [mark["text"] for mark in marks] == ["Hello", "Guten", "Tag", "Bye"]
    assert all(text[mark["start_index"] : mark["end_index"]] == mark["text"] for mark in marks)
    first = await server.speak(input="[voice:other]Tag.", voice="tone", voice_marks=True)
    assert first.headers["x-voice"] == "other"
    off = await server.speak(input=text, voice="tone")
    assert off.headers["x-voice"] == "tone/low"
    wrong = await server.speak(input="Hi [voice:nobody] you", voice="tone", voice_marks=True)
    error = wrong.json()["error"]
    assert (wrong.status_code, error["param"]) == (400, "input")
    assert error["message"].startswith("input, character 4: unknown voice 'nobody'")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"turns": []}, "turns"),
        ({"turns": [TURNS[0]] * 101}, "turns"),
        ({"turns": [{"voice": "tone", "input": "a" * 2_500}] * 2}, "turns"),
        ({"turns": [TURNS[0], {"voice": "tone"}]}, "turns.1.input"),
        ({"turns": [TURNS[0], {"voice": "nobody", "input": "a"}]}, "turns.1.voice"),
        ({"turns": [{"voice": "tone", "input": "<speak>a"}]}, "turns.0.input"),
        ({"turns": [{"voice": "tone", "input": "a", "pitch": 1}]}, "turns.0.pitch"),
        ({"turns": [{"voice": "tone", "input": ""}]}, "turns.0.input"),
        ({"turns": [{"voice": "tone", "input": "a [pause:10s] b [pause:9s]c"}] * 20}, "input"),
        ({"turns": [{"voice": "tone", "input": "a" * 40}] * 100, "gap": 9.0}, "input"),
        ({"gap": 11}, "gap"),
        ({"gap": "no"}, "gap"),
        ({"timestamps": "word"}, "timestamps"),
        ({"model": "x"}, "model"),
        ({"sample_rate": 7}, "sample_rate"),
    ],
)
async def test_a_bad_dialogue_names_what_is_bad(
    server: Server, changes: dict[str, Any], param: str
) -> None:
    reply = await talk(server, **changes)
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["param"] == param


async def test_unknown_fields_are_named(server: Server) -> None:
    reply = await talk(server, turns=TURNS[:1], mood="glad")
    assert reply.headers["warning"] == '299 - "ignored fields: mood"'


async def test_a_streamed_document_is_the_whole_one(server: Server) -> None:
    """Long enough that its first phrase is spoken before the rest is read."""
    sentence = "This is one of <mark name='m'/>several <emphasis>sentences</emphasis>. "
    for text in (
        f"<speak>{sentence * 8}</speak>",
        f"<speak>One. Two. {'Three and four. ' * 20}<break time='2s'/></speak>",
        f"<speak>{'<s>One</s>' * 40}</speak>",
    ):
        assert len(text) > 300
        streamed = await server.speak(input=text)
        whole = await server.speak(input=text, stream=False)
        assert streamed.status_code == whole.status_code == 200
        assert streamed.content == whole.content


async def test_what_is_heard_alike_is_one_reply(server: Server) -> None:
    await server.speak(input="<speak>It is <sub alias='good'>gud</sub>.</speak>")
    await server.settled()
    again = await server.speak(input="It is good.")
    assert again.headers["x-cache"] == "hit"
