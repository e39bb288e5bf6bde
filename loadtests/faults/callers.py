"""Callers that come whatever happens, and what each of them got."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter

import httpx

from loadtests.faults.references import References, Wanted

_PATIENCE = 60.0
"""Seconds a caller waits for the next byte; longer than any deadline of the server's."""
REFUSED = "refused"
"""No connection: nothing was accepted."""
BROKEN = "broken"
"""The connection broke off."""
WRONG = "wrong"
"""An answer, and not what was asked for."""
SILENT = "silent"
"""Nothing came while a caller had patience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One request; moments are `perf_counter` seconds."""

    sent: float
    begun: float | None
    """The status line of a 200, which leaves with the first audio."""
    ended: float
    outcome: str
    """`ok`, an HTTP status, or one of this module's words."""
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the caller got what was asked for."""
        return self.outcome == "ok"


@dataclass(slots=True)
class Callers:
    """An open loop: one caller every `1 / rate` seconds, each on a connection of its own.

    A connection that is used again would make one victim's failure another request's.
    """

    url: str
    wanted: Iterator[Wanted]
    references: References
    rate: float
    rows: list[Row] = field(default_factory=list)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def calling(self) -> AsyncGenerator["Callers", None]:
        """Call during the block; at its end those under way are heard out."""
        timeout = httpx.Timeout(_PATIENCE, connect=10)
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(timeout=timeout, limits=limits) as client:
            clock = asyncio.create_task(self._tick(client))
            try:
                yield self
            finally:
                clock.cancel()
                await asyncio.gather(clock, *self._open, return_exceptions=True)

    async def _tick(self, client: httpx.AsyncClient) -> None:
        due = perf_counter()
        while True:
            caller = asyncio.create_task(self._call(client, next(self.wanted)))
            self._open.add(caller)
            caller.add_done_callback(self._open.discard)
            due += 1 / self.rate
            await asyncio.sleep(max(0.0, due - perf_counter()))

    async def _call(self, client: httpx.AsyncClient, wanted: Wanted) -> None:
        sent, begun = perf_counter(), None
        try:
            async with client.stream(
                "POST", self.url, json=wanted.body(), headers=wanted.headers()
            ) as reply:
                begun = perf_counter() if reply.is_success else None
                body = await reply.aread()
            if reply.is_success:
                detail = self.references.wrong(wanted, body)
                outcome = WRONG if detail else "ok"
            else:
                outcome, detail = str(reply.status_code), body[:200].decode(errors="replace")
        except httpx.ConnectError as error:
            outcome, detail = REFUSED, _said(error)
        except httpx.TimeoutException as error:
            outcome, detail = SILENT, _said(error)
        except httpx.TransportError as error:
            outcome, detail = BROKEN, _said(error)
        self.rows.append(
            Row(sent=sent, begun=begun, ended=perf_counter(), outcome=outcome, detail=detail)
        )


async def learn(url: str, wanted: list[Wanted], references: References) -> None:
    """Ask for every reference, a few at a time.

    Raises:
        httpx.HTTPError: one could not be had.
        ValueError: one is hardly any audio.
    """
    slots = asyncio.Semaphore(6)

    async def one(item: Wanted) -> None:
        async with slots:
            reply = await client.post(url, json=item.body(), headers=item.headers())
        reply.raise_for_status()
        references.keep(item, reply.content)

    async with httpx.AsyncClient(timeout=_PATIENCE) as client, asyncio.TaskGroup() as group:
        for item in wanted:
            group.create_task(one(item))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
