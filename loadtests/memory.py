"""Memory under pressure: more voices than fit, full caches, and readers who hardly read.

    python -m loadtests.memory [--seconds 180] [--readers 500] [--graph FILE]
                               [--out FOLDER] [--keep]

Needs root, since the server runs in a memory cgroup of its own, and the extra `test-voices`: ten
voices with Piper's joe as their model each load it anew. The caches are small enough to be full
soon. In turn:

    wide      all ten are spoken with, with more memory than they need, and the caches are filled
    lowered   the limit comes down to the narrow one, as voices give way to it
    narrow    the limit is what six voices take with all else, and a little; the ten are spoken with
              in turn, and the readers take a few bytes a second each of long replies
    tight     the limit comes down to what is taken, until admission narrows
    relieved  the first limit again, until everything has what it had

It fails (status 1) where the kernel or Ray killed something, a reply is another than it was while
all was well, somebody gets an error that does not say "later", a call is refused although admission
was not narrow, memory drifts by more than 5 % with the narrow limit, or a level of `memory` in
`/readyz` is not seen, or not left again. It takes about six minutes. The last line of output is one
JSON object.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil  # type: ignore[import-untyped]
import yaml
from rich.console import Console

from loadtests import real_voices
from loadtests.cgroup import Group
from loadtests.faults.callers import learn
from loadtests.faults.references import References, Wanted
from loadtests.limits import Check, above, at_most
from loadtests.local_server import (
    LocalServer,
    make_folder,
    start_chorale,
    stop_on_sigterm,
)
from loadtests.machine import this_machine
from loadtests.plots import plot_pressure
from loadtests.processes import STAGES, kind_of
from loadtests.raw_requests import raw_request
from loadtests.results import OUT, add_arguments, publish
from loadtests.run import read_graph
from loadtests.tables import check_table
from loadtests.texts import reply

_VOICES, _HELD = 10, 6
_NARROW = 0.87
"""Part of the narrow limit that six voices take: just what has voices give way for others."""
_TIGHT = 0.93
"""Part of the tight limit that is taken when it begins."""
_PATIENCE = 90.0
"""Seconds for a level to be reached, or left."""
_CALLERS = 2
_LATELY = 10
"""Looks after which admission that was narrow has its whole width again."""
_RAM_BYTES, _HOT_BYTES = 24 * 2**20, 8 * 2**20
_FILLING = 200
"""Replies of some 150 kB each that fill both."""
_LEVELS = ("caches", "voices", "admission")
_READER, _CALLER = "127.0.0.2", "127.0.0.3"
_LONG = "This is a long text that hardly anybody is going to read to its end. " * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look; bytes, and seconds from the first."""

    seconds: float
    phase: str
    used: int
    limit: int
    level: str
    """The highest of all stages; empty for none."""
    voices: int
    """Loaded ones."""


