"""The permit gate: one batch at a time, of one voice, fair, and never stuck."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.batching import Batch, BatchGate, BatchItem
from speech.config import BatchConfig, LengthClass
from speech.errors import AtCapacityError
from speech.types import PhraseJob, Share
from tests.conftest import phrase_job, with_delivery


def job(characters: int = 10, *, index: int = 0, voice: str = "a") -> PhraseJob:
    return phrase_job("x" * characters, index=index, voice=voice, later=index > 0)


def voice_of(item: PhraseJob) -> str:
    return item.phrase.delivery.voice


async def turns(count: int = 5) -> None:
    """Let everything that can run do so."""
    for _ in range(count):
        await asyncio.sleep(0)


ONE_BY_ONE = (LengthClass(name="any", max_characters=300, max_batch_size=1),)


class Caller:
    """A phrase at the gate: waits, is inside, leaves when told."""

    def __init__(self, gate: BatchGate, phrase: PhraseJob) -> None:
        self.job = phrase
        self.item: BatchItem | None = None
        self._gate = gate
        self._may_leave = asyncio.Event()
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with self._gate.admit(self.job) as item:
            self.item = item
            self._gate.taken()
            await self._may_leave.wait()

    @property
    def inside(self) -> bool:
        return self.item is not None and not self.task.done()

    def leave(self) -> None:
        self._may_leave.set()


class Callers:
    """Some callers of one gate, all gone at the end of the test."""

    def __init__(self, gate: BatchGate) -> None:
        self.gate = gate
        self.all: list[Caller] = []

    async def add(self, *jobs: PhraseJob) -> list[Caller]:
        """Callers that come one after another."""
        new = [Caller(self.gate, item) for item in jobs]
        self.all += new
        await turns()
        return new

    def inside(self) -> list[Caller]:
        return [caller for caller in self.all if caller.inside]

    async def next_batch(self) -> list[Caller]:
        """End the batch that runs and return the one that follows."""
        for caller in self.inside():
            caller.leave()
        await turns()
        return self.inside()


@asynccontextmanager
async def at_gate(config: BatchConfig | None = None, parallel: int = 1) -> AsyncIterator[Callers]:
    callers = Callers(BatchGate(config or BatchConfig(), parallel=parallel))
    try:
        yield callers
    finally:
        for caller in callers.all:
            caller.task.cancel()
        await asyncio.gather(*(caller.task for caller in callers.all), return_exceptions=True)
    assert callers.gate.depth == 0


async def test_an_idle_engine_takes_a_phrase_at_once() -> None:
    async with at_gate() as callers:
        (caller,) = await callers.add(job())
        assert caller.inside
        assert callers.gate.depth == 0


async def test_nothing_is_released_while_a_batch_runs() -> None:
    async with at_gate() as callers:
        await callers.add(job(), *[job() for _ in range(5)])
        assert len(callers.inside()) == 1
        assert callers.gate.depth == 5
        # The engine is busy until the last of a batch has left, not the first.
        batch = await callers.next_batch()
        assert len(batch) == 5
        await callers.add(job())
        for caller in batch[:4]:
            caller.leave()
            await turns()
            assert callers.gate.depth == 1
        batch[4].leave()
        await turns()
        assert callers.gate.depth == 0


async def test_a_wait_at_the_gate_is_measured() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        (later,) = await callers.add(job())
        await callers.next_batch()
        assert later.item is not None
        assert later.item.waited > 0


@pytest.mark.parametrize(
    ("characters", "limit"),
    [(1, 16), (20, 16), (21, 8), (100, 8), (101, 4), (300, 4), (5000, 4)],
)
async def test_a_class_is_batched_up_to_its_limit(characters: int, limit: int) -> None:
    async with at_gate() as callers:
        await callers.add(job(), *[job(characters) for _ in range(40)])
        batch = await callers.next_batch()
        assert len(batch) == limit
        assert callers.gate.full_batch == 16


@given(full=st.integers(1, 64), limit=st.integers(1, 64))
@settings(max_examples=60, deadline=None)
async def test_any_limits_are_reached_and_fit_the_batch_method(full: int, limit: int) -> None:
    limit = min(full, limit)
    classes = (
        LengthClass(name="short", max_characters=20, max_batch_size=full),
        LengthClass(name="long", max_characters=300, max_batch_size=limit),
    )
    async with at_gate(BatchConfig(classes=classes)) as callers:
        await callers.add(job(), *[job(200) for _ in range(2 * full)])
        batch = await callers.next_batch()
        assert len(batch) == limit


async def test_a_batch_has_one_voice() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        mixed = [job(voice=voice) for voice in "abbabab"]
        await callers.add(*mixed)
        assert [voice_of(caller.job) for caller in await callers.next_batch()] == ["a"] * 3
        assert [voice_of(caller.job) for caller in await callers.next_batch()] == ["b"] * 4


async def test_no_longer_phrase_joins_a_shorter_lead() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        await callers.add(job(10), job(50), job(10), job(200))
        assert [c.job.phrase.cost for c in await callers.next_batch()] == [10, 10]
        assert [c.job.phrase.cost for c in await callers.next_batch()] == [50]
        assert [c.job.phrase.cost for c in await callers.next_batch()] == [200]


async def test_shorter_phrases_join_a_longer_lead_within_its_limit() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        await callers.add(job(200), *[job(10) for _ in range(9)])
        assert [c.job.phrase.cost for c in await callers.next_batch()] == [200, 10, 10, 10]
        assert len(await callers.next_batch()) == 6


async def test_first_phrases_go_before_later_ones() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        await callers.add(*[job(index=3) for _ in range(20)])
        await callers.add(*[job(index=0) for _ in range(4)])
        batch = await callers.next_batch()
        assert sorted(caller.job.phrase.index for caller in batch) == [0] * 4 + [3] * 12


@pytest.mark.parametrize("share", [0.1, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9])
async def test_later_phrases_lead_their_share_of_batches(share: float) -> None:
    batches = 600
    # Other voices, so that a batch is of its lead's kind alone.
    async with at_gate(BatchConfig(later_share=share)) as callers:
        await callers.add(job())
        await callers.add(*[job(voice="first") for _ in range(40)])
        await callers.add(*[job(voice="later", index=1) for _ in range(40)])
        led: Counter[str] = Counter()
        for _ in range(batches):
            batch = await callers.next_batch()
            kind = voice_of(batch[0].job)
            led[kind] += 1
            await callers.add(*[caller.job for caller in batch])
            callers.all = [caller for caller in callers.all if not caller.task.done()]
    assert share * batches - 1 <= led["later"] <= share * batches + 1


async def test_later_phrases_alone_run_up_no_debt() -> None:
    async with at_gate(BatchConfig(later_share=0.5)) as callers:
        await callers.add(job())
        await callers.add(*[job(index=1) for _ in range(64)])
        for _ in range(3):
            await callers.next_batch()
        # One batch of later phrases still waits: it may lead one batch now, not three.
        await callers.add(*[job(voice="b") for _ in range(64)])
        led = [(await callers.next_batch())[0].job.phrase.index for _ in range(3)]
        assert led.count(0) >= 2


async def test_a_suspect_waits_behind_nobody() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        await callers.add(job(), job(index=1), replace(job(voice="b"), is_suspect=True))
        assert [voice_of(caller.job) for caller in await callers.next_batch()] == ["b"]


def shared(caller: str, weight: float = 1.0, *, later: bool = False) -> PhraseJob:
    made = job(10, voice=caller, index=int(later))
    return replace(made, share=Share(caller, weight))


@pytest.mark.parametrize("later", [False, True])
async def test_who_comes_late_waits_for_its_share_and_not_for_a_flood(later: bool) -> None:
    """Other voices, so that a batch is of one caller's phrases alone."""
    async with at_gate(BatchConfig(classes=ONE_BY_ONE)) as callers:
        await callers.add(job())
        await callers.add(*[shared("flood", later=later) for _ in range(50)])
        await callers.next_batch()
        await callers.add(*[shared("late", later=later) for _ in range(3)])
        order = [voice_of((await callers.next_batch())[0].job) for _ in range(8)]
        assert sorted(order[:6]) == ["flood"] * 3 + ["late"] * 3
        assert order[6:] == ["flood"] * 2


