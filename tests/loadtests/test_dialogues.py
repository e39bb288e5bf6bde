"""What the replay of dialogues counts."""

import asyncio

from loadtests.micro.dialogues import Replay, replay


def test_a_reply_and_a_phrase_that_come_again_are_found() -> None:
    async def counted() -> list[list[int]]:
        replayed, seen = Replay(), []
        for text in ("One moment, please. Your case number is 12.",) * 2 + ("One moment, please.",):
            before = replayed.counts.copy()
            await replayed.speak(text)
            seen.append((replayed.counts - before).tolist())
        return seen

    first, again, part = asyncio.run(counted())
    assert first[0] > 0
    assert first[1:] == [0, 0, 0]
    assert again == [first[0]] * 4
    assert part == [part[0], 0, part[0], part[0]]


def test_shares_grow_as_dialogues_go_on() -> None:
    replayed, last_half = asyncio.run(replay(40, seed=1))
    everything, *found = replayed.counts.tolist()
    assert max(found[:2]) <= found[2] < everything
    assert last_half.together > found[2] / everything
