"""espeak-ng, in process: one binding and one lock, for phonemes and for speech.

The library is the build inside the piper-tts wheel (1.52.0.1, GPL-3), loaded by ctypes without
importing piper, so that no ONNX Runtime comes with it. Piper voices are trained on the phonemes
of this build: espeakng-loader's 1.52.0 wrote other phonemes for 454 of 2,490 sentences.

espeak-ng keeps its voice, its parameters and its place in the text in global variables, so every
function here takes the one lock; this module is the only owner of the library in a process.
"""

import ctypes
import hashlib
import importlib.util
import re
import threading
from functools import cache
from pathlib import Path

import numpy as np

from speech.errors import ConfigError, SynthesisError
from speech.types import Samples

NORMAL_RATE = 175
"""espeak-ng's own default rate, in words per minute."""
MIN_RATE, MAX_RATE = 80, 450
"""Rates the synthesiser obeys, in words per minute; outside them it stays at the bound."""

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_PHONEMES_IPA = 2
_POSITION_CHARACTER = 1
_PARAMETER_RATE = 1

# What ends a clause, from the bits of espeak-ng's `translate.h`: pause, intonation and type.
_TERMINATORS = {
    0x00080000 | 0x0000 | 40: ".",
    0x00080000 | 0x2000 | 40: "?",
    0x00080000 | 0x3000 | 45: "!",
    0x00040000 | 0x1000 | 20: ",",
    0x00040000 | 0x0000 | 30: ":",
    0x00040000 | 0x1000 | 30: ";",
}
_TERMINATOR_MASK = 0x000FFFFF
_LANGUAGE_SWITCH = re.compile(r"\([^)]*\)")
# Letters with dots between are one word to espeak-ng, and a long one ends the process with a
# segmentation fault: 30 letters of three bytes each are enough, 100 of one byte.
_INITIALS = re.compile(r"(?:[^\s.]{1,4}\.+){10,}")

_WITHOUT_DICTIONARY = {"fo", "kaa", "ps", "xex"}
"""Voices the wheel lists but carries no pronunciation dictionary for."""

