"""What one caller has left, as one gateway knows it."""

import asyncio
from collections.abc import Collection
from typing import NamedTuple

from serve_app.keys.books import Grant, Grants, Want, Wants
from serve_app.keys.limits import KeyLimits
from speech.errors import RateLimitedError

_STREAM_RETRY = 1.0
"""Seconds after which another stream may have ended."""
_SPARE = 1 / 60
"""Part of a minute's limit that a gateway sets aside for what may come: a second's worth."""
_KEPT = 5.0
"""Seconds after a caller's last request for which its gateway keeps that."""
_NOTHING = Want(0, 0.0, 0.0, 0.0)


class Bucket:
    """Tokens that come back steadily, a minute's worth at most.

    What is taken may be more than there is; the bucket is then empty until that has come back.
    """

    __slots__ = ("_at", "_level", "most")

    def __init__(self, most: int, now: float) -> None:
        """Full at the beginning; `now` is in seconds, as everywhere here."""
        self.most = most
        self._level = float(most)
        self._at = now

    def level(self, now: float) -> float:
        """What is there."""
        return min(self.most, self._level + (now - self._at) * self.most / 60)

    def set(self, level: float, now: float) -> None:
        """So much is there."""
        self._level, self._at = level, now

    def take(self, amount: float, now: float) -> None:
        """Take so much, or give it back where it is negative."""
        self.set(self.level(now) - amount, now)

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much may be taken; a full bucket will do for more than it holds."""
        return max(0.0, min(amount, self.most) - self.level(now)) * 60 / self.most


class Reserve:
    """One limit as this gateway knows it: what is there for all, and what is set aside here.

    Where gateways share the limit, only what was set aside may be taken, so that nothing is taken
    twice. A gateway by itself takes from the bucket, and owes it to the others.
    """

    __slots__ = ("bucket", "held", "owed")

    def __init__(self, most: int, now: float) -> None:
        self.bucket = Bucket(most, now)
        """What nobody has set aside."""
        self.held = 0.0
        self.owed = 0.0
        """Taken without having been set aside; less than nothing was given back."""

    def left(self, now: float) -> float:
        """What may be had, as far as is known."""
        return self.bucket.level(now) + self.held

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much may be had."""
        return self.bucket.wait(min(amount, self.bucket.most) - self.held, now)

    def has(self, amount: float) -> bool:
        """Whether so much is set aside."""
        return self.held >= min(amount, self.bucket.most)

    def take(self, amount: float, now: float, *, shared: bool) -> None:
        """Take so much, or give it back where it is negative."""
        if shared:
            self.held -= amount
        else:
            self.bucket.take(amount - self.held, now)
            self.owed += amount - self.held
            self.held = 0.0

    def tell(self, wishes: Collection[float], now: float, *, spare: float) -> Want:
        """What to ask for: for the wishes, and some to spare; what is too much is given back."""
        wishes = [min(wish, self.bucket.most) for wish in wishes]
        target = sum(wishes) + spare
        back = max(0.0, self.held - target) + min(0.0, self.held)
        self.held -= back
        self.bucket.take(-back, now)
        owed, self.owed = self.owed - back, 0.0
        need = max(0.0, min(wishes) - self.held) if wishes else 0.0
        return Want(self.bucket.most, owed, need, target - self.held)

    def learn(self, told: Grant, now: float) -> None:
        """This was set aside, and so much is left for others."""
        self.held += told.granted
        self.bucket.set(told.left - self.owed, now)


class Wish(NamedTuple):
    """A request that waits until its part of the limits is set aside."""

    characters: int
    answered: asyncio.Future[None]


