import pytest

from training.align import align


def frames_of(text: str, phones: str, ends: list[int]) -> tuple[dict[str, int], float]:
    symbols = ["^", *text, "$"]
    frames, cost = align(symbols, phones.split(), ends)
    assert frames.sum() == ends[-1]
    assert len(frames) == len(symbols)
    return dict(zip(symbols, frames.tolist(), strict=True)), cost


def test_each_code_point_gets_its_phone() -> None:
    found, cost = frames_of("kˈæt.", "pau k ae t pau", [10, 18, 30, 36, 50])
    assert found == {"^": 10, "k": 8, "ˈ": 0, "æ": 12, "t": 6, ".": 0, "$": 14}
    assert cost == 0.0


def test_diphthongs_and_affricates_share_their_time() -> None:
    found, _ = frames_of("tʃaɪ", "pau ch ay pau", [4, 14, 34, 40])
    assert (found["t"], found["ʃ"]) == (5, 5)
    assert found["a"] + found["ɪ"] == 20
    assert found["a"] >= found["ɪ"] > 0


def test_a_mark_of_length_gets_a_part() -> None:
    found, _ = frames_of("siː", "pau s iy pau", [4, 10, 30, 40])
    assert found["i"] + found["ː"] == 20
    assert found["ː"] > 0


def test_a_pause_goes_to_the_last_break_before_the_next_sound() -> None:
    symbols = ["^", *"nˈoʊ, ɪf", "$"]
    frames, cost = align(
        symbols, ["pau", "n", "ow", "pau", "ih", "f", "pau"], [5, 9, 20, 45, 50, 58, 70]
    )
    assert frames[symbols.index(",")] == 0
    assert frames[symbols.index(" ")] == 25
    assert cost == 0.0


def test_a_pause_without_a_mark_goes_to_the_space() -> None:
    symbols = ["^", *"ɪf ju", "$"]
    frames, _ = align(
        symbols, ["pau", "ih", "f", "pau", "y", "uw", "pau"], [5, 9, 20, 45, 50, 58, 70]
    )
    assert frames[symbols.index(" ")] == 25


def test_phones_nobody_claims_lengthen_their_neighbour() -> None:
    found, cost = frames_of("n̩t", "pau ax n t pau", [4, 8, 14, 20, 30])
    assert found["n"] + found["^"] == 4 + 4 + 6
    assert found["t"] == 6
    assert 0 < cost < 0.3


def test_another_text_costs_much() -> None:
    _, cost = frames_of("kæt", "pau z ih b r ax pau", [4, 8, 12, 16, 20, 24, 30])
    assert cost > 0.3


def test_symbols_are_single_code_points() -> None:
    with pytest.raises(ValueError, match="single code points"):
        align(["^", "aɪ", "$"], ["pau"], [3])
