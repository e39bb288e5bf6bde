"""What names this version of the front end, for replies that are kept under the written text."""

from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from speech import brackets, espeak, misaki, openjtalk

_LIBRARIES = ("sentencex", "num2words", "emoji", "piper-tts", "hibari-tts", "pyopenjtalk-plus")
"""Those whose version changes what is said; espeak-ng comes with piper-tts and misaki with
hibari-tts. Some are not installed everywhere."""


@cache
def code_fingerprint() -> str:
    """Hex digest of the source of this room and of those it asks, and of the libraries' versions.

    A stored reply whose phrases were not yet known when it was named must not outlive a change of
    the rules that find them, and nobody has to remember to raise a number.
    """
    state = blake2b(digest_size=16)
    for module in (brackets, misaki, openjtalk):
        state.update(Path(str(module.__file__)).read_bytes())
    for folder in (Path(__file__).parent, Path(str(espeak.__file__)).parent):
        for path in sorted(folder.rglob("*.py")):
            state.update(str(path.relative_to(folder.parent)).encode())
            state.update(path.read_bytes())
    for library in _LIBRARIES:
        try:
            state.update(f"{library} {version(library)}".encode())
        except PackageNotFoundError:
            state.update(f"no {library}".encode())
    return state.hexdigest()