async def test_a_weight_of_three_is_served_three_times_as_much() -> None:
    async with at_gate(BatchConfig(classes=ONE_BY_ONE)) as callers:
        await callers.add(job())
        await callers.add(*[shared("one") for _ in range(40)])
        await callers.add(*[shared("three", 3.0) for _ in range(40)])
        led = Counter([voice_of((await callers.next_batch())[0].job) for _ in range(40)])
        assert led["three"] == pytest.approx(30, abs=1)


async def test_nothing_is_saved_up_and_what_was_given_up_is_not_owed() -> None:
    async with at_gate(BatchConfig(classes=ONE_BY_ONE)) as callers:
        await callers.add(job())
        await callers.add(*[shared("busy") for _ in range(30)])
        gone = await callers.add(*[shared("leaves") for _ in range(20)])
        for caller in gone:
            caller.task.cancel()
        await turns()
        for _ in range(10):
            await callers.next_batch()
        await callers.add(*[shared("idle") for _ in range(10)], *[shared("leaves")] * 10)
        led = Counter([voice_of((await callers.next_batch())[0].job) for _ in range(12)])
        assert led == {"busy": 4, "idle": 4, "leaves": 4}


async def test_callers_are_forgotten_when_nothing_waits() -> None:
    async with at_gate() as callers:
        for number in range(50):
            await callers.add(shared(f"caller {number}"))
        while callers.gate.depth:
            await callers.next_batch()
        assert not callers.gate._first._due


