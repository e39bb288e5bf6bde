"""The shapes that replies with times have on the wire: what is written of each stretch of audio."""

import base64
import json
import math
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from serve_app.marks import Mark, Marker
from speech.errors import SpeechError
from speech.types import SpokenWord

_Told = TypeVar("_Told")
Json: TypeAlias = dict[str, Any]
Tell: TypeAlias = Callable[[Sequence[Mark], float], _Told]
"""What is told of all marks of a reply, and of its seconds."""

_LINE_BYTES, _LINE_MARKS = 32 * 1024, 60
"""Of audio, before it is base64, and of marks: what one line of JSON holds at most."""

_TOKENS_PER_SECOND = 20
"""Output tokens of the usage figures: one for every 50 ms of audio, as OpenAI counts audio."""


class Shape(Protocol):
    """Writes one reply. Used once."""

    media_type: str

    def audio(self, data: bytes, words: Sequence[SpokenWord]) -> str | bytes:
        """A piece of the audio, and the words whose times became known with it."""
        ...

    def end(self, seconds: float) -> str:
        """What comes after the last piece; the audio is so long."""
        ...

    def failure(self, error: SpeechError) -> str:
        """What is said of a failure amid the reply; nothing: the connection breaks off."""
        ...


class Line(Protocol):
    """What a line of JSON says."""

    def __call__(self, data: bytes, marks: Sequence[Mark], *, last: bool) -> Json:
        """A piece of the audio, and marks that come next; the last line has what is left."""
        ...


class SpeechEvents:
    """OpenAI's server-sent events, with an event of ours behind the audio that brought times."""

    media_type = "text/event-stream"

    def __init__(self, characters: int, marker: Marker | None) -> None:
        self._characters = characters
        self._marker = marker

    def audio(self, data: bytes, words: Sequence[SpokenWord]) -> str:
        """See `Shape`."""
        delta = _event({"type": "speech.audio.delta", "audio": base64.b64encode(data).decode()})
        marks = self._marker.take(words) if self._marker else []
        return delta + _times(marks)

    def end(self, seconds: float) -> str:
        """See `Shape`."""
        heard = math.ceil(seconds * _TOKENS_PER_SECOND)
        usage = {
            "input_tokens": self._characters,
            "output_tokens": heard,
            "total_tokens": self._characters + heard,
        }
        rest = _times(self._marker.rest() if self._marker else [])
        return rest + _event({"type": "speech.audio.done", "usage": usage})

    def failure(self, error: SpeechError) -> str:
        """See `Shape`."""
        detail = {"message": error.message, "type": "server_error", "code": error.code}
        return _event({"type": "error", "error": detail})


class _AtTheEnd:
    """What gathers the marks of a reply, and says something of them when all are known."""

    def __init__(self, marker: Marker) -> None:
        self._marker = marker
        self._marks: list[Mark] = []

    def _gather(self, words: Sequence[SpokenWord]) -> None:
        self._marks += self._marker.take(words)

    def _gathered(self) -> list[Mark]:
        return self._marks + self._marker.rest()

    def failure(self, error: SpeechError) -> str:
        """See `Shape`: what is half there is no document, so it cannot be taken for the whole."""
        del error
        return ""


class AudioInJson(_AtTheEnd):
    """One JSON object: the audio as base64, written while it comes, then what `tell` returns.

    Args:
        marker: Of the text.
        head: The first members, and the name of the one with the audio.
        tell: Other members, from all marks and the seconds of the audio.
    """

    media_type = "application/json"

    def __init__(self, marker: Marker, head: tuple[Json, str], tell: Tell[Json]) -> None:
        super().__init__(marker)
        members, name = head
        self._head = f"{json.dumps({**members, name: ''})[:-2]}"
        self._tell = tell
        self._left = b""

    def audio(self, data: bytes, words: Sequence[SpokenWord]) -> str:
        """See `Shape`."""
        self._gather(words)
        head, self._head = self._head, ""
        data = self._left + data
        whole = len(data) - len(data) % 3
        self._left = data[whole:]
        return head + base64.b64encode(data[:whole]).decode()

    def end(self, seconds: float) -> str:
        """See `Shape`."""
        rest = json.dumps(self._tell(self._gathered(), seconds))
        return f'{self._head}{base64.b64encode(self._left).decode()}", {rest[1:]}'


