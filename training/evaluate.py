"""Holds a voice against its teachers on sentences neither was trained or tuned on.

    python -m training.evaluate VOICE.onnx [--sentences N] [--work DIR] [--out DIR]

Word error rate by pocketsphinx (both sides hear the same recogniser, so the difference counts, and
its interval comes from resampling sentences in pairs), DNSMOS (`speechmos`) overall and P.808,
log-mel and pitch differences with the timing warped away, the ratio of lengths (the teacher's edges
hold 0.2 s more silence), the speed of one core, loudness, and pictures of teacher beside voice.
Writes report.json, report.html and the pictures.
"""

import argparse
import html
import json
import re
import wave as wave_files
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
import onnxruntime
import pocketsphinx
import soxr
from matplotlib.figure import Figure
from rich.progress import track
from speechmos import dnsmos

from training.corpus import Sentence, sentences
from training.features import TABLE, symbols, with_pads
from training.loudness import loudness, true_peak
from training.teachers import WORK

LISTENING_RATE = 16_000
"""Hertz of pocketsphinx's and DNSMOS's models."""
DRAWS = 2_000
"""Resamplings for the interval."""

Wave = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """One sentence, spoken twice."""

    sentence: Sentence
    teacher: Wave
    """At LISTENING_RATE."""
    voice: Wave
    """At LISTENING_RATE."""
    seconds: float
    """Of processor time the voice took."""
    original: Wave
    """The voice at its own rate."""


