import itertools
import math
import random
import re

import pytest

from loadtests import texts
from loadtests.texts import BLOCK, BLOCKS, DISTINCT, LONGEST, SHORTEST, block, replies, reply


def test_two_million_replies_in_a_row_are_all_different() -> None:
    first = random.Random(3).randrange(DISTINCT - 2_000_000)
    assert len({reply(index) for index in range(first, first + 2_000_000, 7)}) == math.ceil(
        2_000_000 / 7
    )


@pytest.mark.parametrize("column", range(len(texts._PATTERNS)))
def test_a_pattern_says_every_choice_once(column: int) -> None:
    """The last rows, where a walk that came back to its start would repeat the first ones."""
    rows = DISTINCT // len(texts._PATTERNS)
    some = [*range(20_000), *range(rows - 20_000, rows)]
    said = {reply(row * len(texts._PATTERNS) + column) for row in some}
    assert len(said) == len(some)


@pytest.mark.parametrize("pattern", texts._PATTERNS)
def test_no_choice_makes_a_reply_too_short_or_long(pattern: str) -> None:
    slots = texts._slots(pattern)
    fixed = len(re.sub(r"{\w+}", "", pattern))
    lengths = [[len(slot.say(choice)) for choice in range(slot.size)] for slot in slots]
    assert fixed + sum(map(min, lengths)) >= SHORTEST == 20
    assert fixed + sum(map(max, lengths)) <= LONGEST == 120


def test_a_slots_choices_are_all_different() -> None:
    for name, slot in texts._SLOTS.items():
        assert len({slot.say(choice) for choice in range(slot.size)}) == slot.size, name


def test_neighbouring_replies_are_of_all_lengths_and_kinds() -> None:
    said = replies(200, first=12_345)
    assert min(map(len, said)) < 35
    assert max(map(len, said)) > 100
    assert any(re.search(r"\d:\d\d [ap]m", text) for text in said)
    assert any(re.search(r"\$\d+\.\d\d", text) for text in said)


def test_blocks_share_nothing_and_fit() -> None:
    ranges = [block(number) for number in range(BLOCKS)]
    assert all(len(indices) == BLOCK for indices in ranges)
    assert all(a.stop <= b.start for a, b in itertools.pairwise(ranges))
    assert ranges[-1].stop <= DISTINCT
    assert block(BLOCKS + 2) == block(2)


@pytest.mark.parametrize("index", [-1, DISTINCT])
def test_there_is_no_reply_outside(index: int) -> None:
    with pytest.raises(ValueError, match="no reply"):
        reply(index)
