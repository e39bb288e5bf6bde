"""Emoji: gone with all their pieces, or said by name."""

import pytest

from speech.text.cleanup import clean
from speech.types import Normalization

SAY = Normalization(emoji="say")


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("smile 😀 now", "smile now"),
        ("Great 👍!", "Great!"),
        ("Hello👋world", "Hello world"),
        ("family 👨‍👩‍👧 flag 🇩🇪 end", "family flag end"),
        ("wave 👋🏽👋🏿 end", "wave end"),
        ("heart ❤️ key 1️⃣ #️⃣", "heart key 1 #"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿 England", "England"),
        ("★★★☆☆ good", "good"),
        ("✅ done", "done"),
        ("Settings → Privacy → Location", "Settings — Privacy — Location"),
        ("→ next", "next"),
        ("C♯ and B♭", "C♯ and B♭"),
        ("© 2024 Acme™", "© 2024 Acme™"),
        ("\u200d\ufe0f 🇩 x", "x"),
    ],
)
def test_pictures_are_dropped(written: str, left: str) -> None:
    assert clean(written) == left


@pytest.mark.parametrize(
    ("written", "language", "said"),
    [
        ("I ❤️ NY", "en-us", "I red heart NY"),
        ("I ❤ NY", "en-us", "I red heart NY"),
        ("Great 👍!", "en-us", "Great thumbs up!"),
        ("ok 👍🏽", "en-us", "ok thumbs up medium skin tone"),
        ("from 🇩🇪", "en-gb", "from flag of Germany"),
        ("fun 😂😂😂", "en-us", "fun face with tears of joy"),
        ("yes 🎉🔥", "en-us", "yes party popper, fire"),
        ("the 👨‍👩‍👧", "en-us", "the family man woman girl"),
        ("key 1️⃣", "en-us", "key 1"),
        ("Daumen 👍", "de", "Daumen daumen hoch"),
        ("kciuk 👍", "pl", "kciuk"),
        ("★ star", "en-us", "star"),
    ],
)
def test_pictures_are_named_on_request(written: str, language: str, said: str) -> None:
    assert clean(written, SAY, language) == said
