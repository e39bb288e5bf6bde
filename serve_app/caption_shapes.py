"""The shapes of a reply with captions: alone, or with the audio in JSON or multipart."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from serve_app.captions import Caption, captions, written
from serve_app.marks import Mark, Marker
from serve_app.responses import audio_type
from serve_app.schemas import CaptionsBody
from serve_app.shapes import AudioInJson, AudioInParts, Shape, TextAlone
from speech.ssml import FILLING, readable
from speech.types import SpeechRequest

_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt", "json": "application/json"}


def captions_shape(body: CaptionsBody, spoken: SpeechRequest) -> Shape:
    """The shape that is asked for, of what is spoken."""
    written_text, own_type = readable(body.input, spoken.passages), audio_type(spoken)
    marker, kind = Marker(written_text), body.caption_format

    def told(marks: Sequence[Mark], seconds: float) -> dict[str, Any]:
        found = [_without_filling(it) for it in captions(written_text, marks, body.rules())]
        if kind != "json":
            return {"audio_seconds": round(seconds, 4), "captions": written(found, kind)}
        listed = [{"lines": it.lines, "start": it.start, "end": it.end} for it in found]
        return {"audio_seconds": round(seconds, 4), "captions": listed}

    def text(marks: Sequence[Mark], seconds: float) -> str:
        members = told(marks, seconds)
        return json.dumps(members) if kind == "json" else str(members["captions"])

    if body.audio == "base64":
        return AudioInJson(marker, ({"content_type": own_type}, "audio"), told)
    if body.audio == "multipart":
        return AudioInParts(marker, own_type, "captions", _TYPES[kind], text)
    return TextAlone(marker, _TYPES[kind], text)


def _without_filling(caption: Caption) -> Caption:
    return replace(caption, lines=tuple(line.replace(FILLING, "") for line in caption.lines))
