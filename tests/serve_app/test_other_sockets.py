"""Deepgram's, Cartesia's and vllm-omni's routes: streamed text, flushes, interruptions, errors."""

import base64
import io
import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import soundfile
from inline_server import Server
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from socket_door import Door, hear, say
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from deployments import tracing

TEXT = "It costs $3.50 at Dr. Smith's. Is that all? 🎉 Really, it is."
SECONDS, PAUSE = 5.0, 0.35
WHOLE = 3 * SECONDS + 2 * PAUSE
DEEPGRAM = "/v1/speak?model=alloy&encoding=linear16&sample_rate=24000"
CARTESIA = "/tts/websocket?cartesia_version=2025-04-16"
OMNI = "/v1/audio/speech/stream"
RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}
PLAIN = {"model_id": "sonic-3", "voice": {"mode": "id", "id": "alloy"}, "output_format": RAW}


@pytest.fixture(autouse=True)
def _long_phrases(server: Server) -> None:
    server.synthesizer.seconds = SECONDS


async def until(socket: ClientConnection, kind: str) -> list[Any]:
    heard = [await hear(socket)]
    while isinstance(heard[-1], bytes) or heard[-1]["type"] != kind:
        heard.append(await hear(socket))
    return heard


def of_bytes(heard: list[Any]) -> bytes:
    return b"".join(it for it in heard if isinstance(it, bytes))


def of_chunks(heard: list[Any]) -> bytes:
    return b"".join(base64.b64decode(it["data"]) for it in heard if it["type"] == "chunk")


async def test_deepgram_speaks_turns_one_after_another(door: Door) -> None:
    async with door.open(DEEPGRAM) as socket:
        assert (await hear(socket))["type"] == "Metadata"
        for turn in range(2):
            for word in TEXT.split(" "):
                await say(socket, type="Speak", text=f"{word} ")
            await say(socket, type="Flush")
            heard = await until(socket, "Flushed")
            assert heard[-1]["sequence_id"] == turn
            assert len(of_bytes(heard)) / 48_000 == pytest.approx(WHOLE + turn * PAUSE, abs=0.01)
        await say(socket, type="Close")
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


async def test_deepgram_is_interrupted_and_goes_on(door: Door) -> None:
    async with door.open(DEEPGRAM) as socket:
        await say(socket, type="Speak", text=TEXT * 40)
        await say(socket, type="Flush")
        await hear(socket)
        assert isinstance(await hear(socket), bytes)
        await say(socket, type="Clear")
        heard = await until(socket, "Cleared")
        assert len(of_bytes(heard)) < 48_000 * WHOLE * 20
        await door.idle()
        await say(socket, type="Speak", text="Another turn.")
        await say(socket, type="Flush")
        again = await until(socket, "Flushed")
        assert len(of_bytes(again)) / 48_000 == SECONDS


@pytest.mark.parametrize("message", ["no json", '{"type": "Sing"}', '{"type": "Speak"}'])
async def test_deepgram_warns_of_a_wrong_message(door: Door, message: str) -> None:
    async with door.open(DEEPGRAM) as socket:
        await hear(socket)
        await socket.send(message)
        assert (await hear(socket))["type"] == "Warning"
        await say(socket, type="Flush")
        assert (await hear(socket))["type"] == "Flushed"


async def test_deepgram_refuses_what_it_cannot_speak(door: Door) -> None:
    for path in ("/v1/speak?model=aura-2-thalia-en", "/v1/speak?encoding=mp3", "/v1/speak?speed=x"):
        with pytest.raises(InvalidStatus) as refused:
            async with door.open(path):
                pass
        assert refused.value.response.status_code == 400


@pytest.mark.parametrize(
    ("query", "kind", "begin"),
    [
        ("", "audio/mpeg", b""),
        ("&encoding=linear16", "audio/wav", b"RIFF"),
        ("&encoding=mulaw&container=none", "audio/PCMU", b""),
        ("&encoding=opus", "audio/ogg", b"OggS"),
    ],
)
async def test_deepgram_by_http(server: Server, query: str, kind: str, begin: bytes) -> None:
    reply = await server.client.post(f"/v1/speak?model=alloy{query}", json={"text": "Hello."})
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith(kind)
    assert reply.content.startswith(begin)


