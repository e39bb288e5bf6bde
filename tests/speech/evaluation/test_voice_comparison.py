"""What a paired bootstrap tells, and what it keeps to itself."""

from pathlib import Path

import numpy as np
import pytest

from speech.errors import ConfigError
from speech.evaluation.comparison import compared
from speech.evaluation.measures import MEASURES, SentenceResult, VoiceResult, read_limits

LIMITS = read_limits()


def result(
    seed: int, *, loss: float = 0.0, louder: float = 0.0, noise: float = 0.03, count: int = 100
) -> VoiceResult:
    """Sentences that differ by far more among each other than from one run to the next."""
    own, run = np.random.default_rng(0), np.random.default_rng(seed)
    hard, loud = own.normal(3.8, 0.4, count), own.normal(-16, 0.6, count)
    return VoiceResult(
        voice="one",
        source="engine",
        sentences=tuple(
            SentenceResult(
                category="any",
                text=f"sentence {place}",
                values={
                    "p808": float(hard[place] + run.normal(0, noise)) - loss,
                    "loudness": float(loud[place] + run.normal(0, noise)) + louder,
                    "word_error": float(place % 10 == 0) / 9,
                },
                weights={"word_error": 9.0},
            )
            for place in range(count)
        ),
    )


def verdicts(before: VoiceResult, now: VoiceResult) -> dict[str, str]:
    return {one.name: one.verdict for one in compared(before, now, LIMITS)}


def test_noise_is_no_alarm() -> None:
    nothing = {"word_error": "none", "p808": "none", "loudness": "none"}
    assert all(verdicts(result(1), result(seed)) == nothing for seed in range(2, 30))


def test_what_got_worse_is_told() -> None:
    assert verdicts(result(1), result(2, loss=0.1))["p808"] == "worse"
    assert verdicts(result(1), result(2, loss=-0.1))["p808"] == "better"
    assert verdicts(result(1), result(2, louder=3))["loudness"] == "worse"
    assert verdicts(result(1), result(2, louder=-3))["loudness"] == "worse"
    # Certain, but not worth telling; worth telling, but not certain.
    assert verdicts(result(1), result(2, loss=0.03, noise=0.001))["p808"] == "none"
    assert verdicts(result(1), result(2, loss=0.06, noise=1.0))["p808"] == "none"


def test_errors_count_by_words() -> None:
    (one,) = (item for item in compared(result(1), result(1), LIMITS) if item.name == "word_error")
    assert one.before == pytest.approx(10 / 900)
    assert one.told() == "word errors none: 1.1 % before, 1.1 % now"


def test_sentences_are_paired_by_their_text() -> None:
    assert verdicts(result(1), result(2, count=60)).keys() == {"word_error", "p808", "loudness"}
    assert verdicts(result(1), result(2, count=4)) == {}


def test_what_is_beyond_its_limits_is_told() -> None:
    assert result(1).faults(LIMITS) == []
    assert result(1, louder=3).faults(LIMITS) == [
        "loudness: -13.0 LUFS, at most -14.5 LUFS is asked for"
    ]


def test_limits_are_checked(tmp_path: Path) -> None:
    assert LIMITS.keys() <= MEASURES.keys()
    path = tmp_path / "limits.yaml"
    path.write_text("volume: {most: 1}")
    with pytest.raises(ConfigError, match="there is no measure 'volume'"):
        read_limits(path)
    path.write_text("pitch: {biggest: 1}")
    with pytest.raises(ConfigError, match="biggest"):
        read_limits(path)
