"""A source of frames under a test's control, and what tests of fills look at."""

import asyncio
from collections.abc import AsyncIterator, Callable

from speech.cache.fills import FillTable
from speech.config import CacheConfig
from speech.types import AudioFrame, SpokenWord, Timing

TIMINGS = (Timing(stage="synthesis", seconds=0.02),)


class Maker:
    """A source under the test's control: counts its calls and makes a piece when told to."""

    def __init__(self, pieces: int = 3, size: int = 4, *, free: bool = False) -> None:
        self.body = bytes(index % 251 for index in range(pieces * size))
        self.words: tuple[tuple[SpokenWord, ...], ...] = ((),) * pieces
        """Of each piece."""
        self.calls = 0
        self.closed = 0
        self.error: BaseException | None = None
        self.total_bytes: int | None = None
        self.head = b""
        self._pieces = pieces
        self._size = size
        self._steps = asyncio.Semaphore(10**6 if free else 0)

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self._steps.release()

    async def __call__(self) -> AsyncIterator[AudioFrame]:
        self.calls += 1
        try:
            for index in range(self._pieces):
                await self._steps.acquire()
                if self.error is not None:
                    raise self.error
                is_last = index == self._pieces - 1
                yield AudioFrame(
                    data=self.body[index * self._size : (index + 1) * self._size],
                    is_first=index == 0,
                    is_last=is_last,
                    timings=TIMINGS if index == 0 else (),
                    total_bytes=self.total_bytes,
                    words=self.words[index],
                    audio_seconds=1.5 if is_last else 0.0,
                    head=self.head if is_last else b"",
                )
        finally:
            self.closed += 1


def table(**limits: float) -> FillTable:
    return FillTable(CacheConfig.model_validate(limits))


async def read(frames: AsyncIterator[AudioFrame]) -> list[AudioFrame]:
    return [frame async for frame in frames]


def joined(frames: list[AudioFrame]) -> bytes:
    return b"".join(frame.data for frame in frames)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the conditions are plain counters
            await asyncio.sleep(0)


async def settle(fills: FillTable) -> None:
    await until(lambda: fills.counters.active == 0)