async def test_errors_by_http_have_the_shape_of_their_dialect(server: Server) -> None:
    reply = await server.client.post("/v1/speak?model=nobody", json={"text": "Hello."})
    assert reply.status_code == 400
    assert reply.json()["err_code"] == "INVALID_VALUE"
    assert "model" in reply.json()["err_msg"]
    body = {**PLAIN, "transcript": "Hello.", "output_format": {**RAW, "encoding": "tape"}}
    reply = await server.client.post("/tts/bytes", json=body)
    assert reply.status_code == 400
    assert "output_format.encoding" in reply.json()["title"]


@pytest.mark.parametrize("size", [2, 1000])
async def test_cartesia_speaks_a_context_with_its_words(door: Door, size: int) -> None:
    async with door.open(CARTESIA) as socket:
        for start in range(0, len(TEXT), size):
            more = {"transcript": TEXT[start : start + size], "add_timestamps": True}
            await say(socket, **PLAIN, **more, context_id="c", **{"continue": True})
        await say(socket, **PLAIN, transcript=" ", context_id="c", **{"continue": False})
        heard = await until(socket, "done")
    assert {it["context_id"] for it in heard} == {"c"}
    assert len(of_chunks(heard)) / 48_000 == pytest.approx(WHOLE, abs=0.001)
    told = [it["word_timestamps"] for it in heard if it["type"] == "timestamps"]
    words = [word for it in told for word in it["words"]]
    assert words == [word for word in TEXT.split() if word != "🎉"]
    starts = [start for it in told for start in it["start"]]
    assert all(before < behind for before, behind in pairwise(starts))
    assert starts[words.index("Is")] == pytest.approx(SECONDS + PAUSE, abs=0.001)


async def test_cartesia_sends_floats(door: Door) -> None:
    floats = {**PLAIN, "output_format": {**RAW, "encoding": "pcm_f32le"}}
    async with door.open(CARTESIA) as socket:
        heard = []
        for number, form in enumerate((PLAIN, floats)):
            await say(socket, **form, transcript="Is that all?", context_id=str(number))
            heard.append(of_chunks(await until(socket, "done")))
    samples = np.frombuffer(heard[0], np.int16)
    assert (np.frombuffer(heard[1], "<f4") * 2**15).tolist() == samples.tolist()


async def test_cartesia_cancels_one_context_of_two(door: Door) -> None:
    async with door.open(CARTESIA) as socket:
        await say(socket, **PLAIN, transcript=TEXT * 40, context_id="long", **{"continue": True})
        await hear(socket)
        await say(socket, **PLAIN, transcript="A short one.", context_id="short")
        await say(socket, context_id="long", cancel=True)
        done: set[str] = set()
        short = []
        while done != {"long", "short"}:
            message = await hear(socket)
            assert message["context_id"] not in done
            if message["type"] == "done":
                done.add(message["context_id"])
            elif message["context_id"] == "short":
                short.append(message)
        assert len(of_chunks(short)) / 48_000 == SECONDS
        await door.idle()


async def test_cartesia_says_when_a_flush_is_spoken(door: Door) -> None:
    async with door.open(CARTESIA) as socket:
        more = {"context_id": "c", "continue": True, "flush": True}
        await say(socket, **PLAIN, transcript="No mark yet", **more)
        heard = await until(socket, "flush_done")
        assert {it["flush_id"] for it in heard if "flush_id" in it} == {1}
        assert len(of_chunks(heard)) / 48_000 == SECONDS


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"voice": {"mode": "id", "id": "nobody"}}, "voice.id"),
        ({"voice": {"mode": "embedding", "embedding": [0.1]}}, "voice"),
        ({"output_format": {**RAW, "encoding": "pcm_f64le"}}, "output_format.encoding"),
        ({"output_format": {**RAW, "sample_rate": 7}}, "output_format.sample_rate"),
        ({"transcript": 5}, "transcript"),
        ({"add_phoneme_timestamps": True}, "phonemes"),  # an engine that tells none
    ],
)
async def test_cartesia_names_what_is_wrong_and_lives(
    door: Door, change: dict[str, Any], names: str
) -> None:
    async with door.open(CARTESIA) as socket:
        await say(socket, **{**PLAIN, "transcript": "Hello.", "context_id": "c", **change})
        heard = await hear(socket)
        assert (heard["type"], heard["status_code"]) == ("error", 400)
        assert names in heard["error"]
        await say(socket, **PLAIN, transcript="Hello.", context_id="d")
        assert (await until(socket, "done"))[-1]["context_id"] == "d"