class Speaker:
    """An exported voice on one core."""

    def __init__(self, model: Path) -> None:
        self.config = json.loads(model.with_name(model.name + ".json").read_text("utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        inference = self.config["inference"]
        self._scales = np.array(
            [inference[name] for name in ("noise_scale", "length_scale", "noise_w")], np.float32
        )

    @property
    def sample_rate(self) -> int:
        """Hertz."""
        return int(self.config["audio"]["sample_rate"])

    def say(self, text: str, sid: int) -> Wave:
        """One phrase."""
        ids = with_pads([TABLE[point] for point in symbols(text)], TABLE["_"])
        feeds = {
            "input": ids[None],
            "input_lengths": np.array([len(ids)]),
            "scales": self._scales,
            "sid": np.array([sid]),
        }
        return np.asarray(self._session.run(["output"], feeds)[0]).reshape(-1)


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


def paired_interval(
    ours: npt.ArrayLike, theirs: npt.ArrayLike, counts: npt.ArrayLike, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the difference of two error rates over the same sentences, as shares."""
    a, b, n = (np.asarray(values, np.float64) for values in (ours, theirs, counts))
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(n), (DRAWS, len(n)))
    differences = (a[picks].sum(1) - b[picks].sum(1)) / n[picks].sum(1)
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)


def read_wave(path: Path, rate: int) -> Wave:
    """A mono file of 16 bits at another rate, full scale at 1."""
    with wave_files.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        found = file.getframerate()
    return np.asarray(soxr.resample(samples.astype(np.float32) / 32_768, found, rate), np.float32)


def levelled(wave: Wave) -> Wave:
    """Speech at a common level, so that loudness decides nothing."""
    level = float(np.sqrt(np.mean(wave**2))) or 1.0
    return np.asarray(np.clip(wave * (0.06 / level), -1, 1), np.float32)


class Recogniser:
    """pocketsphinx with its own English model."""

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(samprate=float(LISTENING_RATE), loglevel="FATAL")

    def hear(self, wave: Wave) -> list[str]:
        """Words of a wave at LISTENING_RATE."""
        # A quarter second of silence on both sides: the teachers have it, our voice does not.
        quiet = np.zeros(LISTENING_RATE // 4, np.float32)
        samples = np.concatenate((quiet, levelled(wave), quiet))
        self._decoder.start_utt()
        self._decoder.process_raw((samples * 32_767).astype(np.int16).tobytes(), full_utt=True)
        self._decoder.end_utt()
        result = self._decoder.hyp()
        return words(result.hypstr) if result else []


def opinion(wave: Wave) -> tuple[float, float]:
    """DNSMOS overall and P.808."""
    found = dnsmos.run(levelled(wave), sr=LISTENING_RATE)
    return float(found["ovrl_mos"]), float(found["p808_mos"])


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


def spoken(
    speaker: Speaker, name: str, sid: int, work: Path, chosen: Sequence[Sentence]
) -> Iterator[Heard]:
    """Every sentence by teacher and voice."""
    for item in chosen:
        teacher = read_wave(work / "tracks" / name / f"{item.key}.wav", LISTENING_RATE)
        begin = perf_counter()
        original = speaker.say(item.text, sid)
        seconds = perf_counter() - begin
        voice = np.asarray(soxr.resample(original, speaker.sample_rate, LISTENING_RATE), np.float32)
        yield Heard(item, teacher, voice, seconds, original)


def measure(speaker: Speaker, name: str, sid: int, work: Path, chosen: Sequence[Sentence]) -> Any:
    """All figures of one speaker, and the sentences as heard."""
    recogniser = Recogniser()
    rows: list[dict[str, Any]] = []
    waves: list[Heard] = []
    originals: list[Wave] = []
    heard_rows = spoken(speaker, name, sid, work, chosen)
    for heard in track(heard_rows, total=len(chosen), description=name):
        wanted = words(heard.sentence.text)
        theirs, ours = recogniser.hear(heard.teacher), recogniser.hear(heard.voice)
        row = {
            "text": heard.sentence.text,
            "words": len(wanted),
            "teacher_errors": word_errors(wanted, theirs),
            "voice_errors": word_errors(wanted, ours),
            "seconds": len(heard.original) / speaker.sample_rate,
            "teacher_seconds": len(heard.teacher) / LISTENING_RATE,
            "processor_seconds": heard.seconds,
        }
        if len(rows) % 4 == 0:  # these are slow, and steady after 100 sentences
            row["teacher_ovrl"], row["teacher_p808"] = opinion(heard.teacher)
            row["voice_ovrl"], row["voice_p808"] = opinion(heard.voice)
            row["mel_distance"], row["pitch_semitones"] = distances(heard.voice, heard.teacher)
        rows.append(row)
        originals.append(heard.original)
        if len(waves) < 4 and len(wanted) > 7:
            waves.append(heard)
    return summary(rows, np.concatenate(originals), speaker.sample_rate), waves


def summary(rows: Sequence[Mapping[str, Any]], everything: Wave, rate: int) -> dict[str, Any]:
    """Figures of many sentences."""
    columns = {
        key: np.array([row[key] for row in rows if key in row])
        for key in {key for row in rows for key in row} - {"text"}
    }
    count = columns["words"]
    low, high = paired_interval(columns["voice_errors"], columns["teacher_errors"], count)
    means: dict[str, Any] = {
        key: round(float(columns[key].mean()), 3)
        for key in (
            "teacher_ovrl",
            "voice_ovrl",
            "teacher_p808",
            "voice_p808",
            "mel_distance",
            "pitch_semitones",
        )
        if key in columns
    }
    return {
        "sentences": len(rows),
        "teacher_word_error": round(float(columns["teacher_errors"].sum() / count.sum()), 4),
        "voice_word_error": round(float(columns["voice_errors"].sum() / count.sum()), 4),
        "difference_interval": [round(low, 4), round(high, 4)],
        **means,
        "length_ratio": round(
            float(columns["seconds"].sum() / columns["teacher_seconds"].sum()), 3
        ),
        "times_real_time": round(
            float(columns["seconds"].sum() / columns["processor_seconds"].sum()), 1
        ),
        "loudness_lufs": round(loudness(everything, rate), 2),
        "true_peak_db": round(true_peak(everything[: 60 * rate]), 2),
        "dc": round(float(everything.mean()), 6),
    }


def picture(heard: Heard, path: Path) -> None:
    """Spectrograms of teacher and voice, one above the other, 0 to 8 kHz."""
    figure = Figure(figsize=(13, 8))
    axes = figure.subplots(2, 1)
    for axis, wave, title in zip(
        axes, (heard.teacher, heard.voice), ("teacher", "voice"), strict=True
    ):
        axis.specgram(
            levelled(wave), NFFT=512, Fs=LISTENING_RATE, noverlap=448, vmin=-130, vmax=-40
        )
        axis.set_title(f"{title}: {heard.sentence.text[:90]}")
    figure.tight_layout()
    figure.savefig(path, dpi=60)


def page(report: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """The report as a page of its own."""
    figures = "".join(
        f"<h2>{html.escape(name)}</h2><table>"
        + "".join(f"<tr><td>{key}<td>{value}" for key, value in found.items())
        + "</table>"
        for name, found in report["speakers"].items()
    )
    images = "".join(f'<img src="{html.escape(name)}" width="900"><br>' for name in pictures)
    style = "body{font:15px sans-serif;margin:2em}td{padding:2px 12px}"
    title = f"Voice {html.escape(report['voice'])}"
    return (
        f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{style}</style>"
        f"<h1>{title}</h1>{figures}{images}\n"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Evaluate a voice against its teachers.")
    parser.add_argument("voice", type=Path)
    parser.add_argument("--sentences", type=int, default=400, help="per speaker, of the test")
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--out", type=Path, default=WORK / "report")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    speaker = Speaker(options.voice)
    report: dict[str, Any] = {"voice": options.voice.name, "speakers": {}}
    pictures: list[str] = []
    for name, sid in speaker.config["speaker_id_map"].items():
        folder = options.work / "tracks" / name
        chosen = [
            item
            for item in sentences(options.count)
            if item.split == "test" and (folder / f"{item.key}.wav").exists()
        ][: options.sentences]
        report["speakers"][name], waves = measure(speaker, name, sid, options.work, chosen)
        for index, heard in enumerate(waves):
            pictures.append(f"{name}-{index}.png")
            picture(heard, options.out / pictures[-1])
    (options.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (options.out / "report.html").write_text(page(report, pictures), "utf-8")


if __name__ == "__main__":
    main()
