"""What a load test asks for. Pure: the same plan gives the same requests, in any process."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal, Self

from loadtests.texts import DISTINCT, cumulative, reply, zipf_weights

WorkloadName = Literal["assistant", "unique"]
WORKLOADS: tuple[WorkloadName, ...] = ("assistant", "unique")
"""`assistant`: replies of a known set, a few of them very popular. `unique`: every text new."""
_WARM_FROM = DISTINCT // 2
"""Warm-up texts begin here; no run is long enough to come so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A caller of ours: it speaks with one voice and wants one container."""

    voice: str
    """Alias or id."""
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides which requests are made."""

    users: int = 8
    """Requests at a time: a closed loop, each user asks again when it has its reply."""
    seconds: float = 20.0
    """Of each workload; requests under way at the end are waited for, and count."""
    popular_replies: int = 300
    """Size of the set the assistant draws from."""
    zipf_exponent: float = 0.9
    seed: int = 0
    services: tuple[Service, ...] = field(
        default=(
            Service(voice="alloy", format="mp3"),
            Service(voice="nova", format="wav"),
            Service(voice="onyx", format="opus"),
        )
    )
    """Users belong to them in turn, so several users share a service and its cached replies."""

    def to_json(self) -> str:
        """For another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        values = json.loads(text)
        services = tuple(Service(**service) for service in values.pop("services"))
        return cls(services=services, **values)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `to_json` wrote, from a file."""
        return cls.from_json(path.read_text("utf-8"))


def requests(plan: Plan, workload: WorkloadName, user: int) -> Iterator[dict[str, Any]]:
    """Bodies of one user's requests, without end. Users are numbered from 0."""
    service = plan.services[user % len(plan.services)]
    texts = _popular(plan, user) if workload == "assistant" else _new(plan, user)
    return (_body(text, service) for text in texts)


def warm_up(plan: Plan, each: int) -> Iterator[dict[str, Any]]:
    """Bodies that are in no workload, `each` for every service."""
    return (
        _body(reply(_WARM_FROM + number * each + index), service)
        for number, service in enumerate(plan.services)
        for index in range(each)
    )


def _popular(plan: Plan, user: int) -> Iterator[str]:
    weights = cumulative(zipf_weights(plan.popular_replies, plan.zipf_exponent))
    ranks = range(plan.popular_replies)
    # A string seeds alike in every process; a tuple would be hashed, with salt.
    draw = random.Random(f"{plan.seed} {user}")
    while True:
        yield reply(draw.choices(ranks, cum_weights=weights)[0])


def _new(plan: Plan, user: int) -> Iterator[str]:
    return (reply(index) for index in count(plan.popular_replies + user, plan.users))


def _body(text: str, service: Service) -> dict[str, Any]:
    return {
        "model": "chorale",
        "input": text,
        "voice": service.voice,
        "response_format": service.format,
    }
