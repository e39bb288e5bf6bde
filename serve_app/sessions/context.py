"""One text that arrives in pieces, and its audio in order. It knows neither socket nor protocol."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from pydantic import Field

from deployments import metrics
from deployments.failures import translate
from serve_app.responses import RecordedReply, cut
from speech import telemetry
from speech.audio.containers import codec_rate, open_writer
from speech.config import AudioConfig, PauseConfig, StrictModel
from speech.errors import AtCapacityError, InvalidInputError, SpeechError, TooLargeError
from speech.interfaces import ContainerWriter
from speech.text.arriving import ArrivingText, Sentences
from speech.text.phrases import pause_after
from speech.types import USUAL_RATES, AudioFormat, SpeechRequest, SpokenWord

_PLAIN: frozenset[AudioFormat] = frozenset(("pcm", "wav", "mulaw", "alaw"))
"""Formats that cost too little to encode for a thread."""
_PAUSES = PauseConfig()
_AT_A_TIME = 16
"""Characters that are taken in before others have their turn."""
_PIECE_BYTES = 32 * 1024
"""Clients bound messages, and audio in them is base64: to 1 MiB by default (websockets)."""


class SessionConfig(StrictModel):
    """Bounds of the sessions of one gateway replica."""

    max_open: int = Field(default=256, gt=0)
    """Sockets at a time; each holds one of the gateway's slots."""
    max_contexts: int = Field(default=8, gt=0)
    """Texts at a time on one socket."""
    max_characters: int = Field(default=32_768, gt=0)
    """Characters that wait to be spoken in one context."""
    max_wait: float = Field(default=0.5, gt=0)
    """Seconds without more text after which a sentence that has its mark is spoken, although what
    follows might have changed it."""
    first_characters: int = Field(default=100, ge=0)
    """The first sentence of a context is cut at a clause when it is longer; 0 for never."""
    idle_timeout: float = Field(default=300.0, gt=0)
    """Seconds without a message, while nothing is spoken, after which a socket is closed."""
    drain_timeout: float = Field(default=20.0, gt=0)
    """Seconds that the sentences under way have when the server stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a context's audio, or the end of something."""

    data: bytes = b""
    """Of the one container that all of a context's audio makes."""
    words: tuple[SpokenWord, ...] = ()
    """Those whose times became known with it: by the places of `text`, and the seconds of the
    context's audio."""
    text: str = ""
    """The stretch of the text that is spoken: a sentence with the blanks behind it."""
    index: int = 0
    """Number of the stretch, from 0."""
    begins: bool = False
    """The stretch begins with it."""
    ends: bool = False
    """The stretch is spoken."""
    knows_all: bool = False
    """No more words of the stretch come."""
    seconds: float = 0.0
    """Of the context's audio, up to the end of the piece."""
    flushed: str | None = None
    """All is spoken that came before the flush of this name."""


@dataclass(frozen=True, slots=True)
class _Flush:
    name: str


@dataclass(frozen=True, slots=True)
class _Failure:
    error: SpeechError


@dataclass(frozen=True, slots=True)
class _Made:
    reply: RecordedReply
    text: str
    written: int
    """Where in the stretch the text begins that was asked for."""


@dataclass(frozen=True, slots=True)
class _Guess:
    text: str
    reply: asyncio.Task[RecordedReply]


class _End:
    """There is no more text."""