async def test_cartesia_by_http(server: Server) -> None:
    wav = {"container": "wav", "encoding": "pcm_s16le", "sample_rate": 16_000}
    body = {**PLAIN, "transcript": "Hello.", "output_format": wav}
    reply = await server.client.post("/tts/bytes", json=body)
    assert reply.status_code == 200
    samples, rate = soundfile.read(io.BytesIO(reply.content))
    assert (len(samples) / rate, rate) == (pytest.approx(SECONDS, abs=0.01), 16_000)


async def test_vllm_omni_makes_a_file_of_each_sentence(door: Door) -> None:
    async with door.open(OMNI) as socket:
        await say(socket, type="session.config", voice="alloy", response_format="wav")
        for turn in range(2):
            await say(socket, type="input.text", text=TEXT)
            await say(socket, type="input.done")
            heard = await until(socket, "session.done")
            assert (heard[-1]["total_sentences"], heard[-1]["utterance_index"]) == (3, turn)
            files = [it for it in heard if isinstance(it, bytes)]
            lengths = [soundfile.info(io.BytesIO(it)).duration for it in files]
            assert lengths[1:] == pytest.approx([SECONDS + PAUSE] * 2, abs=0.001)
            told = [it for it in heard if isinstance(it, dict) and it["type"] == "audio.start"]
            assert [it["sentence_index"] for it in told] == [0, 1, 2]
            assert told[0]["sentence_text"] == "It costs $3.50 at Dr. Smith's."
        await say(socket, type="session.close")
        with pytest.raises(ConnectionClosed):
            await hear(socket)


async def test_vllm_omni_streams_samples(door: Door) -> None:
    async with door.open(OMNI) as socket:
        await say(socket, type="session.config", response_format="pcm", stream_audio=True)
        await say(socket, type="input.text", text=TEXT)
        await say(socket, type="input.done")
        heard = await until(socket, "session.done")
    assert len(of_bytes(heard)) / 48_000 == pytest.approx(WHOLE, abs=0.001)
    done = [
        it["total_bytes"] for it in heard if isinstance(it, dict) and it["type"] == "audio.done"
    ]
    assert sum(done) == len(of_bytes(heard))


def rising(words: list[str], starts: list[float]) -> None:
    """Words of the text, by the seconds of the whole, in order and in step."""
    assert words == [word for word in TEXT.split() if word != "🎉"]
    assert all(before < behind for before, behind in pairwise(starts))
    assert starts[words.index("Is")] == pytest.approx(SECONDS + PAUSE, abs=0.01)


async def test_vllm_omni_tells_words_in_chunks(door: Door) -> None:
    async with door.open(OMNI) as socket:
        wanted = {"response_format": "pcm", "stream_audio": True, "word_timestamps": True}
        await say(socket, type="session.config", language="Auto", **wanted)
        await say(socket, type="input.text", text=TEXT)
        await say(socket, type="input.done")
        heard = await until(socket, "session.done")
    assert not of_bytes(heard)
    words, starts, seconds = [], [], 0.0
    for index in range(3):
        chunks = [
            it for it in heard if it["type"] == "audio.chunk" and it["sentence_index"] == index
        ]
        assert [it["chunk_id"] for it in chunks] == list(range(len(chunks)))
        assert [it["timestamps"] is None for it in chunks] == [True] * (len(chunks) - 1) + [False]
        words += [it["word"] for it in chunks[-1]["timestamps"]]
        starts += [seconds + it["start_ms"] / 1000 for it in chunks[-1]["timestamps"]]
        size = sum(len(base64.b64decode(it["audio_b64"])) for it in chunks)
        assert chunks[-1]["chunk_end_ms"] == pytest.approx(size / 48, abs=1)
        seconds += size / 48_000
    assert seconds == pytest.approx(WHOLE, abs=0.001)
    rising(words, starts)