async def test_a_full_queue_refuses() -> None:
    async with at_gate(BatchConfig(max_waiting=3)) as callers:
        await callers.add(job(), job(), job(), job())
        with pytest.raises(AtCapacityError):
            async with callers.gate.admit(job()):
                pytest.fail("admitted beyond the bound")
        assert callers.gate.depth == 3
        await callers.next_batch()
        (caller,) = await callers.add(job())
        assert not caller.task.done()


async def test_a_cancelled_waiter_falls_out() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        waiting = await callers.add(job(), job(), job())
        waiting[1].task.cancel()
        await turns()
        assert callers.gate.depth == 2
        batch = await callers.next_batch()
        assert batch == [waiting[0], waiting[2]]


async def test_a_cancelled_waiter_that_has_not_noticed_yet_is_not_released() -> None:
    async with at_gate() as callers:
        (running,) = await callers.add(job())
        gone, stays = await callers.add(job(), job())
        running.leave()
        await asyncio.sleep(0)
        gone.task.cancel()
        await turns()
        assert stays.inside
        assert gone.item is None
        stays.leave()
        await turns()
        assert (await callers.add(job()))[0].inside


async def test_a_phrase_cancelled_in_the_turn_of_its_release_counts_as_gone() -> None:
    async with at_gate() as callers:
        async with callers.gate.admit(job()):
            second, third = await callers.add(job(), job(voice="b"))
        # Leaving the block has released `second`; before that one runs, it is cancelled.
        assert callers.gate.depth == 1
        second.task.cancel()
        await turns()
        assert second.item is None
        assert third.inside


async def test_the_engine_is_idle_when_all_of_a_batch_were_cancelled() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        await callers.add(*[job() for _ in range(6)])
        batch = await callers.next_batch()
        (waiting,) = await callers.add(job())
        for caller in batch:
            caller.task.cancel()
        await turns()
        assert waiting.inside


async def test_as_many_batches_run_as_the_engine_computes_at_a_time() -> None:
    async with at_gate(parallel=2) as callers:
        first, second = await callers.add(job(), job(voice="b"))
        assert first.inside
        assert second.inside
        waiting = await callers.add(job(), job(), job(voice="b"))
        assert not any(caller.inside for caller in waiting)
        second.leave()
        await turns()
        # One batch of one voice, while the first still runs.
        assert [caller.inside for caller in waiting] == [True, True, False]
        assert waiting[0].item is not None
        assert waiting[1].item is not None
        assert waiting[0].item.batch is waiting[1].item.batch
        # A batch runs until its last phrase has left.
        waiting[0].leave()
        await turns()
        assert not waiting[2].inside
        waiting[1].leave()
        await turns()
        assert first.inside
        assert waiting[2].inside


async def test_the_next_batch_is_released_when_the_last_one_was_taken() -> None:
    gate = BatchGate(BatchConfig(), parallel=3)
    async with AsyncExitStack() as stack:
        items = [
            asyncio.ensure_future(stack.enter_async_context(gate.admit(job(voice=voice))))
            for voice in "abcc"
        ]
        for released in (1, 2, 4):  # nobody else waited when the first came
            await turns()
            assert sum(item.done() for item in items) == released
            gate.taken()
    assert gate.depth == 0


async def test_an_error_inside_the_block_leaves_the_gate_open() -> None:
    gate = BatchGate(BatchConfig())

    async def fail() -> None:
        async with gate.admit(job()):
            raise ValueError

    for _ in range(3):
        with pytest.raises(ValueError, match=r"^$"):
            await fail()
    async with asyncio.timeout(1), gate.admit(job()):
        assert gate.depth == 0


