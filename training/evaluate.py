"""Holds a voice against its teachers on sentences it was neither trained nor tuned on.

    python -m training.evaluate VOICE.onnx [--out DIR] [--sentences N] [--speakers NAME...]

Word error rate by pocketsphinx (both sides hear the same recogniser, so the difference counts, and
its interval comes from resampling sentences in pairs), DNSMOS overall and P.808, log-mel and pitch
differences with the timing warped away, lengths of phonemes, speed of one core, loudness, and
pictures of teacher beside voice. Writes report.json and report.html.

Any voice in Piper's format will do. Without its teachers' audio (`training.teachers`) the report
holds what can be measured without, and says what was left out.
"""

import argparse
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from rich.progress import track

from speech import espeak
from training.corpus import Sentence
from training.listening import Heard, Listener, Teacher, distances, test_sentences
from training.loudness import loudness, true_peak
from training.recognition import LISTENING_RATE, Wave, resampled
from training.report import Picture, page
from training.speed import one_core, speed
from training.teachers import WORK

COUNT = 5_000
"""Of the text set, of which 566 sentences are the test's."""
MOST_SPEAKERS = 4
"""That are measured when none are named."""
DRAWS = 2_000
"""Resamplings for the interval."""
COMPARE_EVERY = 4
"""Sentences for one whose mel and pitch are compared: slow, and steady after 100."""

Floats = npt.NDArray[np.float64]


class Speaker:
    """A voice in Piper's format on one core."""

    def __init__(self, model: Path) -> None:
        self.config = json.loads(model.with_name(model.name + ".json").read_text("utf-8"))
        self._session = onnxruntime.InferenceSession(
            str(model), one_core(), providers=["CPUExecutionProvider"]
        )
        self._inputs = {item.name for item in self._session.get_inputs()}
        inference = self.config.get("inference") or {}
        usual = {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8}
        self._scales = np.array([inference.get(key, usual[key]) for key in usual], np.float32)

    @property
    def sample_rate(self) -> int:
        """Hertz."""
        return int(self.config["audio"]["sample_rate"])

    @property
    def language(self) -> str:
        """espeak-ng's name of what it speaks."""
        return str(self.config["espeak"]["voice"])

    @property
    def speakers(self) -> Mapping[str, int]:
        """Ids by name; one without a name where the voice has a single one."""
        return dict(self.config.get("speaker_id_map") or {"": 0})

    def ids(self, text: str) -> npt.NDArray[np.int64]:
        """A phrase as the graph takes it, by piper's rule: a pad between any two."""
        table = self.config["phoneme_id_map"]
        phonemes = unicodedata.normalize("NFD", espeak.phonemize(text, self.language))
        (pad,) = table["_"]
        result = [*table["^"], pad]
        for symbol in phonemes:
            for index in table.get(symbol, ()):
                result += (index, pad)
        return np.array([*result, *table["$"]], np.int64)

    def say(self, text: str, sid: int) -> tuple[Wave, npt.NDArray[np.int64] | None]:
        """One phrase; and the frames of each id, where the voice tells."""
        ids = self.ids(text)
        feeds = {
            "input": ids[None],
            "input_lengths": np.array([len(ids)]),
            "scales": self._scales,
            "sid": np.array([sid]),
        }
        feeds = {name: value for name, value in feeds.items() if name in self._inputs}
        found = self._session.run(None, feeds)
        frames = found[1].reshape(-1).astype(np.int64) if len(found) > 1 else None
        return np.asarray(found[0]).reshape(-1), frames


@dataclass(slots=True)
class Notes:
    """What is gathered of one speaker, sentence by sentence."""

    ours: list[Heard] = field(default_factory=list)
    theirs: list[Heard] = field(default_factory=list)
    """As many, or none without a teacher."""
    distances: list[tuple[float, float]] = field(default_factory=list)
    duration_errors: list[Floats] = field(default_factory=list)
    """Of the phonemes of a sentence, in seconds."""
    waves: list[Wave] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)


def evaluate(
    voice: Path,
    out: Path,
    *,
    sentences: int = 400,
    speakers: Sequence[str] = (),
    work: Path = WORK,
) -> dict[str, Any]:
    """Measure a voice and write its report.

    Args:
        voice: The `.onnx`, its `.onnx.json` beside it.
        out: Folder of report.json and report.html.
        sentences: Of the test, per speaker, at most.
        speakers: Their names; without any the first MOST_SPEAKERS.
        work: Where the teachers' audio and parameters lie, if anywhere.

    Returns:
        What report.json holds.

    Raises:
        ValueError: the voice has no such speaker, or does not speak English.
    """
    speaker = Speaker(voice)
    if not speaker.language.startswith("en"):
        raise ValueError(f"the sentences are English, the voice speaks {speaker.language!r}")
    for name in speakers:
        if name not in speaker.speakers:
            raise ValueError(f"speakers: {name!r} is none of {sorted(speaker.speakers)}")
    names = list(speakers) or list(speaker.speakers)[:MOST_SPEAKERS]
    report: dict[str, Any] = {
        "voice": voice.name,
        "bytes": voice.stat().st_size,
        "speed": speed(lambda text: len(speaker.say(text, 0)[0]) / speaker.sample_rate),
        "speakers": {},
        "left_out": [],
    }
    if len(names) < len(speaker.speakers):
        report["left_out"].append(f"{len(speaker.speakers) - len(names)} more speakers")
    listener = Listener()
    pictures: list[Picture] = []
    for name in names:
        teacher = Teacher(name, work)
        spoken = [item for item in test_sentences(COUNT) if teacher.spoke(item)]
        if not spoken:
            report["left_out"].append(f"{name or 'voice'}: no teacher to hold it against")
        chosen = (spoken or test_sentences(COUNT))[:sentences]
        notes = _gathered(speaker, name, chosen, teacher if spoken else None, listener)
        report["speakers"][name] = summary(notes, speaker.sample_rate)
        pictures += notes.pictures
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (out / "report.html").write_text(page(report, pictures), "utf-8")
    return report


