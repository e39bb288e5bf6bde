"""How good a voice is: what recognisers and a judge of quality hear, and what a signal shows.

Needs the extra `evaluate`; nothing that serves imports it.
"""

from functools import cache
from pathlib import Path

CALIBRATION = 40
"""Sentences at the head of the file that a voice may be tuned on."""


@cache
def sentences() -> tuple[str, ...]:
    """240 English sentences.

    The words are random, so that a recogniser cannot guess them: `The noisy song drew the moon.`
    """
    text = Path(__file__).with_name("sentences.txt").read_text("utf-8")
    return tuple(text.splitlines())


def held_out() -> tuple[str, ...]:
    """The 200 of them that nothing is ever tuned on."""
    return sentences()[CALIBRATION:]
