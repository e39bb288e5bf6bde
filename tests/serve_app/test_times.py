"""Times over HTTP: events, JSON, every way a reply may come, and who cannot tell them."""

import asyncio
import base64
from typing import Any

import httpx
import pytest
from inline_server import GOOD, LONG, Server
from test_api import error_of, events_of

from serve_app.schemas import TimesReply

TEXT = "It costs $3.50, and that is all. " * 9
ROUTE = "/v1/audio/speech/with-timestamps"


async def times(server: Server, **changes: Any) -> httpx.Response:
    return await server.client.post(ROUTE, json={**GOOD, **changes})


def marks_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [event for event in events if event["type"] == "speech.audio.timestamps"]
    return [mark for event in found for mark in event["marks"]]


@pytest.mark.parametrize("kind", ["word", "sentence"])
async def test_every_way_a_reply_comes_it_has_the_same_times(server: Server, kind: str) -> None:
    asked = {"input": TEXT, "timestamps": kind}
    plain = await server.speak(input=TEXT)
    two = await asyncio.gather(*(server.speak(**asked, stream_format="sse") for _ in range(2)))
    await server.settled()
    hot = await server.speak(**asked, stream_format="sse")
    server.gateway._hot.purge(None)
    hit = await server.speak(**asked, stream_format="sse")
    replies = [*two, hot, hit]
    found = {reply.headers["x-cache"] for reply in replies}
    assert found == {"miss", "coalesced", "hot", "hit"}
    whole = (await times(server, **asked)).json()
    for reply in replies:
        events = events_of(reply)
        audio = b"".join(base64.b64decode(event.get("audio", "")) for event in events)
        assert audio == plain.content
        assert marks_of(events) == whole["marks"]
    assert base64.b64decode(whole["audio"], validate=True) == plain.content
    assert whole["content_type"] == plain.headers["content-type"]
    assert whole["audio_seconds"] == pytest.approx(len(plain.content) / 48_000)


async def test_marks_say_what_is_written_and_said_when(server: Server) -> None:
    reply = await times(server, input="It costs $3.50. Yes.")
    TimesReply.model_validate_json(reply.content)
    marks = reply.json()["marks"]
    assert [(mark["text"], mark["spoken"]) for mark in marks] == [
        ("It", "It"), ("costs", "costs"), ("$3.50", "three dollars fifty cents"), ("Yes", "Yes"),
    ]  # fmt: skip
    assert (marks[2]["start_index"], marks[2]["end_index"]) == (9, 14)
    assert 0 < marks[2]["start"] < marks[2]["end"] < 0.5 < marks[3]["start"]
    assert set(marks[0]) == {"text", "start_index", "end_index", "spoken", "start", "end"}


async def test_an_event_follows_the_audio_that_brought_it(server: Server) -> None:
    events = events_of(await server.speak(input=LONG, timestamps="word", stream_format="sse"))
    kinds = [event["type"].rpartition(".")[2] for event in events]
    assert kinds[:2] == ["delta", "timestamps"]
    assert kinds.count("timestamps") == LONG.count(".")
    assert kinds[-1] == "done"
    seconds = 0.0
    for event in events:
        seconds += len(base64.b64decode(event.get("audio", ""))) / 48_000
        # Nothing is told after it was heard; the first event comes with a piece of its phrase.
        assert all(mark["end"] > seconds - 0.8 for mark in event.get("marks", []))


async def test_sentences_end_where_they_were_written(server: Server) -> None:
    reply = await times(server, input="“One,” he said. Two!  Three", timestamps="sentence")
    texts = [mark["text"] for mark in reply.json()["marks"]]
    assert texts == ["“One,” he said.", "Two!", "Three"]


async def test_who_does_not_ask_gets_none(server: Server) -> None:
    events = events_of(await server.speak(input=TEXT, stream_format="sse"))
    assert {event["type"] for event in events} == {"speech.audio.delta", "speech.audio.done"}


@pytest.mark.parametrize(
    ("changes", "knows_none", "words"),
    [
        ({"timestamps": "word"}, False, "sse"),
        ({"timestamps": "word", "stream_format": "sse"}, True, "when its words"),
        ({"timestamps": "phoneme", "stream_format": "sse"}, False, "phonemes"),
        ({"timestamps": "letter", "stream_format": "sse"}, False, "sentence"),
    ],
)
@pytest.mark.parametrize("text", ["Hello.", LONG])
async def test_times_that_cannot_be_told_are_an_error(
    server: Server, changes: dict[str, Any], words: str, text: str, *, knows_none: bool
) -> None:
    server.synthesizer.knows_no_times = knows_none
    reply = await server.speak(input=text, **changes)
    assert reply.status_code == 400
    error = error_of(reply)
    assert error["param"] == "timestamps"
    assert words in error["message"]
    # Without times the same text is spoken.
    assert (await server.speak(input=text)).status_code == 200


async def test_json_is_written_while_the_audio_comes(server: Server) -> None:
    whole = (await times(server, input=LONG)).json()
    spoken = await server.speak(input=LONG)
    assert base64.b64decode(whole["audio"], validate=True) == spoken.content


async def test_json_that_breaks_is_no_json(server: Server) -> None:
    server.synthesizer.fail_at = 1
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        (await times(server, input=LONG)).json()


async def test_the_json_route_has_no_events(server: Server) -> None:
    reply = await times(server, stream_format="sse")
    assert (reply.status_code, error_of(reply)["param"]) == (400, "stream_format")


async def test_ignored_fields_are_named_there_too(server: Server) -> None:
    assert "pitch" in (await times(server, pitch=1)).headers["warning"]
