"""The course of the demonstration: what is done to the cluster, and what must hold."""

import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Self

from rich.console import Console

from loadtests.cluster.asking import ask
from loadtests.cluster.deployment import SCALING, Deployment, Engine
from loadtests.cluster.network import HEAD
from loadtests.cluster.nodes import Cluster, wait_until
from loadtests.cluster.timeline import Bin, Event, Scaling, bins, in_flight, scaling
from loadtests.cluster.traffic import Phase, Traffic
from loadtests.cluster.verdict import (
    REDIS,
    Asleep,
    Change,
    Kept,
    change_check,
    kept_checks,
    scaling_checks,
    sleep_check,
    told_asleep,
    told_change,
    told_kept,
    told_scaling,
)
from loadtests.cluster.watch import Look, Watch, look
from loadtests.config import Step, StrictModel
from loadtests.faults.redis_server import redis_server
from loadtests.limits import Check
from loadtests.local_server import ServerError
from loadtests.machine import Machine

PARTS = ("scale", "nodes", "drain", "updates", "caches", "sleep")
_READY = 300.0
_SETTLE = 3.0
"""Seconds until a change that was asked for is one that Serve shows."""
_BIN = 5.0
_WARM = 5.0
_REPLIES = 60
"""That caches are to keep."""


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
class Found:
    """What was seen."""

    machine: Machine
    nodes: str
    started: float
    """Seconds from `serve deploy` until every proxy answered."""
    scaling: Scaling | None
    changes: tuple[Change, ...]
    kept: tuple[Kept, ...]
    asleep: Asleep | None
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
        self._victim = self._newest = HEAD + 2
        self._traffic = Traffic([nodes.proxy(node) for node in self._fronts], out)
        self._phases: list[Phase] = []
        self._events: list[Event] = []
        self._changes: list[Change] = []
        self._kept: list[Kept] = []
        self._asleep: Asleep | None = None

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
        with Watch(self._nodes.ask) as watch:
            if "scale" in parts:
                found = self._scale(watch)
            if "nodes" in parts:
                self._lose_and_add()
            if "drain" in parts:
                self._drain()
            if "updates" in parts:
                self._update()
            if "caches" in parts:
                self._keep()
            if "sleep" in parts:
                self._asleep = self._sleep()
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
            target=self._engine.queueing_p95,
        )

    def _lose_and_add(self) -> None:
        def lose() -> None:
            self._nodes.kill(self._victim)

        def add() -> None:
            self._newest = self._nodes.add()

        self._change("worker lost", lose, settles=False)
        self._change("worker added", add)

    def _drain(self) -> None:
        if not self._nodes.network.own_addresses:
            self._console.print("Nodes that share an address are not told apart: none is drained.")
            return

        def drain() -> None:
            leaving, self._newest = self._newest, self._nodes.add()
            self._nodes.drain(leaving)

        self._change("worker drained, another added", drain)

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

    def _keep(self) -> None:
        """Fill the caches, without a second tier and with one, and replace every replica."""
        with redis_server(self._nodes.network.outside) as redis:
            for tier, address in (("no second tier", ""), (REDIS, redis.address)):
                self._console.print(f"{_REPLIES} replies, {tier}, another node, new replicas ...")
                self._replace(voices=3, redis=address)
                made = self._hits(self._fronts[0])
                # Another space: another request to a gateway's own memory, the same key behind it.
                elsewhere = self._hits(self._fronts[-1], before=" ")
                sleep(_SETTLE)
                self._replace(voices=4, redis=address)
                afterwards = self._hits(self._fronts[-1])
                self._kept.append(
                    Kept(
                        tier=tier,
                        replies=_REPLIES - made,
                        elsewhere=elsewhere,
                        afterwards=afterwards,
                    )
                )

    def _replace(self, *, voices: int, redis: str) -> None:
        self._nodes.deploy(self._deployment.write(voices=voices, redis=redis))
        wait_until(self._speaks(f"fake{voices}"), timeout=_READY, what="the new replicas")
        wait_until(self._settled, timeout=_READY, what="the new replicas")

    def _hits(self, node: int, *, before: str = "") -> int:
        proxy = self._nodes.proxy(node)
        texts = (
            f"{before}Reply number {number} of all that are kept." for number in range(_REPLIES)
        )
        return sum(ask(proxy, text).cache == "hit" for text in texts)

    def _sleep(self) -> Asleep:
        """Let every engine go, then ask once more."""
        self._console.print("no load until no engine runs, then one request ...")
        self._nodes.deploy(self._deployment.write(voices=5, least=0))
        wait_until(self._speaks("fake5"), timeout=_READY, what="an engine")
        wait_until(self._settled, timeout=_READY, what="the new replicas")
        proxy = self._nodes.proxy(self._fronts[-1])
        ask(proxy, "The last one before the engines sleep.")
        slept = wait_until(lambda: not self._engines(), timeout=_READY, what="no engine")
        reply = ask(proxy, "The first one after the engines slept.")
        return Asleep(slept=slept, woken=reply.seconds)

    def _engines(self) -> int:
        """Engines that run or are wanted."""
        stage = look(self._nodes.ask).stages[SCALING]
        return max(stage.running, stage.target)

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
                began=self._phases[0].began if self._phases else perf_counter(),
                width=_BIN,
            )
        )
        return Found(
            machine=self._machine,
            nodes=self._told_nodes(),
            started=started,
            scaling=scaled,
            changes=tuple(self._changes),
            kept=tuple(self._kept),
            asleep=self._asleep,
            requests=len(rows),
            failures=sum(bool(row.failure) for row in rows),
            timeline=timeline,
            told=tuple(self._told(scaled)),
            checks=tuple(self._checks(scaled)),
        )

    def _told(self, scaled: Scaling | None) -> Iterator[str]:
        if scaled is not None:
            yield told_scaling(scaled)
        yield from map(told_change, self._changes)
        yield from map(told_kept, self._kept)
        if self._asleep is not None:
            yield told_asleep(self._asleep)

    def _checks(self, scaled: Scaling | None) -> Iterator[Check]:
        if scaled is not None:
            yield from scaling_checks(scaled, self._phases[0].rows)
        yield from map(change_check, self._changes)
        for kept in self._kept:
            yield from kept_checks(kept)
        if self._asleep is not None:
            yield sleep_check(self._asleep)

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
            now = look(self._nodes.ask)
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

        def asked() -> bool:
            try:
                for node in self._fronts:
                    ask(self._nodes.proxy(node), "Hello.", voice=voice)
            except OSError:
                return False
            return True

        return asked
