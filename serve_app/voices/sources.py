"""Where voices can be had: Piper's public index, Kokoro's files, hibari's other voices.

Each source has a base URL, which an option of the command line sets to that of a mirror.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pydantic import Field, ValidationError
from rich.console import Console

from serve_app.voices.download import PullError, RemoteFile
from speech.config import StrictModel
from speech.engines.hibari.voice import package
from speech.voice_home import NAME

PIPER = "https://huggingface.co/rhasspy/piper-voices/resolve/main"
KOKORO = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0"
HIBARI = "https://huggingface.co/maureesewilliams/hibari/resolve/main/voices"
_MOST_INDEX = 20 << 20
"""Bytes of an index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A voice that can be had."""

    id: str
    """In the catalogue, too."""
    engine: str
    languages: tuple[str, ...]
    license: str
    quality: str
    files: tuple[RemoteFile, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of its entry; values that name one of its files are paths."""
    speakers: int = 1
    card: str = ""
    """One of its files, in which a line `License:` tells the licence."""
    is_levelled: bool = True
    """False where its loudness is measured once it is here."""

    @property
    def size(self) -> int | None:
        """Bytes of all files; None where nobody tells."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    def entry(self, folder: str) -> dict[str, Any]:
        """Its entry in a catalogue from where its files are in `folder`."""
        names = {file.name for file in self.files}
        options = {
            key: f"{folder}/{value}" if value in names else value
            for key, value in self.options.items()
        }
        return {"id": self.id, "engine": self.engine, "license": self.license} | options


# Of the release model-files-v1.0: bytes and SHA-256. The release itself tells neither digest.
_KOKORO_STYLES = (
    "voices-v1.0.bin",
    28_214_398,
    "bca610b8308e8d99f32e6fe4197e7ec01679264efed0cac9140fe9c29f1fbf7d",
)
_KOKORO_GRAPHS = {
    "kokoro": (
        "kokoro-v1.0.onnx",
        325_532_387,
        "7d5df8ecf7d4b1878015a32686053fd0eebe2bc377234608764cc0ef3636a6c5",
        "single precision",
    ),
    "kokoro-fp16": (
        "kokoro-v1.0.fp16.onnx",
        177_464_787,
        "c1610a859f3bdea01107e73e50100685af38fff88f5cd8e5c56df109ec880204",
        "half precision",
    ),
    "kokoro-int8": (
        "kokoro-v1.0.int8.onnx",
        92_361_271,
        "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
        "integers of 8 bits",
    ),
}


def kokoro_offers(base: str = KOKORO) -> list[Offer]:
    """Kokoro-82M v1.0 in three precisions, each with all styles."""
    found = []
    for name, (graph, size, sha256, precision) in _KOKORO_GRAPHS.items():
        styles, styles_size, styles_sha256 = _KOKORO_STYLES
        files = (
            RemoteFile(url=f"{base}/{graph}", name=graph, size=size, sha256=sha256),
            RemoteFile(url=f"{base}/{styles}", name=styles, size=styles_size, sha256=styles_sha256),
        )
        offer = Offer(
            id=name,
            engine="kokoro",
            languages=("en-us", "en-gb", "es", "fr-fr", "hi", "it", "ja", "pt-br"),
            license="Apache-2.0 (weights and styles of hexgrad/Kokoro-82M); MIT (ONNX export)",
            quality=f"82 M parameters, {precision}",
            files=files,
            options={"model": graph, "styles": styles, "default_speaker": "af_heart"},
            speakers=54,
        )
        found.append(offer)
    return found


class _HibariVoice(StrictModel, extra="ignore"):
    """A line of the package's own list."""

    language: str
    accent: str
    gender: str
    file: str
    bundled: bool
    bytes: int
    sha256: str


