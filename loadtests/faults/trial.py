"""One fault after another on one server."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter

import httpx
import psutil  # type: ignore[import-untyped]

from loadtests.faults import victims
from loadtests.faults.callers import Callers
from loadtests.faults.list import REDIS, Fault
from loadtests.faults.redis_server import RedisServer
from loadtests.faults.references import References, Wanted
from loadtests.faults.verdict import Outcome, judge
from loadtests.faults.victims import GCS, Cluster
from loadtests.processes import STAGES

_POLL = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds of everything a fault takes."""

    before: float = 3.0
    """Calls before it strikes."""
    after: float = 4.0
    """Calls after the victim's place was taken."""
    down: float = 5.0
    """How long what nobody starts again but us, the GCS and Redis, stays away."""
    patience: float = 120.0
    """For the victim's place to be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A server, and callers who know what they must hear."""

    server: Cluster
    references: References
    wanted: Iterator[Wanted]
    rate: float
    whole: Mapping[str, int]
    """Replicas of every stage while all is well."""
    pace: Pace = Pace()
    redis: RedisServer | None = None
    """The caches' second tier."""

    @property
    def speech(self) -> str:
        """Where callers go."""
        return f"{self.server.url}/v1/audio/speech"

    async def run(self, fault: Fault) -> Outcome:
        """Let one fault happen under load.

        Raises:
            NoVictimError: the server has no such process, or not all its replicas run.
        """
        if await self._wait(lambda: self._replicas() == self.whole) is None:
            raise victims.NoVictimError("the server has not all its replicas")
        callers = Callers(
            url=self.speech,
            wanted=self.wanted,
            references=self.references,
            rate=self.rate,
        )
        async with callers.calling():
            await asyncio.sleep(self.pace.before)
            async with self._struck(fault) as (struck, is_back):
                back = await self._wait(lambda: is_back() and self._replicas() == self.whole)
            await asyncio.sleep(self.pace.after)
        return judge(
            fault.name,
            callers.rows,
            price=fault.price,
            struck=struck,
            back=back,
            lasting=fault.lasting,
        )

    @asynccontextmanager
    async def _struck(self, fault: Fault) -> AsyncGenerator[tuple[float, Callable[[], bool]], None]:
        """Strike; gives the moment, and whether the victim's place is taken."""
        if fault.kind == REDIS:
            if self.redis is None:
                raise victims.NoVictimError("the server's caches use no Redis")
            struck = perf_counter()
            self.redis.strike(frozen=fault.frozen)
            await asyncio.sleep(self.pace.down)
            self.redis.mend()
            yield struck, self.redis.used
        elif fault.kind == GCS:
            gcs = await asyncio.to_thread(victims.Gcs, self.server)
            struck = perf_counter()
            gcs.kill()
            await asyncio.sleep(self.pace.down)
            gcs.start()
            yield struck, lambda: True
        else:
            gone = await asyncio.to_thread(victims.find, self.server, fault.kind)
            # Of replicas one: the others are to take its work. All of what there is one of.
            gone = gone[:1] if fault.kind in STAGES else gone
            if not gone:
                raise victims.NoVictimError(f"the server has no {fault.kind}")
            struck = perf_counter()
            for process in gone:
                victims.freeze(process) if fault.frozen else process.kill()
            try:
                yield struck, lambda: self._replaced(fault.kind, gone)
            finally:
                for process in gone:
                    with contextlib.suppress(psutil.Error):
                        process.kill()

    def _replicas(self) -> dict[str, int]:
        return victims.counts(victims.running_replicas(self.server))

    def _replaced(self, kind: str, gone: list[psutil.Process]) -> bool:
        """Whether others are there in the victims' place, and the server answers."""
        pids = {process.pid for process in gone}
        if kind in STAGES:
            taken = not pids & victims.running_replicas(self.server).get(kind, pids)
        else:
            others = {process.pid for process in victims.find(self.server, kind)} - pids
            taken = len(others) >= len(pids)
        try:
            # Not before HAProxy knows a gateway.
            return taken and httpx.get(f"{self.server.url}/readyz").is_success
        except httpx.HTTPError:
            return False

    async def _wait(self, condition: Callable[[], bool]) -> float | None:
        """When a condition was first seen to hold; None if it did not in time."""
        deadline = perf_counter() + self.pace.patience
        while perf_counter() < deadline:
            if await asyncio.to_thread(condition):
                return perf_counter()
            await asyncio.sleep(_POLL)
        return None
