"""Whether the memory of a process moved after a moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.processes import Held, Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One process; MiB."""

    pid: int
    kind: str
    pss: float
    """At the moment."""
    last: float
    """At the end, or when it was last seen."""
    rss: float
    """Resident at the end."""
    largest: float
    """The largest departure from what it held at the moment, as a share of that, with its sign."""
    came_or_went: bool
    """It was not there all the time; then nothing is said of its drift."""


def drifts(looks: Sequence[Look], *, since: float) -> tuple[Drift, ...]:
    """What became of every process seen from a moment on, ours first.

    Args:
        looks: In order.
        since: Seconds after the first look; the look next to it is what others are set against.

    Raises:
        ValueError: nothing was looked at from then on.
    """
    begin = looks[0].moment + since if looks else 0.0
    later = [look for look in looks if look.moment >= begin]
    if not later:
        raise ValueError("nothing was looked at so late")
    seen: dict[int, list[Held]] = {}
    for look in later:
        for held in look.held:
            seen.setdefault(held.pid, []).append(held)
    return tuple(_drift(held, always=len(held) == len(later)) for held in seen.values())


def _drift(held: Sequence[Held], *, always: bool) -> Drift:
    first, last = held[0], held[-1]
    shares = [item.pss / first.pss - 1 if first.pss else 0.0 for item in held]
    return Drift(
        pid=first.pid,
        kind=last.kind,
        pss=first.pss,
        last=last.pss,
        rss=last.rss,
        largest=max(shares, key=abs) if always else 0.0,
        came_or_went=not always,
    )