def timed_marks(marks: Sequence[Mark], seconds: float) -> Json:
    """Our own members: `schemas.TimesReply`."""
    return {"audio_seconds": round(seconds, 4), "marks": [mark.wire() for mark in marks]}


class JsonLines:
    """JSON objects, a line each: a piece of the audio, and marks that are complete with it.

    Lines are bounded, because clients bound them (aiohttp: 128 kB).
    """

    media_type = "application/json"

    def __init__(self, marker: Marker, line: Line) -> None:
        self._marker = marker
        self._line = line
        self._waiting: list[Mark] = []

    def audio(self, data: bytes, words: Sequence[SpokenWord]) -> str:
        """See `Shape`."""
        self._waiting += self._marker.take(words)
        return "".join(
            self._next(data[start : start + _LINE_BYTES])
            for start in range(0, max(1, len(data)), _LINE_BYTES)
        )

    def end(self, seconds: float) -> str:
        """See `Shape`."""
        del seconds
        self._waiting += self._marker.rest()
        lines = ""
        while len(self._waiting) > _LINE_MARKS:
            lines += self._next(b"")
        return lines + self._next(b"", last=True)

    def failure(self, error: SpeechError) -> str:
        """See `Shape`."""
        del error
        return ""

    def _next(self, data: bytes, *, last: bool = False) -> str:
        marks, self._waiting = self._waiting[:_LINE_MARKS], self._waiting[_LINE_MARKS:]
        return f"{json.dumps(self._line(data, marks, last=last))}\n"


class TextAlone(_AtTheEnd):
    """A text of the marks, without the audio."""

    def __init__(self, marker: Marker, media_type: str, tell: Tell[str]) -> None:
        super().__init__(marker)
        self.media_type = media_type
        self._tell = tell

    def audio(self, data: bytes, words: Sequence[SpokenWord]) -> str:
        """See `Shape`."""
        del data
        self._gather(words)
        return ""

    def end(self, seconds: float) -> str:
        """See `Shape`."""
        return self._tell(self._gathered(), seconds)


class AudioInParts(_AtTheEnd):
    """multipart/form-data (RFC 7578): `audio`, then a text of the marks.

    Args:
        marker: Of the text.
        audio_type: Media type of the audio.
        name: Of the second part.
        text_type: Its media type.
        tell: The second part, from all marks and the seconds of the audio.
    """

    def __init__(
        self, marker: Marker, audio_type: str, name: str, text_type: str, tell: Tell[str]
    ) -> None:
        super().__init__(marker)
        boundary = uuid.uuid4().hex
        self.media_type = f"multipart/form-data; boundary={boundary}"
        self._head = f"--{boundary}{_part('audio', audio_type)}".encode()
        self._between = f"\r\n--{boundary}{_part(name, text_type)}"
        self._close = f"\r\n--{boundary}--\r\n"
        self._tell = tell

    def audio(self, data: bytes, words: Sequence[SpokenWord]) -> bytes:
        """See `Shape`."""
        self._gather(words)
        head, self._head = self._head, b""
        return head + data

    def end(self, seconds: float) -> str:
        """See `Shape`."""
        return f"{self._between}{self._tell(self._gathered(), seconds)}{self._close}"


def _part(name: str, media_type: str) -> str:
    disposition = f'form-data; name="{name}"; filename="{name}"'
    return f"\r\nContent-Disposition: {disposition}\r\nContent-Type: {media_type}\r\n\r\n"


def _times(marks: Sequence[Mark]) -> str:
    if not marks:
        return ""
    return _event({"type": "speech.audio.timestamps", "marks": [mark.wire() for mark in marks]})


def _event(value: object) -> str:
    return f"data: {json.dumps(value)}\n\n"