@dataclass(slots=True)
class Trial:
    """A server in a group, and what callers and readers see of it."""

    server: LocalServer
    group: Group
    references: References = field(default_factory=References)
    sights: list[Sight] = field(default_factory=list)
    phase: str = "wide"
    calls: dict[str, Counter[str]] = field(default_factory=dict)
    """What callers got, by phase."""
    readers: Counter[str] = field(default_factory=Counter)
    unfounded: int = 0
    """Calls refused although admission was not narrow of late."""
    wrong: list[str] = field(default_factory=list)
    _limit: int = 0
    _began: float = field(default_factory=perf_counter)

    def limit(self, size: int, phase: str) -> None:
        """Begin a phase."""
        self.group.limit(size)
        self._limit, self.phase = size, phase
        self.calls[phase] = Counter()

    async def lower(self, size: int) -> None:
        """Come down to a limit as fast as the server makes room."""
        while (bound := int(self.group.used() / _TIGHT)) > size:
            self.limit(bound, "lowered")
            await asyncio.sleep(2.0)

    async def watch(self) -> None:
        """Look every second."""
        async with httpx.AsyncClient(base_url=self.server.url, timeout=30) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
                    self.sights.append(await self._look(client))
                await asyncio.sleep(1.0)

    async def _look(self, client: httpx.AsyncClient) -> Sight:
        short = (await client.get("/readyz")).json()["memory"].values()
        voices = (await client.get("/v1/audio/voices")).json()["data"]
        return Sight(
            seconds=perf_counter() - self._began,
            phase=self.phase,
            used=self.group.used(),
            limit=self._limit,
            level=max(short, key=_LEVELS.index, default=""),
            voices=sum(voice["engine"]["loaded"] for voice in voices),
        )

    async def call(self, client: httpx.AsyncClient, wanted: Wanted) -> None:
        """One call of a voice, against what it said while all was well."""
        answer = await client.post("/v1/audio/speech", json=wanted.body(), headers=wanted.headers())
        self.calls[self.phase][str(answer.status_code)] += 1
        if not answer.is_success:
            lately = [sight.level for sight in self.sights[-_LATELY:]]
            self.unfounded += _LEVELS[-1] not in lately
            return
        if problem := self.references.wrong(wanted, answer.content):
            self.wrong.append(problem)

    async def fill(self) -> None:
        """Ask for more than the caches may keep."""
        texts = iter(range(_FILLING))

        async def some(client: httpx.AsyncClient) -> None:
            for number in texts:
                body = {"model": "tts-1", "voice": _voice(0), "input": reply(number)}
                answer = await client.post(
                    "/v1/audio/speech", json={**body, "response_format": "wav"}
                )
                answer.raise_for_status()

        async with _client(self.server, _CALLER) as client:
            await asyncio.gather(*(some(client) for _ in range(4)))

    async def take_turns(self, number: int) -> None:
        """Call the voices one after the other, for ever."""
        async with _client(self.server, _CALLER) as client:
            for turn in range(number, 10**9, _CALLERS):
                await self.call(client, _wanted(turn % _VOICES))
                await asyncio.sleep(0.2)

    async def read_slowly(self, number: int) -> None:
        """Ask for a long reply and take a few bytes of it a second, for ever."""
        url = urlsplit(self.server.url)
        text = f"{reply(number % 20)} {_LONG}"[:4096]
        body = {"model": "tts-1", "voice": _voice(0), "response_format": "wav", "input": text}
        raw = raw_request(self.server.url, body)
        while True:
            writer = None
            try:
                reader, writer = await asyncio.open_connection(
                    url.hostname, url.port, local_addr=(_READER, 0), limit=4096
                )
                writer.write(raw)
                status = (await reader.readline()).split()[1].decode()
                self.readers[status] += 1
                while status == "200" and await reader.read(4096):  # noqa: ASYNC110 (it is slow)
                    await asyncio.sleep(1.0)
            except (OSError, IndexError) as error:
                self.readers[type(error).__name__] += 1
            finally:
                if writer is not None:
                    writer.close()
            await asyncio.sleep(5.0)

    async def until(self, level: str) -> float | None:
        """Seconds until a level is the last one seen; None if it is not in time."""
        began = perf_counter()
        while perf_counter() < began + _PATIENCE:
            if self.sights and self.sights[-1].level == level:
                return perf_counter() - began
            await asyncio.sleep(0.5)
        return None

    def replicas(self) -> set[tuple[str, int]]:
        """What runs of ours."""
        found = set()
        for process in self.server.processes():
            with contextlib.suppress(psutil.Error, IndexError):
                if (kind := kind_of(process.cmdline()[0])) in STAGES:
                    found.add((kind, process.pid))
        return found


def _voice(number: int) -> str:
    return f"voice-{number}"


def _wanted(number: int) -> Wanted:
    text = f"Voice number {number} says this, whatever else is kept in memory meanwhile."
    return Wanted(voice=_voice(number), text=text, format="wav", private=True)


def _client(server: LocalServer, address: str) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(base_url=server.url, transport=transport, timeout=120)


@contextlib.asynccontextmanager
async def _beside(*works: Coroutine[Any, Any, None]) -> AsyncGenerator[None, None]:
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def _running(graph: dict[str, object]) -> Iterator[tuple[LocalServer, Group]]:
    folder = make_folder()
    model = real_voices.joe()
    voices = [
        {"id": _voice(number), "engine": "piper", "model": str(model), "language": "en-us"}
        for number in range(_VOICES)
    ]
    (folder / "voices.yaml").write_text(
        yaml.safe_dump({"default": _voice(0), "voices": voices}), "utf-8"
    )
    group = Group(f"chorale-{folder.name}")
    with contextlib.ExitStack() as stack:
        stack.callback(group.remove)
        # All that there is is no limit that a server would heed.
        group.limit(int(0.9 * psutil.virtual_memory().total))
        server = start_chorale(graph=graph, folder=folder, before=group.entrance)
        stack.callback(server.stop)
        yield server, group


