"""What a replica measures of its engine."""

import pytest

from speech.engine_load import EngineLoad, ProcessorLoad, VoiceSpeeds
from speech.scaling import METRICS


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


def spoken(load: EngineLoad, sizes: list[int], fixed: float, per_second: float) -> None:
    for phrases in sizes:
        audio = phrases * 3.0
        load.spoke(
            characters=audio * 16,
            phrases=phrases,
            largest=8,
            audio=audio,
            seconds=fixed + per_second * audio,
        )


def test_nothing_is_known_at_first() -> None:
    stats = EngineLoad(Clock()).stats(0.0)
    assert set(stats) == set(METRICS)
    assert set(stats.values()) == {0.0}


def test_the_engine_is_a_line_through_its_batches() -> None:
    load = EngineLoad(Clock())
    spoken(load, [1, 2, 3, 5, 8] * 20, fixed=0.02, per_second=0.004)
    stats = load.stats(0.0)
    assert stats["fixed"] == pytest.approx(0.02)
    assert stats["per_second"] == pytest.approx(0.004)
    assert stats["phrase"] == pytest.approx(3.0)
    assert stats["full"] == pytest.approx(24.0)


def test_batches_of_one_size_say_nothing_of_the_slope() -> None:
    load = EngineLoad(Clock())
    spoken(load, [2] * 20, fixed=0.02, per_second=0.004)
    stats = load.stats(0.0)
    assert stats["fixed"] == 0.0
    assert stats["per_second"] == pytest.approx(0.044 / 6)


def test_old_batches_are_forgotten() -> None:
    load = EngineLoad(Clock())
    spoken(load, [1, 4] * 100, fixed=0.0, per_second=0.02)
    spoken(load, [1, 4] * 150, fixed=0.0, per_second=0.01)
    assert load.stats(0.0)["per_second"] == pytest.approx(0.01, rel=0.05)


def test_a_short_first_phrase_is_soon_one_of_many() -> None:
    """An engine of 25 ms a phrase makes 20 audio seconds of "Hello." in one, and 120 of others."""
    load = EngineLoad(Clock())
    load.spoke(characters=8, phrases=1, largest=1, audio=0.5, seconds=0.025)
    for _ in range(10):
        load.spoke(characters=48, phrases=1, largest=1, audio=3.0, seconds=0.025)
    stats = load.stats(0.0)
    assert stats["phrase"] > 2.7
    assert stats["full"] / (stats["fixed"] + stats["per_second"] * stats["full"]) > 105


def test_a_failed_batch_says_nothing() -> None:
    load = EngineLoad(Clock())
    load.spoke(characters=10, phrases=1, largest=8, audio=0.0, seconds=1.0)
    assert load.stats(0.0)["per_second"] == 0.0


def test_arrivals_are_a_rate_that_fades() -> None:
    clock = Clock()
    load = EngineLoad(clock)
    spoken(load, [1] * 200, fixed=0.0, per_second=0.01)
    for _ in range(200):
        clock.now += 0.1
        load.arrived(16.0)
    # 16 characters are a second of audio: ten of them a second.
    assert load.stats(0.0)["arriving"] == pytest.approx(10.0, rel=0.05)
    clock.now += 20
    assert load.stats(0.0)["arriving"] < 0.01


def test_what_waits_is_counted_in_audio() -> None:
    load = EngineLoad(Clock())
    spoken(load, [1] * 300, fixed=0.0, per_second=0.01)
    assert load.stats(32.0)["waiting"] == pytest.approx(2.0, rel=0.01)


def test_a_process_tells_how_busy_it_is() -> None:
    now, spent = [10.0], [3.0]
    load = ProcessorLoad(lambda: now[0], lambda: spent[0])
    assert load.stats() == {"busy": 0.0}
    for _ in range(20):
        now[0] += 0.5
        spent[0] += 0.4
        told = load.stats()["busy"]
    assert told == pytest.approx(0.8, abs=0.01)
    now[0] += 20.0
    assert load.stats()["busy"] < 0.01


def test_the_speed_of_a_voice_is_that_of_its_last_batches() -> None:
    speeds = VoiceSpeeds()
    assert speeds.of("a") is None
    speeds.spoke("a", 10.0, 0.1)
    speeds.spoke("b", 10.0, 1.0)
    speeds.spoke("c", 0.0, 1.0)
    assert (speeds.of("a"), speeds.of("b"), speeds.of("c")) == (100.0, 10.0, None)
    for _ in range(300):
        speeds.spoke("a", 10.0, 0.5)
    assert speeds.of("a") == pytest.approx(20.0, rel=0.01)
    speeds.keep({"b"})
    assert (speeds.of("a"), speeds.of("b")) == (None, 10.0)
