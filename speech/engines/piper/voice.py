"""A Piper voice's entry in the catalogue, and the header beside its model."""

import hashlib
import json
from pathlib import Path
from typing import Literal

from speech.engines.kinds import ComputedEntry, Voice, language_tag
from speech.errors import ConfigError
from speech.types import Vocabulary


class PiperEntry(ComputedEntry):
    """One of its voices. Speakers are those its header names."""

    engine: Literal["piper"] = "piper"
    model: Path
    """`.onnx` file, with its `.onnx.json` beside it; relative to the catalogue file."""


def read_voice(entry: PiperEntry, folder: Path) -> Voice:
    """Read a voice's header, and the checksum of both files.

    Raises:
        ConfigError: a file is missing or wrong.
    """
    model = (folder / entry.model).resolve()
    header = model.with_name(model.name + ".json")
    try:
        raw = header.read_bytes()
        config = json.loads(raw)
        digest = hashlib.sha256(raw)
        with model.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        speaker_count = int(config["num_speakers"])
        speakers = {str(k): int(v) for k, v in (config.get("speaker_id_map") or {}).items()}
        if speaker_count > 1 and not speakers:
            speakers = {str(index): index for index in range(speaker_count)}
        if speaker_count <= 1:
            speakers = {}
        default_id = int(config.get("default_speaker_id", 0))
        default = entry.default_speaker or next(
            (name for name, index in speakers.items() if index == default_id), ""
        )
        espeak_voice = str(config["espeak"]["voice"])
        kind = config.get("phoneme_type", "espeak")
        if kind not in {"espeak", "text"}:
            raise ConfigError(f"voice {entry.id!r}: phoneme type {kind!r} is not supported")
        vocabulary = Vocabulary(
            kind=kind,
            espeak_voice=espeak_voice,
            ids={
                str(phoneme): tuple(int(number) for number in ids)
                for phoneme, ids in config["phoneme_id_map"].items()
            },
        )
        language = language_tag(entry.language or espeak_voice)
        family = language.split("-")[0]
        return Voice(
            id=entry.id,
            engine=entry.engine,
            name=entry.name or entry.id,
            language=language,
            languages=tuple(dict.fromkeys((language, family))),
            speakers=speakers,
            default_speaker=default,
            sample_rate=int(config["audio"]["sample_rate"]),
            vocabulary=vocabulary,
            model=model,
            model_config=config,
            checksum=digest.hexdigest(),
            license=entry.license,
            description=entry.description,
            entry=entry,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"voice {entry.id!r}: {model}: {error!r}") from error
