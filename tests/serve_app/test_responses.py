"""Readers who do not read: what they hold is counted, and they are cut off."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from inline_server import GOOD, LONG, Server

from serve_app.callers import Caller
from speech import telemetry
from speech.errors import AtCapacityError


class Reader:
    """A client whose connection takes the first messages and no more, until it is told to.

    It stays until it is told to leave.
    """

    def __init__(self, server: Server, taken: int, path: str = "/v1/audio/speech", **changes: Any):
        self.body = b""
        self.took = asyncio.Event()
        self.reads = asyncio.Event()
        self.leaves = asyncio.Event()
        self._left = taken
        sent = json.dumps(changes if "items" in changes else {**GOOD, **changes}).encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "client": ("10.0.0.1", 1),
            "server": ("test", 80),
        }
        asked = [{"type": "http.request", "body": sent}]

        async def receive() -> dict[str, Any]:
            if not asked:
                await self.leaves.wait()
                return {"type": "http.disconnect"}
            return asked.pop()

        self.task = asyncio.create_task(server.app(scope, receive, self._send))

    async def _send(self, message: Any) -> None:
        if not self._left:
            self.took.set()
            await self.reads.wait()
        self._left = max(0, self._left - 1)
        self.body += message.get("body", b"")


def limit(server: Server, **changes: float) -> None:
    admission = server.gateway._admission
    admission.limits = admission.limits.model_copy(update=changes)


@pytest.mark.parametrize("stream_format", ["audio", "sse"])
@pytest.mark.parametrize("text", ["Hello.", LONG])
@pytest.mark.parametrize("heard", [False, True])
async def test_a_reader_that_takes_nothing_is_cut_off(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    stream_format: str,
    text: str,
    *,
    heard: bool,
) -> None:
    outcomes = []

    def count(metric: telemetry.Metric, amount: float = 1.0, **labels: str) -> None:
        del amount
        if metric is telemetry.REQUESTS:
            outcomes.append(labels["outcome"])

    if heard:
        await server.speak(input=text)
    monkeypatch.setattr("deployments.metrics.count", count)
    limit(server, read_timeout=0.05)
    reader = Reader(server, 1, input=text, stream_format=stream_format)
    with pytest.raises(asyncio.CancelledError):
        await reader.task
    assert outcomes == ["unread"]
    assert server.admitted == (0, 0)
    assert server.gateway._admission.reading.total == 0
    await server.settled()
    assert server.cache._fills.counters.held_bytes == 0


async def test_an_unread_reply_holds_bytes_and_no_work(server: Server) -> None:
    limit(server, stall_after=0.01, max_reading_bytes=10_000)
    reader = Reader(server, 1, input=LONG)
    await asyncio.wait_for(reader.took.wait(), 10)
    await asyncio.sleep(0.05)
    admission = server.gateway._admission
    assert server.admitted == (1, 0)
    assert admission.reading.total == 16_384
    with pytest.raises(AtCapacityError):
        admission.check_reading(Caller("another"))
    refused = await server.speak(input="Another.")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "at_capacity")
    limit(server, max_reading_bytes=2**20)
    whole = (await server.speak(input=LONG, headers={"cache-control": "no-store"})).content
    reader.reads.set()
    await reader.task
    assert reader.body == whole
    assert admission.reading.total == 0


async def test_a_hot_reply_is_not_handed_to_who_reads_nothing(server: Server) -> None:
    body = (await server.speak()).content
    limit(server, max_reading_bytes=30_000)
    readers = [Reader(server, 1) for _ in range(2)]
    for reader in readers:
        await asyncio.wait_for(reader.took.wait(), 10)
    assert server.gateway._admission.reading.total == 2 * len(body)
    assert (await server.speak()).status_code == 429
    for reader in readers:
        reader.reads.set()
        await reader.task
        assert reader.body == body
    assert (await server.speak()).headers["x-cache"] == "hot"


async def test_showing_texts_passes_admission(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = asyncio.Event()
    explain = server.gateway._normalizer.explain

    async def slow(*arguments: Any) -> Any:
        await release.wait()
        return await explain(*arguments)

    monkeypatch.setattr(server.gateway._normalizer, "explain", slow)
    readers = [Reader(server, 9, "/v1/text/normalize", input="a" * 4096) for _ in range(40)]
    await asyncio.sleep(0.05)
    refused = [json.loads(r.body)["error"]["code"] for r in readers if r.task.done()]
    assert refused == ["at_capacity"] * 37
    assert (await server.speak()).status_code == 200
    other = Reader(server, 9, "/v1/text/normalize", input="Hello.")
    release.set()
    await asyncio.gather(other.task, *(reader.task for reader in readers))
    assert sum(b'"normalized"' in reader.body for reader in [other, *readers]) == 4
    assert server.gateway._admission.shown_characters == 0


async def test_a_speaker_of_any_script_is_told_in_a_header(tmp_path: Path) -> None:
    catalogue = tmp_path / "voices.yaml"
    entry = "{id: tone, engine: fake, speakers: [Олена]}"
    catalogue.write_text(f"default: tone\nvoices: [{entry}]\n", "utf-8")
    made = Server(catalogue)
    reply = await made.speak(voice="tone/Олена")
    assert (reply.status_code, reply.headers["x-voice"]) == (200, "tone/?????")
    await made.client.aclose()
    await made.cache._epochs.close()
    assert made.admitted == (0, 0)
