"""What the demonstration found, in sentences and as limits that were kept or not."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.cluster.timeline import Scaling
from loadtests.limits import Check, at_most
from loadtests.records import Row

_NOTICE, _CALM, _TURNS = 3.0, 10.0, 1
"""Seconds until a step is noticed, and from readiness until queueing is calm; direction changes."""
_NEVER = 999.0
_WAKE = 30.0
"""Seconds a request may take that has to start an engine."""
REDIS = "Redis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that was done under a steady load."""

    what: str
    seconds: float
    """Until every replica that was wanted ran again."""
    requests: int
    in_flight: int
    """Requests that were under way when it was done."""
    failed_in_flight: int
    failed_later: int
    first_failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asleep:
    """A stage without load, and the first request after it."""

    slept: float
    """Seconds without load until no engine ran."""
    woken: float
    """Seconds the first request took, from the sending to the last byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Replies made through one node's proxy and asked for again through another's."""

    tier: str
    """Behind the caches' memory."""
    replies: int
    elsewhere: int
    """Of these, hits through the other proxy."""
    afterwards: int
    """Hits through it after every replica had been replaced."""


def told_scaling(found: Scaling) -> str:
    """The step up and down in a sentence."""

    def told(value: float | None) -> str:
        return "never" if value is None else f"{value:.1f} s"

    return (
        f"Step up: more replicas were wanted after {told(found.noticed)}, {found.wanted} at most; "
        f"all of them ran after {told(found.ready)} (the rest is the start of processes); queueing "
        f"P95 was below the target {told(found.calm)} after that, and above it again in "
        f"{found.above} windows of 5 s. {found.turns} changes of direction; back to the minimum "
        f"{told(found.least)} after the step down."
    )


def told_change(change: Change) -> str:
    """A change in a sentence."""
    return (
        f"{change.what}: {change.requests} requests, {change.in_flight} under way at that moment; "
        f"failed: {change.failed_in_flight} of these, {change.failed_later} later"
        + (f" (first: {change.first_failure})" if change.first_failure else "")
        + f"; done after {change.seconds:.0f} s."
    )


def told_asleep(found: Asleep) -> str:
    """Going to sleep and waking in a sentence."""
    return (
        f"No engine ran {found.slept:.0f} s after the last request; the next one took "
        f"{found.woken:.1f} s, with the start of an engine."
    )


def told_kept(found: Kept) -> str:
    """What a second tier kept in a sentence."""
    return (
        f"{found.tier}: of {found.replies} replies made through one node {found.elsewhere} were "
        f"hits through another, and {found.afterwards} after every replica had been replaced."
    )


def scaling_checks(found: Scaling, rows: Sequence[Row]) -> list[Check]:
    """What a step must show; the rows are its requests."""

    def seconds(value: float | None) -> float:
        return _NEVER if value is None else value

    failed = sum(bool(row.failure) for row in rows)
    return [
        at_most("step: seconds until more replicas are wanted", seconds(found.noticed), _NOTICE),
        at_most("step: seconds from readiness to calm queueing", seconds(found.calm), _CALM),
        at_most("step: changes of direction", found.turns, _TURNS),
        at_most("step: seconds back to the minimum", seconds(found.least), _NEVER - 1),
        at_most("step: requests failed", failed, 0),
    ]


def change_check(change: Change) -> Check:
    """What a change may cost: the loss of a node what it had in hand, others nothing."""
    name = f"{change.what}: failed"
    if change.what == "worker lost":
        return at_most(f"{name}, asked for later", change.failed_later, 0)
    return at_most(name, change.failed_in_flight + change.failed_later, 0)


def sleep_check(found: Asleep) -> Check:
    """How long the first request after a sleep may take."""
    return at_most("sleep: seconds the first request took", found.woken, _WAKE)


def kept_checks(found: Kept) -> list[Check]:
    """What caches must keep: all that a tier outside the replicas holds."""
    checks = [at_most(f"{found.tier}: misses elsewhere", found.replies - found.elsewhere, 0)]
    if found.tier == REDIS:
        lost = found.replies - found.afterwards
        checks.append(at_most(f"{found.tier}: misses after a rolling update", lost, 0))
    return checks