def small(graph: dict[str, object]) -> dict[str, object]:
    """A graph whose caches are full soon."""
    return {
        **graph,
        "catalogue": "voices.yaml",
        "preload": [_voice(0)],
        "cache": {"ram": {"max_bytes": _RAM_BYTES}, "max_fills_bytes": 128 * 2**20},
        "gateway": {"hot": {"max_bytes": _HOT_BYTES}, "status_poll": 1.0},
    }


async def run(trial: Trial, seconds: float, readers: int) -> dict[str, object]:
    """All phases, one after the other."""
    wide = int(0.9 * psutil.virtual_memory().total)
    trial.limit(wide, "wide")
    async with _beside(trial.watch()):
        one = trial.group.used()
        wanted = [_wanted(number) for number in range(_VOICES)]
        await learn(trial.server.speech, wanted, trial.references)
        voice = (trial.group.used() - one) // (_VOICES - 1)
        await trial.fill()
        before = trial.replicas()
        six = trial.group.used() - (_VOICES - _HELD) * voice
        await trial.lower(int(six / _NARROW))
        trial.limit(int(six / _NARROW), "narrow")
        turns = [trial.take_turns(number) for number in range(_CALLERS)]
        slow = [trial.read_slowly(number) for number in range(readers)]
        async with _beside(*turns):
            async with _beside(*slow):
                await asyncio.sleep(seconds)
            trial.limit(int(trial.group.used() / _TIGHT), "tight")
            reached = await trial.until("admission")
            trial.limit(wide, "relieved")
            left = await trial.until("")
            await asyncio.sleep(10.0)
        after = trial.replicas()
    return {
        "voice_bytes": voice,
        "admission_after": reached,
        "relieved_after": left,
        "replaced": len(before ^ after),
    }


def checks(trial: Trial, ran: dict[str, object]) -> list[Check]:
    """What has to hold."""
    narrow = [sight for sight in trial.sights if sight.phase == "narrow"]
    # The first third fills what is bounded.
    settled = [sight.used for sight in narrow[len(narrow) // 3 :]]
    half = len(settled) // 2
    first, last = (sum(part) / len(part) for part in (settled[:half], settled[half:]))
    called = sum(trial.calls.values(), Counter[str]())
    odd = {it: n for it, n in called.items() if it not in {"200", "429"}}
    strange = {it: n for it, n in trial.readers.items() if it not in {"200", "429", "503"}}
    seen = {sight.level for sight in trial.sights}
    return [
        at_most("processes the kernel killed", trial.group.killed(), 0),
        at_most("replicas that came or went", float(str(ran["replaced"])), 0),
        at_most("replies that were wrong", len(trial.wrong), 0),
        at_most("answers to callers but 200 and 429", sum(odd.values()), 0),
        at_most("answers to readers but 200, 429 and 503", sum(strange.values()), 0),
        at_most("calls refused while admission was not narrow", trial.unfounded, 0),
        at_most("drift with the narrow limit, percent", 100 * abs(last / first - 1), 5),
        at_most("levels not seen", len({*_LEVELS} - seen), 0),
        above("callers answered with the narrow limit", trial.calls["narrow"]["200"], 0),
        above("readers served", trial.readers["200"], 0),
        at_most("voices loaded with the narrow limit", max(it.voices for it in narrow[-half:]), 9),
        at_most("levels not left", int(ran["relieved_after"] is None), 0),
    ]


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description="More voices, caches and readers than fit.")
    parser.add_argument("--seconds", type=float, default=180.0, help="with the narrow limit")
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--graph", type=Path, help="default: that of this machine")
    add_arguments(parser, OUT / "memory")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("only root may make a cgroup")
    stop_on_sigterm()
    console = Console(width=120, record=True)
    machine = this_machine()
    with _running(small(dict(read_graph(given.graph) or {}))) as (server, group):
        trial = Trial(server, group)
        ran = asyncio.run(run(trial, given.seconds, given.readers))
        found = checks(trial, ran)
    given.out.mkdir(parents=True, exist_ok=True)
    plot_pressure(trial.sights, given.out / "memory.png")
    console.print(check_table(found))
    result = {
        "benchmark": "memory",
        "machine": asdict(machine),
        "readers": dict(trial.readers),
        "calls": {phase: dict(calls) for phase, calls in trial.calls.items()},
        "wrong": trial.wrong[:5],
        "checks": [asdict(check) for check in found],
        "sights": [asdict(sight) for sight in trial.sights],
        **ran,
    }
    publish(result, given, console=console, plots=["memory.png"])
    sys.exit(not all(check.kept for check in found))


if __name__ == "__main__":
    main()
