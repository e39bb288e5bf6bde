"""Texts that break espeak-ng, kinds of which a search with an address sanitizer found, and others.

docs/text.md says what each kind does.
"""

import random
from collections.abc import Iterator

CRASHES = (
    ("en-us", "A ." * 100),
    ("en-us", "o." * 300),
    ("en-us", ".o" * 200),
    ("en-us", "é." * 100),
    ("nl", "e.g. " * 60),
    ("de", "i.e. " * 60),
    ("sv", "z.B. " * 60),
    ("si", "a]" * 150),
)
"""A language and a text: each has ended the process that read it."""
# Scripts from which random texts draw, as ranges of code points.
_SCRIPTS = (
    *((0x20, 0x7E),) * 6,
    *((0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x4FF), (0x590, 0x6FF), (0x900, 0xDFF)),
    *((0xE00, 0xEFF), (0x10A0, 0x10FF), (0x2000, 0x214F), (0x3040, 0x30FF), (0x4E00, 0x9FFF)),
    *((0xAC00, 0xD7A3), (0xFF00, 0xFFEF), (0x1F600, 0x1F64F)),
)
_MARKS = " .,'-[]()0123456789"


def random_texts(languages: tuple[str, ...], seed: int) -> Iterator[tuple[str, str]]:
    """Languages in turn, each with a text: letters of some scripts with marks, or such repeated."""
    pick = random.Random(seed)
    while True:
        for language in languages:
            scripts = [pick.choice(_SCRIPTS) for _ in range(pick.randint(1, 3))]
            often = pick.random() < 0.5
            piece = "".join(
                chr(pick.randint(*pick.choice(scripts)))
                if pick.random() < 0.8
                else pick.choice(_MARKS)
                for _ in range(pick.randint(1, 6) if often else pick.choice((50, 150, 300)))
            )
            yield language, (piece * 300)[:300] if often else piece