async def test_baseten_tells_words_when_a_sentence_is_done(door: Door) -> None:
    async with door.open(OMNI) as socket:
        wanted = {"response_format": "pcm", "stream_audio": True, "timestamp_type": "word"}
        more = {"timestamp_transport_strategy": "sync", "task_type": "Base", "speed": 1.0}
        await say(socket, type="session.config", voice="alloy", language="Auto", **wanted, **more)
        await say(socket, type="input.done")  # keeps it alive
        assert (await until(socket, "session.done"))[-1]["total_sentences"] == 0
        await say(socket, type="input.text", text=TEXT)
        await say(socket, type="input.done")
        heard = await until(socket, "session.done")
    words, starts, seconds = [], [], 0.0
    for message in heard:
        if isinstance(message, bytes):
            continue
        if message["type"] == "audio.done":
            told = message["timestamp_info"]["word_alignment"]
            words += told["words"]
            starts += [seconds + start for start in told["word_start_times_seconds"]]
            seconds += message["total_bytes"] / 48_000
    assert seconds == pytest.approx(WHOLE, abs=0.001)
    rising(words, starts)


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ({"type": "input.text", "text": "too early"}, "session.config"),
        ({"type": "session.config", "voice": "nobody"}, "voice"),
        ({"type": "session.config", "stream_audio": True}, "response_format"),
        ({"type": "session.config", "word_timestamps": True}, "word_timestamps"),
        (
            {"type": "session.config", "timestamp_transport_strategy": "async"},
            "timestamp_transport_strategy",
        ),
        ({"type": "session.config", "language": "Klingon"}, "language"),
        ({"type": "input.song"}, "type"),
    ],
)
async def test_vllm_omni_names_what_is_wrong_and_lives(
    door: Door, message: dict[str, Any], names: str
) -> None:
    async with door.open(OMNI) as socket:
        await socket.send(json.dumps(message))
        heard = await hear(socket)
        assert heard["type"] == "error"
        assert names in heard["message"]
        await say(socket, type="session.config")
        await say(socket, type="input.text", text="It lives.")
        await say(socket, type="input.done")
        assert (await until(socket, "session.done"))[-1]["total_sentences"] == 1


async def test_each_sentence_is_a_trace_of_its_own(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its session's id, and no word of the text."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setattr(tracing, "provider", lambda: provider)
    headers = {"x-request-id": "agent-7"}
    async with door.open(DEEPGRAM, additional_headers=headers) as socket:
        await say(socket, type="Speak", text="A secret is told. Another one, too.")
        await say(socket, type="Flush")
        await until(socket, "Flushed")
    first, second = kept.get_finished_spans()
    assert len({span.context.trace_id for span in (first, second) if span.context}) == 2
    for number, span in enumerate((first, second), 1):
        assert (span.name, span.parent) == ("Session.speak", None)
        told = dict(span.attributes or {})
        assert told["chorale.session_id"] == "agent-7"
        assert told["chorale.request_id"] == f"agent-7-{number}"
        assert "secret" not in span.to_json()


async def test_deepgram_hears_no_more_after_close(door: Door) -> None:
    async with door.open(DEEPGRAM) as socket:
        await say(socket, type="Speak", text=TEXT * 40)
        await say(socket, type="Close")
        await say(socket, type="Speak", text="Too late.")
        heard = await until(socket, "Warning")
        assert heard[-1]["description"] == "this context has ended"
        await say(socket, type="Clear")
        await until(socket, "Cleared")
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


async def test_flushes_without_an_end_are_too_many(door: Door) -> None:
    door.server.synthesizer.seconds = 0.1
    bound = door.server.gateway._sessions._config.max_characters
    async with door.open(DEEPGRAM) as socket:
        await say(socket, type="Speak", text=TEXT * 40)
        for _ in range(bound + 10):
            await socket.send('{"type": "Flush"}')
        heard = await until(socket, "Warning")
        assert heard[-1]["code"] == "TOO_LARGE"


async def test_vllm_omni_may_change_the_voice_between_utterances(door: Door) -> None:
    async with door.open(OMNI) as socket:
        for voice in ("tone", "other"):
            await say(socket, type="session.config", voice=voice, response_format="pcm")
            await say(socket, type="input.text", text="Hello.")
            await say(socket, type="input.done")
            heard = await until(socket, "session.done")
            kinds = [it["type"] for it in heard if not isinstance(it, bytes)]
            assert kinds == ["audio.start", "audio.done", "session.done"]
            assert len(kinds) == len(heard) - 1
