"""Looks at a server's processes while it is under load: memory and processor time of each."""

import contextlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]

from loadtests.local_server import LocalServer
from loadtests.processes import RAY, STAGES, Look, look


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The most that was seen at once, in MiB of proportional set size."""

    ours: float
    """Of our own replicas."""
    rays: float
    """Of Ray's processes."""
    by_kind: Mapping[str, float]
    """Of the moment at which our own were largest."""


class Watch:
    """Samples from a thread of its own until the end of the block."""

    def __init__(self, server: LocalServer, *, interval: float) -> None:
        self._server = server
        self._interval = interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="watch", daemon=True)
        self.looks: list[Look] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        with contextlib.suppress(psutil.Error):
            self.looks.append(look(self._server.processes()))

    def _sample(self) -> None:
        while not self._ended.wait(self._interval):
            with contextlib.suppress(psutil.Error):
                self.looks.append(look(self._server.processes()))


def most(looks: Sequence[Look]) -> Memory:
    """The peak of what was seen."""
    largest = max(looks, key=lambda item: item.pss(STAGES))
    return Memory(
        ours=largest.pss(STAGES),
        rays=max(item.pss(RAY) for item in looks),
        by_kind=largest.by_kind(),
    )
