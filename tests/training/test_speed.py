from training.speed import PHRASE, REPLY, ROUNDS, speed


def test_times_and_their_ratios_belong_together() -> None:
    asked: list[str] = []

    def say(text: str) -> float:
        asked.append(text)
        return 3.0

    found = speed(say)
    assert asked.count(REPLY) == asked.count(PHRASE) == ROUNDS + 1
    assert len(PHRASE) == 20
    assert found["reply_seconds"] == 3.0
    # A voice that does nothing takes next to nothing of what 2 GFLOP take.
    assert found["reply_per_reference"] < 0.2
    assert found["reference_ms"] > found["phrase_ms"]