def hibari_offers(base: str = HIBARI) -> list[Offer]:
    """The voices that the package hibari-tts names and does not carry; none without it."""
    try:
        listed = json.loads((package() / "assets" / "voices.json").read_bytes())
    except FileNotFoundError:
        return []
    found = []
    for name, raw in listed.items():
        voice = _HibariVoice.model_validate(raw)
        if voice.bundled:
            continue
        file = RemoteFile(
            url=f"{base}/{voice.file}", name=voice.file, size=voice.bytes, sha256=voice.sha256
        )
        offer = Offer(
            id=f"hibari-{name}",
            engine="hibari",
            languages=(voice.language.lower(),),
            license="Apache-2.0 (hibari-tts, distilled from Kokoro-82M)",
            quality=f"{voice.accent}, {voice.gender}",
            files=(file,),
            options={
                "model": voice.file,
                "name": name.capitalize(),
                "description": f"A natural {voice.accent} {voice.gender} voice of 8 MB; English.",
            },
            is_levelled=False,
        )
        found.append(offer)
    return found


class _PiperFile(StrictModel, extra="ignore"):
    size_bytes: int = Field(ge=0)
    md5_digest: str = ""


class _PiperLanguage(StrictModel, extra="ignore"):
    code: str
    name_english: str = ""


class _PiperVoice(StrictModel, extra="ignore"):
    name: str
    language: _PiperLanguage
    quality: str
    num_speakers: int = 1
    files: Mapping[str, _PiperFile]


def piper_offers(index: bytes, base: str = PIPER) -> list[Offer]:
    """What Piper's index has; voices that it describes otherwise are left out.

    Raises:
        ValueError: it is no index.
    """
    listed = json.loads(index)
    if not isinstance(listed, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 (of a file, not of an argument)
    found = []
    for key, raw in listed.items():
        try:
            offer = _piper_offer(key, _PiperVoice.model_validate(raw), base)
        except ValidationError:
            continue
        if offer is not None:
            found.append(offer)
    return found


def _piper_offer(key: str, voice: _PiperVoice, base: str) -> Offer | None:
    files = tuple(
        RemoteFile(
            url=f"{base}/{path}",
            name=path.rpartition("/")[2],
            size=file.size_bytes,
            md5=file.md5_digest,
        )
        for path, file in voice.files.items()
    )
    names = [file.name for file in files]
    model = next((name for name in names if name.endswith(".onnx")), "")
    if not all(map(NAME.fullmatch, (key, *names))) or f"{model}.json" not in names:
        return None
    language = voice.language.name_english or voice.language.code
    return Offer(
        id=key,
        engine="piper",
        languages=(voice.language.code.replace("_", "-").lower(),),
        license="",
        quality=voice.quality,
        files=files,
        options={
            "model": model,
            "name": voice.name.replace("_", " ").title(),
            "description": f"Piper, {language}, {voice.quality} quality.",
        },
        speakers=voice.num_speakers,
        card="MODEL_CARD" if "MODEL_CARD" in names else "",
    )


def fetch_index(client: httpx.Client, url: str, kept: Path, console: Console) -> bytes:
    """An index of voices; where it cannot be had, the copy that was kept the last time.

    Raises:
        PullError: there is neither, or it is too large.
    """
    try:
        content = _received(client, url)
        json.loads(content)
    except (httpx.HTTPError, PullError, ValueError) as error:
        if kept.is_file():
            console.print(f"{url}: {error}; taking the copy at {kept}", highlight=False)
            return kept.read_bytes()
        raise PullError(
            f"{url} cannot be had: {error}. Where there is no network, put the file at {kept} and "
            "run the command again."
        ) from error
    kept.parent.mkdir(parents=True, exist_ok=True)
    made = kept.with_name(f"{kept.name}.part")
    made.write_bytes(content)
    made.replace(kept)
    return content


def _received(client: httpx.Client, url: str) -> bytes:
    content = b""
    with client.stream("GET", url) as reply:
        if reply.status_code != httpx.codes.OK:
            raise PullError(f"the server answers {reply.status_code}")
        for chunk in reply.iter_bytes():
            content += chunk
            if len(content) > _MOST_INDEX:
                raise PullError(f"it has more than {_MOST_INDEX} bytes")
    return content


def card_license(card: Path) -> str:
    """The licence that a model card names; empty where it names none."""
    for line in card.read_text("utf-8", errors="replace").splitlines():
        label, _, value = line.strip(" *-#").partition(":")
        if label.strip().lower() in {"license", "licence"}:
            return value.strip()[:200]
    return ""