def _gathered(
    speaker: Speaker,
    name: str,
    chosen: Sequence[Sentence],
    teacher: Teacher | None,
    listener: Listener,
) -> Notes:
    notes = Notes()
    lengths = teacher.durations() if teacher else {}
    hop = int(speaker.config.get("hop_length") or 0) / speaker.sample_rate
    for place, item in enumerate(track(chosen, description=name or "voice")):
        wave, frames = speaker.say(item.text, speaker.speakers[name])
        notes.waves.append(wave)
        heard = resampled(wave, speaker.sample_rate, LISTENING_RATE)
        notes.ours.append(listener.listen(item, heard))
        drawn = len(notes.pictures) < 4 and notes.ours[-1].words > 7
        if teacher is None:
            if drawn:
                notes.pictures.append(Picture(item.text, ((wave, speaker.sample_rate, name),)))
            continue
        notes.theirs.append(teacher.heard(item, listener))
        wanted = lengths.get(item.key)
        if frames is not None and wanted is not None and len(wanted) == len(frames):
            notes.duration_errors.append(hop * np.abs(wanted - frames)[(wanted > 0) | (frames > 0)])
        if place % COMPARE_EVERY == 0:
            notes.distances.append(distances(heard, teacher.wave(item)))
        if drawn:
            rate = speaker.sample_rate
            both = ((teacher.wave(item, rate), rate, f"{name}, teacher"), (wave, rate, name))
            notes.pictures.append(Picture(item.text, both))
    return notes


def paired_interval(
    ours: npt.ArrayLike, theirs: npt.ArrayLike, counts: npt.ArrayLike, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the difference of two rates over the same sentences.

    Rates are sums of `ours` and `theirs` over sums of `counts`; sentences are drawn again.
    """
    a, b, n = (np.asarray(values, np.float64) for values in (ours, theirs, counts))
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(n), (DRAWS, len(n)))
    differences = (a[picks].sum(1) - b[picks].sum(1)) / n[picks].sum(1)
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)


def summary(notes: Notes, rate: int) -> dict[str, Any]:
    """Figures of one speaker."""
    everything = np.concatenate(notes.waves)
    found: dict[str, Any] = {"sentences": len(notes.ours), "voice": _rates(notes.ours)}
    if notes.theirs:
        found["teacher"] = _rates(notes.theirs)
        found["difference"] = {
            key: round(found["voice"][key] - found["teacher"][key], 4) for key in found["teacher"]
        }
        counts = [item.words for item in notes.ours]
        ones = np.ones(len(counts))
        columns = (("errors", counts), ("overall", ones), ("p808", ones))
        found["difference_interval"] = {
            {"errors": "word_error"}.get(name, name): [
                round(bound, 4)
                for bound in paired_interval(
                    [getattr(item, name) for item in notes.ours],
                    [getattr(item, name) for item in notes.theirs],
                    count,
                )
            ]
            for name, count in columns
        }
        # The teacher's edges hold 0.2 s more silence.
        seconds = [sum(item.seconds for item in side) for side in (notes.ours, notes.theirs)]
        found["length_ratio"] = round(seconds[0] / seconds[1], 3)
    if notes.distances:
        mel, semitones = np.mean(notes.distances, axis=0)
        found |= {"log_mel_distance": round(mel, 3), "pitch_error_semitones": round(semitones, 3)}
    if notes.duration_errors:
        mean = np.concatenate(notes.duration_errors).mean()
        found["phoneme_duration_error_ms"] = round(1000 * float(mean), 2)
    found["loudness_lufs"] = round(loudness(everything, rate), 2)
    found["true_peak_db"] = round(max(true_peak(wave) for wave in notes.waves), 2)
    found["dc"] = round(float(everything.mean()), 6)
    return found


def _rates(heard: Sequence[Heard]) -> dict[str, float]:
    count = sum(item.words for item in heard)
    return {
        "word_error": round(sum(item.errors for item in heard) / count, 4),
        "overall": round(float(np.mean([item.overall for item in heard])), 3),
        "p808": round(float(np.mean([item.p808 for item in heard])), 3),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Evaluate a voice against its teachers.")
    parser.add_argument("voice", type=Path)
    parser.add_argument("--out", type=Path, default=WORK / "report")
    parser.add_argument("--sentences", type=int, default=400, help="of the test, per speaker")
    parser.add_argument("--speakers", nargs="*", default=())
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    evaluate(
        options.voice,
        options.out,
        sentences=options.sentences,
        speakers=options.speakers,
        work=options.work,
    )


if __name__ == "__main__":
    main()
