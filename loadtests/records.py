"""What the load generator writes of every request, and how it is read back.

One line of JSON for each request, written as it ends, so that nothing grows in the generator's
memory and an interrupted run has not lost what it saw.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from loadtests.config import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One request as the caller saw it; seconds."""

    due: float
    """When it was due, from the beginning of the run; in a closed loop, when it was sent."""
    late: float
    """Between due and sent: the load generator's own delay. Part of `seconds`."""
    seconds: float
    """From due until the last byte had come."""
    step: int
    """Index of the step it belongs to."""
    status: int
    """0 where no reply came, or it broke off."""
    cache: str
    """`X-Cache`, as answered."""
    timing: str
    """`Server-Timing`, as answered."""
    format: str
    size: int
    """Bytes of the body."""
    failure: str
    """Why it is no good reply; empty where it is one."""
    first_audio: float | None = None
    """From due until the first audio had come; of streamed replies."""
    first_sound: float | None = None
    """From due until something could be heard; likewise."""
    in_hand: float | None = None
    """Least seconds of audio that were left to play when the next came; below 0 a player that
    starts with the first piece has stopped. Of streamed replies of more than one piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One run of the load generator."""

    began: float
    """`perf_counter` when the first step began; the clock is the machine's, not the process's."""
    wall: float
    """Seconds until the last reply."""
    processor: float
    """Processor seconds of the generator meanwhile."""
    rows: tuple[Row, ...]

    @property
    def generator_cores(self) -> float:
        """Cores the load generator kept busy."""
        return self.processor / self.wall


class Recorder:
    """Writes rows to a file; ends it with a line about the run itself."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def add(self, row: Row) -> None:
        """One request ended."""
        self._file.write(json.dumps(asdict(row)) + "\n")

    def close(self, *, began: float, wall: float, processor: float, asked: int) -> None:
        """The run ended, in which so many requests were made."""
        ended = {"began": began, "wall": wall, "processor": processor, "asked": asked}
        self._file.write(json.dumps(ended) + "\n")
        self._file.close()


def read(path: Path) -> Record:
    """Read what a `Recorder` wrote.

    Raises:
        ConfigurationError: the run was not finished, or lost requests it had made.
    """
    lines: Sequence[str] = path.read_text("utf-8").splitlines()
    ended = json.loads(lines[-1]) if lines else {}
    if "processor" not in ended:
        raise ConfigurationError(f"{path}: the load generator did not finish")
    rows = tuple(Row(**json.loads(line)) for line in lines[:-1])
    if (asked := ended.pop("asked")) != len(rows):
        raise ConfigurationError(f"{path}: {asked} requests were made, {len(rows)} recorded")
    return Record(**ended, rows=tuple(sorted(rows, key=lambda row: row.due)))
