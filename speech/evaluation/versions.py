"""What was at work when something was measured."""

from importlib.metadata import PackageNotFoundError, version

_PACKAGES = (
    "chorale", "onnxruntime", "hibari-tts", "piper-tts", "numpy", "faster-whisper", "speechmos",
    "pocketsphinx", "librosa",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of the packages that make audio and that listen, of those that are installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