async def test_new_limits_apply_to_phrases_that_wait_already() -> None:
    async with at_gate() as callers:
        await callers.add(job())
        await callers.add(*[job(200) for _ in range(6)])
        await callers.add(*[job(10) for _ in range(10)])
        one = LengthClass(name="all", max_characters=300, max_batch_size=3)
        callers.gate.configure(BatchConfig(classes=(one,)))
        assert callers.gate.full_batch == 3
        sizes = []
        while batch := await callers.next_batch():
            sizes.append(len(batch))
        assert sum(sizes) == 16
        assert max(sizes) == 3


async def model_run(seed: int) -> None:
    """Random arrivals, voices, lengths and cancellations against the gate's promises."""
    chance = random.Random(seed)
    config = BatchConfig(max_waiting=1000, later_share=chance.choice((0.1, 0.4, 0.8)))
    parallel = chance.choice((1, 1, 2, 3))
    gate = BatchGate(config, parallel=parallel)
    running: dict[Batch, list[PhraseJob]] = {}
    on_their_way: set[Batch] = set()

    async def speak(phrase: PhraseJob, steps: int) -> None:
        async with gate.admit(phrase) as item:
            if item.batch not in running:
                assert not on_their_way
                on_their_way.add(item.batch)
            inside = running.setdefault(item.batch, [])
            inside.append(phrase)
            try:
                assert len(running) <= parallel
                assert {voice_of(item) for item in inside} == {voice_of(phrase)}
                assert len(inside) <= min(gate.largest_batch(other) for other in inside)
                for _ in range(steps):
                    await asyncio.sleep(0)
                    if item.batch in on_their_way:
                        on_their_way.remove(item.batch)
                        gate.taken()
            finally:
                inside.remove(phrase)
                if not inside:
                    del running[item.batch]
                    on_their_way.discard(item.batch)

    tasks: list[asyncio.Task[None]] = []
    for _ in range(150):
        phrase = job(
            chance.choice((5, 50, 200)), index=chance.choice((0, 1)), voice=chance.choice("ab")
        )
        tasks.append(asyncio.create_task(speak(phrase, chance.randrange(4))))
        if chance.random() < 0.5:
            chance.choice(tasks).cancel()
        if chance.random() < 0.3:
            await turns(chance.randrange(4))
    if chance.random() < 0.3:
        for task in tasks:
            task.cancel()
    async with asyncio.timeout(10):
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [r for r in results if r and not isinstance(r, asyncio.CancelledError)] == []
    assert gate.depth == 0
    async with asyncio.timeout(1), gate.admit(job()):
        assert gate.depth == 0


async def test_no_pattern_of_cancellations_blocks_the_gate() -> None:
    for seed in range(60):
        await model_run(seed)


async def test_leaving_a_group_of_callers_at_once_frees_the_gate() -> None:
    gate = BatchGate(BatchConfig())
    with suppress(asyncio.CancelledError):
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(gate.admit(job()))
            raise asyncio.CancelledError
    async with asyncio.timeout(1), gate.admit(job()):
        assert gate.depth == 0


async def test_an_engine_that_cannot_batch_is_given_one_phrase_at_a_time() -> None:
    gate = BatchGate(BatchConfig(), {"alone": 1, "pairs": 2}.get)
    running: list[str] = []
    sizes: dict[str, list[int]] = {"alone": [], "pairs": [], "free": []}

    async def speak(item: PhraseJob) -> None:
        async with gate.admit(item):
            running.append(voice_of(item))
            await asyncio.sleep(0)
            sizes[voice_of(item)].append(len(running))
            await asyncio.sleep(0)
            running.remove(voice_of(item))

    async with asyncio.TaskGroup() as group:
        for voice in sizes:
            for _ in range(6):
                group.create_task(speak(job(voice=voice)))
    assert max(sizes["alone"]) == 1
    assert max(sizes["pairs"]) == 2
    assert max(sizes["free"]) > 2


async def test_what_waits_is_told_in_characters_at_speed() -> None:
    async with at_gate() as callers:
        assert callers.gate.waiting_characters == 0
        inside, waiting, _ = await callers.add(
            job(10), job(30), with_delivery(job(30, index=1), speed=0.5)
        )
        assert inside.inside
        assert not waiting.inside
        assert callers.gate.waiting_characters == 30 + 60


async def test_the_largest_batch_is_the_classes_and_the_engines() -> None:
    gate = BatchGate(BatchConfig(), {"solo": 1, "few": 6}.get)
    assert [gate.largest_batch(job(size)) for size in (10, 90, 300)] == [16, 8, 4]
    assert gate.largest_batch(job(10, voice="solo")) == 1
    assert [gate.largest_batch(job(size, voice="few")) for size in (10, 300)] == [6, 4]
