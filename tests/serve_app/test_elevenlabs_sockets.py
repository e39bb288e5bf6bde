"""ElevenLabs' WebSockets: text in pieces, audio in order, times, interruptions, wrong messages."""

import asyncio
import base64
import io
import json
from dataclasses import replace
from itertools import accumulate
from typing import Any

import av
import pytest
from inline_server import Server
from socket_door import Door, hear, say
from starlette.websockets import WebSocketDisconnect
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from serve_app.http_guard import GuardedProtocol
from serve_app.sessions.context import Context
from serve_app.sessions.session import Session
from speech.errors import SynthesisError

VOICE = "/v1/text-to-speech/alloy"
SEVERAL = f"{VOICE}/multi-stream-input?output_format=pcm_24000"
ONE = f"{VOICE}/stream-input?output_format=pcm_24000"
TEXT = "It costs $3.50 at Dr. Smith's. Is that all? 🎉 Really, it is. "
SENTENCES = ["It costs $3.50 at Dr. Smith's. ", "Is that all? 🎉 ", "Really, it is. "]
SECONDS, PAUSE = 5.0, 0.35
"""Of a phrase: long enough for the listener to be still at it when the next one is there."""


@pytest.fixture(autouse=True)
def _long_phrases(server: Server) -> None:
    server.synthesizer.seconds = SECONDS


async def until_final(socket: ClientConnection) -> list[dict[str, Any]]:
    heard = [await hear(socket)]
    while not heard[-1].get("isFinal"):
        heard.append(await hear(socket))
    return heard


def audio(messages: list[dict[str, Any]]) -> bytes:
    return b"".join(base64.b64decode(it["audio"]) for it in messages if it.get("audio"))


def alignments(messages: list[dict[str, Any]], name: str = "alignment") -> list[dict[str, Any]]:
    return [it[name] for it in messages if it.get(name)]


@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_a_text_in_pieces_is_spoken_as_the_whole(door: Door, size: int) -> None:
    async with door.open(SEVERAL) as socket:
        await say(socket, text=" ", context_id="a", voice_settings={})
        for start in range(0, len(TEXT), size):
            await say(socket, text=TEXT[start : start + size], context_id="a")
        await say(socket, context_id="a", text="", flush=True)
        await say(socket, context_id="a", close_context=True)
        heard = await until_final(socket)
    assert {it["contextId"] for it in heard} == {"a"}
    seconds = len(audio(heard)) / 48_000
    assert seconds == pytest.approx(3 * SECONDS + 2 * PAUSE, abs=0.001)
    told = alignments(heard)
    assert "".join(character for it in told for character in it["chars"]) == TEXT
    # Pipecat adds up what begins anew with each message.
    begins = [0, *accumulate(it["charStartTimesMs"][-1] + it["charDurationsMs"][-1] for it in told)]
    times = [
        begin + start
        for begin, it in zip(begins, told, strict=False)
        for start in it["charStartTimesMs"]
    ]
    assert times == sorted(times)
    second = len(SENTENCES[0])
    assert times[second] == pytest.approx(1000 * (SECONDS + PAUSE), abs=2)
    assert times[second + len(SENTENCES[1])] == pytest.approx(2000 * (SECONDS + PAUSE), abs=2)


async def test_times_are_those_of_the_context_where_that_is_asked(door: Door) -> None:
    async with door.open(f"{SEVERAL}&sync_alignment=true") as socket:
        await say(socket, text=TEXT, context_id="a", flush=True)
        await say(socket, text="", context_id="a", flush=True)
        await say(socket, context_id="a", close_context=True)
        heard = await until_final(socket)
    told = alignments(heard, "normalizedAlignment")
    times = [time for it in told for time in it["charStartTimesMs"]]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(1000 * (3 * SECONDS + 2 * PAUSE), abs=400)
    said = "".join(character for it in told for character in it["chars"])
    price = "three dollars fifty cents"
    assert said == TEXT.replace("$3.50", price).replace("Dr.", "Doctor")


