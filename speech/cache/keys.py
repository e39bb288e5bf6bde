"""Names of cached replies: collision-resistant digests of everything that changes their bytes.

The text under the hash is JSON with sorted keys, in UTF-8 and without NaN. It keeps apart what
Python keeps apart (strings, numbers, lists, null), so different inputs differ before the hash, and
every Python version writes it alike. A 64-bit hash alone would not be a key: it meets its first
collision near 2**32 replies, and a collision here is a stranger's audio.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from operator import attrgetter

from speech.config import AudioConfig
from speech.types import Delivery, Normalization, Passage, Phrase, SpeechRequest, Word

KEY_VERSION = 3
"""Raise it when the same inputs begin to make other bytes, e.g. after a change of an encoder."""

_LIBRARIES = (
    *("chorale", "av", "lameenc", "soxr", "numpy", "onnx", "python-stretch", "piper-tts"),
    *("onnxruntime", "onnxruntime-gpu", "torch"),
)
"""Packages whose version changes a reply's bytes, where they are installed. espeak-ng comes with
piper-tts; where it speaks itself, the checksum of its file is that of the voice."""

EngineOptions = Mapping[str, str | int | float | bool | None]

# A field that is added to one of these is part of the key without anybody having to remember it.
_REQUEST_FIELDS = tuple(field.name for field in fields(SpeechRequest) if field.compare)
_PASSAGE_FIELDS = tuple(field.name for field in fields(Passage))
_DELIVERY_FIELDS = tuple(field.name for field in fields(Delivery))
# The phrases stand for the text and for how it was read, and `stream` counts only where it changes
# the container.
_SPOKEN_FIELDS = tuple(name for name in _REQUEST_FIELDS if name not in {"passages", "stream"})
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


@cache
def library_versions() -> Mapping[str, str]:
    """Version of every installed library that changes a reply's bytes, FFmpeg's own among them.

    They are those of this process. It names replies that the Encoder and the Synthesizer make, so
    all stages run from one image, which is how the deployment files start them.
    """
    import av  # noqa: PLC0415 - only who names replies pays its 16 MB

    found = {name: ".".join(map(str, parts)) for name, parts in av.library_versions.items()}
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def digest(
    *,
    request: SpeechRequest,
    phrases: Sequence[Phrase],
    voices: Mapping[str, tuple[str, int]],
    audio: AudioConfig,
    versions: Mapping[str, str],
    front_end: str | None = None,
    engine_options: EngineOptions | None = None,
) -> str:
    """Digest of everything that changes a reply's bytes except the voices' epochs; 64 hex digits.

    Two texts that are spoken alike share a digest, unless their words are timed, which tells where
    they were written; so do a streamed and a whole reply of one phrase. All codec options count
    whatever the format: changing one is rare, forgetting one is for ever.

    Args:
        request: the validated request.
        phrases: their phoneme ids count, or the spoken text where there are none.
        voices: of every voice in it the checksum of its files, and its rate in Hertz.
        audio: codec settings.
        versions: of the libraries that make the bytes; `library_versions` outside of tests.
        front_end: where the phrases are only the opening, what names the passage of the rest: the
            text as written then stands for it.
        engine_options: whatever else the engine lets an operator set.

    Raises:
        ValueError: a number is not finite.
    """
    opening = front_end is not None
    deliveries = {phrase.delivery: place for place, phrase in enumerate(phrases)}
    return _hash(
        {
            "kind": "opening" if opening else "reply",
            "request": _values(request, _REQUEST_FIELDS if opening else _SPOKEN_FIELDS),
            "deliveries": [(place, _delivery(how)) for how, place in deliveries.items()],
            "phrases": [
                (deliveries[phrase.delivery], *_said(phrase, timed=request.timed))
                for phrase in phrases
            ],
            **({"front_end": front_end} if opening else {}),
            "whole": not opening and (len(phrases) <= 1 or not request.stream),
            "voices": {voice: list(facts) for voice, facts in voices.items()},
            "audio": _audio(audio),
            "versions": dict(versions),
            "engine": dict(engine_options or {}),
        }
    )


def own_digest(digest: str, owner: str) -> str:
    """The digest of a reply that is kept for one caller alone."""
    return _hash({"kind": "own", "digest": digest, "owner": owner})


def request_digest(request: SpeechRequest) -> str:
    """Digest of a validated request, all fields; 64 hex digits. Names it in a gateway's hot cache.

    It costs no phonemes, hence knows less than `digest`: the same words written otherwise differ.
    """
    return _hash({"kind": "request", "request": _values(request, _REQUEST_FIELDS)})


def entry_key(digest: str, epochs: Iterable[int]) -> str:
    """The key under which the tiers keep a reply: the digest within one epoch of each voice."""
    return f"{digest}.{'-'.join(map(str, epochs))}"


def _values(request: SpeechRequest, names: tuple[str, ...]) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(request, name) for name in names}
    if "passages" in values:
        values["passages"] = [_passage(passage) for passage in request.passages]
    return values


def _passage(passage: Passage) -> dict[str, object]:
    values = {name: getattr(passage, name) for name in _PASSAGE_FIELDS}
    values["delivery"] = _delivery(passage.delivery)
    values["normalization"] = _switches(passage.normalization)
    values["lexicon"] = [asdict(entry) for entry in passage.lexicon]
    return values


# The few that there are come again and again.
@lru_cache(64)
def _switches(normalization: Normalization) -> dict[str, object]:
    return asdict(normalization)


@lru_cache(8)
def _audio(config: AudioConfig) -> dict[str, object]:
    return config.model_dump(mode="json")


def _delivery(delivery: Delivery) -> dict[str, object]:
    values = {name: getattr(delivery, name) for name in _DELIVERY_FIELDS}
    values["speed"] = float(delivery.speed)  # 1 and 1.0 are one speed and two JSON texts
    return values


def _said(phrase: Phrase, *, timed: bool) -> list[object]:
    pauses = float(phrase.pause_before), float(phrase.pause_after)
    said: list[object] = [phrase.phoneme_ids or phrase.text, *pauses]
    if timed:
        said.append([_word(word) for word in phrase.words])
        said.append(phrase.text)
    return said


_word = attrgetter(*(field.name for field in fields(Word)))


def _hash(value: dict[str, object]) -> str:
    # `surrogatepass` only spares a crash: validated text holds no lone surrogates.
    text = _ENCODER.encode({"version": KEY_VERSION, **value}).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=32).hexdigest()
