"""The routes of other dialects: path, what reads it, its documentation, the shape of its errors."""

from typing import Any, NamedTuple

from serve_app.api import ErrorShape
from serve_app.dialects import Reader, elevenlabs, kokoro
from serve_app.docs import dialect


class DialectRoute(NamedTuple):
    """A route of another dialect; all take POST."""

    path: str
    reader: Reader
    options: dict[str, Any]
    errors: ErrorShape


def _elevenlabs(suffix: str, summary: str, *, streamed: bool, timed: bool) -> DialectRoute:
    reply = elevenlabs.ElevenLabsTimes if timed else None
    return DialectRoute(
        # A voice may be named with its speaker: `heart/ash`.
        f"/v1/text-to-speech/{{voice_id:path}}{suffix}",
        elevenlabs.reader(streamed=streamed, timed=timed),
        dialect("elevenlabs", summary, elevenlabs.ElevenLabsBody, reply),
        elevenlabs.failed,
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
)
