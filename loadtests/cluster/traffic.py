"""Locust through several proxies at once: one process for each, each with its share of the load."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, sleep

from loadtests.config import Plan, Service, Step, Workloads
from loadtests.generator import run_plan
from loadtests.records import Row

_START = 60.0
"""Seconds in which Locust has made its first request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What was asked for in one stretch."""

    name: str
    began: float
    """`perf_counter` seconds."""
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    """`due` is in `perf_counter` seconds here."""

    def step_began(self, index: int) -> float:
        """When a step began."""
        return self.began + sum(step.seconds for step in self.steps[:index])


class Traffic:
    """New texts for the fake voice, through each of the proxies."""

    def __init__(self, proxies: Sequence[str], out: Path) -> None:
        """`out` is where Locust writes."""
        self._proxies = proxies
        self._out = out
        self._rounds = 0

    def run(
        self, name: str, steps: Sequence[Step], meanwhile: Callable[[], None] | None = None
    ) -> Phase:
        """Ask until the steps are over and everything was answered.

        Args:
            name: Of the phase.
            steps: Their rates are those of all proxies together.
            meanwhile: Called once requests are being made.

        Raises:
            GeneratorError: Locust failed.
        """
        plans = []
        for _ in self._proxies:
            self._rounds += 1
            plans.append(self._plan(steps))
        names = [f"{name}-{number}" for number in range(1, len(plans) + 1)]
        self._records(names[0]).unlink(missing_ok=True)
        with ThreadPoolExecutor(len(plans)) as pool:
            runs = [
                pool.submit(run_plan, plan, url, self._out, run)
                for plan, url, run in zip(plans, self._proxies, names, strict=True)
            ]
            if meanwhile is not None:
                self._wait_for_requests(names[0])
                meanwhile()
            records = [run.result() for run in runs]
        rows = [
            replace(row, due=record.began + row.due) for record in records for row in record.rows
        ]
        return Phase(
            name=name,
            began=min(record.began for record in records),
            steps=tuple(steps),
            rows=tuple(sorted(rows, key=lambda row: row.due)),
        )

    def _plan(self, steps: Sequence[Step]) -> Plan:
        voice = Service(voice="fake", format="wav", share=1)
        shares = tuple(
            Step(seconds=step.seconds, rate=(step.rate or 0) / len(self._proxies)) for step in steps
        )
        return Plan(
            workload="unique",
            workloads=Workloads.load().model_copy(update={"services": (voice,)}),
            steps=shares,
            round=self._rounds,
        )

    def _wait_for_requests(self, name: str) -> None:
        """A line in the file is a reply that has come; Locust holds a few back."""
        file, deadline = self._records(name), perf_counter() + _START
        while perf_counter() < deadline:
            if file.exists() and file.stat().st_size:
                return
            sleep(0.2)

    def _records(self, name: str) -> Path:
        return self._out / f"{name}.jsonl"
