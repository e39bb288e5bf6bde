"""Whether the torch provider says the right thing: the first part of `loadtests.micro.gpu`."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from loadtests.micro.gpu_phrases import LENGTHS, Phrases
from speech.config import Precision
from speech.engines.closeness import mel_distance
from speech.engines.torch_voice import TorchVoice
from speech.errors import SpeechError
from speech.interfaces import Engine
from speech.types import Pcm, PhraseJob
from speech.voices import Voice

Load = Callable[[Precision], TorchVoice]
"""Loads and warms the voice in a precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One rendering of phrases held against another."""

    name: str
    phrases: int
    other_lengths: int
    """Phrases that are longer or shorter than they should be."""
    largest: int
    """Difference of two samples, of 32,767."""
    distance: float
    """Largest mean log-mel difference of a phrase."""
    allowed: float
    """That it may have."""

    @property
    def passed(self) -> bool:
        """Whether it is the same to the ear."""
        return not self.other_lengths and self.distance <= self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What was found."""

    compared: tuple[Compared, ...]
    repeatable: bool
    """Whether a batch that is spoken twice gives the same samples, all of them."""
    memory_growth: int
    """Bytes that the device holds more after batches of random sizes and lengths."""

    @property
    def passed(self) -> bool:
        """Whether all is as it should be."""
        alike = all(item.passed for item in self.compared)
        return alike and self.repeatable and self.memory_growth <= 0


def spoken(engine: Engine, jobs: Sequence[PhraseJob]) -> list[Pcm]:
    """Phrases of which none may fail."""
    found = []
    for result in engine.synthesize(jobs):
        if isinstance(result, SpeechError):
            raise result
        found.append(result)
    return found


def check(voice: Voice, load: Load, reference: Engine, *, few: bool) -> Checks:
    """Compare; `reference` is the ONNX graph on the CPU, `few` takes few and short phrases."""
    phrases = Phrases(voice)
    lengths = LENGTHS[:2] if few else LENGTHS
    jobs = [job for length in lengths for job in phrases.take(length, 2 if few else 16)]
    jobs += [replace(job, speed=speed) for job in jobs[: 1 if few else 4] for speed in (0.5, 2.0)]
    engine = load("fp32")
    heard = spoken(engine, jobs)
    cpu = "on cpu" in engine.info.batching
    # A GPU sums in another order for each shape of a batch; F0 carries that into the phase.
    near = 0.003 if cpu else 0.03
    compared = [
        _compare("torch as ONNX", spoken(reference, jobs), heard, near),
        _compare(
            "alone as together",
            [pcm for job in jobs for pcm in spoken(engine, [job])],
            heard,
            near,
        ),
    ]
    again = spoken(engine, jobs)
    repeatable = all(
        np.array_equal(one.samples, two.samples) for one, two in zip(heard, again, strict=True)
    )
    growth = _growth(engine, phrases, few=few or cpu)
    engine.close()
    lower: tuple[tuple[Precision, float], ...] = (("bf16", 0.4), ("fp16", 0.15))
    for precision, allowed in lower:
        other = load(precision)
        compared.append(_compare(f"{precision} as fp32", heard, spoken(other, jobs), allowed))
        other.close()
    return Checks(compared=tuple(compared), repeatable=repeatable, memory_growth=growth)


def _compare(name: str, right: Sequence[Pcm], found: Sequence[Pcm], allowed: float) -> Compared:
    same = [
        (one, two)
        for one, two in zip(right, found, strict=True)
        if len(one.samples) == len(two.samples)
    ]
    differences = [
        int(np.abs(one.samples.astype(int) - two.samples.astype(int)).max()) for one, two in same
    ]
    distances = [mel_distance(one.samples, two.samples, one.sample_rate) for one, two in same]
    return Compared(
        name=name,
        phrases=len(right),
        other_lengths=len(right) - len(same),
        largest=max(differences, default=0),
        distance=max(distances, default=0.0),
        allowed=allowed,
    )


def _growth(engine: TorchVoice, phrases: Phrases, *, few: bool) -> int:
    """Bytes held after batches of random sizes, beyond those held after the first tenth of them."""
    draw = random.Random(0)
    rounds = 3 if few else 200
    sizes = (1, 2, 3) if few else (1, 2, 3, 7, 20, 70)
    lengths = LENGTHS[:1] if few else LENGTHS
    held = 0
    for number in range(rounds):
        jobs = [
            replace(job, speed=draw.uniform(0.5, 2.0))
            for _ in range(draw.choice(sizes))
            for job in phrases.take(draw.choice(lengths), 1)
        ]
        spoken(engine, jobs)
        if number == rounds // 10:
            held = engine.held_bytes()
    return engine.held_bytes() - held
