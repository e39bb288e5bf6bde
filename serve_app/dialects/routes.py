"""The routes of other dialects: path, what reads it, its documentation, the shape of its errors."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from serve_app.api import ErrorShape
from serve_app.dialects import Reader, cartesia, deepgram, elevenlabs, kokoro, piper
from serve_app.dialects.elevenlabs_sockets import ElevenLabsSocket
from serve_app.dialects.vllm_omni import VllmOmniSocket
from serve_app.docs import dialect
from serve_app.sessions.session import Dialect, Session


class DialectRoute(NamedTuple):
    """A route of another dialect; all take POST."""

    path: str
    reader: Reader
    options: dict[str, Any]
    errors: ErrorShape | None
    """None for OpenAI's."""
    query: frozenset[str] = frozenset()
    """Parameters of the query that it reads."""


def _elevenlabs(suffix: str, summary: str, *, streamed: bool, timed: bool) -> DialectRoute:
    reply = elevenlabs.ElevenLabsTimes if timed else None
    return DialectRoute(
        # A voice may be named with its speaker: `heart/ash`.
        f"/v1/text-to-speech/{{voice_id:path}}{suffix}",
        elevenlabs.reader(streamed=streamed, timed=timed),
        dialect("elevenlabs", summary, elevenlabs.ElevenLabsBody, reply),
        elevenlabs.failed,
        elevenlabs.QUERY,
    )


# The longer paths first: they end as a voice might.
DIALECTS = (
    _elevenlabs("/stream/with-timestamps", "Stream speech with times", streamed=True, timed=True),
    _elevenlabs("/with-timestamps", "Speak a text, with times", streamed=False, timed=True),
    _elevenlabs("/stream", "Stream speech", streamed=True, timed=False),
    _elevenlabs("", "Speak a text", streamed=False, timed=False),
    DialectRoute(
        "/dev/captioned_speech",
        kokoro.read,
        dialect("kokoro", "Speak a text, with times", kokoro.KokoroBody, kokoro.KokoroReply),
        kokoro.failed,
    ),
    *(
        DialectRoute(path, piper.read, dialect("piper", summary, piper.PiperBody, None), None)
        for path, summary in (("/", "Speak a text"), ("/synthesize", "The same"))
    ),
    DialectRoute(
        "/v1/speak",
        deepgram.reader(),
        dialect("deepgram", "Speak a text", deepgram.DeepgramBody, None),
        deepgram.failed,
        deepgram.QUERY,
    ),
    DialectRoute(
        "/tts/bytes",
        cartesia.reader(),
        dialect("cartesia", "Speak a text", cartesia.CartesiaBody, None),
        cartesia.failed,
    ),
)

SOCKETS: tuple[tuple[str, Callable[[Session], Dialect]], ...] = (
    (
        "/v1/text-to-speech/{voice_id:path}/multi-stream-input",
        partial(ElevenLabsSocket, several=True),
    ),
    ("/v1/text-to-speech/{voice_id:path}/stream-input", partial(ElevenLabsSocket, several=False)),
    ("/v1/speak", deepgram.DeepgramSocket),
    ("/tts/websocket", cartesia.CartesiaSocket),
    ("/v1/audio/speech/stream", VllmOmniSocket),
)
"""WebSockets on which text is streamed in: path, and what speaks there."""
