"""The RAM tier against a model, and its accounting against the interpreter's own."""

import gc
import sys
import threading
import tracemalloc
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from speech.cache.ram import ENTRY_OVERHEAD, RamTier
from speech.config import RamTierConfig

TTL = 10.0
ROOM = 4 * (ENTRY_OVERHEAD + 100)


class RamModel(RuleBasedStateMachine):
    """The same calls on a tier and on the plainest code that does what its contract says."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.room = ROOM
        self.tier: RamTier[int] = RamTier(
            RamTierConfig(max_bytes=ROOM, ttl=TTL), clock=lambda: self.now
        )
        self.model: OrderedDict[str, tuple[int, int, float, tuple[str, ...]]] = OrderedDict()
        self.count = 0
        self.hits = 0
        self.misses = 0

    keys = st.sampled_from("abcdefgh")
    groups = st.sampled_from([("g",), ("h",), ("g", "h"), ("i", "g")])

    @rule(key=keys, size=st.sampled_from([0, 40, 90, ROOM // 2, ROOM]), groups=groups)
    def put(self, key: str, size: int, groups: tuple[str, ...]) -> None:
        self.count += 1
        kept = self.tier.put(key, self.count, size=size, groups=groups)
        self.model.pop(key, None)
        cost = size + 1 + ENTRY_OVERHEAD
        assert kept is (cost <= self.room)
        if kept:
            self.make_room(self.room - cost)
            self.model[key] = (self.count, cost, self.now + TTL, groups)

    def make_room(self, room: int) -> None:
        while sum(entry[1] for entry in self.model.values()) > room:
            self.model.popitem(last=False)

    @rule()
    def shrink(self) -> None:
        self.room = max(sum(entry[1] for entry in self.model.values()) // 2, ROOM // 16)
        self.make_room(self.room)
        self.tier.shrink()

    @rule()
    def restore(self) -> None:
        self.room = ROOM
        self.tier.restore()

    @rule(key=keys)
    def get(self, key: str) -> None:
        entry = self.model.get(key)
        if entry is not None and self.now < entry[2]:
            self.model.move_to_end(key)
            self.hits += 1
            assert self.tier.get(key) == entry[0]
        else:
            self.model.pop(key, None)
            self.misses += 1
            assert self.tier.get(key) is None

    @rule(seconds=st.sampled_from([1.0, 5.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(group=st.sampled_from([None, "g", "h"]))
    def purge(self, group: str | None) -> None:
        gone = [key for key, entry in self.model.items() if group in {None, *entry[3]}]
        for key in gone:
            del self.model[key]
        assert self.tier.purge(group) == len(gone)

    @invariant()
    def counters_are_true(self) -> None:
        counters = self.tier.counters
        assert counters.bytes == sum(entry[1] for entry in self.model.values()) <= self.room
        assert counters.entries == len(self.model)
        assert (counters.hits, counters.misses) == (self.hits, self.misses)


TestRamModel = RamModel.TestCase
TestRamModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_the_least_recently_used_goes_first() -> None:
    tier: RamTier[str] = RamTier(RamTierConfig(max_bytes=3 * (ENTRY_OVERHEAD + 1)))
    for key in "abc":
        tier.put(key, key, size=0, groups=("g",))
    tier.get("a")
    tier.put("d", "d", size=0, groups=("g",))
    assert [tier.get(key) for key in "abcd"] == ["a", None, "c", "d"]


def test_evictions_expirations_and_refusals_are_counted() -> None:
    now = 0.0
    tier: RamTier[str] = RamTier(
        RamTierConfig(max_bytes=2 * (ENTRY_OVERHEAD + 11), ttl=TTL), clock=lambda: now
    )
    for key in "abc":
        assert tier.put(key, key, size=10, groups=("g",))
    assert not tier.put("d", "d", size=10**6, groups=("g",))
    now = TTL
    assert tier.get("c") is None
    counters = tier.counters
    assert (counters.evictions, counters.expirations, counters.refused) == (1, 1, 1)
    assert counters.bytes == ENTRY_OVERHEAD + 11


def test_a_value_that_does_not_fit_replaces_its_elder_by_nothing() -> None:
    tier: RamTier[str] = RamTier(RamTierConfig(max_bytes=1000))
    tier.put("a", "old", size=10, groups=("g",))
    tier.put("a", "new", size=1001, groups=("g",))
    assert tier.get("a") is None


def test_a_tier_of_no_bytes_keeps_nothing() -> None:
    tier: RamTier[str] = RamTier(RamTierConfig(max_bytes=0))
    assert not tier.put("a", "", size=0, groups=("g",))


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_may_shrink_what_others_use() -> None:
    tier: RamTier[int] = RamTier(RamTierConfig(max_bytes=50 * ENTRY_OVERHEAD))
    done = threading.Event()

    def disturb() -> None:
        while not done.is_set():
            tier.shrink()
            tier.restore()

    with ThreadPoolExecutor(1) as threads:
        disturbing = threads.submit(disturb)
        for number in range(20_000):
            tier.put(f"{number % 100}", number, size=0, groups=("g", "h"))
            tier.get(f"{number % 100}")
        done.set()
        disturbing.result(60)
    tier.purge(None)
    assert tier.counters.bytes == 0


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        RamTier[str](RamTierConfig()).put("a", "", size=-1, groups=("g",))


@pytest.mark.parametrize("size", [0, 1_000])
@pytest.mark.parametrize("count", [100, 5_000, 11_000])
def test_the_accounting_covers_what_python_allocates(count: int, size: int) -> None:
    gc.collect()
    tracemalloc.start()
    try:
        tier: RamTier[bytes] = RamTier(RamTierConfig(max_bytes=2**30))
        before = tracemalloc.get_traced_memory()[0]
        for number in range(count):
            tier.put(f"{number:064x}.0", bytes([number % 256]) * size, size=size, groups=("g",))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken <= tier.counters.bytes <= taken + count * 400


def test_a_tier_that_shrinks_while_it_is_empty_still_keeps_a_little() -> None:
    tier: RamTier[str] = RamTier(RamTierConfig(max_bytes=160 * ENTRY_OVERHEAD))
    tier.shrink()
    assert tier.put("a", "kept", size=ENTRY_OVERHEAD, groups=("g",))
    assert not tier.put("b", "too large", size=10 * ENTRY_OVERHEAD, groups=("g",))
    tier.restore()
    assert tier.put("b", "not any more", size=10 * ENTRY_OVERHEAD, groups=("g",))
