"""Which cores the server and the load generator run on, so that they do not share any if possible.

The generator has one thread, so one core is enough for it. It gets a core of its own where the
server still keeps three: on fewer, taking one away would change what is measured more than sharing
does.
"""

import os
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

_LEAST_CORES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Core numbers; both are all cores where there are none to spare."""

    server: frozenset[int]
    generator: frozenset[int]

    @classmethod
    def of(cls, cores: AbstractSet[int]) -> "Placement":
        """Divide the cores this process may use."""
        everything = frozenset(cores)
        if len(everything) < _LEAST_CORES:
            return cls(server=everything, generator=everything)
        own = frozenset({max(everything)})
        return cls(server=everything - own, generator=own)

    @property
    def apart(self) -> bool:
        """Whether they share no core."""
        return not self.server & self.generator

    def __str__(self) -> str:
        if self.apart:
            return f"the load generator has core {max(self.generator)} for itself"
        return f"the load generator shares {len(self.server)} cores with the server"


def this_placement() -> Placement:
    """Of the cores this process may use."""
    return Placement.of(os.sched_getaffinity(0))


def pinned(command: list[str], cores: AbstractSet[int]) -> list[str]:
    """The command, kept on these cores with everything it starts."""
    if cores == os.sched_getaffinity(0):
        return command
    return ["taskset", "-c", ",".join(map(str, sorted(cores))), *command]
