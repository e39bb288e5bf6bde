"""How popular the replies of the `assistant` workload are, and how often that should hit."""

import itertools
import random
from collections.abc import Iterator
from math import fsum

from loadtests.config import Service, Workloads


def zipf_shares(count: int, exponent: float) -> tuple[float, ...]:
    """Popularity by rank: the share of rank r is proportional to r ** -exponent.

    Zipf's law (Breslau et al., "Web Caching and Zipf-like Distributions", INFOCOM 1999).

    Returns:
        Shares that sum to 1, most popular first.
    """
    raw = [rank**-exponent for rank in range(1, count + 1)]
    total = fsum(raw)
    return tuple(value / total for value in raw)


def ranks(count: int, exponent: float, draw: random.Random) -> Iterator[int]:
    """Ranks from 0, drawn by their shares, without end."""
    cumulative = tuple(itertools.accumulate(zipf_shares(count, exponent)))
    numbers = range(count)
    while True:
        yield draw.choices(numbers, cum_weights=cumulative)[0]


def drawn_services(services: tuple[Service, ...], draw: random.Random) -> Iterator[Service]:
    """Services by their shares, without end."""
    cumulative = tuple(itertools.accumulate(service.share for service in services))
    while True:
        yield draw.choices(services, cum_weights=cumulative)[0]


def expected_hit_share(workloads: Workloads, requests: int) -> float:
    """Share of `assistant` requests whose reply was asked for before, with nothing forgotten.

    A reply of probability q, asked for n times in all, costs 1 - (1 - q)**n misses on average,
    and none if it was warmed; a reply is one text spoken for one service.
    """
    assistant = workloads.assistant
    total = fsum(service.share for service in workloads.services)
    cold = zipf_shares(assistant.replies, assistant.exponent)[assistant.warm :]
    misses = fsum(
        1 - (1 - share * service.share / total) ** requests
        for service in workloads.services
        for share in cold
    )
    return 1 - misses / requests
