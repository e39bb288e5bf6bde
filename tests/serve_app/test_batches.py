"""Batches: a line for each text, in turn, whatever becomes of the others."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from inline_server import GOOD, LONG, Server
from test_api import error_of
from test_responses import Reader, limit
from test_times import ROUTE as TIMES

from serve_app.batches import MAX_ITEMS, BatchReply
from speech.types import MAX_INPUT_CHARACTERS, PhraseJob, SynthesizedPhrase

BATCH = "/v1/audio/speech/batch"


def item(text: str, **changes: Any) -> dict[str, Any]:
    return {**GOOD, "input": text, **changes}


async def batch(server: Server, *items: Any, **headers: str) -> httpx.Response:
    return await server.client.post(BATCH, json={"items": items}, headers=headers)


def lines_of(reply: httpx.Response) -> dict[int, dict[str, Any]]:
    """The lines by their items."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in reply.text.splitlines()]
    for line in lines:
        BatchReply.model_validate(line)
    assert sorted(line["index"] for line in lines) == list(range(len(lines)))
    return {line["index"]: line for line in lines}


def audio_of(line: dict[str, Any]) -> bytes:
    return base64.b64decode(line["audio"], validate=True)


class Slow:
    """Holds every phrase until it is told to go on, and counts those it holds."""

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held = self.most = 0
        self.go = asyncio.Event()
        speak = server.synthesizer.synthesize

        async def synthesize(job: PhraseJob) -> SynthesizedPhrase:
            self.held += 1
            self.most = max(self.most, self.held)
            try:
                await self.go.wait()
                return await speak(job)
            finally:
                self.held -= 1

        monkeypatch.setattr(server.synthesizer, "synthesize", synthesize)

    async def holds(self, count: int) -> None:
        async with asyncio.timeout(10):
            while self.held < count:  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0.001)


async def test_each_item_is_answered_as_alone(server: Server) -> None:
    ssml = "<speak>One <mark name='m'/>two <audio src='x'/></speak>"
    items = [
        *(item(LONG, response_format=kind) for kind in ("wav", "mp3", "pcm")),
        item("It costs $3.50.", timestamps="word"),
        item(ssml, timestamps="sentence"),
        item("🎉", mood="glad"),
        item("Hello.", voice="nobody"),
        item("Hello.", stream_format="sse"),
        item(""),
        item("\ud800"),
        {"voice": "alloy"},
        "Hello.",
    ]
    sent = json.dumps({"items": items}).encode()
    kind = {"content-type": "application/json"}
    lines = lines_of(await server.client.post(BATCH, content=sent, headers=kind))
    for index, asked in enumerate(items[:3]):
        # Sizes are exact, as of a reply out of the cache.
        alone = await server.speak(**asked)
        assert alone.headers["x-cache"] == "hot"
        assert audio_of(lines[index]) == alone.content, asked["response_format"]
        assert lines[index]["content_type"] == alone.headers["content-type"]
        assert set(lines[index]) == {"index", "content_type", "audio", "audio_seconds"}
    for index in (3, 4):
        alone = (await server.client.post(TIMES, json=items[index])).json()
        names = ("content_type", "audio", "audio_seconds", "marks")
        assert {name: lines[index][name] for name in names} == alone
    assert lines[4]["warnings"] == ["SSML audio is not played, its text is said"]
    assert audio_of(lines[5]) == bytes(4800)
    assert lines[5]["warnings"] == [
        "ignored fields: mood",
        "nothing was left to say, the reply is silence",
    ]
    for index, param in ((6, "voice"), (7, "stream_format"), (8, "input"), (9, "input")):
        assert set(lines[index]) == {"index", "error"}
        assert (lines[index]["error"]["param"], lines[index]["error"]["code"]) == (
            *(param, "invalid_value"),
        )
    assert lines[10]["error"]["message"] == "input is required"
    assert lines[11]["error"]["param"] is None


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"items": []}, "items"),
        ({"items": [item("Hello.")] * (MAX_ITEMS + 1)}, "items"),
        ({"items": {"input": "Hello."}}, "items"),
        ({}, "items"),
        ({"items": [item("Hello.")], "voice": "alloy"}, "voice"),
    ],
)
async def test_a_bad_batch_is_refused(server: Server, body: dict[str, Any], param: str) -> None:
    reply = await server.client.post(BATCH, json=body)
    assert (reply.status_code, error_of(reply)["param"]) == (400, param)
    assert not server.synthesizer.calls


