"""The course of the demonstration: what is done to the cluster, and what must hold."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Self

from rich.console import Console

from loadtests.cluster.deployment import SCALING, Deployment, Engine
from loadtests.cluster.network import HEAD
from loadtests.cluster.nodes import Cluster, wait_until
from loadtests.cluster.timeline import Bin, Event, Scaling, bins, in_flight, scaling
from loadtests.cluster.traffic import Phase, Traffic
from loadtests.cluster.watch import Look, Watch, look
from loadtests.config import Step, StrictModel
from loadtests.limits import Check, at_most
from loadtests.local_server import ServerError
from loadtests.machine import Machine

PARTS = ("scale", "nodes", "updates")
_READY = 300.0
_NOTICE, _CALM, _TURNS = 3.0, 10.0, 1
"""Seconds until a step is noticed, and from readiness until queueing is calm; direction changes."""
_NEVER = 999.0
_SETTLE = 3.0
"""Seconds until a change that was asked for is one that Serve shows."""
_BIN = 5.0
_WARM = 5.0


class Pace(StrictModel):
    """Loads in requests per second, and for how many seconds they last."""

    low: float = 2.0
    high: float = 40.0
    steady: float = 10.0
    before: float = 15.0
    busy: float = 75.0
    after: float = 60.0
    stretch: float = 75.0
    """Of every change at the steady load."""

    @classmethod
    def quick(cls, high: float) -> Self:
        """Just long enough to see every part."""
        return cls(high=high, steady=4.0, before=6.0, busy=20.0, after=20.0, stretch=20.0)


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
class Found:
    """What was seen."""

    machine: Machine
    nodes: str
    started: float
    """Seconds from `serve deploy` until every proxy answered."""
    scaling: Scaling | None
    changes: tuple[Change, ...]
    requests: int
    failures: int
    timeline: tuple[Bin, ...]
    told: tuple[str, ...]
    checks: tuple[Check, ...]


class Course:
    """Runs the parts one after another and keeps what was seen."""

    def __init__(
        self,
        nodes: Cluster,
        engine: Engine,
        pace: Pace,
        out: Path,
        console: Console,
        *,
        machine: Machine,
    ) -> None:
        self._nodes = nodes
        self._engine = engine
        self._pace = pace
        self._console = console
        self._machine = machine
        self._deployment = Deployment(nodes, engine)
        own = nodes.network.own_addresses
        # The second worker will be lost, and its proxy with it.
        self._fronts = [HEAD, HEAD + 1] if own else [HEAD]
        self._proxies = [HEAD, HEAD + 1, HEAD + 2] if own else [HEAD]
        self._victim = HEAD + 2
        self._traffic = Traffic([nodes.proxy(node) for node in self._fronts], out)
        self._phases: list[Phase] = []
        self._events: list[Event] = []
        self._changes: list[Change] = []

    def run(self, parts: Sequence[str]) -> Found:
        """Deploy, then every part that is wanted.

        Raises:
            ServerError: the cluster did not become ready.
            GeneratorError: Locust failed.
        """
        began = perf_counter()
        self._nodes.deploy(self._deployment.write())
        self._console.print("deployed; waiting until every stage and proxy is ready ...")
        wait_until(self._all_ready, timeout=_READY, what="the application")
        started = perf_counter() - began
        found: Scaling | None = None
        with Watch(self._nodes.dashboard) as watch:
            if "scale" in parts:
                found = self._scale(watch)
            if "nodes" in parts:
                self._lose_and_add()
            if "updates" in parts:
                self._update()
            looks = watch.looks
        return self._found(started, found, looks)

    def _scale(self, watch: Watch) -> Scaling:
        pace = self._pace
        steps = (
            Step(seconds=pace.before, rate=pace.low),
            Step(seconds=pace.busy, rate=pace.high),
            Step(seconds=pace.after, rate=pace.low),
        )
        self._console.print(f"{pace.low:g} to {pace.high:g} requests/s and back ...")
        # A replica that has not spoken yet says nothing of its speed.
        self._traffic.run("warm", (Step(seconds=_WARM, rate=pace.low),))
        phase = self._traffic.run("scale", steps)
        self._phases.append(phase)
        up, down = phase.step_began(1), phase.step_began(2)
        self._events += [
            Event(moment=up, what=f"{pace.high:g} requests/s"),
            Event(moment=down, what=f"{pace.low:g} requests/s"),
        ]
        return scaling(
            phase.rows,
            [item for item in watch.looks if item.moment >= phase.began],
            stage=SCALING,
            up=up,
            down=down,
            least=1,
            target=self._engine.wait,
        )

    def _lose_and_add(self) -> None:
        def lose() -> None:
            self._nodes.kill(self._victim)

        def add() -> None:
            self._nodes.add()

        self._change("worker lost", lose, settles=False)
        self._change("worker added", add)

    def _update(self) -> None:
        def setting() -> None:
            self._deployment.change_setting("Gateway", {"max_inflight_requests": 400})
            self._deployment.change_setting(
                SCALING,
                {
                    "classes": [{"name": "any", "max_characters": 250, "max_batch_size": 1}],
                    "later_share": 0.3,
                },
            )
            self._nodes.deploy(self._deployment.write())

        def voices() -> None:
            self._nodes.deploy(self._deployment.write(voices=2))
            wait_until(self._speaks("fake2"), timeout=_READY, what="the new voice")

        self._change("settings changed", setting)
        self._change("voices changed", voices)

    def _change(self, what: str, act: Callable[[], None], *, settles: bool = True) -> None:
        """Do something under a steady load and judge the requests of that stretch."""
        moment = took = 0.0

        def meanwhile() -> None:
            nonlocal moment, took
            moment = perf_counter()
            self._events.append(Event(moment=moment, what=what))
            act()
            sleep(_SETTLE)
            if settles:
                wait_until(self._settled, timeout=_READY, what=what)
            took = perf_counter() - moment
            if settles:
                self._events.append(Event(moment=perf_counter(), what=f"{what}: done"))

        self._console.print(f"{what}, at {self._pace.steady:g} requests/s ...")
        step = Step(seconds=self._pace.stretch, rate=self._pace.steady)
        phase = self._traffic.run(what.replace(" ", "-"), (step,), meanwhile)
        self._phases.append(phase)
        failed = [row for row in phase.rows if row.failure]
        later = [row for row in failed if row.due > moment]
        self._changes.append(
            Change(
                what=what,
                seconds=took,
                requests=len(phase.rows),
                in_flight=len(in_flight(phase.rows, moment)),
                failed_in_flight=len(failed) - len(later),
                failed_later=len(later),
                first_failure=failed[0].failure if failed else "",
            )
        )

    def _found(self, started: float, scaled: Scaling | None, looks: Sequence[Look]) -> Found:
        rows = [row for phase in self._phases for row in phase.rows]
        timeline = tuple(
            bins(
                rows,
                looks,
                self._events,
                stage=SCALING,
                began=self._phases[0].began,
                width=_BIN,
            )
        )
        return Found(
            machine=self._machine,
            nodes=self._told_nodes(),
            started=started,
            scaling=scaled,
            changes=tuple(self._changes),
            requests=len(rows),
            failures=sum(bool(row.failure) for row in rows),
            timeline=timeline,
            told=(*_told_scaling(scaled), *map(_told_change, self._changes)),
            checks=tuple(_checks(scaled, self._phases[0], self._changes)),
        )

    def _told_nodes(self) -> str:
        if self._nodes.network.own_addresses:
            return (
                "A head without replicas and two workers, each in a network namespace with its own "
                f"HAProxy; Locust asks through {len(self._fronts)} of them"
            )
        return (
            "Network namespaces are not permitted here: a head without replicas and two workers "
            "share one address, and the head's proxy is the only one"
        )

    def _all_ready(self) -> bool:
        return self._settled() and all(self._answers(node) for node in self._proxies)

    def _settled(self) -> bool:
        try:
            now = look(self._nodes.dashboard)
        except (OSError, ValueError):
            return False
        if now.status == "DEPLOY_FAILED":
            raise ServerError(f"the application cannot be deployed: {now.message}")
        return now.settled

    def _answers(self, node: int) -> bool:
        try:
            with urllib.request.urlopen(f"{self._nodes.proxy(node)}/readyz", timeout=2) as reply:  # noqa: S310
                return bool(reply.status == 200)
        except OSError:
            return False

    def _speaks(self, voice: str) -> Callable[[], bool]:
        """Whether every proxy knows a voice."""
        body = {"model": "chorale", "voice": voice, "input": "Hello.", "response_format": "wav"}

        def asked() -> bool:
            for node in self._fronts:
                message = urllib.request.Request(  # noqa: S310
                    f"{self._nodes.proxy(node)}/v1/audio/speech",
                    data=json.dumps(body).encode(),
                    headers={"Content-Type": "application/json"},
                )
                try:
                    with urllib.request.urlopen(message, timeout=30) as reply:  # noqa: S310
                        reply.read()
                except urllib.error.URLError:
                    return False
            return True

        return asked


def _told_scaling(found: Scaling | None) -> list[str]:
    if found is None:
        return []

    def told(value: float | None) -> str:
        return "never" if value is None else f"{value:.1f} s"

    return [
        f"Step up: more replicas were wanted after {told(found.noticed)}, {found.wanted} at most; "
        f"all of them ran after {told(found.ready)} (the rest is the start of processes); queueing "
        f"P95 was below the target {told(found.calm)} after that. {found.turns} changes of "
        f"direction; back to the minimum {told(found.least)} after the step down."
    ]


def _told_change(change: Change) -> str:
    return (
        f"{change.what}: {change.requests} requests, {change.in_flight} under way at that moment; "
        f"failed: {change.failed_in_flight} of these, {change.failed_later} later"
        + (f" (first: {change.first_failure})" if change.first_failure else "")
        + f"; done after {change.seconds:.0f} s."
    )


def _checks(found: Scaling | None, first: Phase, changes: Sequence[Change]) -> list[Check]:
    checks = []
    if found is not None:

        def seconds(value: float | None) -> float:
            return _NEVER if value is None else value

        failed = sum(bool(row.failure) for row in first.rows)
        checks += [
            at_most(
                "step: seconds until more replicas are wanted", seconds(found.noticed), _NOTICE
            ),
            at_most("step: seconds from readiness to calm queueing", seconds(found.calm), _CALM),
            at_most("step: changes of direction", found.turns, _TURNS),
            at_most("step: seconds back to the minimum", seconds(found.least), _NEVER - 1),
            at_most("step: requests failed", failed, 0),
        ]
    for change in changes:
        name = f"{change.what}: failed"
        if change.what == "worker lost":
            checks.append(at_most(f"{name}, asked for later", change.failed_later, 0))
        else:
            checks.append(at_most(name, change.failed_in_flight + change.failed_later, 0))
    return checks