async def test_sentences_are_spoken_while_the_text_arrives(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        await say(socket, text="This is enough. And", context_id="a")
        assert (await hear(socket))["audio"]
        # What has its mark is not waited for any longer after a while.
        await say(socket, text=" this, too.", context_id="a")
        assert (await hear(socket))["isFinal"] is None


async def test_a_likely_sentence_is_made_before_it_is_certain(door: Door) -> None:
    sessions, synthesizer = door.server.gateway._sessions, door.server.synthesizer
    sessions._config = sessions._config.model_copy(update={"max_wait": 60.0})

    async def made(calls: int) -> None:
        async with asyncio.timeout(5):
            while synthesizer.calls < calls:  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async with door.open(SEVERAL) as socket:
        await say(socket, text="See this example.", context_id="a")
        await made(1)
        await say(socket, text=" It", context_id="a")
        assert (await hear(socket))["audio"]
        assert synthesizer.calls == 1
        await say(socket, text="See another example.", context_id="b")
        await made(2)
    await door.idle()  # what was made for who left is dropped


async def test_a_wrong_guess_is_not_heard(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        for text in ("See this example.", "com now.", " It"):
            await say(socket, text=text, context_id="a")
            await asyncio.sleep(0.1)
        told = "".join(alignments([await hear(socket)])[0]["chars"])
        assert told.startswith("See this example.com now")
    await door.idle()


async def test_an_interrupted_context_ends_at_once(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        await say(socket, text=TEXT * 40, context_id="a", flush=True)
        await hear(socket)
        await say(socket, context_id="a", close_context=True)
        heard = await until_final(socket)
        assert len(audio(heard)) < 48_000 * SECONDS * 20
        await door.idle()
        calls = door.server.synthesizer.calls
        assert calls < 60
        # The next turn begins anew, also under the same name.
        await say(socket, text="Another turn.", context_id="a", flush=True)
        assert (await hear(socket))["audio"]
        assert door.server.synthesizer.calls == calls + 1


async def test_contexts_of_one_socket_speak_side_by_side(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        for name in "ab":
            await say(socket, text=f"This is {name}.", context_id=name)
            await say(socket, text="", context_id=name, flush=True)
            await say(socket, context_id=name, close_context=True)
        finals: set[str] = set()
        texts: dict[str, str] = {"a": "", "b": ""}
        while finals != {"a", "b"}:
            message = await hear(socket)
            name = message["contextId"]
            for it in alignments([message]):
                texts[name] += "".join(it["chars"])
            if message["isFinal"]:
                finals.add(name)
    assert texts == {"a": "This is a. ", "b": "This is b. "}


async def test_one_text_ends_with_an_empty_one(door: Door) -> None:
    async with door.open(ONE) as socket:
        await say(socket, text=" ", voice_settings={"speed": 1.0, "stability": 0.5})
        await say(socket, text=TEXT, try_trigger_generation=True)
        await say(socket, text="")
        heard = await until_final(socket)
        assert "contextId" not in heard[0]
        assert len(audio(heard)) / 48_000 == pytest.approx(3 * SECONDS + 2 * PAUSE, abs=0.001)
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


async def test_all_audio_of_a_context_is_one_container(door: Door) -> None:
    async with door.open(SEVERAL.replace("pcm_24000", "mp3_22050_32")) as socket:
        await say(socket, text=TEXT, context_id="a")
        await say(socket, text="", context_id="a", flush=True)
        await say(socket, context_id="a", close_context=True)
        heard = await until_final(socket)
    with av.open(io.BytesIO(audio(heard))) as container:
        frames = list(container.decode(audio=0))
    seconds = sum(frame.samples for frame in frames) / frames[0].sample_rate
    assert seconds == pytest.approx(3 * SECONDS + 2 * PAUSE, abs=0.15)


async def test_a_text_with_nothing_to_say_ends_like_any_other(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        await say(socket, text="🎉 ", context_id="a", flush=True)
        await say(socket, text="", context_id="a", flush=True)
        await say(socket, context_id="a", close_context=True)
        assert (await until_final(socket))[-1]["contextId"] == "a"


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("no json", "JSON"),
        ('{"text": 5, "context_id": "a"}', "text"),
        ('{"text": "a", "context_id": "b", "voice_settings": {"speed": 9}}', "speed"),
    ],
)
async def test_a_wrong_message_is_answered_and_the_socket_lives(
    door: Door, message: str, names: str
) -> None:
    async with door.open(SEVERAL) as socket:
        await socket.send(message)
        heard = await hear(socket)
        assert names in heard["message"]
        assert heard["error"] == "invalid_value"
        await say(socket, text="It lives.", context_id="a", flush=True)
        assert (await hear(socket))["audio"]


async def test_a_sentence_that_fails_ends_its_context(door: Door) -> None:
    door.server.synthesizer.fail_at = 0
    async with door.open(SEVERAL) as socket:
        await say(socket, text="It fails.", context_id="a", flush=True)
        heard = await hear(socket)
        assert (heard["contextId"], heard["error"]) == ("a", SynthesisError.code)
        door.server.synthesizer.fail_at = None
        await say(socket, text="It works.", context_id="a", flush=True)
        assert (await hear(socket))["audio"]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (f"{VOICE}/stream-input?output_format=tape_1", "output_format"),
        ("/v1/text-to-speech/nobody/stream-input", "voice"),
        (f"{ONE}&inactivity_timeout=soon", "inactivity_timeout"),
        (f"{ONE}&language_code=tlh", "language"),
    ],
)
async def test_a_wrong_parameter_refuses_the_socket(door: Door, path: str, names: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with door.open(path):
            pass
    answer = refused.value.response
    assert answer.status_code == 400
    assert names in json.loads(answer.body)["error"]["message"]


async def test_a_client_that_leaves_takes_its_work_with_it(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        await say(socket, text=TEXT * 40, context_id="a", flush=True)
        await hear(socket)
    await door.idle()
    assert door.server.synthesizer.calls < 60


async def test_a_session_ends_where_its_audio_cannot_be_sent(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: Session, message: dict[str, Any]) -> None:
        raise WebSocketDisconnect(1006)

    close = Context.aclose

    async def slowly(self: Context) -> None:
        await asyncio.sleep(0.1)
        await close(self)

    monkeypatch.setattr(Context, "aclose", slowly)
    async with door.open(SEVERAL) as socket:
        monkeypatch.setattr(Session, "_send", lost)
        await say(socket, text=TEXT * 40, context_id="a", flush=True)
        async with asyncio.timeout(10):
            while door.server.gateway._sessions.count:  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0.01)
    await door.idle()


@pytest.mark.parametrize("texts", [(), (" ",), (" ", "Said at once. "), (" ", "Without an end")])
async def test_a_silent_client_is_told_why_it_is_closed(door: Door, texts: tuple[str, ...]) -> None:
    async with door.open(f"{SEVERAL}&inactivity_timeout=1") as socket:
        for text in texts:
            await say(socket, text=text, context_id="a", flush=text == "Said at once. ")
        heard = [await hear(socket)]
        while "error" not in heard[-1]:
            heard.append(await hear(socket))
        assert heard[-1]["error"] == "input_timeout_exceeded"
        assert bool(audio(heard[:-1])) is ("Said at once. " in texts)
        with pytest.raises(ConnectionClosed):
            await hear(socket)


async def test_a_server_that_stops_finishes_the_sentence(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        await say(socket, text=TEXT * 100, context_id="a", flush=True)
        await hear(socket)
        assert await door.server.gateway.drain() >= 1
        heard = await until_final(socket)
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert len(audio(heard)) % 2 == 0
    with pytest.raises(InvalidStatus) as refused:
        async with door.open(SEVERAL):
            pass
    assert refused.value.response.status_code == 503


async def test_a_replica_that_stops_finishes_the_sentence(door: Door) -> None:
    """As Ray Serve ends the server of a gateway's port, e.g. in a rolling update."""
    async with door.open(SEVERAL) as socket:
        await say(socket, text=TEXT * 100, context_id="a", flush=True)
        await hear(socket)
        door.uvicorn.should_exit = True
        heard = await until_final(socket)
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    told = "".join(it for found in alignments(heard) for it in found["chars"])
    assert told.strip().endswith((".", "?", "🎉"))


async def test_a_socket_outlives_the_deadlines_of_requests(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        GuardedProtocol, "limits", replace(GuardedProtocol.limits, request_timeout=1)
    )
    async with door.open(SEVERAL) as socket:
        assert GuardedProtocol._open.total() == 1
        await asyncio.sleep(1.5)
        await say(socket, text="It lives.", context_id="a", flush=True)
        assert (await hear(socket))["audio"]


async def test_a_message_is_bounded(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        await say(socket, text="a" * 70_000, context_id="a")
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_what_waits_is_bounded(door: Door) -> None:
    async with door.open(SEVERAL) as socket:
        for name in range(9):
            await say(socket, text=" ", context_id=str(name))
        assert (await hear(socket))["error"] == "at_capacity"
    async with door.open(SEVERAL) as socket:
        await say(socket, text="a" * 30_000, context_id="a")
        await say(socket, text="b" * 5_000, context_id="a")
        assert (await hear(socket))["error"] == "too_large"
    await door.idle()


async def test_a_browser_that_brings_its_key_as_a_sub_protocol_is_answered(door: Door) -> None:
    async with door.open(SEVERAL, subprotocols=["token", "a-key"]) as socket:
        assert socket.subprotocol == "token"
    async with door.open(SEVERAL) as socket:
        assert socket.subprotocol is None
