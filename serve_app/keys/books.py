"""What callers have used: totals by key and day.

Each gateway keeps totals of its own and writes them as they are, under a name that it alone has.
The sum over all gateways is what was used. So writing twice counts once, and a store that has lost
its last seconds is told them again.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeAlias

from serve_app.keys.table import Edit, KeyFile


@dataclass(slots=True)
class Usage:
    """What was used."""

    requests: int = 0
    """Replies that had begun and did not fail."""
    characters: int = 0
    """Of their written text."""
    audio_seconds: float = 0.0
    """Of those that were sent whole."""
    cache_hits: int = 0
    """Replies that were kept from before."""

    def add(self, other: "Usage") -> None:
        """Add what else was used."""
        self.requests += other.requests
        self.characters += other.characters
        self.audio_seconds += other.audio_seconds
        self.cache_hits += other.cache_hits

    def packed(self) -> list[float]:
        """What `unpacked` reads."""
        return [self.requests, self.characters, round(self.audio_seconds, 3), self.cache_hits]

    @classmethod
    def unpacked(cls, packed: Sequence[float]) -> "Usage":
        """What `packed` made. Raises ValueError where it is something else."""
        requests, characters, seconds, hits = packed
        return cls(int(requests), int(characters), float(seconds), int(hits))


class Entry(NamedTuple):
    """Of a key on a day."""

    day: str
    """As in ISO 8601, UTC."""
    key: str

    @property
    def month(self) -> str:
        """Such as `2026-11`."""
        return self.day[:7]

    @property
    def of_month(self) -> tuple[str, str]:
        """The key, and the month."""
        return self.key, self.day[:7]


Pages: TypeAlias = dict[Entry, Usage]


def today() -> str:
    """The day now, UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def month_ago(months: int) -> str:
    """The month so many months ago, UTC."""
    now = datetime.now(UTC)
    number = now.year * 12 + now.month - 1 - months
    return f"{number // 12}-{number % 12 + 1:02d}"


class Want(NamedTuple):
    """What a gateway asks for of one limit of a caller."""

    most: int
    """A minute's; 0 for no limit."""
    owed: float
    """What it took already, or gives back where it is negative."""
    need: float
    """With less than this it can do nothing, and takes nothing."""
    wanted: float
    """At most."""


class Wants(NamedTuple):
    """What a gateway asks for of a caller's limits."""

    requests: Want
    characters: Want
    streams: int
    """Those it has, and those that wait to begin."""
    streams_at_a_time: int
    """0 for no limit."""


class Grant(NamedTuple):
    """What is set aside for a gateway of one limit, and what all then have left."""

    granted: float
    left: float


class Grants(NamedTuple):
    """The answer to `Wants`."""

    requests: Grant
    characters: Grant
    streams: int
    """How many it may have."""
    streams_elsewhere: int


class Store(Protocol):
    """Keeps keys and usage. One writer, the owner of the object. All raise UnavailableError."""

    async def keys(self) -> KeyFile | None:
        """The keys; None where they have not changed since the last time.

        Raises:
            ConfigError: what is there is no table of keys.
        """
        ...

    async def edit(self, edit: Edit) -> KeyFile:
        """Change the keys; nobody else does meanwhile."""
        ...

    async def share(self, wants: Mapping[str, Wants]) -> Mapping[str, Grants]:
        """Set aside of callers' limits what this gateway wants; nothing where none are shared."""
        ...

    async def write(self, pages: Pages) -> None:
        """Keep this writer's totals of some keys and days, in the place of earlier ones."""
        ...

    async def read(
        self, month: str, keys: Collection[str] | None = None, *, others: bool = False
    ) -> Pages:
        """What is kept of a month, of some keys or all; `others`: without this writer's."""
        ...

    async def close(self) -> None:
        """Release files and connections."""
        ...


class Book:
    """One gateway's own totals since it started."""

    def __init__(self) -> None:
        self._pages: Pages = {}
        self._unwritten: set[Entry] = set()
        self._characters: Counter[tuple[str, str]] = Counter()

    def add(self, entry: Entry, used: Usage) -> None:
        """Enter what a caller has used; less than nothing takes it back."""
        self._pages.setdefault(entry, Usage()).add(used)
        self._characters[entry.of_month] += used.characters
        self._unwritten.add(entry)

    def take(self) -> Pages:
        """What has to be written; it counts as written now."""
        pages = {entry: replace(self._pages[entry]) for entry in self._unwritten}
        self._unwritten.clear()
        return pages

    def doubt(self) -> None:
        """Nobody knows what was written: all is written again."""
        self._unwritten.update(self._pages)

    @property
    def is_written(self) -> bool:
        """Whether all of it counts as written."""
        return not self._unwritten

    def characters(self, key: str, month: str) -> int:
        """Of a key in a month."""
        return self._characters[key, month]

    def forget_before(self, month: str) -> None:
        """Drop what is written and older."""
        for entry in [it for it in self._pages if it.month < month and it not in self._unwritten]:
            del self._pages[entry]
            self._characters.pop(entry.of_month, None)