class Account:
    """A caller's limits and streams."""

    __slots__ = (
        "_streams_elsewhere",
        "_streams_held",
        "_used_at",
        "characters",
        "characters_elsewhere",
        "limits",
        "name",
        "requests",
        "streams",
        "wishes",
    )

    def __init__(self, name: str, limits: KeyLimits, now: float) -> None:
        self.name = name
        self.requests: Reserve | None = None
        self.characters: Reserve | None = None
        self.change(limits, now)
        self.streams = 0
        """Of this gateway."""
        self.characters_elsewhere = 0
        """Of this month, by what other gateways have written."""
        self.wishes: list[Wish] = []
        self._streams_elsewhere = 0
        self._streams_held = 0
        """How many there may be here."""
        self._used_at = now

    def change(self, limits: KeyLimits, now: float) -> None:
        """Have other limits; of those that are new all is left."""
        self.limits = limits
        self.requests = _reserve(self.requests, limits.requests_per_minute, now)
        self.characters = _reserve(self.characters, limits.characters_per_minute, now)

    def check_requests(self, now: float) -> None:
        """Raises RateLimitedError where one more is too many."""
        if self.requests is not None:
            _check(self.requests, 1, now, "requests")

    def take(self, characters: int, now: float, *, shared: bool, asked: bool = False) -> bool:
        """Take a request of so many characters, and begin a stream.

        Args:
            characters: Of its text.
            now: In seconds.
            shared: Only what is set aside may be taken.
            asked: It was asked just now how many streams others have.

        Returns:
            False where nothing was taken, because that much is not set aside yet.

        Raises:
            RateLimitedError: a limit is reached; nothing was taken.
        """
        limits, self._used_at = self.limits, now
        self.check_requests(now)
        has = self.requests is None or self.requests.has(1)
        if self.characters is not None:
            _check(self.characters, characters, now, "characters")
            has = has and self.characters.has(characters)
        if limits.streams:
            full = self.streams + self._streams_elsewhere >= limits.streams
            if full and (asked or not shared or self.streams >= limits.streams):
                raise RateLimitedError(
                    f"the limit of {limits.streams} requests at a time is reached",
                    None,
                    _STREAM_RETRY,
                )
            has = has and self.streams < self._streams_held
        if shared and not has:
            return False
        if self.requests is not None:
            self.requests.take(1, now, shared=shared)
        if self.characters is not None:
            self.characters.take(characters, now, shared=shared)
        self.streams += 1
        return True

    def give_back(self, characters: int, now: float, *, shared: bool) -> None:
        """These characters were not spoken."""
        if self.characters is not None:
            self.characters.take(-characters, now, shared=shared)

    @property
    def is_limited(self) -> bool:
        """Whether there is anything that gateways share."""
        return bool(self.requests or self.characters or self.limits.streams)

    def is_idle(self, now: float) -> bool:
        """Whether it holds what others might need more."""
        held = (it.held for it in (self.requests, self.characters) if it is not None)
        return now - self._used_at > _KEPT and any(held)

    def tell(self, now: float) -> Wants:
        """What to ask of what all gateways share; until the answer nothing more than is here."""
        spare = 0.0 if now - self._used_at > _KEPT else _SPARE
        streams = self.streams + len(self.wishes)
        self._streams_held = min(self._streams_held, streams)
        requests, characters = _NOTHING, _NOTHING
        if (it := self.requests) is not None:
            requests = it.tell([1.0] * len(self.wishes), now, spare=it.bucket.most * spare)
        if (it := self.characters) is not None:
            wishes = [float(wish.characters) for wish in self.wishes]
            characters = it.tell(wishes, now, spare=it.bucket.most * spare)
        return Wants(requests, characters, streams, self.limits.streams or 0)

    def learn(self, told: Grants, now: float) -> None:
        """What was set aside, and what all others have left."""
        if self.requests is not None:
            self.requests.learn(told.requests, now)
        if self.characters is not None:
            self.characters.learn(told.characters, now)
        self._streams_held, self._streams_elsewhere = told.streams, told.streams_elsewhere

    def untold(self, wants: Wants) -> None:
        """Nobody was told what is owed."""
        for reserve, want in ((self.requests, wants.requests), (self.characters, wants.characters)):
            if reserve is not None:
                reserve.owed += want.owed
        self._streams_elsewhere = 0

    def answer(self) -> None:
        """Whoever waits may look again."""
        for wish in self.wishes:
            if not wish.answered.done():
                wish.answered.set_result(None)

    def is_as_new(self, now: float) -> bool:
        """Whether nothing has to be remembered of it."""
        reserves = [it for it in (self.requests, self.characters) if it is not None]
        full = all(it.bucket.level(now) >= it.bucket.most and not it.held for it in reserves)
        busy = self.streams or self.wishes or self.limits.characters_per_month is not None
        return full and not busy

    def headers(self, now: float) -> dict[str, str]:
        """OpenAI's headers; its tokens are characters."""
        told: dict[str, str] = {}
        for name, reserve in (("requests", self.requests), ("tokens", self.characters)):
            if reserve is not None:
                most, left = reserve.bucket.most, min(reserve.bucket.most, reserve.left(now))
                told[f"x-ratelimit-limit-{name}"] = str(most)
                told[f"x-ratelimit-remaining-{name}"] = str(max(0, int(left)))
                told[f"x-ratelimit-reset-{name}"] = _duration((most - left) * 60 / most)
        return told


def _check(reserve: Reserve, amount: float, now: float, what: str) -> None:
    if wait := reserve.wait(amount, now):
        most = reserve.bucket.most
        raise RateLimitedError(f"the limit of {most} {what} a minute is reached", None, wait)


def _reserve(before: Reserve | None, most: int | None, now: float) -> Reserve | None:
    """A limit's reserve: the one there was, if the limit is the same."""
    if not most:
        return None
    return before if before is not None and before.bucket.most == most else Reserve(most, now)


def _duration(seconds: float) -> str:
    """As OpenAI writes them: `120ms`, `1.5s`, `2m0s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    if seconds < 60:
        return f"{round(seconds, 1):g}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s"