class Context:
    """Speaks a text sentence by sentence, each as a job of its own, one ahead of what is heard.

    Args:
        spoken: How it is said: a request of one passage, whose text does not matter.
        sentences: Cuts a text into sentences, cleaned.
        speak: Has a sentence spoken.
        config: How long more text is waited for, and how much may wait.
    """

    def __init__(
        self,
        spoken: SpeechRequest,
        sentences: Sentences,
        speak: Callable[[SpeechRequest], Awaitable[RecordedReply]],
        config: SessionConfig,
    ) -> None:
        rate = spoken.sample_rate or USUAL_RATES.get(spoken.format, USUAL_RATES["pcm"])
        self._rate = codec_rate(spoken.format, rate)
        self._format = spoken.format
        self._spoken = replace(spoken, format="pcm", sample_rate=self._rate)
        self._sentences = sentences
        self._text = ArrivingText(sentences, config.first_characters)
        self._speak = speak
        self._config = config
        self._writer: ContainerWriter | None = None
        self._waiting: asyncio.Queue[str | _Flush | _End] = asyncio.Queue()
        self._ahead: asyncio.Queue[_Made | _Flush | _Failure | _End] = asyncio.Queue(1)
        self._making = asyncio.create_task(self._make())
        self._winds_down = False
        self._guess: _Guess | None = None
        """A sentence that is made before it is certain that it ends there."""
        self._current: RecordedReply | None = None
        self._unsaid = 0
        """Replies that are there and not said to their end."""
        self._one_is_said = asyncio.Event()
        self._seconds = 0.0
        """Of all audio given so far."""
        self._held = 0.0
        """Of audio that is there as a whole, and is not given yet."""
        self._started = 0.0
        self._pause = 0.0
        """Silence that belongs between what was said and what comes."""
        self._index = 0
        self.characters = 0
        """That arrived and are not spoken yet."""
        self.finished = False
        self._makes = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is said, made or waits for that; text without an end may be held."""
        waits = not (self._waiting.empty() and self._ahead.empty())
        return not (waits or self._makes or self._unsaid)

    def add(self, text: str) -> None:
        """More of the text.

        Raises:
            TooLargeError: too much waits to be spoken (`param` is `text`).
            InvalidInputError: it was said before that there is no more.
        """
        if text:
            self._take(len(text), text)

    def flush(self, name: str = "") -> None:
        """Speak all that is there; a piece says when it is spoken. It counts as one character.

        Raises:
            TooLargeError: too much waits to be spoken (`param` is `text`).
            InvalidInputError: it was said before that there is no more.
        """
        self._take(1, _Flush(name))

    def _take(self, characters: int, item: "str | _Flush") -> None:
        if self._winds_down:
            return  # the server goes, and says so
        if self.finished:
            raise InvalidInputError("this context has ended")
        bound = self._config.max_characters
        if self.characters + characters > bound:
            raise TooLargeError(f"more than {bound} characters wait to be spoken", "text")
        self.characters += characters
        self._waiting.put_nowait(item)

    def finish(self) -> None:
        """There is no more text: the pieces end when all is spoken."""
        if not self.finished:
            self.finished = True
            self._waiting.put_nowait(_End())

    def wind_down(self) -> None:
        """Speak the sentence that is being spoken to its end, and no other."""
        self.finished = self._winds_down = True
        self._waiting.put_nowait(_End())

    def stall(self) -> None:
        """Nobody takes what is spoken."""
        if self._current is not None:
            self._current.reply.stall()

    def resume(self) -> None:
        """Somebody does again."""
        if self._current is not None:
            self._current.reply.resume()

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """The audio in order. Read once; whatever happens, call `aclose` afterwards.

        Raises:
            SpeechError: a sentence could not be spoken.
        """
        while True:
            made = await self._ahead.get()
            if isinstance(made, _Failure):
                raise made.error
            if isinstance(made, _Flush):
                yield Piece(flushed=made.name, seconds=self._seconds)
            elif isinstance(made, _End):
                if self._writer is not None and (rest := self._writer.finish()):
                    yield Piece(data=rest, seconds=self._seconds)
                return
            else:
                async for piece in self._said(made):
                    yield piece

    async def aclose(self) -> None:
        """Stop what is made for this context alone."""
        self._making.cancel()
        await asyncio.wait({self._making})
        await self._drop_guess()
        metrics.count(telemetry.SESSION_AUDIO_SECONDS, self._held, outcome="dropped")
        if self._current is not None:
            await self._current.aclose()
        while not self._ahead.empty():
            if isinstance(made := self._ahead.get_nowait(), _Made):
                await _dropped(made.reply)

    async def _make(self) -> None:
        """Have sentences spoken, one ahead of the one that is heard."""
        async for item in self._items():
            made: _Made | _Flush | _Failure | _End | None
            self._makes = True
            try:
                made = await self._made(item) if isinstance(item, str) else item
            finally:
                self._makes = False
            self.characters -= isinstance(item, _Flush)
            if made is None:
                continue
            try:
                self._unsaid += isinstance(made, _Made)
                await self._ahead.put(made)
            except asyncio.CancelledError:
                if isinstance(made, _Made):
                    await _dropped(made.reply)
                raise
            if isinstance(made, _End | _Failure):
                return

    async def _items(self) -> AsyncGenerator[str | _Flush | _End, None]:
        """Stretches of the text as they are certain, and what came between them."""
        while True:
            await self._try_to_guess()
            try:
                async with asyncio.timeout(self._config.max_wait if self._text.held else None):
                    item = await self._waiting.get()
            except TimeoutError:
                for stretch in self._text.pause():
                    yield stretch
                continue
            found: Iterator[str] = (
                self._cut_up(item) if isinstance(item, str) else iter(self._text.finish())
            )
            for stretch in found:
                await asyncio.sleep(0)
                if self._winds_down:
                    break
                if stretch:
                    yield stretch
            if not isinstance(item, str):
                yield item

    def _cut_up(self, text: str) -> Iterator[str]:
        """The stretches that are certain with more text, and nothings where others may work."""
        for start in range(0, len(text), _AT_A_TIME):
            yield from self._text.add(text[start : start + _AT_A_TIME])
            yield ""

    async def _try_to_guess(self) -> None:
        """Where nobody has anything to hear, do not wait until it is certain what comes."""
        text = self._text.likely.strip()
        if text and self._current is None and self._ahead.empty() and not self._guessed(text):
            await self._drop_guess()
            self._guess = _Guess(text, asyncio.create_task(self._asked(text)))

    def _guessed(self, text: str) -> bool:
        return self._guess is not None and self._guess.text == text

    async def _drop_guess(self) -> None:
        if (guess := self._guess) is None:
            return
        guess.reply.cancel()
        await asyncio.wait({guess.reply})
        self._guess = None
        if not guess.reply.cancelled() and guess.reply.exception() is None:
            await _dropped(guess.reply.result())

    async def _made(self, stretch: str) -> _Made | _Failure | None:
        """A sentence's reply; None where it is blank."""
        text = stretch.strip()
        try:
            if not text:
                return None
            if self._guess is not None and self._guessed(text):
                guess = self._guess
                reply = await asyncio.shield(guess.reply)
                self._guess = None
            else:
                await self._drop_guess()
                reply = await self._asked(text)
            return _Made(reply, stretch, len(stretch) - len(stretch.lstrip()))
        except Exception as error:  # noqa: BLE001 (whoever reads the pieces is told)
            known = translate(error) or SpeechError("internal error")
            metrics.count(telemetry.REQUESTS, outcome=known.code, cache="none")
            return _Failure(known)
        finally:
            self.characters -= len(stretch)

    async def _asked(self, text: str) -> RecordedReply:
        """Have a sentence spoken.

        One that is refused because the caller has too much at a time is asked for again when more
        of this context is said: it may hold that much itself.
        """
        passage = replace(self._spoken.passages[0], text=text)
        while True:
            speaks = self._unsaid > 0
            self._one_is_said.clear()
            try:
                return await self._speak(replace(self._spoken, passages=(passage,)))
            except AtCapacityError:
                if not speaks:
                    raise
            await self._one_is_said.wait()

    async def _said(self, made: _Made) -> AsyncGenerator[Piece, None]:
        self._current, self._held = made.reply, made.reply.audio_seconds
        whole = made.reply.reply.body is not None
        begins, start = True, self._silence()
        lead = bytes(2 * round(start * self._rate))
        start += self._seconds
        async for data, words in _heard(made.reply):
            seconds = len(data) / (2 * self._rate)
            encoded = await self._encoded(lead + data)
            self._seconds += (len(lead) + len(data)) / (2 * self._rate)
            lead = b""
            if not self._started:
                self._started = perf_counter()
            placed = tuple(_placed(word, made.written, start) for word in words)
            yield Piece(
                data=encoded,
                words=placed,
                text=made.text,
                index=self._index,
                begins=begins,
                knows_all=whole,
                seconds=self._seconds,
            )
            metrics.count(telemetry.SESSION_AUDIO_SECONDS, seconds, outcome="sent")
            self._held = max(0.0, self._held - seconds)
            begins = False
        self._current, self._held = None, 0.0
        await made.reply.aclose()
        self._unsaid -= 1
        self._one_is_said.set()
        self._pause = self._pause_after(made.text)
        yield Piece(
            text=made.text,
            index=self._index,
            begins=begins,
            ends=True,
            knows_all=True,
            seconds=self._seconds,
        )
        self._index += 1

    def _pause_after(self, text: str) -> float:
        """Seconds of silence between a stretch and the next, as between sentences of one text."""
        pause = pause_after(" ".join(self._sentences(text)), _PAUSES)
        if "\n" in text[len(text.rstrip()) :]:
            pause = _PAUSES.paragraph if pause else _PAUSES.line
        return pause / self._spoken.passages[0].delivery.speed

    def _silence(self) -> float:
        """Seconds to put before a sentence: none where its listener has waited as long already."""
        if not self._started:
            return 0.0
        waited = perf_counter() - self._started - self._seconds
        pause, self._pause = self._pause, 0.0
        return pause if waited <= 0 else max(0.0, pause - waited)

    async def _encoded(self, data: bytes) -> bytes:
        if self._format == "pcm":
            return data
        if self._writer is None:
            self._writer = open_writer(
                self._format, sample_rate=self._rate, config=AudioConfig(), total_samples=None
            )
        samples = np.frombuffer(data, np.int16)
        if self._format in _PLAIN:
            return self._writer.write(samples)
        return await asyncio.to_thread(self._writer.write, samples)


async def _dropped(made: RecordedReply) -> None:
    metrics.count(telemetry.SESSION_AUDIO_SECONDS, made.audio_seconds, outcome="dropped")
    await made.drop()


async def _heard(made: RecordedReply) -> AsyncGenerator[tuple[bytes, tuple[SpokenWord, ...]], None]:
    """A reply's samples, in pieces that fit into a message; words come with the first of theirs."""
    reply = made.reply
    try:
        if reply.body is not None:
            for piece in cut(reply.body, reply.words, _PIECE_BYTES):
                yield piece
        else:
            async for frame in reply.frames:
                for piece in cut(frame.data, frame.words, _PIECE_BYTES):
                    yield piece
                made.audio_seconds += frame.audio_seconds
        made.outcome = "ok"
    except Exception as error:
        raise made.fail(error) from error


def _placed(word: SpokenWord, written: int, seconds: float) -> SpokenWord:
    """A word of a sentence by the places of its stretch and the seconds of the context."""
    start, end = word.written
    return replace(
        word,
        written=(start + written, end + written),
        sentence=word.sentence + written,
        start=word.start + seconds,
        end=word.end + seconds,
        sounds=tuple((symbol, end + seconds) for symbol, end in word.sounds),
    )
