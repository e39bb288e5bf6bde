"""The Wyoming protocol in front of a running server: text to speech for Home Assistant.

It speaks to the server by HTTP and holds no audio. A text that is streamed in is cut into
sentences as it arrives, and each is a request of its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

import httpx
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice, TtsVoiceSpeaker
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from speech.config import PauseConfig, TextConfig
from speech.errors import InvalidInputError
from speech.text import FrontEnd
from speech.text.arriving import ArrivingText
from speech.text.phrases import pause_after
from speech.types import MAX_INPUT_CHARACTERS, PCM_SAMPLE_RATE, Delivery, Passage

MAX_EVENT_BYTES = 256 * 1024
"""Of what a client sends at a time."""
_PIECE_BYTES = 8192
_PAUSES = PauseConfig()
_FIRST_CHARACTERS = 100
_AT_A_TIME = 16
"""Characters that are cut before other connections have their turn."""
_URL = "https://pypi.org/project/chorale/"


class BridgeError(Exception):
    """What a client is told: a message, and a word for machines."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, code)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLimits:
    """What clients may hold."""

    connections: int = 64
    idle: float = 300.0
    """Seconds in which a client sends nothing and nothing is spoken to it."""
    sentences: int = 64
    """Of one text that wait to be spoken; beyond, the client waits."""
    unread: float = 30.0
    """Seconds for which a client may take nothing of what it asked for."""
    listing: float = 10.0
    """Seconds for which the server's voices are remembered."""


class Server:
    """The server's API, as far as it is needed here.

    Args:
        url: Its address.
        key: What it is asked with, if it asks for keys.
        listing_age: Seconds for which its voices are remembered.
        transport: How it is reached, where that is not the network.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        listing_age: float,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.AsyncClient(
            base_url=url,
            headers=headers,
            timeout=httpx.Timeout(60, connect=5),
            transport=transport,
        )
        self._url = url
        self._listing: dict[str, Any] = {}
        self._listed = float("-inf")
        self._listing_age = listing_age

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def listing(self) -> dict[str, Any]:
        """What voices there are; while the server is away, what there were.

        Raises:
            BridgeError: it is away, and it never said.
        """
        now = asyncio.get_running_loop().time()
        if now - self._listed < self._listing_age:
            return self._listing
        try:
            reply = await self._http.get("/v1/audio/voices")
            if reply.is_error:
                raise _told(reply)
            self._listing, self._listed = reply.json(), now
        except (httpx.HTTPError, ValueError, BridgeError) as error:
            if not self._listing:
                raise error if isinstance(error, BridgeError) else self._away(error) from error
        return self._listing

    async def speak(self, body: dict[str, Any]) -> AsyncIterator[bytes]:
        """The PCM of a text.

        Raises:
            BridgeError: the server is away, or says no, or breaks off.
        """
        asked = {"model": "chorale", "response_format": "pcm", **body}
        try:
            async with self._http.stream("POST", "/v1/audio/speech", json=asked) as reply:
                if reply.is_error:
                    await reply.aread()
                    raise _told(reply)
                async for piece in reply.aiter_bytes(_PIECE_BYTES):
                    yield piece
        except httpx.HTTPError as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> BridgeError:
        return BridgeError(f"{self._url}: {error or type(error).__name__}", "unavailable")


def _told(reply: httpx.Response) -> BridgeError:
    """What the server says is wrong."""
    with suppress(ValueError, TypeError, KeyError):
        error = reply.json()["error"]
        return BridgeError(str(error["message"]), str(error["code"]))
    return BridgeError(f"the server answers {reply.status_code}", "bad_gateway")


def info(listing: dict[str, Any], url: str) -> Info:
    """What this bridge offers, from the server's listing of voices."""
    voices = [
        TtsVoice(
            name=voice["id"],
            attribution=Attribution(name=voice["license"] or voice["name"], url=url),
            installed=True,
            description=voice["description"] or voice["name"],
            version=None,
            languages=voice["languages"],
            speakers=[
                TtsVoiceSpeaker(name=speaker.partition("/")[2]) for speaker in voice["speakers"]
            ]
            or None,
        )
        # Home Assistant takes the first voice of a language for its default.
        for voice in sorted(listing["data"], key=lambda it: it["id"] != listing["default"])
    ]
    program = TtsProgram(
        name="chorale",
        attribution=Attribution(name="Chorale", url=_URL),
        installed=True,
        description="Chorale: text to speech",
        version=None,
        voices=voices,
        supports_synthesize_streaming=True,
    )
    return Info(tts=[program])


