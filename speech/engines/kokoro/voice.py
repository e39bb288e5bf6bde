"""A Kokoro voice's entry in the catalogue, and its files."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from speech.engines.kinds import ComputedEntry, Voice, language_tag
from speech.engines.kokoro.styles import read_styles
from speech.errors import ConfigError
from speech.types import Vocabulary, VocabularyKind

SAMPLE_RATE = 24_000
MAX_PHONEMES = 510
"""Its positions are 512, and a phrase stands between two boundaries."""

# Symbols of Kokoro-82M v1.0 by id, as its `config.json` has them; a blank is no symbol of it.
_SYMBOLS = {
    **dict(zip(';:,.!?', range(1, 7), strict=True)),
    **dict(zip('—…"()“” \u0303ʣʥʦʨᵝ\uab67AI', range(9, 26), strict=True)),
    "O": 31, "Q": 33, "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42,
    **dict(zip("abcdef", range(43, 49), strict=True)),
    **dict(zip("hijklmnopqrstuvwxyz", range(50, 69), strict=True)),
    "ɑ": 69, "ɐ": 70, "ɒ": 71, "æ": 72, "β": 75, "ɔ": 76, "ɕ": 77, "ç": 78, "ɖ": 80, "ð": 81,
    "ʤ": 82, "ə": 83, "ɚ": 85, "ɛ": 86, "ɜ": 87, "ɟ": 90, "ɡ": 92, "ɥ": 99, "ɨ": 101,
    "ɪ": 102, "ʝ": 103, "ɯ": 110, "ɰ": 111, "ŋ": 112, "ɳ": 113, "ɲ": 114, "ɴ": 115, "ø": 116,
    "ɸ": 118, "θ": 119, "œ": 120, "ɹ": 123, "ɾ": 125, "ɻ": 126, "ʁ": 128, "ɽ": 129, "ʂ": 130,
    "ʃ": 131, "ʈ": 132, "ʧ": 133, "ʊ": 135, "ʋ": 136, "ʌ": 138, "ɣ": 139, "ɤ": 140, "χ": 142,
    "ʎ": 143, "ʒ": 147, "ʔ": 148, "ˈ": 156, "ˌ": 157, "ː": 158, "ʰ": 162, "ʲ": 164, "↓": 169,
    "→": 171, "↗": 172, "↘": 173, "ᵻ": 177,
}  # fmt: skip
# Who reads a language, as Kokoro's own pipeline has it, and the name it has there.
_READERS: Mapping[str, tuple[VocabularyKind, str]] = {
    "en-us": ("misaki", "en-us"),
    "en-gb": ("misaki", "en-gb"),
    "es": ("kokoro", "es"),
    "fr-fr": ("kokoro", "fr-fr"),
    "hi": ("kokoro", "hi"),
    "it": ("kokoro", "it"),
    "pt-br": ("kokoro", "pt-br"),
    "ja": ("openjtalk", "ja"),
}
_WIDER = {"en": "en-us", "fr": "fr-fr", "pt": "pt-br"}
"""Tags without a region."""
# A style's name begins with its language.
_OF_STYLES = {
    "a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "j": "ja",
    "p": "pt-br", "z": "zh",
}  # fmt: skip


class KokoroEntry(ComputedEntry):
    """One network with its styles, which are the voice's speakers."""

    engine: Literal["kokoro"] = "kokoro"
    model: Path
    """`.onnx` graph; relative to the catalogue file, as all paths."""
    styles: Path
    """Style packs: a file `.npz`, `.bin` or `.pt`, or a folder of them."""
    vocabulary: Path | None = None
    """JSON with the ids of symbols under `vocab`, as Kokoro's `config.json`; by default those of
    v1.0."""
    gain: Annotated[float, Field(ge=-30, le=30)] = 4.6
    """Decibels from what the network makes to -16 LUFS; a limiter keeps peaks below -1 dBTP."""
    gains: Mapping[str, Annotated[float, Field(ge=-30, le=30)]] = Field(default_factory=dict)
    """Likewise for single styles. A mix takes the mean by its weights."""


def read_voice(entry: KokoroEntry, folder: Path) -> Voice:
    """Find a voice's files, and the checksum of all that decides how it sounds.

    Raises:
        ConfigError: a file is missing or wrong.
    """
    model, styles = (folder / entry.model).resolve(), (folder / entry.styles).resolve()
    try:
        digest = hashlib.sha256(f"{entry.gain} {sorted(entry.gains.items())}".encode())
        with model.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        ids = _vocabulary(folder / entry.vocabulary) if entry.vocabulary else _SYMBOLS
        packs = read_styles(styles)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ConfigError(f"voice {entry.id!r}: {error}") from error
    digest.update(repr(sorted(ids.items())).encode())
    for name, pack in sorted(packs.items()):
        digest.update(name.encode())
        digest.update(pack.tobytes())
    own = {name: _OF_STYLES.get(name[:1], "en-us") if "_" in name else "en-us" for name in packs}
    default = entry.default_speaker or next(iter(packs))
    if default not in packs:
        raise ConfigError(f"voice {entry.id!r} has no style {default!r}")
    language = language_tag(entry.language) or own[default]
    readers = {**_READERS, **{tag: _READERS[region] for tag, region in _WIDER.items()}}
    if language not in readers:
        raise ConfigError(f"voice {entry.id!r} does not speak its language, {language!r}")
    vocabularies = {
        tag: Vocabulary(
            kind=kind,
            espeak_voice=name,
            ids={**{symbol: (number,) for symbol, number in ids.items()}, "$": (0,)},
            max_ids=MAX_PHONEMES + 2,
        )
        for tag, (kind, name) in readers.items()
    }
    return Voice(
        id=entry.id,
        engine=entry.engine,
        name=entry.name or entry.id,
        language=language,
        languages=tuple(dict.fromkeys((language, *sorted(readers)))),
        speakers={name: number for number, name in enumerate(packs)},
        default_speaker=default,
        sample_rate=SAMPLE_RATE,
        vocabulary=vocabularies[language],
        model=model,
        model_config={},
        checksum=digest.hexdigest(),
        license=entry.license,
        description=entry.description,
        entry=entry,
        vocabularies=vocabularies,
        files=styles,
        styles=own,
    )


def _vocabulary(file: Path) -> Mapping[str, int]:
    parsed = json.loads(file.read_text("utf-8"))
    return {str(symbol): int(number) for symbol, number in parsed.get("vocab", parsed).items()}
