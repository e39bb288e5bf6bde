"""The limits of `limits.yaml`, and whether what was measured keeps them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from loadtests.config import FOLDER, Step, StrictModel, WorkloadName, load
from loadtests.figures import Measured
from loadtests.watch import Memory

LIMITS_FILE = FOLDER / "limits.yaml"

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class WorkloadLimits(StrictModel):
    """How one workload is run, and what it must reach."""

    rate: Positive | None = None
    users: Annotated[int, Field(gt=0)] | None = None
    seconds: Positive
    p95_ms: Positive | None = None
    hot_p95_ms: Positive | None = None
    first_audio_p95_ms: Positive | None = None
    first_sound_p95_ms: Positive | None = None
    stalled: Annotated[int, Field(ge=0)] | None = None
    failures: Annotated[int, Field(ge=0)]
    hit_rate: Share | None = None

    def step(self) -> Step:
        """The load as a step of a plan."""
        return Step(seconds=self.seconds, rate=self.rate, users=self.users)


class WorkloadsLimits(StrictModel):
    """In the order they are run."""

    assistant: WorkloadLimits
    unique: WorkloadLimits
    reader: WorkloadLimits

    def named(self) -> Mapping[WorkloadName, WorkloadLimits]:
        """By workload."""
        return {"assistant": self.assistant, "unique": self.unique, "reader": self.reader}


class GoodputLimits(StrictModel):
    """What a rate must keep to count as goodput."""

    p95_ms: Positive
    kokoro_p95_ms: Positive
    """Beside peers with Kokoro's voice."""


class MemoryLimits(StrictModel):
    """Of a whole run."""

    replicas_mib: Positive


class GeneratorLimits(StrictModel):
    """Above these the load generator measures itself."""

    cores: Positive
    late_share: Share


class OverloadLimits(StrictModel):
    """What too many callers are answered, and how soon it is forgotten."""

    times: Annotated[float, Field(gt=1)]
    """The rate as a multiple of the goodput."""
    seconds: Positive
    deadline_ms: Annotated[int, Field(gt=0)]
    refused_p95_ms: Positive
    admitted_p95_ms: Positive
    normal_after: Positive


class SoakLimits(StrictModel):
    """How long a server is asked, and what becomes of its memory."""

    rate: Positive
    minutes: Positive
    since_minute: Annotated[float, Field(ge=0)]
    drift: Positive


class Limits(StrictModel):
    """Everything the verdicts ask for."""

    workloads: WorkloadsLimits
    goodput: GoodputLimits
    memory: MemoryLimits
    generator: GeneratorLimits
    overload: OverloadLimits
    soak: SoakLimits

    @classmethod
    def load(cls, path: Path = LIMITS_FILE) -> Self:
        """Read a YAML file.

        Raises:
            ConfigurationError: it is missing or wrong.
        """
        return load(cls, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One limit and what was measured for it."""

    name: str
    value: float
    limit: float
    kept: bool


def at_most(name: str, value: float, limit: float) -> Check:
    """A figure that may reach the limit and no more."""
    return Check(name=name, value=value, limit=limit, kept=value <= limit)


def below(name: str, value: float, limit: float) -> Check:
    """A figure that may not reach the limit."""
    return Check(name=name, value=value, limit=limit, kept=value < limit)


def above(name: str, value: float, limit: float) -> Check:
    """A figure that must exceed the limit."""
    return Check(name=name, value=value, limit=limit, kept=value > limit)


def checks_of(
    measured: Measured, limits: WorkloadLimits, generator: GeneratorLimits
) -> list[Check]:
    """The limits of one workload; one for which nothing was measured is broken."""
    name, streaming = measured.workload, measured.streaming
    found = [at_most(f"{name}: failures", measured.failures, limits.failures)]
    if limits.p95_ms is not None:
        found.append(below(f"{name}: P95 of all replies, ms", measured.latency.p95, limits.p95_ms))
    hot = measured.by_cache.get("hot")
    if limits.hot_p95_ms is not None:
        p95 = math.inf if hot is None else hot.p95
        found.append(below(f"{name}: P95 of hot hits, ms", p95, limits.hot_p95_ms))
    if limits.hit_rate is not None:
        found.append(above(f"{name}: hit rate", measured.hit_rate, limits.hit_rate))
    if limits.first_audio_p95_ms is not None:
        first = math.inf if streaming is None else streaming.first_audio.p95
        found.append(below(f"{name}: P95 of the first audio, ms", first, limits.first_audio_p95_ms))
    if limits.first_sound_p95_ms is not None:
        heard = math.inf if streaming is None else streaming.first_sound.p95
        found.append(below(f"{name}: P95 of the first sound, ms", heard, limits.first_sound_p95_ms))
    if limits.stalled is not None:
        stalled = math.inf if streaming is None else streaming.stalled
        found.append(at_most(f"{name}: replies that stall", stalled, limits.stalled))
    late = measured.late / measured.requests
    return [
        *found,
        at_most(f"{name}: load generator, cores", measured.generator_cores, generator.cores),
        at_most(f"{name}: share sent late", late, generator.late_share),
    ]


def memory_check(memory: Memory, limits: MemoryLimits) -> Check:
    """The limit of our own replicas."""
    return below("memory of our replicas, MiB", memory.ours, limits.replicas_mib)
