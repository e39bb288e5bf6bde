"""Mixes of voices as people write them: `af_bella(2)+af_sky(1)`, `a+b`."""

import re
from collections.abc import Iterable
from typing import NamedTuple

MAX_PARTS = 8
"""Voices of one mix."""
_PART = re.compile(r"\s*(?P<name>[^\s()+]+)\s*(?:\(\s*(?P<weight>\d{1,4}(?:\.\d{1,6})?)\s*\))?\s*")


class Part(NamedTuple):
    """One of the voices of a mix."""

    name: str
    weight: float


def is_mix(name: str) -> bool:
    """Whether a name is written as a mix."""
    return "+" in name or "(" in name


def parse_mix(text: str) -> tuple[Part, ...]:
    """The voices of a mix in the order they are written; a weight that is not given is 1.

    Raises:
        ValueError: it is none, or has too many parts, or a weight that is not positive.
    """
    written = text.split("+")
    if len(written) > MAX_PARTS:
        raise ValueError(f"a mix has at most {MAX_PARTS} voices")
    parts = []
    for part in written:
        found = _PART.fullmatch(part)
        if found is None:
            raise ValueError("a mix is written a(2)+b(1), with weights like 2 or 0.5")
        parts.append(Part(found["name"], float(found["weight"] or 1)))
        if not parts[-1].weight > 0:
            raise ValueError("the weights of a mix must be positive")
    return tuple(parts)


def mix_name(parts: Iterable[Part]) -> str:
    """The one name of all ways to write a mix: sorted, each voice once, weights that sum up to 1.

    One voice alone is its name.
    """
    weights: dict[str, float] = {}
    for name, weight in parts:
        weights[name] = weights.get(name, 0.0) + weight
    if len(weights) == 1:
        return next(iter(weights))
    total = sum(weights.values())
    return "+".join(f"{name}({weight / total:.6f})" for name, weight in sorted(weights.items()))
