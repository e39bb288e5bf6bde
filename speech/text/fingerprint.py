"""What names this version of the front end, for replies that are kept under the written text."""

from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = ("sentencex", "num2words", "emoji", "piper-tts", "hibari-tts", "pyopenjtalk-plus")
"""Those whose version changes what is said; espeak-ng comes with piper-tts and misaki with
hibari-tts. Some are not installed everywhere."""

_SPEECH = Path(__file__).parents[1]
_SOURCES = ("text", "espeak", "brackets.py", "misaki.py", "openjtalk.py")
"""What decides how a text is said."""


@cache
def code_fingerprint() -> str:
    """Hex digest of the source of this room and of those it asks, and of the libraries' versions.

    A stored reply whose phrases were not yet known when it was named must not outlive a change of
    the rules that find them, and nobody has to remember to raise a number.
    """
    state = blake2b(digest_size=16)
    for source in _SOURCES:
        for path in sorted((_SPEECH / source).rglob("*.py")) or [_SPEECH / source]:
            state.update(str(path.relative_to(_SPEECH)).encode())
            state.update(path.read_bytes())
    for library in _LIBRARIES:
        try:
            state.update(f"{library} {version(library)}".encode())
        except PackageNotFoundError:
            state.update(f"no {library}".encode())
    return state.hexdigest()
