"""Which jobs may have ended a worker, so that one job does not end another worker and another.

Ray tells a caller that a replica is gone, not why, and over gRPC not even whether by a signal. So
every job that was in hand at a death is a suspect. It is asked for once more, one suspect at a
time, which shows who did it: a job in hand at two deaths is refused for a while. A job that is
finished is no suspect any longer, and a death counts once for all calls with the same job.

The guilty job was being worked on, and calls fail in about the order in which they were made. So
the first few suspects are asked for alone. If all of them are well, the others are asked for
together, because a frozen replica may hold a hundred when it is killed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from hashlib import blake2b
from time import perf_counter
from typing import TypeVar

from deployments import metrics
from speech import telemetry
from speech.config import RetryConfig
from speech.errors import WorkerDiedError
from speech.types import Passage, PhraseJob, SpeechJob, SpeechRequest

_Job = TypeVar("_Job")


def job_key(job: object) -> str:
    """A digest of what may make a job end its worker."""
    parts: tuple[object, ...]
    match job:
        case SpeechJob():
            return job.digest
        case PhraseJob():
            said, how = job.phrase, job.phrase.delivery
            parts = (how.voice, how.language, said.text, said.phoneme_ids)
        case SpeechRequest():
            parts = tuple((item.text, item.delivery.language) for item in job.passages)
        case Passage():
            parts = (job.text, job.delivery.language)
        case _:
            raise TypeError(f"{type(job).__name__} is no job of a stage")
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def as_suspect(job: _Job) -> _Job:
    """A job as it is asked for after a death: where it has a mark for that, with the mark."""
    match job:
        case PhraseJob():  # it has waited once, and others wait for it
            return replace(job, is_suspect=True, later=False)
        case SpeechJob():
            return replace(job, is_suspect=True)
    return job


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

    def check(self, job: object) -> bool:
        """Whether a job is a suspect to this caller.

        Raises:
            WorkerDiedError: it was in hand at two deaths.
        """
        if not self._deaths:  # as nearly always: the key costs more than everything else here
            return False
        self._drop_old()
        _, workers = self._deaths.get(job_key(job), (0.0, ()))
        if len(workers) > 1:
            self._count("refused")
            raise _refusal()
        return bool(workers)

    def record_death(self, job: object, worker: str) -> None:
        """A worker died with this job in hand.

        Raises:
            WorkerDiedError: it is the second one, here or with what the job bears a mark of.
        """
        key = job_key(job)
        if worker != self._last_worker:
            self._last_worker, self._turns = worker, 0
        _, workers = self._deaths.pop(key, (0.0, set()))
        workers.add(worker)
        self._remember(key, workers)
        if len(workers) > 1 or getattr(job, "is_suspect", False):
            self._count("ended")
            raise _refusal()
        self._count("retried")

    def condemn(self, job: object) -> None:
        """A stage further in has found this job to end its workers."""
        self._remember(job_key(job), {"one", "another"})

    def absolve(self, job: object) -> None:
        """The job is finished: it ends no worker."""
        self._deaths.pop(job_key(job), None)

    def turn(self, *, alone: bool) -> AbstractAsyncContextManager[Callable[[], None]]:
        """Hold other suspects back, if the job is one, until the block or what it gets is done."""
        return self._turn() if alone else nullcontext(_nothing)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[Callable[[], None]]:
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
