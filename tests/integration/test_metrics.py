"""What the metrics tell is what a client counted, of traffic that is known."""

import asyncio
import io
from collections import Counter
from collections.abc import Iterator
from time import perf_counter

import httpx
import pytest
import soundfile
from servers import Server, nonce, running, wait_for

pytestmark = pytest.mark.integration
LATE = 0.4
"""Seconds a phrase of the voice `late` takes."""
STUCK = 5.0
SLOW_ON_THE_WAY = 3
"""Replies, of 40, that a busy machine may hand to the client more than 20 ms late."""
VOICES = {
    "default": "fake",
    "voices": [
        {"id": "fake", "engine": "fake"},
        {"id": "late", "engine": "fake", "seconds": LATE},
        {"id": "stuck", "engine": "fake", "seconds": STUCK},
    ],
}
GRAPH = {
    "batch": {"classes": [{"name": "all", "max_characters": 300, "max_batch_size": 1}]},
    "admission": {"default_deadline": 600, "max_deadline": 600, "max_wait": 3600},
}


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    with running(GRAPH, VOICES) as started:
        yield started


class Client:
    """One caller's books."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url
        self._client = client
        self.states: Counter[str] = Counter()
        self.first: list[float] = []
        """Seconds to the first byte."""
        self.seconds: Counter[str] = Counter()
        """Of audio, by voice, that was made for this caller."""
        self.kept = 0
        """Bytes of replies that a gateway may keep."""

    def say(self, text: str, voice: str) -> None:
        body = {"model": "tts-1", "voice": voice, "input": text, "response_format": "wav"}
        began = perf_counter()
        with self._client.stream("POST", self._url, json=body) as reply:
            assert reply.status_code == 200
            pieces = reply.iter_bytes()
            data = next(pieces)
            self.first.append(perf_counter() - began)
            data += b"".join(pieces)
        state = reply.headers["x-cache"]
        self.states[state] += 1
        if state == "miss":
            samples, rate = soundfile.read(io.BytesIO(data))
            self.seconds[voice] += len(samples) / rate
            self.kept += len(data)


def test_requests_audio_caches_and_times_are_what_a_client_counts(own_server: Server) -> None:
    with httpx.Client(timeout=60) as connection:
        client = Client(own_server.speech, connection)
        for number in range(20):
            text = f"{nonce()} {nonce()}"
            client.say(text, "late" if number % 2 else "fake")
            for _ in range(number % 3):
                client.say(text, "late" if number % 2 else "fake")
    count = sum(client.states.values())
    assert own_server.counted("chorale_requests_total", count, outcome="ok") == count
    for state, expected in client.states.items():
        assert own_server.metric("chorale_requests_total", cache=state) == expected
    assert own_server.metric("chorale_synthesized_phrases_total", outcome="ok") == 20
    assert own_server.metric("chorale_batch_size_count") == 20
    hot = client.states["hot"]
    assert own_server.metric("chorale_cache_lookups_total", tier="hot", outcome="hit") == hot
    for voice, seconds in client.seconds.items():
        told = own_server.metric("chorale_audio_seconds_total", voice=voice)
        assert told == pytest.approx(seconds, rel=0.05)
    for tier in ("hot", "ram"):
        own_server.shows("chorale_cache_bytes", pytest.approx(client.kept, rel=0.05), tier=tier)
    speed = client.seconds["late"] / (10 * LATE)
    own_server.shows("chorale_engine_speed", pytest.approx(speed, rel=0.2), voice="late")
    # A histogram knows how many were no slower than each of its bounds. The client sees no reply
    # sooner than the server does, and few of them much later.
    bounds = {
        float(sample.labels["le"]): 0.0
        for sample in own_server.exported("chorale_ttfa_seconds")
        if sample.name.endswith("_bucket") and sample.labels["le"] != "+Inf"
    }
    for bound in bounds:
        told = own_server.metric("chorale_ttfa_seconds_bucket", le=f"{bound:g}") or (
            own_server.metric("chorale_ttfa_seconds_bucket", le=str(bound))
        )
        fewest = sum(first < bound for first in client.first)
        most = sum(first < 1.05 * bound + 0.02 for first in client.first)
        assert fewest <= told <= most + SLOW_ON_THE_WAY, bound


async def test_the_queue_is_as_long_as_what_waits(own_server: Server) -> None:
    waiting = 24

    def state() -> tuple[float, float]:
        told = own_server.metric
        return told("chorale_queue_depth"), told("chorale_inflight_requests")

    async with httpx.AsyncClient(timeout=600) as client:
        bodies = [{"model": "tts-1", "voice": "stuck", "input": nonce()} for _ in range(waiting)]
        asked = [asyncio.create_task(client.post(own_server.speech, json=body)) for body in bodies]
        # Some are spoken, and one more was released behind them, before the report.
        deadline = perf_counter() + 30
        depth = in_flight = 0.0
        while min(depth, in_flight) < waiting - 6 and perf_counter() < deadline:
            await asyncio.sleep(0.3)
            depth, in_flight = await asyncio.to_thread(state)
        done = sum(task.done() for task in asked)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    assert waiting - done - 3 <= depth < waiting
    assert waiting - done - 2 <= in_flight <= waiting
    wait_for(lambda: state() == (0, 0), timeout=60, what="an empty queue")
