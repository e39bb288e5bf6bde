"""Names of cached replies: collision-resistant digests of everything that changes their bytes.

The text under the hash is JSON with sorted keys, in UTF-8 and without NaN. It keeps apart what
Python keeps apart (strings, numbers, lists, null), so different inputs differ before the hash, and
every Python version writes it alike. A 64-bit hash alone would not be a key: it meets its first
collision near 2**32 replies, and a collision here is a stranger's audio.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from hashlib import blake2b

from speech.config import AudioConfig
from speech.types import SpeechRequest, Utterance

KEY_VERSION = 1
"""Raise it when the same inputs begin to make other bytes, e.g. after a change of an encoder."""

EngineOptions = Mapping[str, str | int | float | bool | None]

_REQUEST_FIELDS = tuple(field.name for field in fields(SpeechRequest))
# The phrases stand for the text and for how it was normalized, and `stream` counts only where it
# changes the container. A field added to SpeechRequest is part of the key without anybody having
# to remember it.
_SPOKEN_FIELDS = tuple(
    name for name in _REQUEST_FIELDS if name not in {"text", "stream", "normalization", "lexicon"}
)
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


def digest(
    *,
    request: SpeechRequest,
    utterance: Utterance,
    voice_checksum: str,
    voice_sample_rate: int,
    audio: AudioConfig,
    front_end: str | None = None,
    engine_options: EngineOptions | None = None,
) -> str:
    """Digest of everything that changes a reply's bytes except the voice's epoch; 64 hex digits.

    Two texts that are spoken alike share a digest; so do a streamed and a whole reply of one
    phrase. All codec options count whatever the format: changing one is rare, forgetting one
    is for ever.

    Args:
        request: the validated request.
        utterance: its phrases; their phoneme ids count, or the spoken text where there are none.
        voice_checksum: checksum of the voice's files.
        voice_sample_rate: Hertz of the voice's own audio.
        audio: codec settings.
        front_end: where the utterance is only the opening, what names the reading of the rest: the
            text as written then stands for it.
        engine_options: whatever else the engine lets an operator set.

    Raises:
        ValueError: a number is not finite.
    """
    phrases = [
        [phrase.phoneme_ids or phrase.text, float(phrase.pause_after)]
        for phrase in utterance.phrases
    ]
    opening = front_end is not None
    return _hash(
        {
            "kind": "opening" if opening else "reply",
            "request": _values(request, _REQUEST_FIELDS if opening else _SPOKEN_FIELDS),
            "phrases": phrases,
            **({"front_end": front_end} if opening else {}),
            "whole": not opening and (len(phrases) == 1 or not request.stream),
            "voice_checksum": voice_checksum,
            "voice_sample_rate": voice_sample_rate,
            "audio": audio.model_dump(mode="json"),
            "engine": dict(engine_options or {}),
        }
    )


def request_digest(request: SpeechRequest) -> str:
    """Digest of a validated request, all fields; 64 hex digits. Names it in a gateway's hot cache.

    It costs no phonemes, hence knows less than `digest`: the same words written otherwise differ.
    """
    return _hash({"kind": "request", "request": _values(request, _REQUEST_FIELDS)})


def entry_key(digest: str, epoch: int) -> str:
    """The key under which the tiers keep a reply: the digest within one epoch of its voice."""
    return f"{digest}.{epoch}"


def _values(request: SpeechRequest, names: tuple[str, ...]) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(request, name) for name in names}
    values["speed"] = float(request.speed)  # 1 and 1.0 are one speed and two JSON texts
    if "normalization" in values:
        values["normalization"] = asdict(request.normalization)
    if "lexicon" in values:
        values["lexicon"] = [asdict(entry) for entry in request.lexicon]
    return values


def _hash(value: dict[str, object]) -> str:
    # `surrogatepass` only spares a crash: validated text holds no lone surrogates.
    text = _ENCODER.encode({"version": KEY_VERSION, **value}).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=32).hexdigest()