_LOCK = threading.Lock()
_SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class _VoiceEntry(ctypes.Structure):
    """`espeak_VOICE` of speak_lib.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class _Library:
    """The loaded library and the buffer its callback fills; used under the lock only."""

    def __init__(self) -> None:
        folder = _wheel_folder()
        path = next(iter(sorted(folder.glob("espeakbridge*.so"))), None)
        if path is None:
            raise ConfigError(f"no espeak-ng library in {folder}: reinstall piper-tts")
        self.api = ctypes.CDLL(str(path))
        self.api.espeak_TextToPhonemesWithTerminator.restype = ctypes.c_char_p
        self.api.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceEntry))
        self.api.espeak_Info.restype = ctypes.c_char_p
        self.sample_rate = int(
            self.api.espeak_Initialize(
                _AUDIO_OUTPUT_SYNCHRONOUS,
                0,
                str(folder / "espeak-ng-data").encode(),
                _INITIALIZE_DONT_EXIT,
            )
        )
        if self.sample_rate <= 0:
            raise ConfigError(f"espeak-ng could not read its data in {folder}")
        self.version = str(self.api.espeak_Info(None).decode())
        self.checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        self.pieces: list[Samples] = []
        self._callback = _SynthCallback(self._receive)
        self.api.espeak_SetSynthCallback(self._callback)
        self._voice = ""
        self._files: dict[str, str] = {}

    def _receive(self, wave: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if wave and count:
            self.pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
        return 0

    def select(self, voice: str) -> None:
        """Make a voice current, e.g. `en-us` or `en-us+f3`."""
        if voice != self._voice:
            if self.api.espeak_SetVoiceByName(voice.encode()) != 0:
                self._voice = ""
                # Some tags, en-gb and zh among them, are no voice's name: by file, then.
                tag, plus, variant = voice.partition("+")
                name = f"{self.voice_files().get(tag.lower(), '')}{plus}{variant}"
                if name == plus + variant or self.api.espeak_SetVoiceByName(name.encode()) != 0:
                    raise SynthesisError(f"espeak-ng has no voice named {voice!r}")
            self._voice = voice

    def voice_files(self) -> dict[str, str]:
        """Every language tag, lower case, and the file of the voice that speaks it best."""
        if self._files:
            return self._files
        best: dict[str, tuple[int, str]] = {}
        entries = self.api.espeak_ListVoices(None)
        position = 0
        while entries[position]:
            entry = entries[position].contents
            # A run of: one priority byte, lowest is best, a tag, NUL; closed by a zero priority.
            address = ctypes.cast(
                ctypes.addressof(entry) + _VoiceEntry.languages.offset,
                ctypes.POINTER(ctypes.c_void_p),
            ).contents.value
            while address and (priority := ctypes.string_at(address, 1)[0]):
                tag = ctypes.string_at(address + 1)
                found = (priority, entry.identifier.decode())
                known = best.setdefault(tag.decode().lower(), found)
                if priority < known[0]:
                    best[tag.decode().lower()] = found
                address += len(tag) + 2
            position += 1
        self._files = {tag: file for tag, (_, file) in best.items()}
        return self._files


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec("piper")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            "piper-tts, which carries espeak-ng, is not installed: "
            "`pip install 'chorale[cpu]'`, or beside the gpu extra "
            "`pip install --no-deps piper-tts==1.8.0`"
        )
    return Path(next(iter(spec.submodule_search_locations)))


@cache
def _library() -> _Library:
    return _Library()


def is_busy() -> bool:
    """Whether somebody is using the library now: a call would wait, while it speaks for long."""
    return _LOCK.locked()


def sample_rate() -> int:
    """Hertz of `synthesize`."""
    with _LOCK:
        return _library().sample_rate


def version() -> str:
    """Version of espeak-ng."""
    with _LOCK:
        return _library().version


def checksum() -> str:
    """SHA-256 of the library file, in hex."""
    with _LOCK:
        return _library().checksum


@cache
def languages() -> tuple[str, ...]:
    """Every language tag espeak-ng speaks, lower case, sorted."""
    with _LOCK:
        return tuple(sorted(set(_library().voice_files()) - _WITHOUT_DICTIONARY))


@cache
def variants() -> tuple[str, ...]:
    """Names that may follow a language and `+`, e.g. `f2`; espeak-ng ignores any other silently."""
    folder = _wheel_folder() / "espeak-ng-data" / "voices" / "!v"
    return tuple(sorted(path.name for path in folder.iterdir()))


def phonemize(text: str, voice: str) -> str:
    """IPA of a text as piper's bridge writes it: clauses joined with their punctuation.

    Sentences are joined by a space; language-switch flags such as `(en)` are dropped. The result
    is not decomposed: vocabularies look up NFD code points. Words around an ellipsis stay apart,
    which piper's bridge glues together.
    """
    parts: list[str] = []
    buffer = ctypes.create_string_buffer(_safe(text))
    pointer = ctypes.c_void_p(ctypes.addressof(buffer))
    terminator = ctypes.c_int(0)
    with _LOCK:
        library = _library()
        library.select(voice)
        while pointer.value:
            phonemes = library.api.espeak_TextToPhonemesWithTerminator(
                ctypes.byref(pointer), _CHARS_UTF8, _PHONEMES_IPA, ctypes.byref(terminator)
            )
            mark = _TERMINATORS.get(terminator.value & _TERMINATOR_MASK, "")
            clause = _LANGUAGE_SWITCH.sub("", (phonemes or b"").decode()) + mark
            # Within a sentence the space belongs to the mark, as in piper, even at the very end.
            parts.append(clause + " " if mark in {",", ":", ";"} or pointer.value else clause)
    return "".join(parts)


def _safe(text: str) -> bytes:
    """A text in UTF-8; what would be too long a word of initials is letters with spaces."""
    return _INITIALS.sub(lambda chain: chain[0].replace(".", " "), text).encode()


def synthesize(text: str, voice: str, rate: int = NORMAL_RATE) -> Samples:
    """Speak a text with espeak-ng's own synthesiser.

    Not deterministic: a pitch flutter runs on from call to call, so two renderings of a text of
    1.7 s differed by up to 8 samples in length, also after the library was initialised anew.

    Args:
        text: What to say, without markup.
        voice: Language tag, with an optional variant: `en-us`, `de+f2`.
        rate: Words per minute, MIN_RATE to MAX_RATE.

    Returns:
        One-dimensional int16 at `sample_rate()`.

    Raises:
        SynthesisError: the voice does not exist or espeak-ng reports a failure.
    """
    data = _safe(text)
    with _LOCK:
        library = _library()
        library.select(voice)
        library.api.espeak_SetParameter(_PARAMETER_RATE, rate, 0)
        library.pieces.clear()
        status = library.api.espeak_Synth(
            data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        pieces = list(library.pieces)
        library.pieces.clear()
    if status != 0:
        raise SynthesisError(f"espeak-ng failed with status {status}")
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