def wanted(listing: dict[str, Any], voice: SynthesizeVoice | None) -> tuple[dict[str, Any], str]:
    """Members of a speech request for who is to speak, and the language that is read.

    Raises:
        BridgeError: nobody speaks the language.
    """
    voices = {it["id"]: it for it in listing["data"]}
    if voice is None or not (voice.name or voice.language):
        voice = SynthesizeVoice(name=str(listing["default"]))
    if voice.name:
        name = "/".join(filter(None, (voice.name, voice.speaker)))
        known = voices.get(voice.name)
        return {"voice": name}, known["language"] if known else "en"
    asked = str(voice.language).replace("_", "-").lower()
    default = listing["default"]
    ordered = [*(voices[it] for it in (default,) if it in voices), *voices.values()]
    for tag in (asked, asked.partition("-")[0]):
        for it in ordered:
            if tag in it["languages"]:
                return {"voice": it["id"], "language": tag}, tag
    raise BridgeError(f"no voice speaks {asked!r}", "invalid_value")


class _Utterance:
    """A text on its way to audio: sentences that wait, and the task that speaks them."""

    def __init__(self, body: dict[str, Any], language: str, limits: BridgeLimits) -> None:
        self.body = body
        self._language = language
        self.sentences: asyncio.Queue[str | None] = asyncio.Queue(limits.sentences)
        """None after the last one."""
        self._is_over = False
        self._text = ArrivingText(self._cut, _FIRST_CHARACTERS)

    def _cut(self, text: str) -> list[str]:
        delivery = Delivery(language=self._language)
        try:
            return _FRONT_END.sentences(Passage(text=text, delivery=delivery))
        except InvalidInputError:  # the server will say what is wrong with it
            return [text]

    async def add(self, text: str) -> None:
        """More of the text; waits where too much of it waits to be spoken."""
        for start in range(0, len(text), _AT_A_TIME):
            for sentence in self._text.add(text[start : start + _AT_A_TIME]):
                await self._put(sentence)
            await asyncio.sleep(0)

    async def add_whole(self, text: str) -> None:
        """A text that the server cuts by itself, if it is not too long for it."""
        if len(text) <= MAX_INPUT_CHARACTERS:
            await self._put(text)
        else:
            await self.add(text)

    async def finish(self) -> None:
        """There is no more."""
        for sentence in chain[str | None](self._text.finish(), (None,)):
            await self._put(sentence)

    def end(self) -> None:
        """Nobody speaks it any more: what is put is lost, and whoever waits to put goes on."""
        self._is_over = True
        while not self.sentences.empty():
            self.sentences.get_nowait()

    async def _put(self, sentence: str | None) -> None:
        if not self._is_over:
            await self.sentences.put(sentence)


_FRONT_END = FrontEnd(TextConfig())