async def test_so_many_items_are_under_way_at_a_time_and_the_ready_one_goes_first(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(server, monkeypatch)
    limit(server, batch_parallel=3)
    texts = [f"This is text {number}." for number in range(8)]
    await server.speak(input="🎉")
    asked = asyncio.create_task(batch(server, *map(item, [*texts, "🎉"])))
    await slow.holds(3)
    await asyncio.sleep(0.02)
    assert server.admitted[0] == 3
    slow.go.set()
    lines = lines_of(await asked)
    assert slow.most == 3
    assert all(len(audio_of(lines[number])) == 24_000 for number in range(8))


async def test_64_texts_of_the_longest_kind_fit_and_no_more(server: Server) -> None:
    """However they are escaped: a character may be twelve of JSON's."""
    server.synthesizer.seconds = 0.01
    text = "🎉" * (MAX_INPUT_CHARACTERS - 6) + "Hello."
    sent = json.dumps({"items": [item(text)] * MAX_ITEMS}).encode()
    assert len(sent) > 3 * 2**20
    kind = {"content-type": "application/json"}
    lines = lines_of(await server.client.post(BATCH, content=sent, headers=kind))
    assert len(lines) == MAX_ITEMS
    assert all(audio_of(line) for line in lines.values())
    limit(server, max_batch_bytes=len(sent) - 1)
    reply = await server.client.post(BATCH, content=sent, headers=kind)
    assert (reply.status_code, error_of(reply)["code"]) == (413, "too_large")
    assert server.gateway._admission.batches == 0


async def test_an_item_waits_for_its_turn(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others hold is theirs; what is refused for it is asked for again."""
    slow = Slow(server, monkeypatch)
    limit(server, max_inflight_requests=1)
    other = asyncio.create_task(server.speak(input="Another."))
    await slow.holds(1)
    asked = asyncio.create_task(batch(server, *map(item, ["One.", "Two.", "Three."])))
    await asyncio.sleep(0.02)
    assert server.admitted[0] == 1
    slow.go.set()
    assert all(audio_of(line) for line in lines_of(await asked).values())
    assert (await other).status_code == 200


async def test_an_item_does_not_wait_for_ever(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(server, monkeypatch)
    limit(server, max_inflight_requests=1, batch_patience=0.2)
    other = asyncio.create_task(server.speak(input="Another."))
    await slow.holds(1)
    lines = lines_of(await batch(server, item("One."), item("🎉", voice="nobody")))
    assert lines[0]["error"]["code"] == "at_capacity"
    assert lines[1]["error"]["param"] == "voice"
    slow.go.set()
    await other


async def test_batches_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(server, monkeypatch)
    limit(server, max_batches=1)
    first = asyncio.create_task(batch(server, item("One.")))
    await slow.holds(1)
    assert server.gateway._admission.batches == 1
    refused = await batch(server, item("Two."))
    assert (refused.status_code, error_of(refused)["code"]) == (429, "at_capacity")
    slow.go.set()
    lines_of(await first)
    assert server.gateway._admission.batches == 0


async def test_a_client_that_leaves_ends_what_is_left(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(server, monkeypatch)
    reader = Reader(server, 99, BATCH, items=[item("🎉"), *map(item, [LONG, "One.", "Two."])])
    await slow.holds(3)
    async with asyncio.timeout(10):
        # The first item has left a moment after its line was sent.
        while not reader.body or server.admitted[0] != 3:  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.001)
    reader.leaves.set()
    await reader.task
    assert [json.loads(line)["index"] for line in reader.body.splitlines()] == [0]
    await server.settled()
    assert (slow.held, server.admitted) == (0, (0, 0))


async def test_a_reader_that_takes_nothing_is_cut_off(server: Server) -> None:
    limit(server, read_timeout=0.05)
    reader = Reader(server, 1, BATCH, items=[item(f"Text {number}.") for number in range(9)])
    with pytest.raises(asyncio.CancelledError):
        await reader.task
    await server.settled()
    admission = server.gateway._admission
    assert (server.admitted, admission.batches, admission.reading.total) == ((0, 0), 0, 0)


async def test_a_failure_is_its_items_alone(server: Server) -> None:
    server.synthesizer.fail_at = 1
    lines = lines_of(await batch(server, item(LONG), item("Hello.")))
    assert lines[0] == {"index": 0, "error": lines[0]["error"]}
    assert lines[0]["error"]["code"] == "synthesis_failed"
    assert len(audio_of(lines[1])) == 24_000


@pytest.mark.parametrize("fail_at", [None, 5])
async def test_an_item_that_is_too_large_to_be_held_is_written_while_it_comes(
    server: Server, monkeypatch: pytest.MonkeyPatch, fail_at: int | None
) -> None:
    small = server.gateway._config.model_copy(update={"hot_entry_bytes": 30_000})
    monkeypatch.setattr(server.gateway, "_config", small)
    server.synthesizer.fail_at = fail_at
    lines = lines_of(await batch(server, item(LONG), item("Hello.")))
    assert len(audio_of(lines[1])) == 24_000
    if fail_at is None:
        assert audio_of(lines[0]) == (await server.speak(input=LONG)).content
    else:
        assert lines[0]["error"]["code"] == "synthesis_failed"
        assert "audio_seconds" not in lines[0]
    assert server.admitted == (0, 0)


async def test_who_knows_no_chunks_has_no_batches(server: Server) -> None:
    reply = await batch(server, item("Hello."), **{"x-chorale-http-version": "1.0"})
    assert (reply.status_code, error_of(reply)["param"]) == (400, "stream_format")
