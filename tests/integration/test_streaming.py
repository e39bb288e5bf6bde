"""Long texts: the first byte comes early, memory stays bounded, and a broken stream is noticed."""

import base64
import io
import json
import math
import socket
import time
import wave
from collections.abc import Callable

import httpx
import pytest
from servers import Server, nonce, wait_for

pytestmark = pytest.mark.integration


def long_text(characters: int) -> str:
    """Sentences of ordinary length, all different, ending at a full stop."""
    sentences = []
    number = 0
    while sum(map(len, sentences)) + len(sentences) < characters - 100:
        number += 1
        name = nonce()
        sentences.append(f"Item {name} is number {number} of a long list of things.")
    return " ".join(sentences)


def body(text: str, **more: object) -> dict[str, object]:
    return {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "wav", **more}


@pytest.mark.parametrize("voice", ["alloy", "tiny"])
def test_4000_characters_start_long_before_they_end(
    server: Server, voice: str, record_property: Callable[[str, object], None]
) -> None:
    started = time.perf_counter()
    size = 0
    first = None
    with (
        httpx.Client(timeout=120) as client,
        client.stream("POST", server.speech, json=body(long_text(4000), voice=voice)) as reply,
    ):
        assert reply.status_code == 200
        for chunk in reply.iter_raw():
            first = first or time.perf_counter() - started
            size += len(chunk)
    took = time.perf_counter() - started
    assert first is not None
    assert size > 5_000_000
    record_property("first_byte_share", first / took)
    print(f"{voice}: first byte after {first / took:.1%} of {took:.2f} s")  # noqa: T201
    assert first < took / 2


def test_memory_stays_bounded_over_many_long_replies(server: Server) -> None:
    def resident() -> int:
        stages = ("Gateway", "AudioCache", "Encoder", "Synthesizer", "Normalizer")
        return sum(p.memory_info().rss for stage in stages for p in server.replicas(stage))

    with httpx.Client(timeout=120, headers={"cache-control": "no-store"}) as client:
        for _ in range(3):
            client.post(server.speech, json=body(long_text(4000))).raise_for_status()
        before = resident()
        for _ in range(12):
            client.post(server.speech, json=body(long_text(4000))).raise_for_status()
        after = resident()
    # Each reply is about 15 MB; twelve kept anywhere would be 180 MB.
    assert after - before < 90e6, f"{(after - before) / 1e6:.0f} MB more"


def test_a_reader_that_stops_reading_does_not_stop_others(server: Server) -> None:
    text = long_text(2000)
    with (
        httpx.Client(timeout=120) as slow,
        httpx.Client(timeout=120) as fast,
        slow.stream("POST", server.speech, json=body(text)) as stuck,
    ):
        assert stuck.status_code == 200, stuck.read()
        chunks = stuck.iter_raw(1000)  # kept: a dropped iterator closes the connection
        next(chunks)
        other = fast.post(server.speech, json=body(text))
        assert other.is_success
        assert other.headers["x-cache"] in {"coalesced", "hit"}
        assert len(other.content) == 1000 + sum(map(len, chunks))


def test_a_failure_after_the_first_byte_breaks_the_connection(any_server: Server) -> None:
    text = "\n".join(
        [f"Paragraph {i} is said slowly before all goes wrong." for i in range(8)]
        + [f"This is unspeakable {nonce()}."]
    )
    received: list[bytes] = []
    with (
        httpx.Client(timeout=60) as client,
        client.stream("POST", any_server.speech, json=body(text, voice="fake")) as reply,
    ):
        assert reply.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend(reply.iter_raw())
        assert sum(map(len, received)) > 0


def events(reply: httpx.Response) -> list[dict[str, object]]:
    return [json.loads(line[6:]) for line in reply.iter_lines() if line.startswith("data: ")]


def test_server_sent_events(any_server: Server) -> None:
    text = long_text(600)
    with httpx.Client(timeout=60) as client:
        with client.stream(
            "POST", any_server.speech, json=body(text, stream_format="sse", response_format="pcm")
        ) as reply:
            assert reply.headers["content-type"].startswith("text/event-stream")
            received = events(reply)
        plain = client.post(any_server.speech, json=body(text, response_format="pcm"))
    *deltas, done = received
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    audio = b"".join(base64.b64decode(str(event["audio"])) for event in deltas)
    assert audio == plain.content
    assert done["type"] == "speech.audio.done"
    assert done["usage"] == {
        "input_tokens": len(text),
        "output_tokens": math.ceil(len(audio) / 2 / 24_000 * 20),
        "total_tokens": len(text) + math.ceil(len(audio) / 2 / 24_000 * 20),
    }


def test_server_sent_events_say_that_they_failed(server: Server) -> None:
    text = "Said slowly first.\nThen something unspeakable."
    reply = httpx.post(
        server.speech, json=body(text, voice="fake", stream_format="sse"), timeout=60
    )
    received = events(reply)
    assert received[0]["type"] == "speech.audio.delta"
    assert received[-1]["type"] == "error"
    assert "speech.audio.done" not in {event["type"] for event in received}


def by_http_1_0(server: Server, asked: dict[str, object]) -> tuple[str, bytes]:
    """Headers and body as the socket gives them."""
    content = json.dumps(asked).encode()
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 80), timeout=60) as connection:
        connection.sendall(
            b"POST /v1/audio/speech HTTP/1.0\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(content) + content
        )
        reply = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    head, _, received = reply.partition(b"\r\n\r\n")
    return head.decode().lower(), received


def test_a_client_that_knows_no_chunks_gets_none(any_server: Server) -> None:
    asked = body(long_text(600))
    head, audio = by_http_1_0(any_server, asked)
    assert " 200 " in head.splitlines()[0]
    assert "transfer-encoding" not in head
    with wave.open(io.BytesIO(audio)) as read:
        assert len(audio) == 44 + 2 * read.getnframes()
    head, error = by_http_1_0(any_server, {**asked, "stream_format": "sse"})
    assert " 400 " in head.splitlines()[0]
    assert json.loads(error)["error"]["param"] == "stream_format"


@pytest.mark.parametrize(("characters", "cache"), [(160, "hot"), (1500, "hit")])
def test_a_stream_that_was_kept_has_its_sizes(
    any_server: Server, characters: int, cache: str
) -> None:
    for kind in ("wav", "flac"):
        asked = body(long_text(characters), response_format=kind)
        first = httpx.post(any_server.speech, json=asked, timeout=60)
        assert first.headers["x-cache"] == "miss"

        def kept() -> httpx.Response | None:
            reply = httpx.post(any_server.speech, json=asked, timeout=60)  # noqa: B023
            return reply if reply.headers["x-cache"] == cache else None

        again = wait_for(kept, timeout=30, what="the reply that was kept")
        assert len(first.content) == len(again.content) == int(again.headers["content-length"])
        if kind == "wav":
            assert first.content[4:8] == b"\xff\xff\xff\xff"
            assert int.from_bytes(again.content[4:8], "little") == len(again.content) - 8
        else:
            totals = [int.from_bytes(it.content[18:26], "big") % 2**36 for it in (first, again)]
            assert totals[0] == 0 < totals[1]
