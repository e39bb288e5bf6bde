"""How much of a support line's speech the caches hold: replies made like dialogues, replayed.

Every dialogue is a greeting, some turns and a farewell; a turn may begin with a filler and ends in
a question as often as not. Slots are filled from lists of names, things, places, sums and times.
The real front end cuts replies into phrases, and the real phrase cache keeps them within its
configured bytes. No engine speaks: silence of a phrase's usual length stands for its samples.

    python -m loadtests.micro.dialogues [--dialogues 2000] [--seed 0] [--out FOLDER] [--keep]

Shares are of characters of spoken text. The last line of output is one JSON object.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from loadtests.local_server import ROOT
from loadtests.machine import Machine, this_machine
from loadtests.results import add_arguments, publish
from loadtests.texts import filled
from speech.cache.phrases import PhraseCache
from speech.config import PhraseCacheConfig, TextConfig
from speech.text import FrontEnd
from speech.types import Delivery, Passage, Pcm, PhraseJob, SpeechJob, SynthesizedPhrase
from speech.voices import VoiceCatalogue

VOICE = "heart"
_SECONDS_PER_CHARACTER = 0.065
_GREETINGS = (
    "Hello, and thank you for calling. How can I help you today?",
    "Good morning, you have reached customer service. What can I do for you?",
    "Hi {name}, welcome back. How can I help you?",
)
_FILLERS = (
    "Sure, let me check that for you.",
    "One moment, please.",
    "Thank you for waiting.",
    "I understand.",
    "No problem at all.",
    "Okay, I can do that.",
    "I am sorry to hear that.",
)
_ANSWERS = (
    "Your {thing} left {city} on {date}.",
    "It will arrive on {day} between noon and {time}.",
    "The {thing} costs {price}, and delivery is free.",
    "I have changed your booking to {day} at {time}.",
    "I have sent the invoice over {price} to your e-mail address.",
    "Could you tell me your order number, please?",
    "Could you spell your last name for me?",
    "You can return it within thirty days, and we pay for the parcel.",
    "Please switch the device off, wait ten seconds, and switch it on again.",
    "I can offer you {price} back, or a new {thing}.",
    "Your case number is {number}.",
    "A colleague of mine, {name}, will call you back at {time}.",
)
_QUESTIONS = (
    "Is there anything else I can help you with?",
    "Does that work for you?",
    "Would you like me to send you a confirmation?",
)
_FAREWELLS = (
    "Thank you for calling. Have a nice day!",
    "You are welcome, {name}. Goodbye!",
)
_TURNS = (2, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Of all characters that were to be spoken."""

    replies: float
    """In a reply that was asked for before, to the letter: where a cache of whole replies hits."""
    phrases: float
    """In a phrase that the phrase cache held, of all replies."""
    together: float
    """In the one or the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogues:
    """Everything one run of the program found."""

    machine: Machine
    dialogues: int
    replies: int
    characters: int
    of_all: Shares
    of_last_half: Shares
    """When the caches have something to hold."""


def replies_of(draw: random.Random) -> Iterator[str]:
    """What the line says in one dialogue."""
    yield _said(draw, _GREETINGS)
    for _ in range(draw.randint(*_TURNS)):
        parts = [_said(draw, _ANSWERS)]
        if draw.random() < 0.5:
            parts.insert(0, _said(draw, _FILLERS))
        if draw.random() < 0.5:
            parts.append(_said(draw, _QUESTIONS))
        yield " ".join(parts)
    yield _said(draw, _FAREWELLS)


def _said(draw: random.Random, patterns: tuple[str, ...]) -> str:
    return filled(draw.choice(patterns), draw.randrange)


class _Silence:
    """Speaks no phrase."""

    async def synthesize(self, job: PhraseJob) -> SynthesizedPhrase:
        samples = np.zeros(int(24_000 * _SECONDS_PER_CHARACTER * job.phrase.cost), np.int16)
        pcm = Pcm(
            samples=samples,
            sample_rate=24_000,
            index=job.phrase.index,
            is_last=job.phrase.is_last,
        )
        return SynthesizedPhrase(pcm=pcm, waited=0.0, synthesis=0.0, batch_size=1)


class Replay:
    """A gateway's cache of replies before an encoder's cache of phrases; counts characters."""

    def __init__(self) -> None:
        self._voice = VoiceCatalogue.load(ROOT / "configs" / "voices.yaml").voices[VOICE]
        self._front_end = FrontEnd(TextConfig(max_seconds=60.0))
        self._cache = PhraseCache(_Silence(), PhraseCacheConfig())
        self._known: set[str] = set()
        self.replies = 0
        self.counts = np.zeros(4, np.int64)
        """Characters: of all, of known replies, of known phrases, of either."""

    async def speak(self, text: str) -> None:
        """One reply."""
        voice, known = self._voice, text in self._known
        self._known.add(text)
        self.replies += 1
        delivery = Delivery(voice=voice.id, speaker=voice.default_speaker, language=voice.language)
        said = self._front_end.prepare(Passage(text=text, delivery=delivery), voice.vocabulary)
        job = SpeechJob(
            format="wav",
            sample_rate=voice.sample_rate,
            whole=True,
            timed=False,
            voices=(voice.id,),
            phrases=said.phrases,
            digest=text,
            request_id="",
            makers=("",),
        )
        speaker = self._cache.of(job)
        for phrase in said.phrases:
            before = self._cache.made_seconds
            await speaker.synthesize(PhraseJob(phrase=phrase))
            held = self._cache.made_seconds == before
            self.counts += phrase.cost * np.array([1, known, held, known or held])


def _shares(counts: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Shares:
    replies, phrases, together = (float(count / counts[0]) for count in counts[1:])
    return Shares(replies=replies, phrases=phrases, together=together)


async def replay(dialogues: int, seed: int) -> tuple[Replay, Shares]:
    """Replay so many; returns the shares of the last half, too."""
    draw, replayed = random.Random(seed), Replay()
    half = replayed.counts.copy()
    for number in range(dialogues):
        if number == dialogues // 2:
            half = replayed.counts.copy()
        for text in replies_of(draw):
            await replayed.speak(text)
    return replayed, _shares(replayed.counts - half)


def main() -> None:
    """Replay, print the table and the JSON line."""
    parser = argparse.ArgumentParser(description="What caches hold of a support line's speech.")
    parser.add_argument("--dialogues", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    add_arguments(parser)
    given = parser.parse_args()
    if given.dialogues < 2:
        parser.error("--dialogues must be 2 or more")
    console = Console(width=100, record=True)
    replayed, last_half = asyncio.run(replay(given.dialogues, given.seed))
    result = Dialogues(
        machine=this_machine(),
        dialogues=given.dialogues,
        replies=replayed.replies,
        characters=int(replayed.counts[0]),
        of_all=_shares(replayed.counts),
        of_last_half=last_half,
    )
    shown = Table(title=f"Characters found, of {result.characters:,} in {result.replies:,} replies")
    for name in ("", "whole replies", "phrases", "either"):
        shown.add_column(name, justify="right")
    for label, shares in (("all", result.of_all), ("last half", result.of_last_half)):
        parts = (shares.replies, shares.phrases, shares.together)
        shown.add_row(label, *(f"{100 * part:.1f} %" for part in parts))
    console.print(shown)
    publish({"benchmark": "dialogues", **asdict(result)}, given, console=console)


if __name__ == "__main__":
    main()
