"""The words in a wave, as pocketsphinx with its own English model hears them."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pocketsphinx
import soxr

LISTENING_RATE = 16_000
"""Hertz of pocketsphinx's model, and of DNSMOS's."""

Wave = npt.NDArray[np.float32]


class Recogniser:
    """pocketsphinx; one of them takes about 100 MB and half a second to load."""

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(samprate=float(LISTENING_RATE), loglevel="FATAL")

    def transcribe(self, wave: Wave) -> list[str]:
        """Words of a wave at LISTENING_RATE."""
        # A quarter second of silence on both sides: the teachers have it, our voice does not.
        quiet = np.zeros(LISTENING_RATE // 4, np.float32)
        samples = np.concatenate((quiet, levelled(wave), quiet))
        self._decoder.start_utt()
        self._decoder.process_raw((samples * 32_767).astype(np.int16).tobytes(), full_utt=True)
        self._decoder.end_utt()
        result = self._decoder.hyp()
        return words(result.hypstr) if result else []


def words(text: str) -> list[str]:
    """A text as the recogniser writes it: lower case, without punctuation."""
    return re.sub(r"[^a-z' ]", " ", text.lower().replace("-", " ")).split()


def word_errors(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """Edit distance in words."""
    row = np.arange(len(heard) + 1)
    for i, word in enumerate(wanted, 1):
        before = row
        row = np.empty_like(before)
        row[0] = i
        for j, other in enumerate(heard, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other))
    return int(row[-1])


def resampled(wave: Wave, rate: int, wanted: int) -> Wave:
    """A wave at another rate in hertz."""
    return np.asarray(soxr.resample(wave, rate, wanted), np.float32)


def levelled(wave: Wave) -> Wave:
    """Speech at a common level, so that loudness decides nothing."""
    level = float(np.sqrt(np.mean(wave**2))) or 1.0
    return np.asarray(np.clip(wave * (0.06 / level), -1, 1), np.float32)
