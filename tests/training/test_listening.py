import json
from pathlib import Path

import numpy as np
import pytest

from training.corpus import sentence

listening = pytest.importorskip(
    "training.listening", reason="listening needs librosa, speechmos and pocketsphinx"
)


def test_a_sound_is_no_distance_from_itself() -> None:
    time = np.arange(16_000) / 16_000
    wave = (0.1 * np.sign(np.sin(2 * np.pi * 120 * time))).astype(np.float32)
    higher = (0.1 * np.sign(np.sin(2 * np.pi * 120 * 2 ** (1 / 6) * time))).astype(np.float32)
    assert listening.distances(wave, wave) == (0.0, 0.0)
    assert listening.distances(higher, wave)[1] == pytest.approx(2.0, abs=0.2)


class Counting:
    """A listener that notes how often it was asked."""

    asked = 0

    def listen(self, item: object, wave: np.ndarray) -> object:
        self.asked += 1
        assert wave.shape == (1_600,)
        return listening.Heard(
            key=item.key, words=3, errors=1, overall=3.0, p808=3.5, seconds=len(wave) / 16_000
        )


def test_a_teacher_is_listened_to_once(tmp_path: Path) -> None:
    item = sentence("One two three.")
    folder = tmp_path / "tracks" / "ann"
    folder.mkdir(parents=True)
    with listening.wave_files.open(str(folder / f"{item.key}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(32_000)
        file.writeframes(b"\0\1" * 3_200)
    listener = Counting()
    for _ in range(2):
        teacher = listening.Teacher("ann", tmp_path)
        assert teacher.spoke(item)
        assert not teacher.spoke(sentence("Four."))
        assert teacher.heard(item, listener).seconds == 0.1
    assert listener.asked == 1
    (line,) = (tmp_path / "heard" / "ann.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["errors"] == 1
