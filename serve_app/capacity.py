"""How many replicas, cores and bytes a load needs: a sum over measured costs.

Owns the arithmetic; what things cost is in capacity.yaml, each with its source. Synthesizers are
counted by the very policy that scales them (`speech.scaling`), so what is planned is what the
autoscaler will ask for. The layout is that of `deploy/kuberay/graphs.yaml`: the gateways normalize,
all other stages have replicas of their own, of one core each.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml
from pydantic import Field, ValidationError, model_validator

from serve_app.admission import AdmissionLimits
from speech.config import StrictModel
from speech.errors import ConfigError
from speech.scaling import Demand, Speed, Target, replicas_for

COSTS_FILE = Path(__file__).with_name("capacity.yaml")
MOST = 100_000
"""Replicas the search for Synthesizers ends at."""


class Figure(StrictModel):
    """A number and where it is from: a measurement, or a choice and its reason."""

    value: float = Field(ge=0)
    measured: str = ""
    chosen: str = ""

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if bool(self.measured) == bool(self.chosen):
            raise ValueError("a figure is either measured or chosen, and says where or why")
        return self


class Costs(StrictModel):
    """capacity.yaml. Milliseconds are of one core."""

    gateway_hot_ms: Figure
    gateway_hit_ms: Figure
    gateway_miss_ms: Figure
    normalize_ms: Figure
    normalize_character_ms: Figure
    cache_hit_ms: Figure
    cache_miss_ms: Figure
    encoder_ms: Figure
    synthesizer_ms: Figure
    """Of a phrase, beside the engine."""
    engine_ms_per_audio_second: Figure
    proxy_hot_ms: Figure
    proxy_hit_ms: Figure
    proxy_miss_ms: Figure
    characters_per_audio_second: Figure
    """As they are written."""
    audio_seconds_per_phrase: Figure
    gateway_mib: Figure
    audio_cache_mib: Figure
    encoder_mib: Figure
    synthesizer_mib: Figure
    redis_factor: Figure
    """Bytes of a Redis for each byte of replies."""
    hot_share: Figure
    """Of the replies found, those in a gateway's own memory."""
    busy: Figure
    """Most of a core a replica is planned to use."""
    codec_ms_per_audio_second: Mapping[str, Figure]
    bytes_per_audio_second: Mapping[str, Figure]
    gpu_audio_seconds: Figure | None
    """Audio seconds a second of one GPU; None while nobody has measured it."""

    @classmethod
    def load(cls, path: Path = COSTS_FILE) -> Self:
        """Read a file of costs.

        Raises:
            ConfigError: the file is missing or wrong.
        """
        try:
            return cls.model_validate(yaml.safe_load(path.read_text("utf-8")))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ConfigError(f"costs {path}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked for, at the busiest time."""

    rate: float
    """Requests a second."""
    hit_rate: float
    """Share of the replies that are found in a cache."""
    lengths: Mapping[float, float]
    """Characters of a text to the share of the requests that have as many."""
    formats: Mapping[str, float]
    """Format to its share."""
    keep_hours: float
    """How long Redis shall remember a reply that nobody asks for again."""
    mean_share: float
    """The mean rate over these hours, divided by `rate`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Replicas of a stage."""

    name: str
    cores: float
    """Processor seconds a second."""
    replicas: int
    mib: float
    """Memory of all, without what the RAM tier is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a load needs."""

    stages: tuple[Stage, ...]
    proxy_cores: float
    audio_seconds: float
    """Synthesised in a second."""
    gpus: int | None
    """GPUs in place of the Synthesizers' cores; None where their speed is unknown."""
    redis_bytes: float
    egress_bytes: float
    """Sent to callers in a second."""

    @property
    def cores(self) -> int:
        """One for each replica, and the proxies'."""
        return sum(stage.replicas for stage in self.stages) + math.ceil(self.proxy_cores)

    @property
    def gib(self) -> float:
        """Memory of all replicas."""
        return sum(stage.mib for stage in self.stages) / 1024


def plan(
    load: Load, costs: Costs, target: Target | None = None, gpu_audio_seconds: float | None = None
) -> Plan:
    """What a load needs.

    Args:
        load: At the busiest time.
        costs: What things cost.
        target: How long phrases may wait for an engine; the graphs' own where None.
        gpu_audio_seconds: Audio seconds a second of one GPU, where the costs know none.
    """
    hits = load.rate * load.hit_rate
    hot = hits * costs.hot_share.value
    found, missed = hits - hot, load.rate - hits
    characters = _mean(load.lengths)
    audio = characters / costs.characters_per_audio_second.value
    phrases = max(1.0, audio / costs.audio_seconds_per_phrase.value)
    codec = _mean_of(costs.codec_ms_per_audio_second, load.formats)
    size = audio * _mean_of(costs.bytes_per_audio_second, load.formats)
    normalize = costs.normalize_ms.value + costs.normalize_character_ms.value * characters
    milliseconds = {
        "Gateway": hot * costs.gateway_hot_ms.value
        + found * (costs.gateway_hit_ms.value + normalize)
        + missed * (costs.gateway_miss_ms.value + normalize),
        "AudioCache": found * costs.cache_hit_ms.value + missed * costs.cache_miss_ms.value,
        "Encoder": missed * (costs.encoder_ms.value + codec * audio),
    }
    memory = {
        "Gateway": costs.gateway_mib.value,
        "AudioCache": costs.audio_cache_mib.value,
        "Encoder": costs.encoder_mib.value,
    }
    # As many characters as a gateway admits may be in flight for the second a reply takes at most.
    bound = missed * characters / AdmissionLimits().max_inflight_characters
    least = {"Gateway": math.ceil(bound)}
    stages = [
        _stage(name, spent / 1000, memory[name], costs.busy.value, least.get(name, 1))
        for name, spent in milliseconds.items()
    ]
    speech = missed * audio
    fixed = costs.synthesizer_ms.value / 1000
    per_second = costs.engine_ms_per_audio_second.value / 1000
    phrase = audio / phrases
    wanted = replicas_for(
        Demand(arriving=speech, waiting=0.0, phrase=phrase),
        Speed(fixed=fixed, per_second=per_second, full=phrase),
        target or Target(),
        now=0,
        most=MOST,
    )
    engines = max(1, wanted)
    stages.append(
        Stage(
            name="Synthesizer",
            cores=missed * phrases * fixed + speech * per_second,
            replicas=engines,
            mib=engines * costs.synthesizer_mib.value,
        )
    )
    known = costs.gpu_audio_seconds.value if costs.gpu_audio_seconds else gpu_audio_seconds
    share = (target or Target()).share
    return Plan(
        stages=tuple(stages),
        proxy_cores=(
            hot * costs.proxy_hot_ms.value
            + found * costs.proxy_hit_ms.value
            + missed * costs.proxy_miss_ms.value
        )
        / 1000
        / costs.busy.value,
        audio_seconds=speech,
        gpus=max(1, math.ceil(speech / known / share)) if known else None,
        redis_bytes=(
            missed * load.mean_share * load.keep_hours * 3600 * size * costs.redis_factor.value
        ),
        egress_bytes=load.rate * size,
    )


def _stage(name: str, cores: float, mib: float, busy: float, least: int) -> Stage:
    replicas = max(1, least, math.ceil(cores / busy - 1e-9))
    return Stage(name=name, cores=cores, replicas=replicas, mib=replicas * mib)


def _mean(shares: Mapping[float, float]) -> float:
    return sum(value * share for value, share in shares.items())


def _mean_of(figures: Mapping[str, Figure], shares: Mapping[str, float]) -> float:
    return sum(figures[name].value * share for name, share in shares.items())
