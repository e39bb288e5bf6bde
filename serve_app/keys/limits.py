"""What one caller may ask for, and the configuration of keys."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from speech.config import PositiveInt, StrictModel


class RateLimits(StrictModel):
    """Bounds of one caller; None for no bound."""

    requests_per_minute: PositiveInt | None = None
    characters_per_minute: PositiveInt | None = None
    """Of written text. A longer text is spoken when nothing has been asked for a minute, and what
    it is too long by is waited for afterwards."""
    streams: PositiveInt | None = None
    """Requests at a time, each until its last byte."""


class KeyLimits(RateLimits):
    """What a key allows."""

    characters_per_month: PositiveInt | None = None
    """Of a calendar month, UTC."""
    voices: tuple[str, ...] | None = None
    """Ids of the voices it may speak with; None for all."""
    weight: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    """Its part of what is shared out, the engine's time too, beside callers of weight 1."""
    own_cache: bool = False
    """Whether its replies are kept for it alone, and it is given no others."""


NO_LIMITS = KeyLimits()


class KeysRedisConfig(StrictModel):
    """A Redis that keeps keys and usage for all gateways. It must drop nothing."""

    url: str
    """e.g. `redis://10.0.0.5:6379/0`; a password comes from CHORALE_KEYS_REDIS_PASSWORD."""
    prefix: str = "chorale"
    timeout: Annotated[float, Field(gt=0)] = 1.0
    """Seconds one call may take, and a request may wait for one when the Redis goes down."""


class KeysConfig(StrictModel):
    """Who may call, and how much. As it comes, nobody is asked and nothing is kept."""

    required: bool = False
    """The switch: all that speaks, lists or tells of usage asks for a key."""
    address: RateLimits = RateLimits()
    """Of each address, while no keys are required."""
    redis: KeysRedisConfig | None = None
    """By default keys and usage are in files of the home folder, each gateway has limits of its own
    but the month's, and each node has its own files."""
    sync: Annotated[float, Field(ge=0.02, le=5)] = 0.1
    """Seconds after which a gateway asks Redis anew for parts of callers' limits; what has to wait
    for one asks at once."""
    flush: Annotated[float, Field(ge=0.1, le=5)] = 1.0
    """Seconds after which usage is written, which is what a gateway that dies loses at most; and
    after which a changed key is known."""
    keep_months: PositiveInt = 13
    """Usage of older months is deleted."""
    max_callers: PositiveInt = 65_536
    """Callers that are remembered because of their limits; the one that called longest ago goes
    first."""
    metric_keys: Annotated[int, Field(ge=0)] = 100
    """Keys that metrics name, the oldest ones; all others are `other`."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.required and self.address != RateLimits():
            raise ValueError("limits of addresses are for servers that require no keys")
        return self
