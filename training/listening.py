"""What can be heard in a wave: words, opinions of its quality, pitch, and how two waves differ.

Words are pocketsphinx's, opinions DNSMOS's (`speechmos`); both listen at 16 kHz. What a teacher's
sentence sounds like is kept in WORK/heard/SPEAKER.jsonl, so it is listened to once:

    python -m training.listening SPEAKER... [--sentences N] [--work DIR]
"""

import argparse
import json
import wave as wave_files
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import onnxruntime
from rich.progress import track
from speechmos import dnsmos

from training.align import Ints
from training.corpus import Sentence, sentences
from training.features import read
from training.recognition import (
    LISTENING_RATE,
    Recogniser,
    Wave,
    levelled,
    resampled,
    word_errors,
    words,
)
from training.teachers import WORK

WINDOW = int(dnsmos.INPUT_LENGTH * LISTENING_RATE)
"""Samples that DNSMOS listens to at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One spoken sentence, as a recogniser and a judge of quality heard it."""

    key: str
    """Of the sentence."""
    words: int
    """That it has."""
    errors: int
    """Words wrong, missing or too many."""
    overall: float
    """DNSMOS overall, 1 to 5."""
    p808: float
    """DNSMOS P.808, 1 to 5."""
    seconds: float
    """Of audio."""


class Listener:
    """pocketsphinx with its own English model, and DNSMOS."""

    def __init__(self) -> None:
        folder = Path(dnsmos.__file__).parent / "dnsmos_models"
        paths = [str(folder / name) for name in ("sig_bak_ovr.onnx", "model_v8.onnx")]
        self._judge = dnsmos.DNSMOS(*paths)
        # The package's own sessions take every core.
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._judge.onnx_sess = onnxruntime.InferenceSession(paths[0], options)
        self._judge.p808_onnx_sess = onnxruntime.InferenceSession(paths[1], options)
        self._recogniser = Recogniser()

    def listen(self, item: Sentence, wave: Wave) -> Heard:
        """To a sentence at LISTENING_RATE."""
        wanted = words(item.text)
        overall, p808 = self.opinion(wave)
        return Heard(
            key=item.key,
            words=len(wanted),
            errors=word_errors(wanted, self._recogniser.transcribe(wave)),
            overall=round(overall, 4),
            p808=round(p808, 4),
            seconds=len(wave) / LISTENING_RATE,
        )

    def opinion(self, wave: Wave) -> tuple[float, float]:
        """DNSMOS overall and P.808 of a wave at LISTENING_RATE.

        It listens to 9.01 s at a time; a shorter wave is repeated to just that length. The package
        would repeat it to twice as much and take the mean of up to nine overlapping windows, which
        costs four times as long for the second digit.
        """
        sample = levelled(wave)
        if len(sample) < WINDOW:
            sample = np.resize(sample, WINDOW)
        found = self._judge(sample, LISTENING_RATE, is_personalized_MOS=False)
        return float(found["ovrl_mos"]), float(found["p808_mos"])


class Teacher:
    """A teacher's sentences of the test: their audio, and how they were heard."""

    def __init__(self, speaker: str, work: Path) -> None:
        self._folder = work / "tracks" / speaker
        self._notes = work / "heard" / f"{speaker}.jsonl"
        self._features = work / "features" / f"{speaker}.npz"
        self._known: dict[str, Heard] = {}
        if self._notes.exists():
            lines = self._notes.read_text("utf-8").splitlines()
            self._known = {found["key"]: Heard(**found) for found in map(json.loads, lines)}

    def spoke(self, item: Sentence) -> bool:
        """Whether there is audio of a sentence."""
        return (self._folder / f"{item.key}.wav").exists()

    def wave(self, item: Sentence, rate: int = LISTENING_RATE) -> Wave:
        """A sentence at a rate in hertz."""
        return read_wave(self._folder / f"{item.key}.wav", rate)

    def durations(self) -> Mapping[str, Ints]:
        """Frames of each id of the network's, by sentence; of none where there are no features."""
        if not self._features.exists():
            return {}
        return {example.key: example.durations for example in read(self._features)}

    def heard(self, item: Sentence, listener: Listener) -> Heard:
        """How a sentence was heard; listened to at most once."""
        if item.key not in self._known:
            found = self._known[item.key] = listener.listen(item, self.wave(item))
            self._notes.parent.mkdir(parents=True, exist_ok=True)
            with self._notes.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found)) + "\n")
        return self._known[item.key]


def test_sentences(count: int) -> list[Sentence]:
    """Those among the first `count` of the text set that nothing is ever trained or tuned on."""
    return [item for item in sentences(count) if item.split == "test"]


def read_wave(path: Path, rate: int) -> Wave:
    """A mono file of 16 bits at another rate, full scale at 1."""
    with wave_files.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        found = file.getframerate()
    return resampled(samples.astype(np.float32) / np.float32(32_768), found, rate)


def log_mel(wave: Wave, rate: int = LISTENING_RATE) -> Any:
    """Natural log of 80 mel bands every 10 ms, [frames, 80]."""
    power = librosa.feature.melspectrogram(y=wave, sr=rate, n_fft=512, hop_length=160, n_mels=80)
    return np.log(np.maximum(power.T, 1e-7))


def pitch(wave: Wave) -> Any:
    """F0 every 10 ms by YIN, hertz; 0 where the frame is 30 dB below the loudest."""
    f0 = librosa.yin(wave, fmin=60, fmax=400, sr=LISTENING_RATE, frame_length=1024, hop_length=160)
    level = librosa.feature.rms(y=wave, frame_length=1024, hop_length=160)[0]
    return np.where(level > 0.03 * level.max(), f0, 0.0)


def distances(one: Wave, other: Wave) -> tuple[float, float]:
    """Mean absolute log-mel difference, and median pitch difference in semitones.

    Both along the best warping of one onto the other. The median, because YIN errs by octaves and
    guesses in unvoiced sounds.
    """
    first, second = levelled(one), levelled(other)
    a, b = log_mel(first), log_mel(second)
    _, path = librosa.sequence.dtw(a.T, b.T, metric="cityblock")
    mel = float(np.mean(np.abs(a[path[:, 0]] - b[path[:, 1]])))
    p, q = pitch(first)[path[:, 0]], pitch(second)[path[:, 1]]
    heard = (p > 0) & (q > 0)
    semitones = 12 * np.abs(np.log2(p[heard] / q[heard])) if heard.any() else np.zeros(1)
    return mel, float(np.median(semitones))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Listen to the teachers' sentences of the test.")
    parser.add_argument("speakers", nargs="+")
    parser.add_argument("--sentences", type=int, default=1_000)
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    listener = Listener()
    for speaker in options.speakers:
        teacher = Teacher(speaker, options.work)
        chosen = [item for item in test_sentences(options.count) if teacher.spoke(item)]
        for item in track(chosen[: options.sentences], description=speaker):
            teacher.heard(item, listener)


if __name__ == "__main__":
    main()
