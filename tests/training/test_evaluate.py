import json
from pathlib import Path

import numpy as np
import pytest

from training.tiny_voice import voice_config, write_tiny_voice

evaluate = pytest.importorskip(
    "training.evaluate", reason="evaluation needs librosa, speechmos, pocketsphinx and matplotlib"
)
listening = pytest.importorskip("training.listening")


def heard(errors: int, overall: float = 3.0) -> object:
    return listening.Heard(key="k", words=10, errors=errors, overall=overall, p808=3.5, seconds=2.0)


def test_the_interval_holds_the_difference_and_is_paired() -> None:
    rng = np.random.default_rng(1)
    theirs = rng.integers(0, 4, 400)
    counts = np.full(400, 10)
    low, high = evaluate.paired_interval(theirs + (np.arange(400) % 2), theirs, counts)
    assert low < 0.05 < high
    # The sentences' own difficulty falls out: much narrower than either rate's own interval.
    assert high - low < 0.012
    assert evaluate.paired_interval(theirs, theirs, counts) == (0.0, 0.0)


def test_a_summary_holds_both_sides_and_their_difference() -> None:
    notes = evaluate.Notes(
        ours=[heard(2)] * 5,
        theirs=[heard(1, 3.25)] * 5,
        distances=[(0.5, 0.2), (0.7, 0.4)],
        duration_errors=[np.array([0.01, 0.03])],
        waves=[np.full(24_000, 0.1, np.float32)] * 5,
    )
    found = evaluate.summary(notes, 24_000)
    assert found["voice"]["word_error"] == 0.2
    assert found["teacher"]["word_error"] == 0.1
    assert found["difference"] == {"word_error": 0.1, "overall": -0.25, "p808": 0.0}
    assert found["difference_interval"]["word_error"] == [0.1, 0.1]
    assert found["log_mel_distance"] == 0.6
    assert found["pitch_error_semitones"] == 0.3
    assert found["phoneme_duration_error_ms"] == 20.0
    assert found["length_ratio"] == 1.0
    assert found["dc"] == 0.1
    assert "teacher" not in evaluate.summary(
        evaluate.Notes(ours=notes.ours, waves=notes.waves), 24_000
    )


@pytest.mark.filterwarnings("ignore")  # librosa's and speechmos's own
def test_a_voice_without_teachers_is_measured_and_the_report_says_so(tmp_path: Path) -> None:
    model = write_tiny_voice(tmp_path / "many.onnx", speakers=3)
    out = tmp_path / "report"
    report = evaluate.evaluate(model, out, sentences=2, speakers=["s1"], work=tmp_path)
    assert json.loads((out / "report.json").read_text("utf-8")) == report
    found = report["speakers"]["s1"]
    assert found["sentences"] == 2
    assert 0 <= found["voice"]["word_error"] <= 3
    assert 1 <= found["voice"]["p808"] <= 5
    assert report["left_out"] == ["2 more speakers", "s1: no teacher to hold it against"]
    assert report["speed"]["reply_per_reference"] > 0
    page = (out / "report.html").read_text("utf-8")
    assert "no teacher to hold it against" in page
    with pytest.raises(ValueError, match="'nobody'"):
        evaluate.evaluate(model, out, speakers=["nobody"], work=tmp_path)


def test_a_voice_of_another_language_is_refused(tmp_path: Path) -> None:
    model = write_tiny_voice(tmp_path / "a.onnx")
    config = voice_config() | {"espeak": {"voice": "de"}}
    model.with_name("a.onnx.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(ValueError, match="'de'"):
        evaluate.evaluate(model, tmp_path, work=tmp_path)
