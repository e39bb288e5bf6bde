"""The rest of the HTTP surface: listings, documents, health, metrics and the command line."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import av
import httpx
import openai
import pytest
from conftest import FAKES
from servers import Server, wait_for

from speech import telemetry

pytestmark = pytest.mark.integration

CHORALE = Path(sys.executable).parent / "chorale"


def test_listings(server: Server) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused") as client:
        names = {model.id for model in client.models.list()}
        assert client.models.retrieve("tts-1").object == "model"
    assert {"tts-1", "gpt-4o-mini-tts", "chorale"} <= names
    listing = httpx.get(f"{server.url}/v1/audio/voices").json()
    assert listing["object"] == "list"
    by_id = {voice["id"]: voice for voice in listing["data"]}
    assert set(by_id) == {"heart", "espeak", "tiny", "crowd", *FAKES}
    assert listing["default"] == "alloy"
    assert len(by_id["heart"]["speakers"]) == 13
    assert by_id["heart"]["languages"] == ["en-us", "en"]
    assert by_id["heart"]["bytes"] > 5_000_000
    assert by_id["heart"]["license"]
    assert by_id["heart"]["engine"]["loaded"]
    told = {name: voice["engine"]["times"] for name, voice in by_id.items()}
    assert {name for name, known in told.items() if known} == {"heart", "tiny", "crowd"}
    body = {"model": "tts-1", "voice": "tiny/s1", "input": "A measured word."}
    assert httpx.post(server.speech, json=body, timeout=60).headers["x-voice"] == "tiny/s1"
    assert all(voice["engine"]["speed"] > 0 for voice in by_id.values())
    assert {"de", "fr", "en-us"} <= set(by_id["espeak"]["languages"])
    assert by_id["tiny"]["speakers"] == ["tiny/s0", "tiny/s1"]
    assert by_id["tiny"]["engine"]["max_batch_size"] != 1
    assert by_id["tiny"]["engine"]["provider"] == "cpu"
    assert by_id["tiny"]["engine"]["batching"]
    pickable = {voice["id"] for voice in listing["voices"]}
    assert {"alloy", "verse", "espeak", "espeak/f1", "heart/onyx"} <= pickable


def test_every_alias_speaks(server: Server) -> None:
    """In English with as many speakers of heart as names, in German with as many of espeak-ng's."""
    aliases = httpx.get(f"{server.url}/v1/audio/voices").json()["aliases"]
    assert len(aliases) == 13
    with httpx.Client(timeout=30) as client:
        for language, part, voices in [("en", None, 13), ("de", "other_languages", 13)]:
            heard = set()
            for alias in aliases:
                body = {
                    "model": "tts-1",
                    "voice": alias["id"],
                    "input": "Hi.",
                    "language": language,
                }
                reply = client.post(server.speech, json=body)
                assert reply.is_success, reply.text
                spoken = alias[part] if part else alias
                assert reply.headers["x-voice"] == f"{spoken['voice']}/{spoken['speaker']}"
                heard.add(reply.content)
            assert len(heard) == voices


def test_normalize(server: Server) -> None:
    reply = httpx.post(
        f"{server.url}/v1/text/normalize", json={"input": "Dr. Smith paid $3.50 at 3:45 pm."}
    ).json()
    assert "three dollars" in reply["normalized"]
    assert "fifty cents" in reply["normalized"]
    assert "$" not in reply["normalized"]
    assert reply["phrases"][0]["text"]
    assert [span["original"] for span in reply["spans"]] == ["Dr.", "$3.50", "3:45 pm"]
    assert "ˈ" in reply["phrases"][0]["phonemes"]
    german = httpx.post(
        f"{server.url}/v1/text/normalize", json={"input": "Guten Tag.", "language": "de"}
    ).json()
    assert "ɡˈuːtən" in german["phrases"][0]["phonemes"]


def test_health_and_documents(server: Server) -> None:
    assert httpx.get(f"{server.url}/livez").json() == {"status": "ok"}
    ready = httpx.get(f"{server.url}/readyz").json()
    assert ready["ready"] is True
    assert set(ready["stages"]) == {"Gateway", "Normalizer", "AudioCache", "Encoder", "Synthesizer"}
    document = httpx.get(f"{server.url}/openapi.json").json()
    assert "/v1/audio/speech" in document["paths"]
    assert httpx.get(f"{server.url}/docs").is_success