class Connection:
    """One client.

    Args:
        server: Where speech comes from.
        url: Its address, as it is told to clients.
        limits: What clients may hold.
    """

    def __init__(
        self,
        server: Server,
        url: str,
        limits: BridgeLimits,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._server = server
        self._url = url
        self._limits = limits
        self._reader = reader
        self._writer = writer
        self._utterance: _Utterance | None = None
        """What a text is streamed into."""
        self._speaking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Answer events until the client leaves, or something went wrong."""
        try:
            with suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
                while event := await self._next():
                    await self._hear(event)
        except BridgeError as error:
            await self._tell(error)
        finally:
            if self._speaking is not None:
                self._speaking.cancel()
                await asyncio.gather(self._speaking, return_exceptions=True)
            self._writer.close()
            try:
                async with asyncio.timeout(self._limits.unread):
                    await self._writer.wait_closed()
            except (ConnectionError, TimeoutError):  # it takes nothing, not even the rest
                self._writer.transport.abort()

    async def _next(self) -> Event | None:
        """The next event, None at the end; what is being spoken may fail meanwhile."""
        reading = asyncio.create_task(self._read())
        try:
            while True:
                waits = {reading} if self._speaking is None else {reading, self._speaking}
                idle = None if self._speaking else self._limits.idle
                done, _ = await asyncio.wait(
                    waits, timeout=idle, return_when=asyncio.FIRST_COMPLETED
                )
                if reading in done:
                    return reading.result()
                if not done:
                    return None
                await self._spoken()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> Event | None:
        """An event; unlike the library's reader it takes no more than it should.

        Raises:
            BridgeError: it is none, or too large.
        """
        try:
            line = await self._reader.readline()
            if not line:
                return None
            head = json.loads(line)
            kind, data = head["type"], head.get("data") or {}
            sizes = head.get("data_length") or 0, head.get("payload_length") or 0
            if not 0 <= sum(sizes) <= MAX_EVENT_BYTES or min(sizes) < 0:
                raise BridgeError("an event is too large", "too_large")
            if sizes[0]:
                data |= json.loads(await self._reader.readexactly(sizes[0]))
            await self._reader.readexactly(sizes[1])
            return Event(type=str(kind), data=dict(data))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BridgeError("this is no event of Wyoming", "bad_request") from None

    async def _hear(self, event: Event) -> None:
        kind = event.type
        try:
            if Describe.is_type(kind):
                await self._write(info(await self._server.listing(), self._url).event())
            elif Ping.is_type(kind):
                await self._write(Pong(text=Ping.from_event(event).text).event())
            elif Synthesize.is_type(kind):
                # Amid a streamed text it is that text again, for servers that know no streams.
                if self._utterance is None:
                    whole = Synthesize.from_event(event)
                    utterance = await self._begin(whole.voice, whole.text_format)
                    await utterance.add_whole(whole.text)
                    await utterance.finish()
            elif SynthesizeStart.is_type(kind):
                if self._utterance is not None:
                    raise BridgeError("another text is streamed in already", "bad_request")
                start = SynthesizeStart.from_event(event)
                self._utterance = await self._begin(start.voice, start.text_format, streamed=True)
            elif SynthesizeChunk.is_type(kind) and self._utterance is not None:
                await self._utterance.add(SynthesizeChunk.from_event(event).text)
            elif SynthesizeStop.is_type(kind) and self._utterance is not None:
                utterance, self._utterance = self._utterance, None
                await utterance.finish()
        except (KeyError, TypeError, AttributeError):
            raise BridgeError(f"a {kind} lacks what it must have", "bad_request") from None

    async def _begin(
        self, voice: SynthesizeVoice | None, text_format: Any, *, streamed: bool = False
    ) -> _Utterance:
        """Begin to speak, once what was asked for before has been spoken."""
        if self._speaking is not None:
            await self._spoken()
        who, language = wanted(await self._server.listing(), voice)
        kind = {"input_type": str(text_format.value)} if text_format else {}
        utterance = _Utterance({**who, **kind}, language, self._limits)
        self._speaking = asyncio.create_task(self._speak(utterance, streamed=streamed))
        self._speaking.add_done_callback(lambda _: utterance.end())
        return utterance

    async def _spoken(self) -> None:
        """Wait for what is being spoken; raises what went wrong with it."""
        speaking, self._speaking = self._speaking, None
        if speaking is not None:
            try:
                await speaking
            finally:
                speaking.cancel()

    async def _speak(self, utterance: _Utterance, *, streamed: bool) -> None:
        sound = {"rate": PCM_SAMPLE_RATE, "width": 2, "channels": 1}
        begun = False
        pause = b""
        while (sentence := await utterance.sentences.get()) is not None:
            odd, before = b"", pause
            async for piece in self._server.speak({**utterance.body, "input": sentence}):
                if not begun:
                    await self._write(AudioStart(**sound).event())
                    begun = True
                audio, before = before + odd + piece, b""
                odd = audio[len(audio) - len(audio) % 2 :]
                await self._write(AudioChunk(audio=audio[: len(audio) - len(odd)], **sound).event())
            seconds = pause_after(sentence.rstrip(), _PAUSES)
            pause = bytes(2 * round(seconds * PCM_SAMPLE_RATE))
        if not begun:
            await self._write(AudioStart(**sound).event())
        await self._write(AudioStop().event())
        if streamed:
            await self._write(SynthesizeStopped().event())

    async def _tell(self, error: BridgeError) -> None:
        """Say what went wrong; the connection ends, so that nobody waits for more."""
        with suppress(ConnectionError):
            await self._write(Error(text=error.message, code=error.code).event())

    async def _write(self, event: Event) -> None:
        async with asyncio.timeout(self._limits.unread):
            await async_write_event(event, self._writer)


class Bridge:
    """Listens.

    Args:
        url: The server's address.
        key: See `Server`.
        limits: What clients may hold.
        transport: See `Server`.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        limits: BridgeLimits | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._limits = limits or BridgeLimits()
        self._url = url
        self._server = Server(url, key, self._limits.listing, transport)
        self._open = 0

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Begin to answer clients; whoever calls closes the server, and then this."""
        return await asyncio.start_server(self._answer, host, port, limit=MAX_EVENT_BYTES)

    async def aclose(self) -> None:
        """Close what it holds of the server."""
        await self._server.aclose()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= self._limits.connections:
            writer.close()
            return
        self._open += 1
        try:
            # It is cancelled where this program ends; asyncio would make a failure of that.
            with suppress(asyncio.CancelledError):
                await Connection(self._server, self._url, self._limits, reader, writer).run()
        finally:
            self._open -= 1
