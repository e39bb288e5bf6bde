import numpy as np
import pytest

evaluate = pytest.importorskip(
    "training.evaluate", reason="evaluation needs librosa, speechmos, pocketsphinx and matplotlib"
)


def test_words_are_compared_without_case_or_marks() -> None:
    assert evaluate.words("Don't stop, Twenty-One!") == ["don't", "stop", "twenty", "one"]


@pytest.mark.parametrize(
    ("wanted", "heard", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "a c", 1),
        ("a b c", "", 3),
        ("", "a", 1),
        ("a b", "b a", 2),
    ],
)
def test_word_errors(wanted: str, heard: str, errors: int) -> None:
    assert evaluate.word_errors(wanted.split(), heard.split()) == errors


def test_the_interval_holds_the_difference_and_is_paired() -> None:
    rng = np.random.default_rng(1)
    theirs = rng.integers(0, 4, 400)
    counts = np.full(400, 10)
    low, high = evaluate.paired_interval(theirs + (np.arange(400) % 2), theirs, counts)
    assert low < 0.05 < high
    # The sentences' own difficulty falls out: much narrower than either rate's own interval.
    assert high - low < 0.012
    assert evaluate.paired_interval(theirs, theirs, counts) == (0.0, 0.0)


def test_a_sound_is_no_distance_from_itself() -> None:
    time = np.arange(16_000) / 16_000
    wave = (0.1 * np.sign(np.sin(2 * np.pi * 120 * time))).astype(np.float32)
    higher = (0.1 * np.sign(np.sin(2 * np.pi * 120 * 2 ** (1 / 6) * time))).astype(np.float32)
    assert evaluate.distances(wave, wave) == (0.0, 0.0)
    assert evaluate.distances(higher, wave)[1] == pytest.approx(2.0, abs=0.2)


def test_a_summary_has_rates_speed_and_loudness() -> None:
    rows = [
        {
            "text": "a b",
            "words": 10,
            "teacher_errors": 1,
            "voice_errors": 2,
            "seconds": 2.0,
            "teacher_seconds": 2.5,
            "processor_seconds": 0.02,
        }
    ] * 5
    found = evaluate.summary(rows, np.ones(24_000, np.float32) * 0.1, 24_000)
    assert found["voice_word_error"] == 0.2
    assert found["teacher_word_error"] == 0.1
    assert found["difference_interval"] == [0.1, 0.1]
    assert found["times_real_time"] == 100.0
    assert found["length_ratio"] == 0.8
    assert "<td>0.2" in evaluate.page({"voice": "<v>", "speakers": {"s": found}}, ["a.png"])
