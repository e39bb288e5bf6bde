"""The text set: sentences made of our own words and frames, the same on every machine.

    python -m training.corpus [--count N] [--out FILE]

A sentence's split follows from a hash of its text, so that a larger set keeps every sentence where
a smaller one had it, and no sentence of the test can ever be trained on.
"""

import argparse
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

Split = Literal["train", "validation", "test"]

SEED = 20_26
TEST_SHARE, VALIDATION_SHARE = 0.12, 0.03

_WORDS = Path(__file__).with_name("words.txt")
_BARRED = {"verbs", "short", "everyday"}

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = (
    *("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty"),
    "ninety",
)
_QUARTERS = ("o'clock", "fifteen", "thirty", "forty five", "twenty", "ten", "in the evening")
_TIMES = ("morning", "afternoon", "evening", "week", "month", "summer", "Monday", "Thursday")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the set."""

    key: str
    """Twelve hex digits, from its text; also the name of its files."""
    text: str
    split: Split


def spell(number: int) -> str:
    """A whole number from 0 to 999,999 in words."""
    if number < 20:
        return _UNITS[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _TENS[tens] + (f" {_UNITS[rest]}" if rest else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_UNITS[hundreds]} hundred" + (f" {spell(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    return f"{spell(thousands)} thousand" + (f" {spell(rest)}" if rest else "")


@cache
def vocabulary() -> Mapping[str, Sequence[str]]:
    """The sections of words.txt."""
    sections: dict[str, list[str]] = {}
    section = ""
    for line in _WORDS.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            sections.setdefault(section, []).append(line)
    return {
        name: lines
        if name == "frames"
        else [
            word.strip()
            for word in (" ".join(lines).split("|") if name in _BARRED else " ".join(lines).split())
        ]
        for name, lines in sections.items()
    }


def sentence(text: str) -> Sentence:
    """A text with its key and its split."""
    digest = hashlib.sha256(text.encode()).digest()
    place = int.from_bytes(digest[-4:]) / 2**32
    split: Split = "train"
    if place < TEST_SHARE:
        split = "test"
    elif place < TEST_SHARE + VALIDATION_SHARE:
        split = "validation"
    return Sentence(digest.hex()[:12], text, split)


def sentences(count: int) -> list[Sentence]:
    """The first `count` sentences of the set; a larger count begins with a smaller one's."""
    found: dict[str, Sentence] = {}
    for text in _texts():
        item = sentence(text)
        found.setdefault(item.key, item)
        if len(found) == count:
            break
    return list(found.values())


def pair_coverage(sequences: Iterable[Iterable[str]]) -> Counter[tuple[str, str]]:
    """How often each ordered pair of neighbouring symbols (a diphone, for phonemes) occurs."""
    pairs: Counter[tuple[str, str]] = Counter()
    for sequence in sequences:
        pairs.update(pairwise(sequence))
    return pairs


def _texts() -> Iterator[str]:
    """Fixed sentences strewn among endless ones from the frames."""
    rng = random.Random(SEED)
    words = vocabulary()
    fixed = [*words["short"], *words["everyday"]]
    rng.shuffle(fixed)
    frames = words["frames"]
    joined = [line for line in frames if line.startswith(("The ", "{N}")) and line.endswith(".")]
    deck: list[str] = []
    while True:
        if not deck:
            deck = rng.sample(frames, len(frames))
        text = _fill(deck.pop(), rng)
        # One in eight is long: two sentences of one frame each, joined; up to about 250 characters.
        if rng.random() < 0.125:
            other = _fill(rng.choice(joined), rng)
            other = f"t{other[1:]}" if other.startswith("The ") else other
            text = f"{text.rstrip('.!?')}, {rng.choice(('and', 'but', 'so', 'while'))} {other}"
        yield text
        if fixed and rng.random() < 0.1:
            yield fixed.pop()


def _fill(frame: str, rng: random.Random) -> str:
    pieces: list[str] = []
    rest = frame
    while "{" in rest:
        before, _, tail = rest.partition("{")
        slot, _, rest = tail.partition("}")
        pieces += (before, _word(slot, rng))
    text = "".join((*pieces, rest))
    text = text[0].upper() + text[1:]
    for vowel in "aeio":
        text = text.replace(f" a {vowel}", f" an {vowel}").replace(f"A {vowel}", f"An {vowel}")
    return text


def _word(slot: str, rng: random.Random) -> str:
    words = vocabulary()
    lists: dict[str, Sequence[str]] = {
        "a": words["adjectives"],
        "n": words["nouns"],
        "d": words["adverbs"],
        "p": words["prepositions"],
        "N": words["names"],
        "P": words["places"],
        "s": words["subjects"],
        "q": _QUARTERS,
        "m": _TIMES,
        "l": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    }
    numbers = {"g": (0, 10), "h": (1, 13)}
    if slot in lists:
        return rng.choice(lists[slot])
    if slot in {"A", "D"}:
        return rng.choice(lists[slot.lower()]).capitalize()
    if slot in {"v", "vd"}:
        return rng.choice(words["verbs"]).split()[slot == "vd"]
    if slot in numbers:
        return spell(rng.randrange(*numbers[slot]))
    if slot == "k":
        return spell(rng.randrange(10 ** rng.choice((1, 2, 2, 3, 4))))
    if slot == "y":
        return f"{rng.choice(('eighteen', 'nineteen'))} {spell(rng.randrange(11, 100))}"
    raise KeyError(slot)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Write the text set as JSON lines.")
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--out", type=Path, default=Path("training/work/corpus.jsonl"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", encoding="utf-8") as file:
        for item in sentences(options.count):
            line = {"key": item.key, "split": item.split, "text": item.text}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
