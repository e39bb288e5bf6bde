"""What Serve says of its replicas, several times a second, from its dashboard's REST API."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Self

Ask = Callable[[str], Any]
"""What the dashboard says at a path."""
_PATIENCE = 11.0
"""Seconds in which a question under way ends."""
APPLICATION = "chorale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Replicas of one stage."""

    target: int
    running: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All stages at a moment."""

    moment: float
    """`perf_counter` seconds when the answer had come."""
    status: str
    """Of the application."""
    message: str
    stages: Mapping[str, Stage]
    proxies: int
    """Healthy ones."""

    @property
    def settled(self) -> bool:
        """Whether every stage has the replicas it wants."""
        return (
            self.status == "RUNNING"
            and bool(self.stages)
            and all(stage.status == "HEALTHY" for stage in self.stages.values())
        )


def look(ask: Ask) -> Look:
    """Ask now.

    Args:
        ask: Gives what the dashboard says at a path.

    Raises:
        OSError: nobody answered.
        ValueError: what came is no answer.
    """
    return read(ask("/api/serve/applications/"), perf_counter())


def read(told: Mapping[str, Any], moment: float) -> Look:
    """What the dashboard told."""
    application = told["applications"].get(APPLICATION, {})
    return Look(
        moment=moment,
        status=application.get("status", "NOT_STARTED"),
        message=application.get("message", ""),
        stages={
            name: Stage(
                target=stage["target_num_replicas"],
                running=sum(item["state"] == "RUNNING" for item in stage["replicas"]),
                status=stage["status"],
            )
            for name, stage in application.get("deployments", {}).items()
        },
        proxies=sum(item["status"] == "HEALTHY" for item in told["proxies"].values()),
    )


class Watch:
    """Looks at a cluster again and again on a thread of its own."""

    def __init__(self, ask: Ask, *, interval: float = 0.3) -> None:
        """`interval` is the pause between an answer and the next question, in seconds."""
        self._ask = ask
        self._interval = interval
        self._looks: list[Look] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    @property
    def looks(self) -> Sequence[Look]:
        """So far, in order. A question that nobody answered is missing."""
        return tuple(self._looks)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while not self._end.wait(self._interval):
            try:
                self._looks.append(look(self._ask))
            except (OSError, ValueError):
                continue
