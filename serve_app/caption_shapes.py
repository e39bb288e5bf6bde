"""The shapes of a reply with captions: alone, or with the audio in JSON or multipart."""

import json
from collections.abc import Sequence
from typing import Any

from serve_app.captions import captions, written
from serve_app.marks import Mark, Marker
from serve_app.schemas import CaptionsBody
from serve_app.shapes import AudioInJson, AudioInParts, Shape, TextAlone

_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt", "json": "application/json"}


def captions_shape(body: CaptionsBody, audio_type: str) -> Shape:
    """The shape that is asked for; `audio_type` is the audio's own."""
    marker, kind = Marker(body.input), body.caption_format

    def told(marks: Sequence[Mark], seconds: float) -> dict[str, Any]:
        found = captions(body.input, marks, body.rules())
        if kind != "json":
            return {"audio_seconds": round(seconds, 4), "captions": written(found, kind)}
        listed = [{"lines": it.lines, "start": it.start, "end": it.end} for it in found]
        return {"audio_seconds": round(seconds, 4), "captions": listed}

    def text(marks: Sequence[Mark], seconds: float) -> str:
        members = told(marks, seconds)
        return json.dumps(members) if kind == "json" else str(members["captions"])

    if body.audio == "base64":
        return AudioInJson(marker, ({"content_type": audio_type}, "audio"), told)
    if body.audio == "multipart":
        return AudioInParts(marker, audio_type, "captions", _TYPES[kind], text)
    return TextAlone(marker, _TYPES[kind], text)
