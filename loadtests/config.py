"""Strict, frozen configuration of load tests: who calls, for what, and how often."""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).resolve().parent
ROUNDS = 128
"""Blocks of texts that belong to one seed: one for the popular replies, one for each round."""
WORKLOADS_FILE = FOLDER / "workloads.yaml"

WorkloadName = Literal["assistant", "unique", "reader"]
WORKLOADS: tuple[WorkloadName, ...] = ("assistant", "unique", "reader")
Arrivals = Literal["poisson", "constant"]
Peer = Literal["chorale", "piper", "litserve", "fastapi", "fastkokoro", "kokoro_onnx"]


Model = TypeVar("Model", bound=BaseModel)


class ConfigurationError(ValueError):
    """A configuration file is missing or wrong."""


class StrictModel(BaseModel):
    """Unknown keys are errors, and nothing changes after it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Service(StrictModel):
    """A kind of caller: it speaks with one voice and wants one container."""

    voice: str
    """Alias, id, or id/speaker."""
    format: str
    share: Annotated[float, Field(gt=0)]
    """Of all requests, in proportion to the shares of the others."""


class Assistant(StrictModel):
    """Short replies, a few of them very popular."""

    replies: Annotated[int, Field(gt=0, le=60_000)]
    """Size of the set that is drawn from, by Zipf's law."""
    exponent: Annotated[float, Field(ge=0)]
    warm: Annotated[int, Field(ge=0)]
    """The most popular replies that are asked for before the measurement, by every service."""


class Reader(StrictModel):
    """Long texts, streamed; each service names a format whose bytes tell the audio's length."""

    characters: tuple[int, int]
    """Least and most of a text."""
    services: tuple[Service, ...]


class Workloads(StrictModel):
    """What is said. `unique` needs nothing of its own: every text is new."""

    services: tuple[Service, ...]
    """Callers of `assistant` and `unique`."""
    assistant: Assistant
    reader: Reader

    @classmethod
    def load(cls, path: Path = WORKLOADS_FILE) -> Self:
        """Read a YAML file.

        Raises:
            ConfigurationError: it is missing or wrong.
        """
        return load(cls, path)

    def of(self, workload: WorkloadName) -> tuple[Service, ...]:
        """Who calls in a workload."""
        return self.reader.services if workload == "reader" else self.services

    def everywhere(self, audio_format: str, voice: str = "") -> Self:
        """The same with one format, or also one voice, for all services; equal ones are one."""
        shares: dict[str, float] = {}
        for service in self.services:
            name = voice or service.voice
            shares[name] = shares.get(name, 0.0) + service.share
        services = tuple(
            Service(voice=voice, format=audio_format, share=share)
            for voice, share in shares.items()
        )
        return self.model_copy(update={"services": services})


class Step(StrictModel):
    """A stretch of time with one load: either `rate` or `users`."""

    seconds: Annotated[float, Field(gt=0)]
    rate: Annotated[float, Field(gt=0)] | None = None
    """Open loop: arrivals per second, which wait for no reply."""
    users: Annotated[int, Field(gt=0)] | None = None
    """Closed loop: each user asks again when it has its reply."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.rate is None) == (self.users is None):
            raise ValueError("a step has either a rate or users")
        return self


class Plan(StrictModel):
    """Everything that decides which requests one run of the load generator makes, and when."""

    workload: WorkloadName
    workloads: Workloads
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    """In turn: one step is a steady load, several are a staircase, a long one is a soak. All are
    open or all are closed."""
    arrivals: Arrivals = "poisson"
    """Of an open loop: independent callers, or a metronome."""
    target: Peer = "chorale"
    streamed: bool = False
    """Read the short replies piece by piece, too, as they would be played."""
    deadline_ms: Annotated[int, Field(gt=0)] | None = None
    """What callers send as `X-Deadline-Ms`."""
    give_up: Annotated[float, Field(gt=0)] | None = None
    """Seconds; after a reply that took longer nothing more arrives in an open loop."""
    seed: int = 0
    """Names the popular replies."""
    round: Annotated[int, Field(ge=1, lt=ROUNDS)] = 1
    """Runs of one seed with different rounds share the popular replies and nothing else."""

    @model_validator(mode="after")
    def _one_kind_of_loop(self) -> Self:
        if len({step.rate is None for step in self.steps}) > 1:
            raise ValueError("the steps are all open or all closed")
        return self

    @property
    def open(self) -> bool:
        """Whether arrivals wait for nothing."""
        return self.steps[0].rate is not None

    @property
    def seconds(self) -> float:
        """Of all steps."""
        return sum(step.seconds for step in self.steps)

    def load(self, step: int | None = None) -> str:
        """A step's load in words, or that of all."""
        steps = self.steps if step is None else (self.steps[step],)
        said = (
            f"{item.rate:g}/s {self.arrivals}" if item.rate is not None else f"{item.users} users"
            for item in steps
        )
        return ", ".join(dict.fromkeys(said))


def load(kind: type[Model], path: Path) -> Model:
    """Read a YAML file into a model."""
    try:
        return kind.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
