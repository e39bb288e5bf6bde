"""espeak-ng, for phonemes and for speech, in processes of its own; a `Phonemizer`.

It writes beyond its buffers for many texts, so it never runs in the process that serves: a few
helper processes do (`pool.py`), and read each phrase in a child of its own (`helper.py`).
docs/text.md has the kinds of texts, and what the distance costs.

The library is the build inside the piper-tts wheel (1.52.0.1, GPL-3), loaded by ctypes without
importing piper, so that no ONNX Runtime comes with it. Piper voices are trained on the phonemes
of this build: espeakng-loader's 1.52.0 wrote other phonemes for 454 of 2,490 sentences.
"""

import hashlib
import importlib.util
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from speech.brackets import spoken_brackets
from speech.config import EspeakConfig
from speech.errors import ConfigError, SynthesisError, UnreadableTextError
from speech.espeak import helper
from speech.espeak.pool import Helper, Helpers
from speech.types import Samples

NORMAL_RATE = 175
"""espeak-ng's own default rate, in words per minute."""
MIN_RATE, MAX_RATE = 80, 450
"""Rates the synthesiser obeys, in words per minute; outside them it stays at the bound."""
_WITHOUT_DICTIONARY = {"fo", "kaa", "ps", "xex"}
"""Voices the wheel lists but carries no pronunciation dictionary for."""


class _Process:
    """The helpers of this process, as one library would be: all of it share them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget them: they belong to another process."""
        self.lock = threading.Lock()
        self.config = EspeakConfig()
        self.helpers: Helpers | None = None


_PROCESS = _Process()
os.register_at_fork(after_in_child=_PROCESS.clear)


def configure(config: EspeakConfig) -> None:
    """Set how many helpers this process has and what each may take; others are ended."""
    with _PROCESS.lock:
        if config != _PROCESS.config:
            _PROCESS.config = config
            old, _PROCESS.helpers = _PROCESS.helpers, None
            if old is not None:
                old.close()


def _helpers() -> Helpers:
    if (helpers := _PROCESS.helpers) is not None:
        return helpers
    with _PROCESS.lock:
        if _PROCESS.helpers is None:
            _PROCESS.helpers = Helpers(wheel_folder(), _PROCESS.config)
        return _PROCESS.helpers


def unavailable() -> str:
    """Why it cannot be used here, and what to install; empty where it can."""
    if importlib.util.find_spec("piper") is not None:
        return ""
    return (
        "espeak-ng comes with piper-tts, which is not installed: `pip install 'chorale[espeak]'`, "
        "or beside the gpu extra `pip install --no-deps piper-tts==1.8.0`"
    )


def wheel_folder() -> Path:
    """Where the library and its data are.

    Raises:
        ConfigError: piper-tts is not installed.
    """
    spec = importlib.util.find_spec("piper")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(unavailable())
    return Path(next(iter(spec.submodule_search_locations)))


@cache
def _described() -> tuple[int, tuple[str, ...]]:
    """Hertz and languages, by a process that ends again: who only asks for them keeps none."""
    asked = Helper(wheel_folder(), EspeakConfig())
    asked.close()
    return asked.sample_rate, tuple(sorted(set(asked.tags) - _WITHOUT_DICTIONARY))


def is_busy() -> bool:
    """Whether a call would wait for another one."""
    return _PROCESS.helpers is not None and _PROCESS.helpers.is_busy


@dataclass(frozen=True, slots=True)
class State:
    """The helpers of this process."""

    running: int
    deaths: Mapping[str, int]
    """Processes that ended since this was last asked, by cause: `crash`, `time`, `lost`."""
    failure: ConfigError | None
    """Why no helper can be started, where none can."""


def state() -> State | None:
    """How the helpers do; None where nothing has been read yet."""
    helpers = _PROCESS.helpers
    if helpers is None:
        return None
    return State(helpers.running, helpers.deaths(), helpers.failure)


def sample_rate() -> int:
    """Hertz of `synthesize`."""
    return _described()[0]


def languages() -> tuple[str, ...]:
    """Every language tag espeak-ng speaks, lower case, sorted."""
    return _described()[1]


@cache
def checksum() -> str:
    """SHA-256 of the library file, in hex."""
    (library,) = wheel_folder().glob("espeakbridge*.so")
    return hashlib.sha256(library.read_bytes()).hexdigest()


@cache
def variants() -> tuple[str, ...]:
    """Names that may follow a language and `+`, e.g. `f2`; espeak-ng ignores any other silently."""
    folder = wheel_folder() / "espeak-ng-data" / "voices" / "!v"
    return tuple(sorted(path.name for path in folder.iterdir()))


def phonemize(text: str, voice: str) -> str:
    """IPA of a text as piper's bridge writes it: clauses joined with their punctuation.

    Sentences are joined by a space; language-switch flags such as `(en)` are dropped. The result
    is not decomposed: vocabularies look up NFD code points. Words around an ellipsis stay apart,
    which piper's bridge glues together.

    Raises:
        UnreadableTextError: espeak-ng breaks down on the text.
        SynthesisError: the voice does not exist.
    """
    try:
        return _ask(helper.PHONEMIZE, voice, text).decode()
    except UnicodeDecodeError as error:
        raise UnreadableTextError("espeak-ng writes no phonemes for a phrase", "input") from error


def synthesize(text: str, voice: str, rate: int = NORMAL_RATE) -> Samples:
    """What `synthesize_timed` does, without the words."""
    return synthesize_timed(text, voice, rate)[0]


def synthesize_timed(
    text: str, voice: str, rate: int = NORMAL_RATE
) -> tuple[Samples, list[tuple[int, int]]]:
    """Speak a text with espeak-ng's own synthesiser.

    Args:
        text: What to say, without markup.
        voice: Language tag, with an optional variant: `en-us`, `de+f2`.
        rate: Words per minute, MIN_RATE to MAX_RATE.

    Returns:
        One-dimensional int16 at `sample_rate()`; and of each word, or of several that it says as
        one, the first code point in the text and the sample at which it begins, in order.

    Raises:
        UnreadableTextError: espeak-ng breaks down on the text.
        SynthesisError: the voice does not exist or espeak-ng reports a failure.
    """
    payload = _ask(helper.SYNTHESIZE, voice, spoken_brackets(text), rate)
    (count,) = helper.WORDS.unpack_from(payload)
    behind = helper.WORDS.size + count * helper.WORD.size
    words = helper.WORD.iter_unpack(payload[helper.WORDS.size : behind])
    return np.frombuffer(payload, np.int16, offset=behind), _in_order(words, len(text))


def _in_order(words: Iterable[tuple[int, ...]], length: int) -> list[tuple[int, int]]:
    """Words whose places and times both rise; espeak-ng repeats some."""
    found: list[tuple[int, int]] = []
    for place, sample in words:
        if place < length and (not found or (place > found[-1][0] and sample >= found[-1][1])):
            found.append((place, sample))
    return found


def _ask(kind: int, voice: str, text: str, rate: int = 0) -> bytes:
    status, code, payload = _helpers().ask(kind, voice, text, rate)
    if status == helper.NO_VOICE:
        raise SynthesisError(f"espeak-ng has no voice named {voice!r}")
    if status == helper.FAILED:
        raise SynthesisError(f"espeak-ng failed with status {code}")
    return payload
