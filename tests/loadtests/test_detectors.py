"""The program that counts misses and false alarms, on material of which both are known."""

from dataclasses import replace

import numpy as np
import pytest

from loadtests.micro import histories, planted
from loadtests.micro.detectors import FAULTS, Fault, Material, false_alarms, missed
from serve_app.benchmark.regression import Watched
from speech.evaluation.clicks import clicks
from speech.evaluation.measures import SentenceResult, read_limits
from speech.evaluation.signals import measured
from speech.types import Samples

RATE = 24_000
SPEED = Watched(name="speed", better="more", share=0.05)
LIMITS = read_limits()


def vowel() -> Samples:
    time = np.arange(RATE) / RATE
    wave = sum(np.cos(2 * np.pi * 150 * n * time) / n**2 for n in range(1, 8))
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.01)
    return np.rint(8_000 * fade * wave / np.abs(wave).max()).astype(np.int16)


def test_what_is_planted_is_there() -> None:
    clean = vowel()
    assert clicks(clean, RATE) == []
    assert clicks(planted.impulse(clean, RATE, -20), RATE)
    assert not clicks(planted.impulse(clean, RATE, -60), RATE)
    assert clicks(planted.hole(clean, RATE, 0.0), RATE)
    assert not clicks(planted.hole(clean, RATE, 0.02), RATE)
    assert len(clean) - len(planted.splice(clean, RATE, 0.01)) == 240
    hard, faded = (planted.late_start(clean, RATE, 0.1, faded=it) for it in (False, True))
    assert abs(len(clean) - len(hard) - 2_400) < 200
    assert measured(hard, RATE).onset > measured(faded, RATE).onset > measured(clean, RATE).onset
    louder = planted.louder(clean, RATE, 3)
    difference = measured(louder, RATE).loudness - measured(clean, RATE).loudness
    assert difference == pytest.approx(3, abs=0.1)
    words = [("one", 0.0, 0.3), ("word", 0.3, 0.5), ("more", 0.5, 1.0)]
    without = planted.without_word(clean, RATE, words)
    assert without is not None
    assert len(clean) - len(without) == pytest.approx(0.2 * RATE, abs=0.01 * RATE)
    assert planted.without_word(clean, RATE, words[:2]) is None


def results(seed: int, *, more: float = 0.0) -> list[SentenceResult]:
    random = np.random.default_rng(seed)
    return [
        SentenceResult(
            category="any",
            text=str(number),
            values={"loudness": -16 + float(random.normal(0, 0.1)) + more, "clicks": 0.0},
        )
        for number in range(20)
    ]


FAULT = replace(FAULTS[-1], name="louder", strength="by some", told_by=("loudness",))
KEY = (FAULT.name, FAULT.strength)


@pytest.mark.parametrize(
    ("more", "comparison", "limits"), [(0.0, 1, 1), (1.0, 0, 1), (3.0, 0, 0), (-3.0, 0, 0)]
)
def test_misses_are_counted(more: float, comparison: float, limits: float) -> None:
    material = Material(
        voice="one", clean=[results(0), results(1)], faulty={KEY: list(results(1, more=more))}
    )
    found = missed(material, FAULT, 1.0, LIMITS, 20)
    assert (found["missed_by_comparison"], found["missed_by_limits"]) == (comparison, limits)
    assert found["missed"] == min(comparison, limits)
    assert found["sentences"] == 16


def test_a_fault_in_some_sentences_is_in_as_many() -> None:
    fault = Fault(name="click", strength="one", plant=FAULT.plant, told_by=("clicks",))
    clicking = [it.model_copy(update={"values": {**it.values, "clicks": 1.0}}) for it in results(1)]
    faulty: dict[tuple[str, str], list[SentenceResult | None]] = {
        ("click", "one"): [*clicking[:10], *[None] * 10]
    }
    material = Material(voice="one", clean=[results(0), results(1)], faulty=faulty)
    found = missed(material, fault, 0.1, LIMITS, 10)
    assert (found["sentences"], found["missed_by_limits"]) == (10, 0)  # 0.1 clicks a sentence


def test_false_alarms_are_counted() -> None:
    quiet = Material(voice="one", clean=[results(0), results(1)], faulty={})
    assert false_alarms(quiet, LIMITS, 20)["alarms"] == 0
    loud = Material(voice="one", clean=[results(0), results(1, more=2)], faulty={})
    found = false_alarms(loud, LIMITS, 20)
    assert (found["alarms"], found["by_measure"]) == (20, {"loudness": 20})


def test_histories_are_looked_at_as_they_grow() -> None:
    random = np.random.default_rng(0)
    draw = histories.drawn(list(150 * random.normal(1, 0.01, 60)), 8)
    assert histories.false_alarms(draw, SPEED, 2) == {
        "looks": 730, "alarms": 0, "years": 2, "years_with_one": 0,
    }  # fmt: skip
    told = histories.planted(draw, SPEED, lambda values: values * 0.8, 5)
    assert told["missed"] == 0
    assert 1 < told["runs"] <= 12
    nothing = histories.planted(draw, SPEED, lambda values: values, 5)
    assert (nothing["missed"], nothing["runs"]) == (1, None)
    errors = histories.seeds([[0.0, 0.1], [0.2, 0.2]], [1, 3])(random, 50)
    assert sorted(set(np.round(errors, 4))) == [0.15, 0.175]
