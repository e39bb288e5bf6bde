"""What there is to choose from, in the shapes that clients of several servers read."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from serve_app.model_names import Models
from speech.interfaces import EngineInfo
from speech.voices import VoiceCatalogue


class Choice(NamedTuple):
    """Something that `voice` takes."""

    id: str
    name: str
    language: str


def choices(catalogue: VoiceCatalogue) -> Iterator[Choice]:
    """All that `voice` takes, but for mixes, and aliases of voices that are not here."""
    for voice in catalogue.voices.values():
        yield Choice(voice.id, voice.name, voice.language)
    for name, alias in sorted(catalogue.aliases.items()):
        if alias.voice not in catalogue.left_out:
            yield Choice(name, name, catalogue.resolve_in(name, None)[2])
    for voice in catalogue.voices.values():
        for speaker in voice.speakers:
            yield Choice(f"{voice.id}/{speaker}", f"{voice.name}, {speaker}", voice.language)


def voices(catalogue: VoiceCatalogue, engines: Mapping[str, EngineInfo]) -> dict[str, Any]:
    """Every voice with all that is known of it; a superset of what front ends of OpenAI's API read.

    Args:
        catalogue: Voices and aliases.
        engines: What speaks the voices that are loaded.
    """
    known = [
        {
            "id": voice.id,
            "object": "audio.voice",
            "name": voice.name,
            "language": voice.language,
            "languages": list(voice.languages),
            "speakers": [f"{voice.id}/{speaker}" for speaker in voice.speakers],
            "sample_rate": voice.sample_rate,
            "license": voice.license,
            "description": voice.description,
            "quality": voice.entry.quality,
            "bytes": voice.size,
            "engine": {
                **(asdict(engines[voice.id]) if voice.id in engines else {}),
                "engine": voice.engine,
                "loaded": voice.id in engines,
            },
        }
        for voice in catalogue.voices.values()
    ]
    return {
        "object": "list",
        "data": known,
        "voices": [choice._asdict() for choice in choices(catalogue)],
        "aliases": [
            {"id": name, "name": name, **alias.model_dump(mode="json")}
            for name, alias in sorted(catalogue.aliases.items())
        ],
        "default": catalogue.default,
    }


def elevenlabs_voices(catalogue: VoiceCatalogue) -> dict[str, Any]:
    """The choices as ElevenLabs lists them."""
    return {
        "voices": [
            {
                **choice._asdict(),
                "voice_id": choice.id,
                "category": "premade",
                "labels": {"language": choice.language},
            }
            for choice in choices(catalogue)
        ]
    }


def speaches_voices(catalogue: VoiceCatalogue, model: str) -> list[dict[str, str]]:
    """The choices of a model as Speaches lists them."""
    return [{"model_id": model, "voice_id": it.id, **it._asdict()} for it in choices(catalogue)]


def models(names: Models) -> dict[str, Any]:
    """Every model name, as OpenAI lists them."""
    return {"object": "list", "data": [_model(name) for name in names]}


def audio_models(names: Models) -> dict[str, Any]:
    """Every model name, as Open WebUI asks for them."""
    return {"models": [{"id": name, "name": name} for name in names]}


def model(name: str, catalogue: VoiceCatalogue) -> dict[str, Any]:
    """One model, with its voices as Speaches tells them: their clients take `name` for an id."""
    told = [{"name": it.id, "language": it.language} for it in choices(catalogue)]
    return {**_model(name), "task": "text-to-speech", "voices": told}


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "chorale"}
