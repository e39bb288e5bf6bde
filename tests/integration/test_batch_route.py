"""A batch on a live server: lines as they are ready, and an end with its client."""

import base64
import io
import json
import time
from typing import Any

import httpx
import pytest
import soundfile
from servers import Server, nonce, wait_for

pytestmark = pytest.mark.integration


def item(text: str, **changes: Any) -> dict[str, Any]:
    return {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "wav", **changes}


def test_lines_come_as_they_are_ready(server: Server) -> None:
    long = "".join(f"This is one of many sentences, and it is {nonce()}. " for _ in range(20))
    items = [
        item(long),
        *(item(f"Number {number} of {nonce()}.", timestamps="word") for number in range(8)),
        item("🎉"),
        item("Hello.", voice="nobody"),
    ]
    came: dict[int, float] = {}
    lines: dict[int, dict[str, Any]] = {}
    url = f"{server.speech}/batch"
    with httpx.stream("POST", url, json={"items": items}, timeout=60) as reply:
        assert reply.headers["content-type"] == "application/x-ndjson"
        for line in reply.iter_lines():
            told = json.loads(line)
            lines[told["index"]] = told
            came[told["index"]] = time.perf_counter()
    assert sorted(lines) == list(range(11))
    assert min(came.values()) < came[0]
    assert lines[10]["error"]["param"] == "voice"
    for number, told in lines.items():
        if number < 10:
            samples, rate = soundfile.read(io.BytesIO(base64.b64decode(told["audio"])))
            assert len(samples) / rate == pytest.approx(told["audio_seconds"], abs=0.001)
    assert all(lines[number]["marks"][0]["text"] == "Number" for number in range(1, 9))


def test_a_batch_ends_with_its_client(server: Server) -> None:
    said = "".join(f"This is said slowly, {nonce()}. " for _ in range(40))
    items = [item(f"{number}. {said}"[:900], voice="fake") for number in range(64)]
    aborted = server.metric("chorale_requests_total", outcome="aborted")
    with httpx.stream("POST", f"{server.speech}/batch", json={"items": items}, timeout=60) as reply:
        assert next(reply.iter_lines())
        wait_for(lambda: server.metric("chorale_batches"), timeout=10, what="the batch's gauge")

    def is_idle() -> bool:
        gauges = ("batches", "inflight_requests", "inflight_characters", "fills_running")
        return not any(server.metric(f"chorale_{name}") for name in gauges)

    wait_for(is_idle, timeout=15, what="the end of what the batch caused")
    made = server.metric("chorale_requests_total", outcome="aborted") - aborted
    assert 1 <= made <= 8