def exported(server: Server, name: str, labels: dict[str, str]) -> bool:
    return server.metric(name, **labels) > 0


def test_every_metric_reaches_the_prometheus_export(server: Server) -> None:
    body = {"model": "tts-1", "voice": "tiny", "input": "Once for the metrics.", "speed": 1.3}
    with httpx.Client(timeout=30) as client:
        for _ in range(2):
            client.post(server.speech, json=body).raise_for_status()
        client.post(server.speech, json=body | {"input": " Once for the metrics."})
    # Counters travel with each export, gauges are set with every health check: both take
    # seconds, and longer on a busy machine.
    for name, labels in [
        ("chorale_requests_total", {"outcome": "ok", "cache": "miss"}),
        ("chorale_requests_total", {"outcome": "ok", "cache": "hot"}),
        ("chorale_requests_total", {"outcome": "ok", "cache": "hit"}),
        ("chorale_request_seconds_count", {"cache": "miss"}),
        ("chorale_ttfa_seconds_count", {"cache": "hot"}),
        ("chorale_stage_seconds_count", {"stage": "normalize"}),
        ("chorale_stage_seconds_count", {"stage": "synthesize"}),
        ("chorale_stage_seconds_count", {"stage": "encode"}),
        ("chorale_gate_wait_seconds_count", {"position": "first"}),
        ("chorale_batch_size_count", {"voice": "tiny"}),
        ("chorale_synthesized_phrases_total", {"outcome": "ok"}),
        ("chorale_audio_seconds_total", {"voice": "tiny"}),
        ("chorale_resident_voices", {}),
        ("chorale_cache_bytes", {"tier": "ram"}),
        ("chorale_cache_bytes", {"tier": "hot"}),
        ("chorale_cache_lookups_total", {"tier": "ram", "outcome": "hit"}),
        ("chorale_cache_lookups_total", {"tier": "hot", "outcome": "hit"}),
        ("chorale_fills_total", {"outcome": "ok"}),
    ]:
        what = f"{name} {labels} above zero"
        wait_for(partial(exported, server, name, labels), timeout=30, what=what)
    declared = {metric.name for metric in telemetry.ALL}
    assert {"chorale_queue_depth", "chorale_inflight_characters"} <= declared


def test_say(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "hello.wav"
    command = [CHORALE, "say", "Hello from the command line.", "-o", out, "--url", server.url]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "cache miss" in said.stdout
    assert "by heart/alloy" in said.stdout
    with av.open(str(out)) as container:
        stream = container.streams.audio[0]
        seconds = sum(f.samples for f in container.decode(stream)) / stream.codec_context.rate
    assert f"{seconds:.2f} s of audio" in said.stdout
    listed = subprocess.run(
        [CHORALE, "voices", "list", "en", "--url", server.url],
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (row,) = [line for line in listed.stdout.splitlines() if "heart" in line]
    assert "times real time" in row
    failed = subprocess.run(
        [*command, "--voice", "nobody"], capture_output=True, text=True, timeout=60, check=False
    )
    assert failed.returncode == 1
    assert "unknown voice" in failed.stderr


def test_a_busy_port_is_named(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    failed = subprocess.run(
        [CHORALE, "serve", "--port", port],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"HOME": str(server.folder)},
    )
    assert failed.returncode == 1
    assert f"127.0.0.1:{port}" in failed.stderr
    assert "choose another --port" in failed.stderr


@pytest.mark.ends_the_server
def test_sigterm_finishes_what_is_under_way(server: Server) -> None:
    """That it ends with 0 and leaves no process is seen where the server is taken down."""
    text = "\n".join(f"Line {i} is said slowly while the server stops." for i in range(12))
    body = {"model": "tts-1", "voice": "fake", "input": text, "response_format": "wav"}
    whole = httpx.post(server.speech, json=body, timeout=60)
    body["input"] = text.replace("Line", "Part")
    with (
        httpx.Client(timeout=60) as client,
        client.stream("POST", server.speech, json=body) as reply,
    ):
        assert reply.status_code == 200
        pieces = reply.iter_raw()
        size = len(next(pieces))
        server.process.send_signal(signal.SIGTERM)
        size += sum(map(len, pieces))
    assert size == len(whole.content)
    assert server.process.wait(90) == 0
