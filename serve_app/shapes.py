"""The shapes that replies with times have on the wire: what is written of each stretch of audio."""

import base64
import json
import math
from collections.abc import Sequence
from typing import Any, Protocol

from serve_app.marks import Marker
from speech.errors import SpeechError
from speech.types import SpokenWord

_TOKENS_PER_SECOND = 20
"""Output tokens of the usage figures: one for every 50 ms of audio, as OpenAI counts audio."""


class Shape(Protocol):
    """Writes one reply. Used once."""

    media_type: str

    def audio(self, data: bytes, words: Sequence[SpokenWord]) -> str:
        """A piece of the audio, and the words whose times became known with it."""
        ...

    def end(self, seconds: float) -> str:
        """What comes after the last piece; the audio is so long."""
        ...

    def failure(self, error: SpeechError) -> str:
        """What is said of a failure amid the reply; nothing: the connection breaks off."""
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


class JsonWithTimes:
    """One JSON object: the audio as base64, written while it comes, then its marks."""

    media_type = "application/json"

    def __init__(self, marker: Marker, audio_type: str) -> None:
        self._marker = marker
        self._audio_type = audio_type
        self._base64 = Base64Text()
        self._marks: list[dict[str, Any]] = []
        self._begun = False

    def audio(self, data: bytes, words: Sequence[SpokenWord]) -> str:
        """See `Shape`."""
        self._marks += (mark.wire() for mark in self._marker.take(words))
        return self._begin() + self._base64.write(data)

    def end(self, seconds: float) -> str:
        """See `Shape`."""
        self._marks += (mark.wire() for mark in self._marker.rest())
        rest = {"audio_seconds": round(seconds, 4), "marks": self._marks}
        return f'{self._begin()}{self._base64.finish()}",{json.dumps(rest)[1:]}'

    def failure(self, error: SpeechError) -> str:
        """See `Shape`."""
        del error
        return ""

    def _begin(self) -> str:
        if self._begun:
            return ""
        self._begun = True
        return f'{{"content_type":{json.dumps(self._audio_type)},"audio":"'


class Base64Text:
    """One base64 text of bytes that come in pieces."""

    def __init__(self) -> None:
        self._left = b""

    def write(self, data: bytes) -> str:
        """What is known of the text with these bytes."""
        data = self._left + data
        whole = len(data) - len(data) % 3
        self._left = data[whole:]
        return base64.b64encode(data[:whole]).decode()

    def finish(self) -> str:
        """The end of the text."""
        return base64.b64encode(self._left).decode()


def _times(marks: Sequence[Any]) -> str:
    if not marks:
        return ""
    return _event({"type": "speech.audio.timestamps", "marks": [mark.wire() for mark in marks]})


def _event(value: object) -> str:
    return f"data: {json.dumps(value)}\n\n"
