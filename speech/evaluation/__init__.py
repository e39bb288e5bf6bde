"""How good a voice is: what a recogniser and a judge of quality hear, loudness, speed, losses.

Needs the extra `evaluate`; nothing that serves imports it. All of it is for English voices.
"""

from functools import cache
from pathlib import Path

CALIBRATION = 40
"""Sentences at the head of the file that a voice may be tuned on."""


@cache
def sentences() -> tuple[str, ...]:
    """240 English sentences, of which the starter voice was trained on none.

    The words are random, so that a recogniser cannot guess them: `The noisy song drew the moon.`
    """
    text = Path(__file__).with_name("sentences.txt").read_text("utf-8")
    return tuple(text.splitlines())


def held_out() -> tuple[str, ...]:
    """The 200 of them that nothing is ever tuned on."""
    return sentences()[CALIBRATION:]
