"""Floods: what another caller gets while one address does all that keeps a server busy for nothing.

Starts `chorale serve` as it is shipped. From one address come, at once, streams that are asked for
and never read, requests whose body ends half-way and requests whose headers do, and texts to show
over which espeak-ng takes seconds; from another a short new text after the other, and `/livez`.

    python -m loadtests.floods [--streams 4] [--bodies 1100] [--headers 4200] [--shown 100]
                               [--seconds 70] [--graph FILE] [--out FOLDER] [--keep]

It fails (status 1) where the other caller's replies, or `/livez`, take 1 s or longer at the 95th
percentile, one of them fails, something half-open lives for 60 s, a stream can still be read to its
end afterwards, or a gateway takes 1.5 GB. The last line of output is one JSON object.
"""

import argparse
import asyncio
import contextlib
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import httpx
import psutil  # type: ignore[import-untyped]

from loadtests.local_server import LocalServer, local_server, stop_on_sigterm
from loadtests.machine import this_machine
from loadtests.raw_requests import raw_request
from loadtests.results import add_arguments, publish
from loadtests.run import read_graph
from loadtests.samples import percentile
from loadtests.texts import reply

_FLOOD, _OTHER = "127.0.0.2", "127.0.0.3"
_SHOWN = {"input": "ºА" * 2048, "language": "ka"}
_SPEECH = {"model": "tts-1", "voice": "alloy", "response_format": "wav"}
_LONG = "This is a long text that nobody is going to read to its end. " * 80
_MOST_SECONDS = 1.0
_MOST_OPEN_SECONDS = 60.0
_MOST_MB = 1500.0
_AT_A_TIME = 100


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was seen; times in seconds."""

    replies: list[float] = field(default_factory=list)
    livez: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    refused: int = 0
    """Connections of the flood that were not taken at all."""
    closed: list[float] = field(default_factory=list)
    """After how long the half-open connections were closed."""
    open: int = 0
    """Half-open connections at the end."""
    unread: int = 0
    """Streams that the server began."""
    whole: int = 0
    """Streams that could be read to their end afterwards."""
    shown: list[int] = field(default_factory=list)
    gateway_mb: float = 0.0
    """Most resident memory of one gateway."""


class _Flood:
    """Everything from the one address."""

    def __init__(self, server: LocalServer, seen: Seen) -> None:
        self._url = urlsplit(server.url)
        self._seen = seen
        self._turn = asyncio.Semaphore(_AT_A_TIME)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with self._turn:
            return await asyncio.open_connection(
                self._url.hostname, self._url.port, local_addr=(_FLOOD, 0), limit=4096
            )

    async def half(self, *, headers: bool) -> None:
        """Send half a request and wait until the server gives it up."""
        request = raw_request(self._url.geturl(), {**_SPEECH, "input": "Half."})
        try:
            reader, writer = await self._open()
        except OSError:
            self._seen.refused += 1
            return
        began = perf_counter()
        self._seen.open += 1
        try:
            writer.write(request[:60] if headers else request[:-20])
            while await reader.read(4096):
                pass
        except OSError:
            pass
        finally:
            writer.close()
        self._seen.open -= 1
        self._seen.closed.append(perf_counter() - began)

    async def unread(self, number: int, end: asyncio.Event) -> None:
        """Ask for a long stream and read it only when all is over."""
        text = f"{reply(number)} {_LONG}"[:4096]
        reader, writer = await self._open()
        writer.write(raw_request(self._url.geturl(), {**_SPEECH, "input": text, "speed": 0.25}))
        if b" 200 " in await reader.readline():
            self._seen.unread += 1
            await end.wait()
            with contextlib.suppress(OSError, asyncio.LimitOverrunError):
                tail = b""
                while data := await reader.read(4096):
                    tail = (tail + data)[-8:]
                self._seen.whole += tail.endswith(b"0\r\n\r\n")
        writer.close()

    async def shown(self, count: int) -> None:
        """Ask for texts to be shown."""
        transport = httpx.AsyncHTTPTransport(local_address=_FLOOD)
        async with httpx.AsyncClient(transport=transport, timeout=120) as client:
            url = f"{self._url.geturl()}/v1/text/normalize"
            asked = (client.post(url, json=_SHOWN) for _ in range(count))
            replies = await asyncio.gather(*asked, return_exceptions=True)
        self._seen.shown = [r.status_code for r in replies if isinstance(r, httpx.Response)]


async def _ask(server: LocalServer, seen: Seen, seconds: float, first: int) -> None:
    """Ask for short new texts, one after the other, and for `/livez`."""
    end = perf_counter() + seconds
    transport = httpx.AsyncHTTPTransport(local_address=_OTHER)
    async with httpx.AsyncClient(transport=transport, timeout=30) as client:
        number = 0
        while perf_counter() < end:
            number += 1
            body = {**_SPEECH, "input": reply(first + number)}
            for times, asked in (
                (seen.replies, client.build_request("POST", server.speech, json=body)),
                (seen.livez, client.build_request("GET", f"{server.url}/livez")),
            ):
                began = perf_counter()
                try:
                    answer = await client.send(asked)
                    if answer.status_code != 200:
                        seen.failures.append(str(answer.status_code))
                except httpx.HTTPError as error:
                    seen.failures.append(type(error).__name__)
                times.append(perf_counter() - began)
            for process in server.processes():
                with contextlib.suppress(psutil.Error, IndexError):
                    if ":Gateway" in process.cmdline()[0]:
                        mb = process.memory_info().rss / 2**20
                        seen.gateway_mb = max(seen.gateway_mb, mb)
            await asyncio.sleep(0.1)


async def measure(server: LocalServer, given: argparse.Namespace) -> tuple[Seen, Seen]:
    """What the other caller gets alone for ten seconds, and then beside the flood."""
    calm, seen, over = Seen(), Seen(), asyncio.Event()
    await _ask(server, calm, 10.0, 1_000)
    flood = _Flood(server, seen)
    halves = [asyncio.create_task(flood.half(headers=False)) for _ in range(given.bodies)]
    halves += [asyncio.create_task(flood.half(headers=True)) for _ in range(given.headers)]
    others = [asyncio.create_task(flood.unread(n, over)) for n in range(given.streams)]
    others.append(asyncio.create_task(flood.shown(given.shown)))
    await _ask(server, seen, given.seconds, 10_000)
    over.set()
    for task in halves:
        task.cancel()
    await asyncio.gather(*others, *halves, return_exceptions=True)
    return calm, seen


def _p95(times: list[float]) -> float:
    return percentile(sorted(times), 95)


def figures(seen: Seen) -> dict[str, object]:
    """The figures of a measurement, times in seconds."""
    told = asdict(seen)
    for name in ("replies", "livez", "closed"):
        times = told.pop(name)
        told[name] = len(times)
        if len(times) > 1:
            told |= {f"{name}_p95": _p95(times), f"{name}_max": max(times)}
    told["shown"] = {str(code): seen.shown.count(code) for code in set(seen.shown)}
    return told


def problems(seen: Seen) -> list[str]:
    """What the server did not hold."""
    times = {"replies": seen.replies, "livez": seen.livez}
    slow = [name for name, took in times.items() if not took or _p95(took) >= _MOST_SECONDS]
    found = [*seen.failures, *(f"{name} took {_MOST_SECONDS} s and longer" for name in slow)]
    if not seen.closed:
        found.append("no connection was left half open, so nothing was tried")
    if seen.open or max(seen.closed, default=0.0) >= _MOST_OPEN_SECONDS:
        found.append(f"half-open connections lived for {_MOST_OPEN_SECONDS} s")
    if seen.whole or not seen.unread:
        found.append("streams that nobody read were not cut off")
    if seen.gateway_mb >= _MOST_MB:
        found.append(f"a gateway took {seen.gateway_mb:.0f} MB")
    return found


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description="What a flood does to another caller.")
    for name, count in (("streams", 4), ("bodies", 1100), ("headers", 4200), ("shown", 100)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--seconds", type=float, default=70.0)
    parser.add_argument("--graph", type=Path, help="default: as `chorale serve`")
    add_arguments(parser)
    given = parser.parse_args()
    stop_on_sigterm()
    with local_server(graph=read_graph(given.graph)) as server:
        calm, seen = asyncio.run(measure(server, given))
    wrong = problems(seen)
    result = {"benchmark": "floods", "machine": asdict(this_machine()), "ok": not wrong}
    result |= {"problems": wrong, "calm": figures(calm), "flood": figures(seen)}
    publish(result, given)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
