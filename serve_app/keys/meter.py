"""Counts what callers use, holds it against their limits, and keeps books of it.

Nearly always all that a request needs is in this process. Gateways that share limits set parts of
them aside, and a task keeps a second's worth ready; only a request beyond that waits for the store.
While the store is down, each gateway holds its callers to their limits by itself, with the keys it
knows.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from time import perf_counter

from deployments import metrics
from serve_app.callers import Caller
from serve_app.keys.accounts import Account, Wish
from serve_app.keys.books import Book, Entry, Pages, Store, Usage, month_ago, today
from serve_app.keys.limits import NO_LIMITS, KeyLimits, KeysConfig, RateLimits
from serve_app.keys.table import KeyTable
from speech import telemetry
from speech.errors import (
    ConfigError,
    QuotaExceededError,
    UnavailableError,
    VoiceNotAllowedError,
)
from speech.types import SpeechRequest

_LOG = logging.getLogger("ray.serve")


class Visit:
    """A request that was let in, until its last byte."""

    def begin(self, *, hit: bool) -> None:
        """Its first byte exists; `hit`: it was kept from before."""

    def heard(self, seconds: float) -> None:
        """Its last byte exists; the audio is so long."""

    def fail(self) -> None:
        """It will not be spoken, or not to its end, and that is not the caller's doing."""

    def leave(self) -> None:
        """It has ended, however it did. Once or more."""


@dataclass(slots=True, eq=False)
class _Metered(Visit):
    meter: "Meter"
    account: Account
    used: Usage
    entry: Entry
    begun: bool = False
    over: bool = False

    def begin(self, *, hit: bool) -> None:
        self.begun, self.used.cache_hits = True, int(hit)
        self.meter.keep(self.entry, self.used)

    def heard(self, seconds: float) -> None:
        self.used.audio_seconds = seconds
        self.meter.keep(self.entry, Usage(audio_seconds=seconds))

    def fail(self) -> None:
        if self.over:
            return
        used = self.used
        self.meter.give_back(self.account, used.characters)
        if self.begun:
            back = Usage(-used.requests, -used.characters, -used.audio_seconds, -used.cache_hits)
            self.meter.keep(self.entry, back)
        self.leave()

    def leave(self) -> None:
        if not self.over:
            self.over = True
            self.meter.ended(self.account)


UNMETERED = Visit()


