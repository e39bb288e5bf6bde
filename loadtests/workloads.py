"""What a load test asks for. Pure: the same plan gives the same requests, in any process."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.config import ROUNDS, Plan, Service
from loadtests.popularity import drawn_services, ranks
from loadtests.texts import BLOCK, block, reply

_WARM_EACH = 4
"""Replies that set up codecs and connections of every service where nothing is popular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One text, spoken for one service."""

    text: str
    service: Service
    stream: bool
    """Read piece by piece, as the audio would be played."""


def requests(plan: Plan) -> Iterator[Request]:
    """The requests of one run in the order they are made.

    Ends where the round has no new text left, after some 65,000 short ones.
    """
    # A string seeds alike in every process; a tuple would be hashed, with salt.
    draw = random.Random(f"{plan.workload} {plan.seed} {plan.round}")
    makers = {"assistant": _popular, "unique": _new, "reader": _long}
    texts = makers[plan.workload](plan, draw)
    services = drawn_services(plan.workloads.of(plan.workload), draw)
    stream = _streams(plan)
    for text, service in zip(texts, services, strict=False):
        yield Request(text=text, service=service, stream=stream)


def warm_up(plan: Plan) -> tuple[Request, ...]:
    """Requests to make, once for a server, before anything is measured.

    The popular replies of `assistant`, for peers, who keep none, and for the other workloads
    texts that are in no workload.
    """
    indices = _warm_block(plan)
    if plan.workload == "assistant" and plan.target == "chorale":
        chosen = indices[: plan.workloads.assistant.warm]
    else:
        chosen = indices[BLOCK - _WARM_EACH :]
    return tuple(
        Request(text=reply(index), service=service, stream=_streams(plan))
        for index in chosen
        for service in plan.workloads.of(plan.workload)
    )


def _streams(plan: Plan) -> bool:
    return plan.streamed or plan.workload == "reader"


def _warm_block(plan: Plan) -> range:
    return block(plan.seed * ROUNDS)


def _round_block(plan: Plan) -> range:
    return block(plan.seed * ROUNDS + plan.round)


def _popular(plan: Plan, draw: random.Random) -> Iterator[str]:
    """The most popular replies are those of the seed, all others the round's own."""
    assistant, popular, rest = plan.workloads.assistant, _warm_block(plan), _round_block(plan)
    for rank in ranks(assistant.replies, assistant.exponent, draw):
        yield reply((popular if rank < assistant.warm else rest)[rank])


def _new(plan: Plan, draw: random.Random) -> Iterator[str]:
    del draw
    return (reply(index) for index in _round_block(plan))


def _long(plan: Plan, draw: random.Random) -> Iterator[str]:
    """Replies, joined until a drawn length is reached; what would exceed it begins the next."""
    shortest, longest = plan.workloads.reader.characters
    wanted, text = draw.randint(shortest, longest), ""
    for sentence in _new(plan, draw):
        if len(text) + len(sentence) + 1 > wanted:
            yield text
            wanted, text = draw.randint(shortest, longest), ""
        text = f"{text} {sentence}".strip()
