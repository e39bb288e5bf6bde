"""Which jobs may have ended a worker, so that one job does not end another worker and another.

Ray tells a caller that a replica is gone, not why, and over gRPC not even whether by a signal. So
every job that was in hand at a death is a suspect. It is asked for once more, one suspect at a
time, which shows who did it: a job in hand at two deaths is refused for a while. A job that is
finished is no suspect any longer, and a death counts once for all calls with the same job.

Whoever did it was being worked on, and calls fail about in the order they were made. So the first
few suspects are asked for alone, and where all is well with them the others together: a frozen
replica may hold a hundred when it is killed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from hashlib import blake2b
from time import perf_counter

from deployments import metrics
from speech import telemetry
from speech.config import RetryConfig
from speech.errors import WorkerDiedError


def job_key(*parts: object) -> str:
    """A digest of what may make a job end its worker."""
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class Suspects:
    """One caller's memory of the jobs that one stage's workers died with."""

    def __init__(self, stage: str, config: RetryConfig) -> None:
        self._stage = stage
        self._config = config
        self._deaths: OrderedDict[str, tuple[float, set[str]]] = OrderedDict()
        """By job, the oldest first: when it is forgotten, and the workers that died with it."""
        self._alone = asyncio.Lock()
        self._turns = 0
        """Suspects asked for alone since a worker died, `_last_worker`."""
        self._last_worker = ""

    def check_health(self) -> None:
        """Report."""
        self._drop_old()
        metrics.set_gauge(telemetry.SUSPECT_JOBS, len(self._deaths), stage=self._stage)

    def check(self, key: Callable[[], str]) -> bool:
        """Whether a job is a suspect.

        Raises:
            WorkerDiedError: it was in hand at two deaths.
        """
        if not self._deaths:  # as nearly always: the key costs more than everything else here
            return False
        self._drop_old()
        _, workers = self._deaths.get(key(), (0.0, ()))
        if len(workers) > 1:
            self._count("refused")
            raise _refusal()
        return bool(workers)

    def record_death(self, key: str, worker: str, *, is_last: bool = False) -> None:
        """A worker died with this job in hand.

        Raises:
            WorkerDiedError: it is the second one, or the job may not be asked for again.
        """
        if worker != self._last_worker:
            self._last_worker, self._turns = worker, 0
        _, workers = self._deaths.pop(key, (0.0, set()))
        workers.add(worker)
        self._remember(key, workers)
        if is_last or len(workers) > 1:
            self._count("ended")
            raise _refusal()
        self._count("retried")

    def condemn(self, key: str) -> None:
        """A stage further in has found this job to end its workers."""
        self._remember(key, {"one", "another"})

    def absolve(self, key: str) -> None:
        """The job is finished: it ends no worker."""
        self._deaths.pop(key, None)

    @asynccontextmanager
    async def turn(self, *, alone: bool) -> AsyncIterator[Callable[[], None]]:
        """Hold other suspects back until the block, or what it is given, is done."""
        if not alone:
            yield _nothing
            return
        await self._alone.acquire()
        with ExitStack() as held:
            held.callback(self._alone.release)
            self._turns += 1
            if self._turns > self._config.alone:
                held.close()
            yield held.close

    def _remember(self, key: str, workers: set[str]) -> None:
        self._deaths[key] = (perf_counter() + self._config.remember, workers)
        self._deaths.move_to_end(key)
        while len(self._deaths) > self._config.max_jobs:
            self._deaths.popitem(last=False)

    def _drop_old(self) -> None:
        now = perf_counter()
        while self._deaths and next(iter(self._deaths.values()))[0] < now:
            self._deaths.popitem(last=False)

    def _count(self, outcome: str) -> None:
        metrics.count(telemetry.LOST_CALLS, stage=self._stage, outcome=outcome)


def _refusal() -> WorkerDiedError:
    return WorkerDiedError("the process that worked on this request ended, and so it is refused")


def _nothing() -> None:
    pass