class Meter:
    """One gateway's limits and books.

    Args:
        config: What is kept, and how often.
        store: Where.
    """

    def __init__(self, config: KeysConfig, store: Store) -> None:
        self._config = config
        self._store = store
        self.table = KeyTable()
        self._touched: set[Account] = set()
        """Those that have changed since the store was told."""
        self._shares = config.redis is not None
        """Whether limits are shared, as they are while the store answers."""
        self._asked = asyncio.Event()
        self._book = Book()
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._unread: set[str] = set()
        """Names of keys with a month's limit that may have been used elsewhere."""
        self._day = today()
        self._written_at = perf_counter()
        self._tasks: list[asyncio.Task[None]] = []
        self._flushing = asyncio.Lock()
        self._problem = ""

    async def enter(self, caller: Caller, request: SpeechRequest) -> Visit:
        """Let a request in; it may have to wait for the store.

        Raises:
            VoiceNotAllowedError: the caller's key is not for this voice.
            QuotaExceededError: it has had what it may have this month.
            RateLimitedError: it has had what it may have for now.
        """
        limits = caller.limits
        if limits.voices is not None:
            for voice in request.voices:
                if voice not in limits.voices:
                    raise VoiceNotAllowedError(f"this key is not for the voice {voice!r}", "voice")
        if not caller.key and limits == NO_LIMITS:
            return UNMETERED
        characters, entry = request.characters, Entry(self._day, caller.key)
        account = self._account(caller.name, limits)
        if limits.characters_per_month is not None:
            self._unread.add(caller.key)
            spoken = self._book.characters(*entry.of_month) + account.characters_elsewhere
            if spoken + characters > limits.characters_per_month:
                raise QuotaExceededError(
                    f"the limit of {limits.characters_per_month} characters a month is reached"
                )
        self._touch(account)
        asked = False
        while not account.take(characters, perf_counter(), shared=self._shares, asked=asked):
            await self._set_aside(account, characters)
            asked = True
        return _Metered(self, account, Usage(1, characters), entry)

    def check(self, caller: Caller) -> None:
        """Refuse a request that is one too many before anything of it is read.

        Raises:
            RateLimitedError: the caller has asked as often as it may for now.
        """
        account = self._accounts.get(caller.name)
        if account is not None and account.limits == caller.limits:
            self._touch(account)
            account.check_requests(perf_counter())

    def give_back(self, account: Account, characters: int) -> None:
        """These were not spoken."""
        account.give_back(characters, perf_counter(), shared=self._shares)
        self._touch(account)

    def ended(self, account: Account) -> None:
        """A stream has ended; where they are bounded, another gateway may wait for it."""
        account.streams -= 1
        self._touch(account)
        if account.limits.streams:
            self._asked.set()

    def keep(self, entry: Entry, used: Usage) -> None:
        """Enter into the books what a key has used; an address has none."""
        if entry.key:
            self._book.add(entry, used)
            key = entry.key if entry.key in self.table.named else "other"
            metrics.count(telemetry.METERED_CHARACTERS, used.characters, key=key)
            metrics.count(telemetry.METERED_AUDIO_SECONDS, used.audio_seconds, key=key)

    def headers(self, caller: Caller) -> Mapping[str, str]:
        """What a caller is told of its limits; nothing where it has none."""
        account = self._accounts.get(caller.name)
        return account.headers(perf_counter()) if account else {}

    async def start(self) -> None:
        """Read the keys, and go on reading and writing. Idempotent."""
        if not self._tasks and (self._config.required or self._config.address != RateLimits()):
            await self.flush()
            work = [self._follow(), *([self._share()] if self._config.redis else [])]
            self._tasks = [asyncio.create_task(it, name="meter", context=Context()) for it in work]

    async def close(self) -> None:
        """Write what is not written, and stop."""
        if self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._tasks = []
            await self.flush()
        await self._store.close()

    async def flush(self) -> None:
        """Write what was used; read keys that have changed, and what others have written."""
        async with self._flushing:
            self._forget()
            try:
                await self._read_keys()
                await self._write()
                await self._read_quotas()
            except (UnavailableError, ConfigError) as error:
                self._failed(error)
                return
            if self._problem:
                self._problem = ""
                _LOG.warning("keys and usage are kept again")

    async def usage(self, month: str, key: str | None) -> Pages:
        """What was used in a month, by one key or all; of other gateways, until their last flush.

        Raises:
            UnavailableError: it cannot be read.
        """
        await self.flush()
        return await self._store.read(month, None if key is None else [key])

    def report(self) -> None:
        """Set the gauges; raises what ended the task, if anything did."""
        for task in self._tasks:
            if task.done():
                task.result()
        age = 0.0 if self._book.is_written else perf_counter() - self._written_at
        metrics.set_gauge(telemetry.METERED_CALLERS, len(self._accounts))
        metrics.set_gauge(telemetry.UNWRITTEN_USAGE_SECONDS, age)

    def _account(self, name: str, limits: KeyLimits) -> Account:
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = Account(name, limits, perf_counter())
            if len(self._accounts) > self._config.max_callers:
                _, longest_ago = self._accounts.popitem(last=False)
                self._touched.discard(longest_ago)
                longest_ago.answer()
        elif account.limits != limits:
            account.change(limits, perf_counter())
        self._accounts.move_to_end(name)
        return account

    def _touch(self, account: Account) -> None:
        if self._config.redis and account.is_limited:
            self._touched.add(account)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._config.flush)
            await self.flush()

    async def _set_aside(self, account: Account, characters: int) -> None:
        """Wait until the store was asked for a request of so many characters."""
        wish = Wish(characters, asyncio.get_running_loop().create_future())
        account.wishes.append(wish)
        self._touch(account)
        self._asked.set()
        try:
            await wish.answered
        finally:
            account.wishes.remove(wish)

    async def _share(self) -> None:
        """Ask the store at every interval, and when somebody waits."""
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._config.sync):
                        await self._asked.wait()
                self._asked.clear()
                if self._touched or not self._shares:
                    await self._ask()
        finally:
            self._by_itself()

    async def _ask(self) -> None:
        """Ask the store once; while it is down, only whether it is back."""
        asking: set[Account] = set()
        if self._shares:
            asking, self._touched = self._touched, asking
        now = perf_counter()
        wants = {it.name: it.tell(now) for it in asking}
        try:
            grants = await self._store.share(wants)
        except UnavailableError as error:
            for account in asking:
                account.untold(wants[account.name])
            self._touched |= asking
            self._by_itself()
            self._failed(error)
            return
        self._shares = True
        for account in asking:
            account.learn(grants[account.name], perf_counter())
            account.answer()

    def _by_itself(self) -> None:
        """Hold callers to their limits without the store; nobody waits for it."""
        self._shares = False
        for account in self._touched:
            account.answer()

    async def _read_keys(self) -> None:
        if not self._config.required or (found := await self._store.keys()) is None:
            return
        self.table.take(found, self._config.metric_keys)
        for key in found.keys:
            if key.revoked is None and key.limits.characters_per_month is not None:
                self._account(f"key {key.name}", key.limits)
                self._unread.add(key.name)

    async def _write(self) -> None:
        pages = self._book.take()
        try:
            await self._store.write(pages)
        except BaseException:
            self._book.doubt()
            raise
        self._written_at = perf_counter()

    async def _read_quotas(self) -> None:
        keys, self._unread = self._unread, set()
        if not keys:
            return
        elsewhere: Counter[str] = Counter()
        try:
            for entry, used in (await self._store.read(self._day[:7], keys, others=True)).items():
                elsewhere[entry.key] += used.characters
        except BaseException:
            self._unread |= keys
            raise
        for key in keys:
            if (account := self._accounts.get(f"key {key}")) is not None:
                account.characters_elsewhere = elsewhere[key]

    def _failed(self, error: UnavailableError | ConfigError) -> None:
        """Requests go on. What a store may have lost is written again when it is back."""
        self._book.doubt()
        if error.message != self._problem:
            self._problem = error.message
            _LOG.error("keys and usage: %s", error.message)

    def _forget(self) -> None:
        """Begin the day, and drop what need not be remembered."""
        now = perf_counter()
        if self._day != (day := today()):
            self._day = day
            self._unread.update(
                account.name.removeprefix("key ")
                for account in self._accounts.values()
                if account.limits.characters_per_month is not None
            )
            self._book.forget_before(month_ago(1))
        for account in [it for it in self._accounts.values() if it.is_as_new(now)]:
            if account not in self._touched:
                del self._accounts[account.name]
        for account in self._accounts.values():
            if account.streams or account.is_idle(now):
                self._touch(account)
