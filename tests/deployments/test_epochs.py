"""One replica's view of the epochs, over a store in memory and over none."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from deployments import epochs
from deployments.epochs import EpochBook


class Store:
    """The cluster's key-value store, as far as the book uses it."""

    def __init__(self) -> None:
        self.value: dict[str, int] = {}
        self.reads = 0
        self.down = False

    def read(self) -> dict[str, int]:
        self.reads += 1
        if self.down:
            raise ConnectionError
        return dict(self.value)

    def write(self, value: dict[str, int]) -> None:
        if self.down:
            raise ConnectionError
        self.value = json.loads(json.dumps(value))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setattr(epochs, "_read", made.read)
    monkeypatch.setattr(epochs, "_write", made.write)
    return made


@pytest.fixture
async def book() -> AsyncIterator[EpochBook]:
    made = EpochBook(1000.0)
    yield made
    await made.close()


async def test_a_bump_is_written_and_seen_by_others(store: Store, book: EpochBook) -> None:
    other = EpochBook(1000.0)
    await book.bump("a")
    await book.bump("a")
    assert (book.current("a"), book.current("b")) == (2, 0)
    assert other.current("a") == 0
    await other.refresh()
    assert other.current("a") == 2
    assert store.value == {"a": 2}


async def test_a_bump_of_all_counts_for_every_voice_once(store: Store, book: EpochBook) -> None:
    await book.bump("a")
    await book.bump(None)
    assert (book.current("a"), book.current("b"), book.current("*")) == (2, 1, 1)


async def test_an_epoch_never_shrinks(store: Store, book: EpochBook) -> None:
    await book.bump("a")
    store.value = {}
    await book.refresh()
    assert book.current("a") == 1
    await book.bump("b")
    assert store.value == {"a": 1, "b": 1}


async def test_bumps_at_the_same_time_are_all_written(store: Store, book: EpochBook) -> None:
    await asyncio.gather(*(book.bump(voice) for voice in "abcabc"))
    assert store.value == {"a": 2, "b": 2, "c": 2}


async def test_a_bump_that_was_not_written_did_not_happen(store: Store, book: EpochBook) -> None:
    await book.bump("a")
    store.down = True
    with pytest.raises(ConnectionError):
        await book.bump("a")
    assert book.current("a") == 1


async def test_a_write_that_fails_changes_nothing(
    store: Store, book: EpochBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: dict[str, int]) -> None:
        raise ConnectionError

    monkeypatch.setattr(epochs, "_write", refuse)
    with pytest.raises(ConnectionError):
        await book.bump("a")
    assert book.current("a") == 0


async def test_a_store_that_is_down_keeps_the_last_epochs(store: Store, book: EpochBook) -> None:
    store.value = {"a": 3}
    await book.follow()
    store.down = True
    await book.refresh()
    assert book.current("a") == 3


async def test_outside_ray_there_are_no_epochs_and_no_errors(book: EpochBook) -> None:
    await book.follow()
    assert book.current("a") == 0


async def test_following_begins_once_however_many_ask(store: Store, book: EpochBook) -> None:
    store.value = {"a": 1}
    before = len(asyncio.all_tasks())
    seen = []

    async def ask() -> None:
        await book.follow()
        seen.append(book.current("a"))

    await asyncio.gather(*(ask() for _ in range(20)))
    await book.follow()
    assert seen == [1] * 20
    assert store.reads == 1
    assert len(asyncio.all_tasks()) == before + 1


async def test_following_reads_again_and_again_until_closed(store: Store) -> None:
    before = asyncio.all_tasks()
    book = EpochBook(0.0)
    await book.follow()
    store.value = {"a": 1}
    async with asyncio.timeout(10):
        while not book.current("a"):  # noqa: ASYNC110 (the book tells nobody)
            await asyncio.sleep(0)
    await book.close()
    await book.close()
    assert asyncio.all_tasks() == before
